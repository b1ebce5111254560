"""Aspect of a state: the open turn, its requests, and what they used."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    CallEnded,
    Event,
    InterruptOrdered,
    ItemAdded,
    MessageChanged,
    MessageSent,
    RequestEnded,
    RequestQueued,
    RequestSent,
    RetryHastened,
    RetryPlanned,
    SessionArchived,
    SessionParked,
    SessionResumed,
    StreamSilent,
    TextAdded,
    TurnEnded,
    TurnStarted,
)
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.facts.state import OpenTurn, SessionState


def apply(state: SessionState, event: Event) -> SessionState:
    match event:
        case TurnStarted():
            owes = event.trigger != "compaction"
            turn = OpenTurn(event.turn or TurnId(""), event.seq, event.at_ms, owes)
            counts = replace(state.counts, turns=state.counts.turns + 1)
            state = replace(state, turn=turn, counts=counts, stopping=False, again=False)
            return replace(state, reason="", way_out="")
        case TurnEnded():
            return replace(
                state,
                turn=None,
                stopping=False,
                last_turn=event.status,
                last_turn_ms=max(0, event.at_ms - state.turn.at_ms) if state.turn else 0,
                ended_seq=event.seq,
                reason=state.reason if state.parked else event.error,
                way_out=state.way_out if state.parked else event.way_out,
            )
        case ItemAdded():
            return replace(state, window=event.window, prompt_items=event.index + 1)
        case RequestSent():
            counts = replace(state.counts, requests=state.counts.requests + 1)
            state = replace(state, counts=counts)
            made = state.turn.requests + (not event.compacts) if state.turn else 0
            return _turn(
                state,
                request=event.request,
                requests=made,
                compacts=event.compacts,
                switched=False,
                attempt=event.attempt,
                retry="",
                place=0,
                waiting=0,
                cooling_ms=0,
                ending="",
            )
        case RequestQueued():
            return _turn(
                state, place=event.place, waiting=event.waiting, cooling_ms=event.until_ms or 0
            )
        case RetryHastened():
            return _turn(state, retry_at_ms=event.at_ms)
        case StreamSilent():
            return _turn(state, silent_ms=event.at_ms - event.silent_ms)
        case TextAdded():
            return _turn(state, silent_ms=0)
        case RetryPlanned():
            before = state.turn.strikes if state.turn else 0
            return _turn(
                state,
                request=None,
                attempt=event.attempt,
                strikes=before if event.cause in ("limit", "network") else before + 1,
                retry=event.reason,
                retry_cause=event.cause,
                retry_at_ms=event.at_ms + event.delay_ms,
            )
        case RequestEnded():
            unknown = event.status == "completed" and not event.usage.priced
            switched = state.turn is not None and state.turn.switched
            state = _worked(state, event.duration_ms)
            state = replace(
                state,
                counts=replace(state.counts, unpriced=state.counts.unpriced + unknown),
                usage=state.usage.plus(event.usage),
                context=event.usage.input or state.context,
                # The answer is the last of the model from before.
                switched_items=state.prompt_items if switched else state.switched_items,
            )
            if event.compacts:
                # Whether the model is owed an answer has nothing to do with the summary.
                return _turn(state, request=None, compacts=False, silent_ms=0)
            if event.status != "completed":
                return _turn(state, request=None, owes=True, silent_ms=0)
            continued = event.ending == "cut_off"
            again = continued and state.turn is not None and not state.turn.continued
            return _turn(
                state,
                request=None,
                owes=event.calls > 0 or again,
                silent_ms=0,
                strikes=0,
                ending=event.ending,
                continued=continued,
            )
        case MessageSent() | MessageChanged() if event.delivery not in ("queue", None):
            now = event.delivery == "now" and state.turn is not None
            return _turn(replace(state, stopping=state.stopping or now), owes=True)
        case InterruptOrdered():
            begins = not state.workspace.path and not state.parked
            return replace(state, stopping=state.turn is not None or begins)
        case SessionParked() | SessionResumed() if state.turn is None:
            return replace(state, stopping=False)
        case SessionArchived():
            return replace(state, stopping=False)
        case CallEnded():
            return _turn(_worked(state, event.duration_ms), owes=True)
        case _:
            return state


def _turn(state: SessionState, **changes: object) -> SessionState:
    if state.turn is None:
        return state
    return replace(state, turn=replace(state.turn, **changes))


def _worked(state: SessionState, ms: int) -> SessionState:
    if ms <= 0:
        return state
    counts = replace(state.counts, worked_ms=state.counts.worked_ms + ms)
    return replace(state, counts=counts)
