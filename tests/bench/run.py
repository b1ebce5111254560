"""`make bench`: every measured goal in one table, each beside a reference of the same run.

    run.py [--quick] [--readme] [--runs N] [NAME…]

NAME is a measure (see `--help`); without one all are taken. `--quick` takes too few samples to mean
anything and only shows that all of it runs; `--readme` also writes the table of the README, from a
whole run alone. Each measure has a process of its own, so that none warms up or burdens the next,
and one that fails or hangs leaves the others alone; so has each of the other programs that drive
agents, which are measured where they are on PATH or in the folder that STEERDECK_PEERS names.
`--runs 3` takes all three times in turn and tells the run in the middle. Nothing here judges by the
clock: a goal that is not met is a cross in the table, not a failure.
"""

import argparse
import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.rows import Row

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

MEASURES = {
    "start": ("first_frame", "first frame, first echo of a key", 30),
    "answer": ("answers", "from nothing to an answer, on the screen and headless", 12),
    "stream": ("streaming", "CPU, bytes and echoes while eight sessions stream", 120),
    "many": ("many_lanes", "CPU while thirty-two sessions stream", 25),
    "tools": ("tool_keys", "echoes while sixteen agents run tools", 20),
    "four": ("four", "CPU, memory and bytes of one and of four sessions", 25),
    "memory": ("memory", "memory idle and after 50,000 tokens", 10),
    "lines": ("bad_lines", "bytes, echoes and backlog over SSH and on bad lines", 70),
    "saved": ("saved", "from a saved file to its diff on the screen", 30),
    "append": ("journal_append", "what a fact costs to keep", 12),
    "gap": ("call_gap", "what the harness adds to a tool call", 10),
    "verdict": ("verdicts", "what the gate's answer costs", 1),
    "shelter": ("shelter", "what the sandbox adds to a command", 2),
    "seek": ("seeking", "opening, seeking in and packing a long session", 6),
    "peers": ("peers", "the same of other programs, where they are found", 110),
}
"""Their modules, what they measure, and about how many seconds that takes."""
README = TESTS.parent / "README.md"
LIMIT_S, LAST_WORDS_S = 1_200.0, 30.0
"""For one measure, and to end what it started when it took longer."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description="Measure the goals.")
    names = "; ".join(f"{name}: {about}" for name, (_, about, _) in MEASURES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--readme", action="store_true", help="write the table of the README")
    parser.add_argument("--runs", type=int, default=1, help="so many of each measure")
    parser.add_argument("--rows", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.rows:
        return _one(given.rows, quick=given.quick)
    unknown = sorted(set(given.names) - set(MEASURES))
    if unknown:
        parser.error(f"there is no measure {unknown[0]!r}; there are: {', '.join(MEASURES)}")
    if given.readme and (given.names or given.quick):
        parser.error("the table of the README is written from a whole run, without --quick")
    if given.runs < 1:
        parser.error("--runs takes a number from 1")
    names = given.names or list(MEASURES)
    return _all(names, given.runs, quick=given.quick, readme=given.readme)


def _all(names: list[str], runs: int, *, quick: bool, readme: bool) -> int:
    from bench.goals import no_peer
    from bench.rows import Row, machine, table
    from bench.runs import in_the_middle
    from bench.told import goals_text, peers_text, readme_block, remarks_text, write_readme

    before = machine()
    jobs = [job for name in names for job in _jobs(name)]
    taken: dict[str, list[list[Row]]] = {job: [] for job in jobs}
    left = [_seconds(job) for job in jobs] * runs
    if not quick:
        sys.stderr.write(f"{len(jobs)} measures, each {runs}×: about {_minutes(left)}.\n")
    for number, job in enumerate(jobs * runs):
        run = f"run {number // len(jobs) + 1} of {runs}, {number % len(jobs) + 1}/{len(jobs)}"
        sys.stderr.write(f"{run}, {job}: {MEASURES[job.partition(':')[0]][1]} … ")
        sys.stderr.flush()
        began = time.perf_counter()
        found = _rows_of(job, quick=quick)
        failed = "" if found is not None else "FAILED, "
        after = left[number + 1 :]
        rest = f", about {_minutes(after)} left" if sum(after) and not quick else ""
        sys.stderr.write(f"{failed}{time.perf_counter() - began:.0f} s{rest}\n")
        taken[job].append(found or [])
    rows = [row for job in jobs for row in in_the_middle(taken[job])]
    none = [job for job in jobs if not any(taken[job])]
    rows += [no_peer(_title(job), "its measure broke off") for job in none if ":" in job]
    explained = table([row for row in rows if not row.name and not row.by])
    remarks = remarks_text(rows)
    told = (goals_text(rows, names), peers_text(rows, names), remarks, explained, before)
    sys.stdout.write("\n\n".join(text for text in told if text) + "\n")
    if quick:
        sys.stdout.write("Taken with --quick: these numbers mean nothing.\n")
    if none:
        sys.stdout.write(f"Could not be measured: {', '.join(none)}; the reason stands above.\n")
    if readme:
        write_readme(README, readme_block(rows, before, time.strftime("%Y-%m-%d")))
    return 1 if none else 0


def _jobs(name: str) -> list[str]:
    """A measure as what has a process of its own: each of the other programs has one."""
    if name != "peers":
        return [name]
    from bench.rivals import MEASURED

    return [f"{name}:{one.rival.name}" for one in MEASURED]


def _title(job: str) -> str:
    from bench.rivals import MEASURED

    return next(one.rival.title for one in MEASURED if job.endswith(f":{one.rival.name}"))


def _seconds(job: str) -> float:
    from kit.rivals import program

    name, _, peer = job.partition(":")
    here = not peer or program(peer, os.environ.get("STEERDECK_PEERS", ""))
    return MEASURES[name][2] if here else 0


def _minutes(seconds: list[float]) -> str:
    return f"{max(1, round(sum(seconds) / 60))} min"


def _rows_of(job: str, *, quick: bool, limit_s: float = LIMIT_S) -> "list[Row] | None":
    """What a measure gives in a process of its own; None where it fails or takes too long."""
    import msgspec

    from bench.rows import Row

    argv = [sys.executable, __file__, "--rows", job, *(["--quick"] if quick else [])]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=_environment()) as child:
        try:
            told, _ = child.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            # As Ctrl+C: it ends the programs it has started.
            child.send_signal(signal.SIGINT)
            try:
                child.communicate(timeout=LAST_WORDS_S)
            except subprocess.TimeoutExpired:
                child.kill()
            return None
    return None if child.returncode else msgspec.json.decode(told, type=list[Row])


def _one(job: str, *, quick: bool) -> int:
    import msgspec

    name, _, part = job.partition(":")
    measure = importlib.import_module(f"bench.{MEASURES[name][0]}").measure
    rows = measure(part, quick=quick) if part else measure(quick=quick)
    sys.stdout.buffer.write(msgspec.json.encode(rows))
    return 0


def _environment() -> dict[str, str]:
    """The environment without what would change how git or a runtime behaves."""
    dropped = ("GIT_", "STEERDECK_", "OPENAI_", "XDG_", "SSH_", "TMUX", "STY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name == "STEERDECK_PEERS" or not name.startswith(dropped)
    }
    return {
        **kept,
        "GIT_AUTHOR_NAME": "Bench",
        "GIT_AUTHOR_EMAIL": "bench@example.invalid",
        "GIT_COMMITTER_NAME": "Bench",
        "GIT_COMMITTER_EMAIL": "bench@example.invalid",
        "TEXTUAL_ANIMATIONS": "none",
    }


if __name__ == "__main__":
    sys.exit(main())
