"""Aspect of a state: what a crash broke off, until the session goes on or its turn is given up."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    CallEnded,
    Event,
    SessionArchived,
    SessionCutOff,
    SessionResumed,
    TurnEnded,
)
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case SessionCutOff():
            return replace(state, cut_off=event.cut)
        case _ if state.cut_off is None:
            return state
        case SessionResumed() | SessionArchived():
            return replace(state, cut_off=None)
        case TurnEnded(status="interrupted") if state.parked:
            # Given up: nothing is left that could go on.
            return replace(state, cut_off=None, parked=False, reason="", way_out="")
        case TurnEnded():
            return replace(state, cut_off=None)
        case CallEnded() if not state.parked and not any(call.unknown for call in state.calls):
            return replace(state, cut_off=None)
        case _:
            return state
