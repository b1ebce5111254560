"""The tool log: calls as rows under a filter that is text, and one call in full below.

The filter's words must all occur; `tool:shell` and `is:failed`, `is:slow`, `is:running` narrow by
kind. A bar for time stands from 30 % of the slowest call on.
"""

from datetime import datetime

from steerdeck.glyphs import glyphs
from steerdeck.panes.marks import tool_glyph
from steerdeck.panes.transcript import result_spans
from steerdeck.text import BLANK, Line, Span, duration, fit, foreign
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.transcript import Called, Transcript

SLOW_MS = 5_000
_BAR = 8
_OUTPUT = 2_000


def calls_of(transcript: Transcript | None) -> list[Called]:
    """All calls, the newest first."""
    entries = transcript.entries.values() if transcript is not None else ()
    return [entry for entry in entries if isinstance(entry, Called)][::-1]


def matching(calls: list[Called], query: str) -> list[Called]:
    """The calls that pass the filter."""
    words = query.casefold().split()
    return [call for call in calls if all(_passes(call, word) for word in words)]


def _passes(call: Called, word: str) -> bool:
    key, colon, value = word.partition(":")
    if colon and key == "tool":
        return any(call.tool.startswith(name) for name in value.split(",") if name) or not value
    if colon and key == "is":
        return any(_is(call, name) for name in value.split(",") if name) or not value
    return word in f"{call.tool} {call.title} {call.summary}".casefold()


def _is(call: Called, name: str) -> bool:
    match name:
        case "slow":
            return call.duration_ms >= SLOW_MS
        case "you":
            return call.allowed_by.startswith(("you", "developer"))
        case "rule":
            return "rule" in call.allowed_by
        case _:
            return call.phase.startswith(name)


def tool_head(width: int) -> Line:
    allowed = "allowed by".ljust(_allowed(width)) if _allowed(width) else ""
    words = f"{allowed}{'result'.ljust(14 + _BAR)}{'took'.rjust(8)}"
    return Line((Span("time      call", "t2"),), (Span(words, "t2"),))


def _allowed(width: int) -> int:
    """Width of the column that says what allowed a call; none where room is scarce."""
    return 0 if width < 100 else 16 if width < 160 else 44


def tool_row(call: Called, slowest: int, now: int, width: int) -> Line:
    """One call of the log."""
    room = _allowed(width)
    left = (
        Span(f"{_clock(call.at_ms)}  ", "t2"),
        Span(f"{tool_glyph(call.tool)} ", "t2"),
        foreign(one_line(call.title or call.tool), "t1"),
    )
    right: list[Span] = []
    if room:
        right.append(foreign(fit(one_line(call.allowed_by), room - 1).ljust(room), "t2"))
    result = [span for span in result_spans(call, now) if not span.text.startswith("  ")]
    text = sum(len(span.text) for span in result)
    right += [*result, Span(" " * max(0, 14 - text))]
    long = call.duration_ms * _BAR // slowest if slowest and call.duration_ms else 0
    bar = glyphs().meter * (long if long >= 0.3 * _BAR else 0)
    took = duration(call.duration_ms) if call.duration_ms >= 50 else ""
    right += [Span(bar.rjust(_BAR), "t3"), Span(took.rjust(8), "t1" if bar else "t2")]
    return Line(left, tuple(right))


def detail(call: Called, now: int, full: str = "") -> list[Line]:
    """One call whole: what was asked, what came back, what allowed it."""
    head = Line(
        (Span(f"{tool_glyph(call.tool)} ", "t2"), foreign(_first(call.title), "t0", bold=True)),
        (*result_spans(call, now), Span(f"   {_clock(call.at_ms)}", "t2")),
    )
    lines = [head, Line(fill=Span(glyphs().hairline, "line"))]
    facts = [("allowed by", call.allowed_by), ("output", "")]
    if call.exit_code is not None:
        facts.insert(1, ("exit", str(call.exit_code)))
    for label, value in facts:
        if value:
            lines.append(Line((Span(label.ljust(12), "t2"), foreign(value, "t1"))))
    lines.append(BLANK)
    output = inert(full or call.output, sequences="drop").split("\n")
    shown = output[-_OUTPUT:]
    if len(output) > len(shown):
        lines.append(Line((Span(f"{len(output) - len(shown)} lines before these", "t3"),)))
    lines += [Line((foreign(line, "t1"),), wrap=True) for line in shown]
    return lines


def _first(title: str) -> str:
    return (title.splitlines() or [""])[0]


def _clock(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).strftime("%H:%M:%S")
