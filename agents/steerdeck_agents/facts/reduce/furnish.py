"""Aspect of a state: what its workspace was given, its servers, its consents, and its drifts."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    ApprovalDecided,
    DriftFound,
    Event,
    HelperStarted,
    MessageSent,
    ServerChanged,
    SessionResumed,
    SetupEnded,
    SetupPrinted,
    SetupStarted,
    WorkspaceFurnished,
)
from steerdeck_agents.facts.servers import OpenServer
from steerdeck_agents.facts.state import Consent, SessionState

OUTPUT_KEPT = 2048
CONSENTS = ("server", "tools", "setup")


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case WorkspaceFurnished():
            setup = replace(
                state.setup,
                furnished=True,
                # A workspace that was made once more needs it once more.
                status="",
                script=event.setup,
                teardown=event.teardown,
                identity=event.identity,
                teardown_identity=event.teardown_identity,
                network=event.network,
                timeout_s=event.timeout_s,
            )
            place = replace(state.workspace, links=event.links, ports=event.ports)
            return replace(state, setup=setup, workspace=place)
        case SetupStarted():
            return replace(state, setup=replace(state.setup, status="running", output=""))
        case SetupPrinted():
            text = (state.setup.output + event.text)[-OUTPUT_KEPT:]
            return replace(state, setup=replace(state.setup, output=text))
        case SetupEnded(kind="setup"):
            return replace(state, setup=replace(state.setup, status=event.status))
        case ServerChanged():
            server = OpenServer(
                event.server, event.status, event.reason, event.way_out, event.tools, event.pin
            )
            others = tuple(s for s in state.servers if s.name != event.server)
            kept = others if event.status == "gone" else (*others, server)
            return replace(state, servers=tuple(sorted(kept, key=lambda one: one.name)))
        case ApprovalDecided():
            return _consented(state, event)
        case HelperStarted(call=str(call)):
            calls = tuple(
                replace(c, helper=event.helper) if c.id == call else c for c in state.calls
            )
            return replace(state, calls=calls)
        case DriftFound():
            return replace(state, drifts=(*state.drifts, event.drift))
        case MessageSent() | SessionResumed(actor="developer") if state.drifts:
            return replace(state, drifts=())
        case _:
            return state


def _consented(state: SessionState, event: ApprovalDecided) -> SessionState:
    """Only an open approval can be decided, so this runs before it is closed."""
    asked = next((a for a in state.approvals if a.id == event.approval), None)
    if asked is None or asked.kind not in CONSENTS:
        return state
    others = (c for c in state.consents if (c.kind, c.binding) != (asked.kind, asked.binding))
    said = Consent(asked.kind, asked.binding, event.decision == "allow")
    return replace(state, consents=(*others, said))
