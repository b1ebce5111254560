"""Aspect of a state: its landings, its place in their queue, and what it shares with others."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    LandingFailed,
    LandingLeft,
    LandingQueued,
    LandingStarted,
    OverlapChanged,
    SessionArchived,
    WorkLanded,
)
from steerdeck_agents.facts.shore import InLine, way_back
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case LandingQueued():
            return replace(state, in_line=InLine(event.how, event.seq, event.at_ms))
        case LandingLeft():
            return replace(state, in_line=None)
        case LandingStarted():
            return replace(state, landing=event.landing)
        case LandingFailed():
            return replace(state, landing=None, in_line=None)
        case WorkLanded():
            back = way_back(event, state.workspace.repository)
            return replace(state, landed=event.where, way_back=back, landing=None, in_line=None)
        case OverlapChanged():
            return replace(state, overlaps=event.overlaps)
        case SessionArchived() if state.overlaps or state.in_line:
            return replace(state, overlaps=(), in_line=None)
        case _:
            return state
