"""Hostile repositories: a session's whole life in each, and not one process of theirs.

Every trap writes its name where it bites; besides, every program that starts meanwhile is written
down by strace, so that one which leaves no mark is seen too.
"""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from kit.hostile_grounds import TRAPS
from kit.hostile_life import MARKER, SIDES
from prove.claim import ROOT, Claim, Counted, Tally, world

_STARTED = re.compile(r'execve\("(?P<program>[^"]*)", \[(?P<words>.*?)\](?:\.\.\.)?, .*\) = 0')
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OURS = re.compile(r"git(?:-[a-z-]+)?")
"""Programs of git itself; where it starts a shell for one of them, its text is just that name."""
_SHELL = re.compile(r"git-upload-pack '[^']*'|git upload-pack '[^']*'")


def _foreign(log: str, core: str) -> tuple[list[str], Counter[str]]:
    """What was started while the product was at work and is not git's; and how often what was."""
    found, started, name = [], Counter[str](), ""
    working = False
    for match in _STARTED.finditer(log):
        words = _WORD.findall(match["words"])
        if match["program"] == MARKER:
            working, name = words[1] == "work", " ".join(words[2:])
            continue
        if not working:
            continue
        program = Path(match["program"])
        started[program.name] += 1
        from_git = str(program.parent) in (core, "/usr/bin", "/bin", "/usr/local/bin")
        if from_git and _OURS.fullmatch(program.name):
            continue
        if program.name == "sh" and words[1:2] == ["-c"] and _SHELL.fullmatch(words[2]):
            continue
        found.append(f"{name}: {' '.join(words)[:200]}")
    return found, started


def hostile() -> Counted:
    if shutil.which("strace") is None:
        return Counted(skipped="there is no strace here")
    tally = Tally()
    core = subprocess.run(
        ["git", "--exec-path"], capture_output=True, text=True, check=True
    ).stdout.strip()
    with world() as folder:
        log = folder / "started"
        ended = subprocess.run(
            [
                "strace", "-f", "-qq", "-s", "400", "-e", "trace=execve,execveat",
                "-e", "signal=none", "-o", str(log),
                sys.executable, "-m", "kit.hostile_life", str(folder / "lives"),
            ],
            cwd=ROOT / "tests", capture_output=True, text=True, check=False,
        )  # fmt: skip
        foreign, started = _foreign(log.read_text(errors="replace"), core)
    lived = [line.split("\t") for line in ended.stdout.splitlines() if line.count("\t") >= 3]
    for trap in TRAPS:
        for side in SIDES:
            bites = [line for line in lived if line[1:3] == [trap.name, side]]
            seen = [one for one in foreign if one.startswith(f"{side} {trap.name}:")]
            whole = bites and bites[0][0] == "whole"
            tally.see(whole and not seen, f"{trap.name} in the {side}: {bites} {seen}")
    programs = ", ".join(f"{name} {count}" for name, count in started.most_common())
    return tally.done(
        f"{len(TRAPS)} traps in the repository and in the workspace; started: {programs}",
        ended.stderr[-300:] if ended.returncode else "",
    )


CLAIMS = (Claim("hostile", "hostile repositories that ran nothing of theirs", hostile),)
