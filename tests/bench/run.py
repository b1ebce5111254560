"""`make bench`: every measured goal in one table, each beside a reference of the same run.

    run.py [--quick] [--readme] [--runs N] [NAME…]

NAME is a measure (see `--help`); without one all are taken. `--quick` takes too few samples to mean
anything and only shows that all of it runs; `--readme` also writes the table of the README, from a
whole run alone. Each measure has a process of its own, so that none warms up or burdens the next,
and one that fails leaves the others alone. Nothing here judges by the clock: a goal that is not met
is a cross in the table, not a failure. Other programs that drive agents are measured too where they
are on PATH or in the folder that STEERDECK_PEERS names; `--runs 3` takes them, and ours that stand
beside them, three times in turn, and tells the run in the middle.
"""

import argparse
import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
if str(TESTS) not in sys.path:
    sys.path.insert(0, str(TESTS))

MEASURES = {
    "start": ("first_frame", "first frame, first echo of a key"),
    "answer": ("answers", "from nothing to an answer, on the screen and headless"),
    "stream": ("streaming", "CPU, bytes and echoes while eight sessions stream"),
    "many": ("many_lanes", "CPU while thirty-two sessions stream"),
    "tools": ("tool_keys", "echoes while sixteen agents run tools"),
    "four": ("four", "CPU, memory and bytes of one and of four sessions"),
    "memory": ("memory", "memory idle and after 50,000 tokens"),
    "lines": ("bad_lines", "bytes, echoes and backlog over SSH and on bad lines"),
    "saved": ("saved", "from a saved file to its diff on the screen"),
    "append": ("journal_append", "what a fact costs to keep"),
    "gap": ("call_gap", "what the harness adds to a tool call"),
    "verdict": ("verdicts", "what the gate's answer costs"),
    "shelter": ("shelter", "what the sandbox adds to a command"),
    "seek": ("seeking", "opening, seeking in and packing a long session"),
    "peers": ("peers", "the same of other programs, where they are found"),
}
README = TESTS.parent / "README.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="run.py", description="Measure the goals.")
    names = "; ".join(f"{name}: {about}" for name, (_, about) in MEASURES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=names)
    parser.add_argument("--quick", action="store_true", help="only see that it runs")
    parser.add_argument("--readme", action="store_true", help="write the table of the README")
    parser.add_argument("--runs", type=int, default=1, help="so many of what stands beside others")
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
    import msgspec

    from bench.goals import GOALS
    from bench.rows import Row, machine, table
    from bench.runs import in_the_middle
    from bench.told import goals_text, peers_text, readme_block, write_readme

    before = machine()
    taken: dict[str, list[list[Row]]] = {name: [] for name in names}
    failed: dict[str, None] = {}
    repeated = {"peers", *(goal.measure for goal in GOALS if goal.peers)}
    again = [name for name in names if name in repeated] * (runs - 1)
    for name in (*names, *again):
        began = time.perf_counter()
        sys.stderr.write(f"{name}: {MEASURES[name][1]} … ")
        sys.stderr.flush()
        argv = [sys.executable, __file__, "--rows", name, *(["--quick"] if quick else [])]
        done = subprocess.run(argv, stdout=subprocess.PIPE, env=_environment(), check=False)
        sys.stderr.write(f"{time.perf_counter() - began:.0f} s\n")
        if done.returncode:
            failed[name] = None
            taken[name].append([])
        else:
            taken[name].append(msgspec.json.decode(done.stdout, type=list[Row]))
    rows = [row for name in names for row in in_the_middle(taken[name])]
    explained = table([row for row in rows if not row.name and not row.by])
    told = (goals_text(rows, names), peers_text(rows, names), explained, before)
    sys.stdout.write("\n\n".join(text for text in told if text) + "\n")
    if quick:
        sys.stdout.write("Taken with --quick: these numbers mean nothing.\n")
    if failed:
        sys.stdout.write(f"Could not be measured: {', '.join(failed)}; the reason stands above.\n")
    if readme:
        write_readme(README, readme_block(rows, before, time.strftime("%Y-%m-%d")))
    return 1 if failed else 0


def _one(name: str, *, quick: bool) -> int:
    import msgspec

    rows = importlib.import_module(f"bench.{MEASURES[name][0]}").measure(quick=quick)
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
