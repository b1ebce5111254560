"""Aspect of a state: birth, configuration, parking and archive of a session."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    RuleAdded,
    SessionArchived,
    SessionConfigured,
    SessionCreated,
    SessionParked,
    SessionReopened,
    SessionResumed,
    WindowCompacted,
    WorkLanded,
    WorkspaceMade,
    WorkspaceProgressed,
)
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case SessionCreated():
            return replace(
                state,
                name=event.name,
                task=event.task,
                slot=event.slot,
                agent=event.agent,
                model=event.model,
                mode=event.mode,
                workspace=event.workspace,
                level=event.level,
                surroundings=event.surroundings,
                carried=event.carried,
                budget=event.budget,
                created_ms=event.at_ms,
            )
        case WorkspaceProgressed():
            return replace(state, progress=event.text)
        case WorkspaceMade():
            return replace(state, workspace=event.workspace, progress="")
        case SessionConfigured():
            return replace(
                state,
                name=state.name if event.name is None else event.name,
                mode=state.mode if event.mode is None else event.mode,
                model=state.model if event.model is None else event.model,
                effort=state.effort if event.effort is None else event.effort,
                switched_items=state.switched_items
                if event.model in (None, state.model)
                else state.prompt_items,
                budget=state.budget if event.budget is None else event.budget,
                level=state.level if event.level is None else event.level,
            )
        case WindowCompacted():
            return replace(state, switched_items=0)
        case SessionParked():
            return replace(
                state,
                parked=True,
                parked_until_ms=event.until_ms,
                reason=event.reason,
                way_out=event.way_out,
            )
        case SessionResumed():
            return replace(state, parked=False, parked_until_ms=None, reason="", way_out="")
        case SessionArchived():
            return replace(state, archived=event.reason)
        case SessionReopened():
            return replace(
                state,
                archived="",
                slot=event.slot or state.slot,
                name=event.name or state.name,
            )
        case RuleAdded():
            return replace(state, rules=(*state.rules, event.rule))
        case WorkLanded():
            return replace(state, landed=event.where)
        case _:
            return state
