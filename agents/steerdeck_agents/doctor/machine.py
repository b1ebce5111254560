"""The machine: Python, git, sandbox, terminal, disk. Pure: what was measured is handed in."""

from collections.abc import Mapping, Sequence

import msgspec

from steerdeck_agents.doctor.finding import Finding, bad, note, ok
from steerdeck_agents.facts.places import Level
from steerdeck_agents.workspace.git import OLDEST

PYTHON = (3, 11)
GIT_FULL = (2, 38)
"""From here on git merges without a checkout, so that diverged work can be landed by a merge."""
SQLITE = (3, 37, 0)
COLUMNS, ROWS = 40, 12
LANES = 100
"""Columns from which more than one lane is shown."""
FREE_NOTE = 2 * 1024**3
FREE_BAD = 200 * 1024**2


class Terminal(msgspec.Struct, frozen=True):
    """What the caller found out about its terminal."""

    interactive: bool
    columns: int
    rows: int
    encoding: str


def python(version: Sequence[int]) -> Finding:
    shown = _dotted(version[:3])
    if tuple(version[:2]) < PYTHON:
        return bad("python", f"This is Python {shown}; Steerdeck needs {_dotted(PYTHON)} or newer.")
    return ok("python", shown)


def sqlite(version: Sequence[int], options: Sequence[str]) -> Finding:
    """`options` are SQLite's compile options."""
    shown = _dotted(version)
    if tuple(version) < SQLITE:
        return bad("sqlite", f"SQLite {shown} is too old; use a Python that brings 3.37 or newer.")
    if "ENABLE_FTS5" not in options:
        return bad("sqlite", f"SQLite {shown} has no FTS5; use a Python whose SQLite has it.")
    return ok("sqlite", f"{shown} with FTS5")


def git(version: Sequence[int], problem: str) -> Finding:
    """`problem` is why it could not be run, in a sentence."""
    if problem:
        return bad("git", problem)
    shown = _dotted(version)
    if tuple(version) < OLDEST:
        return bad("git", f"git {shown} is too old; install {_dotted(OLDEST)} or newer.")
    if tuple(version) < GIT_FULL:
        return note(
            "git", f"{shown}; work that is no plain continuation of your branch can be merged by "
            f"Steerdeck from git {_dotted(GIT_FULL)} on.",
        )  # fmt: skip
    return ok("git", shown)


def sandbox(level: Level) -> Finding:
    if level.name == "none":
        return note(
            "sandbox", f"NO SANDBOX: {level.why} Until then commands run with your rights, and "
            "each is asked for unless a rule names it.",
        )  # fmt: skip
    held = {"files": level.files, "network": level.network, "processes": level.processes}
    loose = [what for what, holds in held.items() if not holds]
    if loose:
        return note("sandbox", f"{level.name} does not hold back {', '.join(loose)}. {level.why}")
    return ok("sandbox", f"{level.name} holds files, network and processes (it was tried)")


def terminal(found: Terminal, environ: Mapping[str, str]) -> Finding:
    kind = environ.get("TERM", "")
    if not found.interactive or kind in ("", "dumb", "unknown"):
        return note(
            "terminal", f"The deck can't open here (TERM={kind or 'unset'}, "
            f"{'a' if found.interactive else 'no'} terminal); every verb works.",
        )  # fmt: skip
    size = f"{found.columns}x{found.rows}"
    if found.columns < COLUMNS or found.rows < ROWS:
        return bad("terminal", f"{size} is too small; make it {COLUMNS}x{ROWS} or larger.")
    if found.encoding.lower().replace("-", "") != "utf8":
        return note(
            "terminal", f"{found.encoding or 'no'} encoding: lines and marks will look wrong. Set "
            "LANG to a UTF-8 locale, such as C.UTF-8.",
        )  # fmt: skip
    colours = _colours(environ)
    lanes = "" if found.columns >= LANES else f"; one lane at a time below {LANES} columns"
    if colours == "16 million colours" and not lanes:
        return ok("terminal", f"{kind}, {colours}, {size}")
    hint = "" if colours != "256 colours" else "; COLORTERM=truecolor gives all, if it can"
    return note("terminal", f"{kind}, {colours}, {size}{hint}{lanes}")


def disk(free: int, used: int, where: str) -> Finding:
    """Bytes free where Steerdeck keeps its things, and bytes it uses there."""
    text = f"{_size(free)} free in {where}, {_size(used)} used by Steerdeck"
    if free < FREE_BAD:
        return bad("disk", f"{text}. Sessions stop when it is full: free some space.")
    return note("disk", f"{text}. That is not much.") if free < FREE_NOTE else ok("disk", text)


def _colours(environ: Mapping[str, str]) -> str:
    if environ.get("NO_COLOR"):
        return "no colour, as NO_COLOR wishes"
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "16 million colours"
    return "256 colours" if "256" in environ.get("TERM", "") else "16 colours"


def _dotted(version: Sequence[int]) -> str:
    return ".".join(map(str, version))


def _size(count: int) -> str:
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
