"""A command the developer ran by hand, with what it printed: its output is what it was run for."""

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.transcript import Called

SHOWN = 5
"""Rows of output; of more the last ones: the agent is written about in the same lane."""


def by_hand_lines(call: Called, right: tuple[Span, ...]) -> list[Line]:
    """The command as it was typed, wrapped, and below it the end of its output."""
    first, *rest = inert(call.title).splitlines() or [""]
    shell = Span(glyphs().shell, "accent")
    lines = [Line((foreign(first, "t0"),), right, gutter=shell, indent=2, wrap=not right)]
    lines += [Line((foreign(line, "t0"),), indent=2, wrap=True) for line in rest]
    printed = _printed(call)
    if len(printed) > SHOWN:
        above = f"{glyphs().above} {counted(len(printed) - SHOWN, 'line')} above"
        lines.append(Line((Span(above, "t3"),), indent=4))
    return [*lines, *(Line((foreign(line, "t1"),), indent=4) for line in printed[-SHOWN:])]


def _printed(call: Called) -> list[str]:
    """Its output without the head that tells the model how it ended."""
    text = call.output
    if call.phase in ("done", "failed", "interrupted"):
        head, blank, output = text.partition("\n\n")
        text = output if blank and head.startswith(("exit code", "stopped", "timed")) else text
    shown = inert(text, sequences="drop").strip("\n")
    return [] if shown in ("", "(no output)") else shown.splitlines()
