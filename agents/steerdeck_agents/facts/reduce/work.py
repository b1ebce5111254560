"""Aspect of a state: the plan and the table of changed files."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    FilesChanged,
    FilesRestored,
    PlanUpdated,
    RestoreFailed,
    RestoreStarted,
)
from steerdeck_agents.facts.plan import Plan
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case PlanUpdated():
            edited = event.seq if event.actor == "developer" else 0
            return replace(state, plan=Plan(event.steps), plan_edited=edited)
        case FilesChanged():
            return replace(state, files=event.files, newest_file=event.newest)
        case FilesRestored() if event.part:
            return replace(state, restoring=None)
        case FilesRestored():
            return replace(state, undone=event.paths, undone_seq=event.seq, restoring=None)
        case RestoreStarted():
            return replace(state, restoring=event.restoring)
        case RestoreFailed():
            return replace(state, restoring=None)
        case _:
            return state
