"""What a command would do, as far as its text could be read: a row for each program and effect.

The text above it is what runs; this is a reading of it, so rows are cut where the text is not.
"""

from collections.abc import Sequence

from steerdeck.glyphs import glyphs
from steerdeck.panes.card import LABEL, labelled
from steerdeck.panes.exact import written
from steerdeck.text import Line, Span
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.outline import Command, Outline

MOST = 6
"""Rows of programs; what is more is counted."""
_NAMED = 8
_LONGEST = 300


def outline_rows(outline: Outline) -> list[Line]:
    """The programs with what they get, then files and hosts; nothing where nothing was read."""
    if not (outline.commands or outline.network):
        return []
    commands = outline.commands
    if len(commands) > MOST:
        # What matters is among the rows that are there, wherever it hides in the text.
        commands = tuple(sorted(commands, key=lambda one: (not one.danger, not one.network)))
    lines = [_row(one, "" if number else "does") for number, one in enumerate(commands[:MOST])]
    more = outline.counted - len(lines)
    if more > 0:
        lines.append(labelled("", [Span(counted(more, "more command"), "t1")]))
    lines += _named("reads", outline.reads)
    lines += _named("writes", outline.writes)
    shown = sum(1 for one in commands[:MOST] if one.network)
    if outline.network and (more > 0 or not shown):
        programs = ", ".join(_short(one) for one in outline.network[:_NAMED])
        verb = "reach" if len(outline.network) > 1 else "reaches"
        told = f" {verb} it" if commands else " may reach it"
        lines.append(labelled("network", [Span(programs, "t0"), Span(told, "t1")]))
    if not outline.whole:
        unknown = "more than this may happen: not all of it could be read"
        lines.append(labelled("", [Span(f"{glyphs().unknown} {unknown}", "t1")], hang=2))
    return lines


def _row(command: Command, label: str) -> Line:
    words = " ".join(command.words)
    spans = [
        Span(label.ljust(LABEL), "t2"),
        Span(f"{glyphs().shell} ", "t2"),
        Span(_short(command.program), "t0", bold=True),
        Span(f" {_short(words)}" if words else "", "t1"),
    ]
    marks = [word for word, so in (("danger", command.danger), ("network", command.network)) if so]
    right = (Span(" · ".join(marks), "failed" if command.danger else "t2"),) if marks else ()
    return Line(tuple(spans), right)


def _named(label: str, names: Sequence[str]) -> list[Line]:
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    told = ", ".join(_short(name) for name in names[:_NAMED])
    return [labelled(label, [Span(told, "t1"), Span(more, "t2")])]


def _short(text: str) -> str:
    told = written(text[: _LONGEST + 1].replace("\n", " "))
    return told if len(text) <= _LONGEST else told[: _LONGEST - 1] + glyphs().cut
