"""Aspect of a state: commands of the developer that run, or that the model was not told of."""

from msgspec.structs import replace

from steerdeck_agents.facts.by_hand import (
    HandEnded,
    HandNote,
    HandOrdered,
    HandStarted,
    HandTold,
    OpenHand,
)
from steerdeck_agents.facts.events import Event
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.reduce.taint import read_by
from steerdeck_agents.facts.state import SessionState

TITLE = 160
"""Characters of a command a state carries."""
NOTES_KEPT = 8
"""The model is told of so many at a time; of more the newest, and how many those before were."""


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case HandOrdered(call=str(call)):
            title = one_line(event.script[:TITLE], TITLE)
            opened = OpenHand(call, title, event.seq, event.at_ms, foreign=read_by(event.script))
            return replace(state, hands=(*state.hands, opened))
        case HandStarted(call=str(call)):
            return replace(
                state,
                hands=tuple(
                    replace(one, started=True) if one.call == call else one for one in state.hands
                ),
            )
        case HandEnded(call=str(call)):
            ended = next((one for one in state.hands if one.call == call), None)
            if ended is None:
                return state
            left = tuple(one for one in state.hands if one.call != call)
            if event.told is None and not ended.started:
                # It never ran, so there is nothing that a model would have to know.
                return replace(state, hands=left)
            note = HandNote(ended.call, ended.title, event.seq, event.told)
            notes = (*state.hand_notes, note)
            dropped = state.hands_dropped + max(0, len(notes) - NOTES_KEPT)
            kept = notes[-NOTES_KEPT:]
            return replace(state, hands=left, hand_notes=kept, hands_dropped=dropped)
        case HandTold(call=call):
            left_notes = tuple(note for note in state.hand_notes if note.call != call)
            return replace(state, hand_notes=left_notes, hands_dropped=0)
        case _:
            return state
