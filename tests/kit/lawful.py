"""What must hold of every session's facts, whatever happened to it (the laws of the engine).

The checks read the journal alone, so they hold for a session that was interrupted, killed or cut
off at any event.
"""

from collections import Counter

import msgspec

from kit.scene import Scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId, sha_of
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop.request import body

RESTING = ("done", "idle", "failed", "interrupted")


def facts_of(reader: JournalReader, session: SessionId) -> list[e.Event]:
    return [e.decode(text) for text in reader.events(session, limit=1_000_000)]


def check_laws(reader: JournalReader, state: SessionState, *, chain: bool = True) -> None:
    """Laws 2 to 7, as far as the journal shows them; `chain` when nobody cut it off by hand."""
    facts = facts_of(reader, state.id)
    check_requests(reader, state.id, facts)
    check_messages(reader, state, facts)
    check_calls(state, facts)
    check_interrupts(facts)
    assert not chain or reader.check() == []


def check_requests(reader: JournalReader, session: SessionId, facts: list[e.Event]) -> None:
    """Bodies are the stored texts, grow at their end, and hold one result for each call.

    Tools, key and rules stay the same, unless the developer chose another model or
    effort; a request for a summary shares all but its own last words.
    """
    sent = {fact.request: fact for fact in facts if isinstance(fact, e.RequestSent)}
    chosen = [
        fact.seq
        for fact in facts
        if isinstance(fact, e.SessionConfigured) and (fact.model, fact.effort) != (None, None)
    ]
    window, fields, changes = -1, "", 0
    before: tuple[str, ...] = ()
    for listed in reader.requests(session):
        stored = reader.request(listed.id)
        fact = sent[stored.id]
        assert sha_of(body(stored.fields, stored.items)) == fact.body
        assert len(stored.items) == fact.items
        if stored.window == window:
            shared = min(len(before), len(stored.items) - fact.compacts)
            assert stored.items[:shared] == before[:shared], "a prompt was edited"
            assert shared == len(before) or fact.compacts, "a prompt lost its end"
        if fields and stored.fields != fields:
            # A choice holds from a later request on.
            changes += 1
            assert changes <= sum(seq < fact.seq for seq in chosen), "tools or parameters changed"
        if stored.window != window or not fact.compacts:
            before = stored.items
        window, fields = stored.window, stored.fields
        check_results(stored.items)


def check_results(items: tuple[str, ...]) -> None:
    """Every call of a prompt has exactly one output, and it comes later."""
    waiting: list[tuple[str, str]] = []
    for item in map(msgspec.json.decode, items):
        match item["type"]:
            case "function_call" | "custom_tool_call" as kind:
                waiting.append((kind, item["call_id"]))
            case "function_call_output" | "custom_tool_call_output" as kind:
                call = (kind.removesuffix("_output"), item["call_id"])
                assert call in waiting, "an output without its call, or a second one"
                waiting.remove(call)
    assert not waiting, "a request left with a call that has no result"


def check_messages(reader: JournalReader, state: SessionState, facts: list[e.Event]) -> None:
    """Words are delivered once, in a request that holds them, or wait in sight."""
    waiting = {message.id for message in state.queue}
    taken_back = {fact.message for fact in facts if isinstance(fact, e.MessageWithdrawn)}
    delivered = [fact for fact in facts if isinstance(fact, e.MessageDelivered)]
    carried = {fact.message: fact.request for fact in delivered}
    assert len(carried) == len(delivered), "words were delivered twice"
    words = {fact.message: fact.text for fact in facts if isinstance(fact, e.MessageSent)}
    words |= {
        fact.message: fact.text
        for fact in facts
        if isinstance(fact, e.MessageChanged) and fact.text is not None
    }
    for sent in (fact for fact in facts if isinstance(fact, e.MessageSent)):
        places = [sent.message in one for one in (waiting, taken_back, carried)]
        assert places.count(True) == 1, f"{sent.text!r} is in {places}"
        if sent.message in carried:
            items = map(msgspec.json.decode, reader.request(carried[sent.message]).items)
            said = [i["content"][0]["text"] for i in items if i.get("role") == "user"]
            assert words[sent.message] in said


def check_calls(state: SessionState, facts: list[e.Event]) -> None:
    """Nothing begins twice, nothing begins without an allow, everything ends once."""
    asked = Counter(fact.call for fact in facts if isinstance(fact, e.CallRequested))
    started = Counter(fact.call for fact in facts if isinstance(fact, e.CallStarted))
    ended = Counter(fact.call for fact in facts if isinstance(fact, e.CallEnded))
    assert set(asked.values()) | set(started.values()) | set(ended.values()) <= {1}
    assert asked.keys() - ended.keys() == {call.id for call in state.calls}
    if state.turn is None:
        assert not (state.calls or state.approvals or state.questions)
    for begun in (fact for fact in facts if isinstance(fact, e.CallStarted)):
        if begun.approval is not None:
            (decided,) = [
                fact
                for fact in facts
                if isinstance(fact, e.ApprovalDecided) and fact.approval == begun.approval
            ]
            assert decided.decision == "allow"
            assert decided.seq < begun.seq
            assert decided.shown == begun.binding


def check_interrupts(facts: list[e.Event]) -> None:
    """After an accepted interrupt nothing is asked of the model before the turn has ended."""
    working = stopping = False
    for fact in facts:
        match fact:
            case e.TurnStarted():
                working, stopping = True, False
            case e.TurnEnded():
                assert not stopping or fact.status == "interrupted"
                working = stopping = False
            case e.InterruptOrdered():
                stopping = working
            case e.MessageSent(delivery="now"):
                stopping = stopping or working
            case e.RequestSent():
                assert not stopping, "a request left after the interrupt"


async def attend(playing: Scene, session: SessionId) -> SessionState:
    """Answer all a session asks, with a yes, until it rests."""
    while True:
        state = await playing.status(session, *RESTING, "needs_you", "asks", "unknown", "parked")
        if state.status in RESTING and not state.queue:
            return state
        try:
            await answer(playing, state)
        except OrderRefused:
            # It was answered or withdrawn meanwhile.
            continue
        before = state.seq
        await playing.until(lambda before=before: playing.state(session).seq > before)


async def answer(playing: Scene, state: SessionState) -> None:
    """One answer to the first thing a session waits for."""
    for call in state.calls:
        if call.unknown:
            await playing.give(o.Resolve, state.id, call=call.id, verdict="done")
            return
    if state.approvals:
        asked = state.approvals[0]
        await playing.give(o.Decide, state.id, approval=asked.id, allow=True, shown=asked.binding)
    elif state.questions:
        await playing.give(o.Answer, state.id, question=state.questions[0].id, text="Yes.")
    elif state.parked:
        await playing.give(o.Resume, state.id)
