"""What a developer is told of the runtime itself: its end, its program, who takes over."""

import asyncio

import msgspec

from kit.desk import NOW, Feed
from kit.rare import rare
from steerdeck.bridge import Bridge
from steerdeck.model import DeckModel
from steerdeck.panes.question import lost_card, parked_card
from steerdeck.verbs.sessions import _cut_off
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

LOST = SessionId("lost")
GONE = "The program of this runtime was removed."


def follow(feed: Feed, wanted: str, *facts: e.KnownEvent) -> DeckModel:
    """A deck's model once that stands in its footer."""
    model = DeckModel("/home/kim/shop")

    async def run() -> None:
        bridge = Bridge(feed.connect, model, lambda dirty: None)
        task = asyncio.create_task(bridge.run())
        for fact in facts:
            raw = msgspec.Raw(e.encode(fact).encode())
            feed.frames.put_nowait(wire.Facts((raw,)))
        async with asyncio.timeout(10):
            while model.notice != wanted:
                await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bridge.close()

    asyncio.run(run())
    return model


def test_a_deck_that_attaches_hears_which_version_takes_over_and_what_for_it_waits():
    feed = rare()
    told = "Steerdeck 2 takes over when nothing is under way: it waits for `make` of fix."
    feed.status = msgspec.structs.replace(feed.status, handover=told)
    assert not follow(feed, told).notice_bad


def test_a_runtime_without_its_program_is_said_to_old_decks_and_new_ones():
    feed = rare()
    feed.status = msgspec.structs.replace(feed.status, program=GONE)
    assert follow(feed, GONE).notice_bad
    said = e.Noticed(seq=9_000, text=GONE, level="error", session=SessionId(""))
    assert follow(rare(), GONE, said).notice_bad


def test_what_comes_up_of_its_place_is_told_to_decks_that_are_there():
    feed = rare()
    feed.frames.put_nowait(wire.Storage(notes=("It looks at files again and again.",)))
    assert not follow(feed, "It looks at files again and again.").notice_bad


def rows(lines: list[object]) -> str:
    return "\n".join("".join(span.text for span in line.spans) for line in lines)


def state() -> SessionState:
    return rare().states()[LOST]


def test_the_card_of_a_lost_call_tells_what_is_kept_and_what_was_in_flight():
    lost = state()
    told = rows(lost_card(lost.calls[0], lost.cut_off, NOW + 60_000))
    assert "the runtime was killed while it worked   1:00 ago" in told
    assert "kept to" in told and "the start of `make`" in told
    assert "in flight" in told and "`make`" in told


def test_the_card_of_a_parked_session_tells_it_too_and_without_a_crash_nothing():
    parked = msgspec.structs.replace(state(), parked=True, reason="It was killed.")
    assert "in flight" in rows(parked_card(parked, NOW))
    whole = msgspec.structs.replace(parked, cut_off=None)
    assert "in flight" not in rows(parked_card(whole, NOW))


def test_show_tells_the_story_with_the_answers():
    first, kept, flying, answers = _cut_off(state().cut_off)
    assert first.split(maxsplit=2) == ["cut", "off", "the runtime was killed while it worked"]
    assert "the start of `make` (event 9, 2026-11-2" in kept
    assert flying.endswith("`make`")
    assert "--again" in answers and "stop gives up" in answers
    assert _cut_off(None) == []
