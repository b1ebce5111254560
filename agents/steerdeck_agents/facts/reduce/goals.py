"""Aspect of a state: the goal it works for."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    GoalCheckedIn,
    GoalEnded,
    GoalSet,
    MessageSent,
    SessionReopened,
    SessionResumed,
    TurnEnded,
)
from steerdeck_agents.facts.goals import OpenGoal
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    if isinstance(event, GoalSet):
        goal = OpenGoal(event.goal, event.seq, event.at_ms, checked_in_ms=event.at_ms)
        return replace(state, goal=goal)
    if state.goal is None:
        return state
    match event:
        case GoalEnded():
            return replace(state, goal=None)
        case GoalCheckedIn():
            return _goal(
                state,
                checked_in_turns=event.turns,
                checked_in_ms=event.at_ms,
                report=event.text,
            )
        case TurnEnded():
            held = "" if event.status == "completed" else event.status
            return _goal(state, turns=state.goal.turns + 1, held=held)
        case SessionReopened():
            return _goal(state, held="reopened")
        case SessionResumed() if event.actor == "developer":
            return _goal(state, held="")
        case MessageSent():
            return _goal(state, held="")
        case _:
            return state


def _goal(state: SessionState, **changes: object) -> SessionState:
    return state if state.goal is None else replace(state, goal=replace(state.goal, **changes))
