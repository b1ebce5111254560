"""Aspect of a state: calls without a result."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    ApprovalDecided,
    CallEdited,
    CallEnded,
    CallLost,
    CallRequested,
    CallStarted,
    Event,
    OutputAdded,
    QuestionAnswered,
)
from steerdeck_agents.facts.ids import CallId, Sha
from steerdeck_agents.facts.state import OpenCall, SessionState

OUTPUT_KEPT = 4096
"""Characters of running output a state carries; the rest is read from the journal."""


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case CallRequested(call=str(call)):
            opened = OpenCall(
                call, event.tool, event.arguments, event.title, event.seq, event.at_ms
            )
            return replace(
                state,
                calls=(*(c for c in state.calls if c.id != call), opened),
                counts=replace(state.counts, calls=state.counts.calls + 1),
            )
        case CallEdited(call=str(call)):
            return _change(
                state,
                call,
                edited=event.text,
                title=event.text,
                allowed=None,
                allowed_binding=Sha(""),
            )
        case CallStarted(call=str(call)):
            return _change(state, call, started=True, started_ms=event.at_ms, allowed=None)
        case OutputAdded(call=str(call)):
            before = next((c.output for c in state.calls if c.id == call), "")
            return _change(state, call, output=(before + event.text)[-OUTPUT_KEPT:])
        case ApprovalDecided(call=str(call)):
            return _decided(state, call, event)
        case QuestionAnswered(call=str(call)) if any(
            asked.id == event.question for asked in state.questions
        ):
            return _change(state, call, answered=event.text)
        case CallLost(call=str(call)):
            return _change(state, call, unknown=True)
        case CallEnded(call=str(call)):
            failed = state.counts.failed_calls + (event.status == "failed")
            return replace(
                state,
                calls=tuple(c for c in state.calls if c.id != call),
                last_call=event.summary,
                last_call_status=event.status,
                counts=replace(state.counts, failed_calls=failed),
            )
        case _:
            return state


def _decided(state: SessionState, call: CallId, event: ApprovalDecided) -> SessionState:
    """The first decision on an open approval counts; a later one decides nothing."""
    asked = next((a for a in state.approvals if a.id == event.approval), None)
    if asked is None:
        return state
    alone = event.unattended
    if event.decision == "reject":
        return _change(state, call, rejected=event.words, unattended=alone)
    return _change(state, call, allowed=asked.id, allowed_binding=asked.binding, unattended=alone)


def _change(state: SessionState, call: CallId, **changes: object) -> SessionState:
    return replace(
        state,
        calls=tuple(replace(c, **changes) if c.id == call else c for c in state.calls),
    )
