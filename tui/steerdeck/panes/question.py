"""Cards of everything else that waits: questions, lost calls, parked sessions, ends."""

from steerdeck.glyphs import glyphs
from steerdeck.model import InboxItem
from steerdeck.panes.approval import labelled
from steerdeck.panes.budget import budget_rows
from steerdeck.panes.changes import file_row
from steerdeck.panes.marks import mark_of, tool_glyph
from steerdeck.panes.transcript import short
from steerdeck.panes.waits import wait_of
from steerdeck.text import BLANK, Line, Span, clock, foreign
from steerdeck.widgets.prose import lines as prose_lines
from steerdeck_agents.facts.state import OpenCall, OpenQuestion, SessionState
from steerdeck_themes.palettes import Token


def question_card(question: OpenQuestion, *, armed: bool) -> list[Line]:
    """The question in the agent's words, and its choices by number; caps once keys answer."""
    lines = prose_lines(question.text, "t0", 0)
    if question.choices:
        lines.append(BLANK)
    for number, choice in enumerate(question.choices[:9], start=1):
        key = Span(f" {number} ", "t0" if armed else "t2", armed, bg="s3" if armed else None)
        first, *rest = choice.splitlines() or [""]
        lines.append(Line((key, foreign(f"  {first}", "t1")), hang=5, wrap=True))
        lines += [Line((foreign(line, "t1"),), indent=5, wrap=True) for line in rest]
    return lines


def lost_card(call: OpenCall) -> list[Line]:
    """A call whose end a crash hid: it is never run again by itself."""
    words = "It was begun, and a crash hid how it ended. It is not run again: look, then say."
    title = [Span(f"{tool_glyph(call.tool)} ", "t2"), foreign(call.title or call.tool, "t0")]
    lines = [
        Line(bg="s2"),
        Line(tuple(title), indent=1, hang=2, bg="s2", wrap=True),
        Line(bg="s2"),
        BLANK,
        labelled("what", [Span(words, "t1")]),
    ]
    output = [line for line in call.output.strip().splitlines() if line.strip()][-8:]
    for number, line in enumerate(output):
        lines.append(labelled("" if number else "output", [foreign(line, "t2")]))
    return lines


def parked_card(state: SessionState, now: int) -> list[Line]:
    """Why it stands still and what helps; with a clock also when it goes on by itself."""
    lines = [labelled("why", [foreign(state.reason or "No reason was recorded.", "t0")])]
    if state.way_out:
        lines.append(labelled("way out", [foreign(state.way_out, "t1")]))
    wait = wait_of(state, now)
    if wait is not None:
        lines.append(labelled("goes on", [Span(wait.told.removeprefix("goes on "), "t0"),
                                          Span(f"   {wait.left}", "t2")]))  # fmt: skip
    return [*lines, *budget_rows(state)]


def end_card(item: InboxItem, state: SessionState, width: int) -> list[Line]:
    """The end of a turn: what failed, or what there is to review."""
    lines: list[Line] = []
    if item.kind == "failed":
        lines += parked_card(state, 0)
    else:
        lines += prose_lines(state.last_words, "t1", 0)
    if state.files:
        lines += [BLANK, Line((Span("changes", "t2"),))]
        lines += [file_row(file, width) for file in state.files]
    return lines


def list_rows(item: InboxItem, state: SessionState, now: int) -> tuple[Line, Line]:
    """The two rows of a thing in the list of the inbox."""
    shape, colour = shape_of(item)
    first = Line(
        (Span(f"{shape} ", colour), foreign(state.name, "t0")),
        (Span(clock(now - item.since_ms), "t2"),),
    )
    return first, Line((foreign(short(" ".join(item.text.split())[:200], 30), "t2"),), indent=2)


def title_of(item: InboxItem) -> str:
    """What the band of a card says after the name."""
    match item.kind:
        case "question":
            return "asks you"
        case "unknown":
            return "needs to know how a call ended"
        case "parked":
            return "is parked"
        case "resting":
            return "goes on by itself"
        case "failed":
            return "stopped"
        case _:
            return "is ready for review"


def shape_of(item: InboxItem) -> tuple[str, Token]:
    """Shape and colour of a thing that waits."""
    g = glyphs()
    match item.kind:
        case "approval":
            return g.needs, "needs"
        case "question":
            return g.asks, "needs"
        case "unknown":
            return g.unknown, "needs"
        case "parked":
            return g.parked, "needs"
        case "resting":
            return g.parked, "t1"
        case "failed":
            mark = mark_of("failed")
            return mark.shape, mark.colour
        case "done":
            mark = mark_of("done")
            return mark.shape, mark.colour
