"""Aspect of a state: the table of changed files, and what was put back."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    FilesChanged,
    FilesRestored,
    RestoreFailed,
    RestoreStarted,
)
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
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
