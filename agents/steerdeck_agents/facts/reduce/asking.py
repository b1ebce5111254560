"""Aspect of a state: approvals and questions that wait for the developer."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    CallEnded,
    Event,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case ApprovalRequested():
            return replace(state, approvals=(*state.approvals, _approval(event)))
        case QuestionAsked():
            asked = OpenQuestion(
                event.question,
                event.call or CallId(""),
                event.text,
                event.choices,
                event.seq,
                event.at_ms,
                event.asker,
            )
            return replace(state, questions=(*state.questions, asked))
        case ApprovalDecided() | ApprovalExpired():
            return _closed(state, event.approval, event.at_ms)
        case QuestionAnswered() | QuestionExpired():
            return _closed(state, event.question, event.at_ms)
        case CallEnded():
            for waiting in _waiting(state):
                if waiting.call == event.call:
                    state = _closed(state, waiting.id, event.at_ms)
            return state
        case _:
            return state


def _approval(event: ApprovalRequested) -> OpenApproval:
    return OpenApproval(
        id=event.approval,
        call=event.call or CallId(""),
        kind=event.kind,
        what=event.what,
        binding=event.binding,
        why=event.why,
        reasons=event.reasons,
        folder=event.folder,
        level=event.level,
        files=event.files,
        seq=event.seq,
        at_ms=event.at_ms,
        title=event.title,
        danger=event.danger,
        outline=event.outline,
        taint=event.taint,
        kept=event.kept,
    )


def _waiting(state: SessionState) -> list[OpenApproval | OpenQuestion]:
    return [*state.approvals, *state.questions]


def _closed(state: SessionState, closed: ApprovalId, at_ms: int) -> SessionState:
    """The state without that approval or question, the wait added to the count."""
    waited = sum(
        max(0, at_ms - waiting.at_ms) for waiting in _waiting(state) if waiting.id == closed
    )
    return replace(
        state,
        approvals=tuple(a for a in state.approvals if a.id != closed),
        questions=tuple(q for q in state.questions if q.id != closed),
        counts=replace(state.counts, waited_ms=state.counts.waited_ms + waited),
    )
