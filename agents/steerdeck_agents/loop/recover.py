"""What a crash left open, made true again before a session goes on.

A call whose intent was committed and whose end was not is lost: it is shown and never run again
by itself (law 7). A request in flight counts as failed and is asked again. Approvals and questions
simply stay open.
"""

from steerdeck_agents.facts.events import (
    CallEnded,
    CallLost,
    ItemEnded,
    KnownEvent,
    RequestEnded,
    SessionResumed,
    decode,
)
from steerdeck_agents.facts.ids import CallId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop.prompt import Held, Prompt

PAGE = 500


def after_crash(state: SessionState) -> list[KnownEvent]:
    """The facts that close what the last runtime left open; none when it ended in peace."""
    turn = state.turn
    if turn is None:
        return []
    facts: list[KnownEvent] = [
        CallLost(
            session=state.id,
            turn=turn.id,
            call=call.id,
            reason="the runtime ended while it ran; nobody saw how it ended",
        )
        for call in state.calls
        if call.started and not call.unknown
    ]
    facts += [
        ItemEnded(
            session=state.id, turn=turn.id, item=i.id, kind=i.kind, text=i.text, complete=False
        )
        for i in state.items
        if i.kind != "arguments"
    ]
    if turn.request is not None:
        facts.append(
            RequestEnded(
                session=state.id,
                turn=turn.id,
                request=turn.request,
                status="failed",
                error="the runtime ended before the answer was whole",
                retryable=True,
                compacts=turn.compacts,
            )
        )
    facts.append(SessionResumed(session=state.id, turn=turn.id, why="the runtime came back"))
    return facts


def load_prompt(reader: JournalReader, state: SessionState) -> Prompt:
    """The prompt of the newest window, exactly as stored."""
    stored = reader.prompt(state.id)
    return Prompt(
        state.id,
        state.window,
        (Held(item.sha, item.text, item.origin, item.kind) for item in stored),
    )


def load_results(reader: JournalReader, state: SessionState, prompt: Prompt) -> dict[CallId, str]:
    """What ended calls gave the model and no request carried yet."""
    open_calls = {call.id for call in state.calls}
    owed = {call.id for call in prompt.unanswered()} - open_calls
    results: dict[CallId, str] = {}
    before: int | None = None
    while owed:
        page = reader.events(state.id, before=before, limit=PAGE, newest=True)
        if not page:
            break
        events = [decode(text) for text in page]
        for event in events:
            if isinstance(event, CallEnded) and event.call in owed:
                owed.discard(event.call)
                results[event.call] = event.result
        before = events[0].seq
    return results
