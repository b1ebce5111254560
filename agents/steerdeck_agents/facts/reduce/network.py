"""Aspect of a state: which hosts its commands reached, and which they tried in vain."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import Event, NetworkUsed
from steerdeck_agents.facts.network import reached
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case NetworkUsed():
            return replace(state, network=reached(state.network, event))
        case _:
            return state
