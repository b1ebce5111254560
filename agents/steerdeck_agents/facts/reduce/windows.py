"""Aspect of a state: how full the window is, and whether it is to be compacted."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    CompactionOrdered,
    Event,
    RequestEnded,
    TurnEnded,
    WindowCompacted,
)
from steerdeck_agents.facts.state import SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case RequestEnded(status="completed", compacts=False):
            usage = event.usage
            # The items of the answer were added before this fact, in the same append.
            return replace(
                state,
                fresh_window=False,
                cached=usage.cached,
                measured=usage.input + usage.output if usage.input else 0,
                measured_items=state.prompt_items if usage.input else 0,
            )
        case CompactionOrdered() if not state.fresh_window:
            return replace(state, compaction=event.reason)
        case WindowCompacted():
            turn = state.turn
            return replace(
                state,
                turn=None if turn is None else replace(turn, retry="", attempt=0, strikes=0),
                compaction="",
                fresh_window=True,
                context=event.tokens_after,
                cached=0,
                measured=0,
                measured_items=0,
            )
        case TurnEnded(status="interrupted" | "failed"):
            return replace(state, compaction="")
        case _:
            return state
