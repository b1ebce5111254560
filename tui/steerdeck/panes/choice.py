"""A choice of checks: those found in the project's files, to be ticked, and one typed by hand.

Pure: a form draws its rows and hands it keys. Nothing is ticked but what was proposed or is in use,
and a command found in a file runs only because the developer leaves it ticked.
"""

import shlex
from collections.abc import Iterable

from steerdeck.glyphs import glyphs
from steerdeck.text import Span, foreign
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.inert import one_line

_NAME = 24
HANG = 19
"""Cells before the command of a proposal."""


class CheckChoice:
    """Which checks a session is to carry."""

    def __init__(self, offered: Iterable[Check] = (), ticked: Iterable[Check] = ()) -> None:
        """`ticked` are in use already, or proposed to be."""
        self.offered: list[Check] = []
        self.on: set[str] = set()
        self.own = ""
        """A command typed by hand; a check of its own as long as it is not empty."""
        self.touched = False
        self.offer(ticked, tick=True)
        self.offer(offered, tick=False)

    def offer(self, checks: Iterable[Check], *, tick: bool) -> None:
        """Add checks that are not there yet, by their command."""
        known = {check.command for check in self.offered}
        for check in checks:
            if check.command not in known:
                known.add(check.command)
                self.offered.append(check)
                if tick:
                    self.on.add(check.command)

    def toggle(self, number: int) -> None:
        self.touched = True
        if 0 <= number < len(self.offered):
            self.on ^= {self.offered[number].command}

    def ticked(self, number: int) -> bool:
        return self.offered[number].command in self.on

    @property
    def chosen(self) -> tuple[Check, ...]:
        """The ticked checks in their order, then the command of one's own; no name twice."""
        found = [check for check in self.offered if check.command in self.on]
        if self.own.strip():
            found.append(Check(name_of(self.own), self.own.strip()))
        names: dict[str, int] = {}
        told = []
        for check in found:
            again = names[check.name] = names.get(check.name, 0) + 1
            name = check.name if again == 1 else f"{check.name} {again}"
            told.append(Check(name, check.command, timeout_s=check.timeout_s, source=check.source))
        return tuple(told)

    def row(self, number: int, *, here: bool) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        """A proposal: ticked or not, its name and its command; at the right where it was found.

        The one in hand has its command whole, to be wrapped: what is ticked was seen.
        """
        check = self.offered[number]
        g = glyphs()
        on = self.ticked(number)
        mark = Span(f"{g.done if on else g.queued} ", "done" if on else "t2")
        name = (one_line(check.name, _NAME) + " ").ljust(17)
        about = check.command if here else one_line(check.command, 60)
        words = (mark, foreign(name, "t0" if on else "t1", bold=here),
                 foreign(about, "t1" if here else "t2"))  # fmt: skip
        return words, (foreign(check.source, "t2"),) if check.source else ()


def name_of(command: str) -> str:
    """A short name for a command: its program with what it is told first, as in `make test`."""
    try:
        words = shlex.split(command, comments=False)
    except ValueError:
        words = command.split()
    words = [word for word in words if "=" not in word]
    if words[:1] and words[0].rpartition("/")[2].startswith("python") and words[1:2] == ["-m"]:
        words = words[2:]
    told = [words[0].rpartition("/")[2]] if words else ["check"]
    if len(words) > 1 and not words[1].startswith("-") and "/" not in words[1]:
        told.append(words[1])
    return one_line(" ".join(told), _NAME)
