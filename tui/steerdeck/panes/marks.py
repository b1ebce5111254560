"""Shape, word and colour of every state: said here once, so that all screens say the same.

State is a shape first, then a word, then a colour; the word may say more than the shape.
"""

from collections.abc import Iterable

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.waits import resting, wait_of
from steerdeck.text import Span
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState, Status
from steerdeck_themes.palettes import Token

WAITS: tuple[Status, ...] = ("needs_you", "asks", "unknown", "parked")
"""The states in which an agent stands still until the developer acts: amber, and only they."""


class Mark(msgspec.Struct, frozen=True):
    """How a state looks."""

    shape: str
    word: str
    colour: Token


def mark_of(status: Status) -> Mark:
    g = glyphs()
    match status:
        case "starting":
            return Mark(g.queued, "starting", "t2")
        case "working":
            return Mark(g.working, "working", "working")
        case "needs_you":
            return Mark(g.needs, "needs you", "needs")
        case "asks":
            return Mark(g.asks, "asks", "needs")
        case "unknown":
            return Mark(g.unknown, "unknown", "needs")
        case "parked":
            return Mark(g.parked, "parked", "needs")
        case "idle":
            return Mark(g.queued, "idle", "t2")
        case "done":
            return Mark(g.done, "done", "done")
        case "failed":
            return Mark(g.failed, "failed", "failed")
        case "interrupted":
            return Mark(g.paused, "interrupted", "t1")
        case "paused":
            return Mark(g.paused, "paused", "t1")
        case "archived":
            return Mark(g.archived, "archived", "t3")


def waits(state: SessionState) -> bool:
    """Whether it stands still until the developer acts; one with a clock goes on by itself."""
    return state.status in WAITS and not resting(state)


def waits_beside(sessions: Iterable[SessionState], state: SessionState) -> SessionState | None:
    """The first of the other sessions that waits."""
    return next((one for one in sessions if one.id != state.id and waits(one)), None)


def mark_for(state: SessionState) -> Mark:
    """How the state of a session looks."""
    mark = mark_of(state.status)
    if resting(state):
        return Mark(mark.shape, mark.word, "t1")
    if state.status == "failed" and state.last_turn == "refused":
        return Mark(mark.shape, "refused", mark.colour)
    return mark


def doing(state: SessionState) -> str:
    """The word of the state, for a working session what it is at: `writing`, `running pytest`."""
    if state.status != "working":
        return mark_for(state).word
    wait = wait_of(state, 0)
    if wait is not None and wait.word != "working":
        return wait.word
    if state.verify.running:
        return "checking"
    for call in reversed(state.calls):
        if call.helper is not None:
            return "waits for helper"
        if call.started and kind_of(call.tool) == "shell" and call.title:
            program = next((part for part in call.title.split() if "=" not in part), "")
            return one_line(f"running {program.rpartition('/')[2]}", 16)
        if call.started:
            return {"patch": "patching", "read": "reading", "search": "searching"}.get(
                kind_of(call.tool), "working"
            )
    match [item.kind for item in state.items]:
        case [*_, "message"]:
            return "writing"
        case [*_, "reasoning"]:
            return "thinking"
        case _:
            return "working"


def elapsed_ms(state: SessionState, now_ms: int) -> int:
    """How long its turn has run, or ran; while it waits, for how long it has been asking."""
    if state.status in WAITS:
        asked = (*(one.at_ms for one in state.approvals), *(one.at_ms for one in state.questions))
        return max(0, now_ms - min(asked, default=state.since_ms))
    if state.turn is not None:
        return max(0, now_ms - state.turn.at_ms)
    if state.status == "starting":
        return max(0, now_ms - state.created_ms)
    return state.last_turn_ms


def state_spans(state: SessionState, ink: Token | None = None, *, bold: bool = False) -> list[Span]:
    """Shape and word, in their colour or all in `ink`."""
    mark = mark_for(state)
    return [
        Span(f"{mark.shape} ", ink or mark.colour),
        Span(doing(state), ink or mark.colour, bold or waits(state)),
    ]


def tool_glyph(tool: str) -> str:
    g = glyphs()
    match kind_of(tool):
        case "shell":
            return g.shell
        case "patch":
            return g.patch
        case "read" | "list":
            return g.read
        case "search":
            return g.search
        case "ask":
            return g.asks
        case "helper":
            return g.helper
        case _:
            return g.other


def titled(title: str, tool: str, summary: str) -> str:
    """What a row calls a call, without what its result says at the right anyway."""
    named = one_line(title or tool, 300)
    return named.removesuffix(f" {summary}") if summary else named


def kind_of(tool: str) -> str:
    """The kind of work of a tool: of `apply_patch`, `read_file` and their like the plain word."""
    if "__" in tool:
        return "server"
    words = tool.split("_")
    for kind in ("shell", "patch", "read", "list", "search", "ask", "plan", "helper"):
        if kind in words:
            return kind
    return {"delegate": "helper"}.get(tool, tool)
