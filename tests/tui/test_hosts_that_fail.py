"""Hosts that are attached and don't answer: what the others say is shown, and the rest is said."""

import pytest

from kit.hosts import ON_BUILD, ON_LAPTOP, Deck, Far, far, play, until
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError

WHY = "The journal can't be read now."


def failing(host: Far, kind: type[wire.Query], problem: Exception) -> Far:
    """It answers this question no more."""
    ask = host.feed.ask_raw

    async def fails(query: wire.Query) -> bytes:
        if isinstance(query, kind):
            raise problem
        return await ask(query)

    host.feed.ask_raw = fails
    return host


def test_sessions_of_a_host_that_does_not_list_them_are_read_one_by_one_and_it_is_said():
    laptop = far("laptop")

    async def story(deck: Deck) -> None:
        failing(laptop, wire.Sessions, PageError(WHY))
        states = await deck.bridge.page(wire.Sessions(), list[SessionState])
        assert [state.id for state in states] == [ON_BUILD]
        deck.model.load(states)
        await until(lambda: deck.model.notice == f"laptop did not answer: {WHY}")
        assert deck.model.notice_bad
        await until(lambda: set(deck.model.states) == {ON_BUILD, ON_LAPTOP})

    play((far("build"), laptop), story)


def test_what_a_host_leaves_out_of_a_page_of_all_is_said():
    laptop = failing(far("laptop"), wire.Rules, PageError(WHY))

    async def story(deck: Deck) -> None:
        await until(lambda: deck.model.notice == f"laptop did not answer: {WHY}")
        deck.model.say("")
        await deck.bridge.page(wire.Rules(), object)
        await until(lambda: deck.model.notice == f"laptop did not answer: {WHY}")

    play((far("build"), laptop), story)


def test_a_page_that_no_host_gives_is_an_error():
    hosts = [failing(far(name), wire.Rules, PageError(WHY)) for name in ("build", "laptop")]

    async def story(deck: Deck) -> None:
        with pytest.raises(PageError, match=WHY):
            await deck.bridge.page(wire.Rules(), object)

    play((hosts[0], hosts[1]), story)


def test_an_error_nobody_thought_of_is_not_taken_for_a_host_that_does_not_answer():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        await until(lambda: wire.Rules() in laptop.feed.asked)
        failing(laptop, wire.Rules, KeyError("not so"))
        with pytest.raises(KeyError):
            await deck.bridge.page(wire.Rules(), object)

    play((build, laptop), story)


def test_of_a_host_whose_line_drops_it_is_said_that_it_is_not_attached_and_no_more():
    build, laptop = far("build"), far("laptop")

    async def story(deck: Deck) -> None:
        await until(lambda: wire.Rules() in laptop.feed.asked)
        failing(laptop, wire.Rules, WireError("gone"))
        await deck.bridge.page(wire.Rules(), object)
        build.feed.frames.put_nowait(wire.Storage(problem="No room is left."))
        await until(lambda: deck.model.storage.problem)
        assert not deck.model.notice

    play((build, laptop), story)
