"""Aspect of a state: its one status, computed from the others, and the last fact in words."""

from msgspec.structs import replace

from steerdeck_agents.facts.asking import patch_words
from steerdeck_agents.facts.events import (
    ApprovalRequested,
    CallRequested,
    Event,
    ItemEnded,
    MessageSent,
    QuestionAsked,
    SessionParked,
    TurnEnded,
    WorkLanded,
)
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState, Status

WORDS = 160


def apply(state: SessionState, event: Event) -> SessionState:
    words = _words(event)
    if words:
        state = replace(state, last_words=one_line(words, WORDS))
    now = status_of(state)
    if now != state.status:
        state = replace(state, status=now, changed_ms=event.at_ms)
    return state


def status_of(state: SessionState) -> Status:
    """What a session is doing; the strongest claim on the developer wins."""
    if state.archived:
        return "archived"
    if state.calls and any(call.unknown for call in state.calls):
        return "unknown"
    if state.approvals:
        return "needs_you"
    if state.questions or (state.shells and any(shell.hidden for shell in state.shells)):
        return "asks"
    if state.parked:
        return "parked"
    if state.turn is not None:
        return "working"
    if state.plan.offer is not None:
        return "needs_you"
    if state.copying is not None:
        return "starting"
    match state.last_turn:
        case None:
            return "starting"
        case "completed":
            if state.goal is not None and not state.goal.held:
                return "working"
            reads = state.parent is not None and state.mode == "plan"
            return "done" if state.files and not reads else "idle"
        case "refused":
            return "failed"
        case ended:
            return ended


_SPEAKING = frozenset({
    ItemEnded, MessageSent, QuestionAsked, CallRequested, ApprovalRequested, SessionParked,
    TurnEnded, WorkLanded,
})  # fmt: skip
"""Kinds of facts with words; a set, since this is asked for every fact."""


def _words(event: Event) -> str:
    if type(event) not in _SPEAKING:
        return ""
    match event:
        case ItemEnded(kind="message") | MessageSent() | QuestionAsked():
            return event.text
        case CallRequested():
            return event.title
        case ApprovalRequested(kind="patch") if event.files:
            return patch_words(event.files)
        case ApprovalRequested():
            return event.what
        case SessionParked():
            return event.reason
        case TurnEnded():
            return event.error
        case WorkLanded():
            return f"landed on {event.where}"
        case _:
            return ""
