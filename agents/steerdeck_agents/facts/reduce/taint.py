"""Aspect of a state: whose words are in its prompt that nobody vouches for."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import CallEnded, Event, NetworkUsed
from steerdeck_agents.facts.state import OpenCall, SessionState

_FOREIGN = ("node_modules/", "site-packages/", "vendor/", ".venv/", "third_party/")
MOST = 16


def apply(state: SessionState, event: Event) -> SessionState:
    source = ""
    match event:
        case CallEnded(status="done" | "failed"):
            call = next((one for one in state.calls if one.id == event.call), None)
            source = _source(call) if call is not None else ""
        case NetworkUsed(allowed=True, received=received) if received:
            source = f"the host {event.host}"
    if not source or source in state.taint:
        return state
    return replace(state, taint=(*state.taint, source)[-MOST:])


def _source(call: OpenCall) -> str:
    """Where the words of its result come from; empty for the repository's own files."""
    server, joint, _ = call.tool.partition("__")
    if joint:
        return f"the server {server}"
    if call.tool == "delegate":
        return "a helper's answer"
    found = next((folder for folder in _FOREIGN if folder in call.arguments), "")
    return f"files below {found.rstrip('/')}" if found else ""
