"""Aspect of a state: birth, configuration, parking and archive of a session."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    BudgetWarned,
    CheckpointTaken,
    Event,
    SessionArchived,
    SessionConfigured,
    SessionCreated,
    SessionForked,
    SessionParked,
    SessionReopened,
    SessionResumed,
    WindowCompacted,
    WorkspaceMade,
    WorkspaceProgressed,
)
from steerdeck_agents.facts.limits import KINDS, Limits
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
                limits=Limits(dollars=event.budget).changed(event.limits),
                forked_from=event.forked_from,
                parent=event.parent,
                created_ms=event.at_ms,
            )
        case SessionForked():
            return _forked(state, event)
        case CheckpointTaken() if state.copying is not None:
            return replace(state, copying=None)
        case WorkspaceProgressed():
            return replace(state, progress=event.text)
        case WorkspaceMade():
            place = replace(
                event.workspace, links=state.workspace.links, ports=state.workspace.ports
            )
            return replace(state, workspace=place, progress="")
        case SessionConfigured():
            state = _limited(state, event.limits or Limits(dollars=event.budget))
            turn, switched = state.turn, event.model not in (None, state.model)
            if switched and turn is not None:
                # What the last one failed at is no reason for the next to wait.
                turn = replace(
                    turn, retry="", attempt=0, strikes=0, place=0, waiting=0, cooling_ms=0,
                    switched=turn.request is not None,
                )  # fmt: skip
            return replace(
                state,
                name=state.name if event.name is None else event.name,
                mode=state.mode if event.mode is None else event.mode,
                model=state.model if event.model is None else event.model,
                effort=state.effort if event.effort is None else event.effort,
                switched_items=state.prompt_items if switched else state.switched_items,
                turn=turn,
                level=state.level if event.level is None else event.level,
                tags=state.tags if event.tags is None else event.tags,
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
            # What was parked goes on by itself where it has to.
            broken = ("failed",) if state.parked else ("failed", "interrupted")
            mine = event.actor == "developer" and state.turn is None
            state = replace(state, again=mine and state.last_turn in broken)
            return replace(state, parked=False, parked_until_ms=None, reason="", way_out="")
        case BudgetWarned(scope="session") if event.unpriced:
            return replace(state, unpriced_said=True)
        case BudgetWarned(scope="session"):
            return replace(state, warned=(*state.warned, event.kind))
        case SessionArchived():
            return replace(state, archived=event.reason)
        case SessionReopened():
            return replace(
                state,
                archived="",
                slot=event.slot or state.slot,
                name=event.name or state.name,
            )
        case _:
            return state


def _forked(state: SessionState, event: SessionForked) -> SessionState:
    told = event.told
    return replace(
        state,
        root=event.root,
        copying=event.copying,
        last_turn="interrupted" if event.interrupted else "completed",
        context=told.context,
        measured=told.measured,
        measured_items=told.measured_items,
        switched_items=told.switched_items,
        fresh_window=told.fresh_window,
        plan_edited=told.plan_edited,
        plan=told.plan if told.plan.steps else state.plan,
        undone=told.undone,
        undone_seq=told.undone_seq,
    )


def _limited(state: SessionState, change: Limits) -> SessionState:
    """With changed budgets; of each that differs is warned anew."""
    limits = state.limits.changed(change)
    if limits == state.limits:
        return state
    same = {kind for kind in KINDS if limits.of(kind) == state.limits.of(kind)}
    warned = tuple(kind for kind in state.warned if kind in same)
    said = state.unpriced_said and "dollars" in same
    return replace(state, limits=limits, warned=warned, unpriced_said=said)
