"""The governor on a virtual clock: who goes next, what is sent at all, and what is learned."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from kit.storm import PROVIDER
from kit.virtual import VirtualClock, run
from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.governor import AGED_S, Cooling, Governor, Place, Provider, Ticket
from steerdeck_agents.models.governor_window import SAMPLES, START, Window

Story = Callable[[Governor, VirtualClock], Awaitable[None]]
A, B, C, D = (SessionId(name) for name in "abcd")


def play(story: Story) -> None:
    clock = VirtualClock()
    run(clock, story(Governor(clock, random.Random(7), Cooling()), clock))


async def fill(governor: Governor, count: int = int(START)) -> list[Ticket]:
    return [await governor.turn(PROVIDER, SessionId(f"busy-{n}")) for n in range(count)]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def asks(governor: Governor, *sessions: SessionId) -> dict[SessionId, asyncio.Task[Ticket]]:
    return {s: asyncio.create_task(governor.turn(PROVIDER, s)) for s in sessions}


async def one_by_one(free: list[Ticket], tasks: dict[SessionId, asyncio.Task[Ticket]]):
    """The order in which those who wait are let in, one place at a time."""
    order: list[SessionId] = []
    held = free
    while len(order) < len(tasks):
        held.pop(0).give_back()
        await settled()
        (new,) = [s for s, task in tasks.items() if task.done() and s not in order]
        order.append(new)
        held.append(tasks[new].result())
    return order


def test_what_is_known_to_fit_is_sent_at_once_and_the_rest_waits_in_line():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        held = await fill(governor)
        tasks = asks(governor, A, B)
        await settled()
        assert governor.place(A) == Place(1, 2, 0.0)
        assert governor.place(B) == Place(2, 2, 0.0)
        (gauge,) = governor.gauges()
        assert (gauge.in_flight, gauge.window, gauge.waiting) == (4, 4, 2)
        assert await one_by_one(held, tasks) == [A, B]
        assert governor.place(A) is None

    play(story)


def test_providers_and_models_have_limits_of_their_own():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        await fill(governor)
        other = Provider(PROVIDER.base_url, "another")
        await asyncio.wait_for(governor.turn(other, A), 1)

    play(story)


def test_the_session_in_view_goes_first_and_the_rest_by_what_they_had():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        for session, seconds in ((A, 9.0), (B, 3.0)):
            with await governor.turn(PROVIDER, session):
                await asyncio.sleep(seconds)
                if session == A:
                    held = await fill(governor, 3)
        held += await fill(governor, 1)
        tasks = asks(governor, A, B, C)
        await settled()
        governor.look(frozenset({C}))
        assert governor.place(C) == Place(1, 3, 0.0)
        assert await one_by_one(held, tasks) == [C, B, A]

    play(story)


def test_who_has_waited_long_is_not_passed_over_twice():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        governor.look(frozenset({A}))
        slot = (await fill(governor)).pop()
        tasks = asks(governor, B, C)
        await asyncio.sleep(AGED_S + 1)
        order: list[SessionId] = []
        while len(order) < 4:
            if A not in tasks:
                tasks |= asks(governor, A)
            await settled()
            slot.give_back()
            await settled()
            (session,) = [s for s, task in tasks.items() if task.done()]
            slot = tasks.pop(session).result()
            order.append(session)
        assert order == [A, B, A, C]
        tasks.clear()

    play(story)


def test_one_refusal_lets_all_wait_at_least_as_long_as_the_provider_said():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        with await governor.turn(PROVIDER, A) as ticket:
            wait = ticket.limited(5.0)
        assert wait >= 5.0
        asked = clock.monotonic()
        with await governor.turn(PROVIDER, B):
            assert clock.monotonic() - asked == pytest.approx(wait)

    play(story)


def test_refusals_in_a_row_wait_longer_and_an_answer_ends_that():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        async def waits(count: int) -> list[float]:
            found = []
            for _ in range(count):
                with await governor.turn(PROVIDER, A) as ticket:
                    await asyncio.sleep(0.1)
                    found.append(ticket.limited(None))
            return found

        rising = await waits(40)
        assert max(rising[:2]) < 1.0 < max(rising)
        assert max(rising) <= 30.0
        with await governor.turn(PROVIDER, A) as ticket:
            await asyncio.sleep(0.1)
            ticket.succeeded()
        (again,) = await waits(1)
        assert again < 0.5

    play(story)


def test_the_developer_can_have_the_next_request_sent_whatever_the_gate_says():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        held = await fill(governor)
        held[0].limited(60.0)
        tasks = asks(governor, A, B)
        await asyncio.sleep(1)
        governor.hasten(B)
        await settled()
        assert [task.done() for task in tasks.values()] == [False, True]
        assert clock.monotonic() == 1.0
        for ticket in held:
            ticket.give_back()
        await tasks[A]
        assert clock.monotonic() > 60.0, "only one request was hastened"

    play(story)


def test_a_usage_limit_is_told_to_all_who_ask_before_its_reset():
    spent = ModelError("Enough for today.", cause="usage", retry_after_s=600.0)

    async def story(governor: Governor, clock: VirtualClock) -> None:
        held = await fill(governor)
        tasks = asks(governor, A)
        await settled()
        held[0].spent(spent)
        with pytest.raises(ModelError, match="Enough"):
            await tasks[A]
        await asyncio.sleep(100)
        with pytest.raises(ModelError) as told:
            await governor.turn(PROVIDER, B)
        assert (told.value.cause, told.value.retry_after_s) == ("usage", 500.0)
        governor.hasten(C)
        for ticket in held:
            ticket.give_back()
        with await governor.turn(PROVIDER, C) as ticket:
            ticket.succeeded()
        with await governor.turn(PROVIDER, D):
            assert clock.monotonic() == 100.0, "an answer shows that the limit is over"

    play(story)


def test_who_stops_waiting_leaves_nothing_behind():
    async def story(governor: Governor, clock: VirtualClock) -> None:
        held = await fill(governor)
        tasks = asks(governor, A, B)
        await settled()
        tasks[A].cancel()
        held[0].give_back()
        tasks[B].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        for ticket in held:
            ticket.give_back()
            ticket.give_back()
        (gauge,) = governor.gauges()
        assert (gauge.in_flight, gauge.waiting) == (0, 0)

    play(story)


def test_a_window_grows_while_it_is_used_and_only_then():
    window = Window()
    for _ in range(20):
        window.first_token(A, 0.5, 1.0, in_flight=2)
        window.succeeded(in_flight=2)
    assert window.size == START
    for _ in range(4):
        window.first_token(A, 0.5, 1.0, in_flight=int(window.size))
    assert window.size == START * 2


def test_a_window_is_cut_gently_and_once_a_round_trip():
    window = Window()
    window.size = 10.0
    assert window.refused(sent_s=1.0, now_s=2.0, in_flight=10)
    assert not window.refused(sent_s=1.5, now_s=2.1, in_flight=9)
    assert window.size == pytest.approx(8.5)
    assert window.refused(sent_s=2.0, now_s=3.0, in_flight=8)
    assert window.size == pytest.approx(6.8)


def test_a_window_never_closes():
    window = Window()
    for second in range(100):
        window.failed(float(second), second + 0.5)
    assert window.has_room(0)
    assert not window.has_room(1)


def test_beyond_what_was_refused_a_window_grows_slowly_and_before_it_quickly():
    window = Window()
    window.size = 8.0
    window.refused(0.0, 1.0, in_flight=8)
    window.size = 4.0
    quick = 0
    while window.size < 7:
        window.succeeded(in_flight=int(window.size))
        quick += 1
    slow = 0
    while window.size < 8:
        window.succeeded(in_flight=int(window.size))
        slow += 1
    assert slow > quick


def test_late_first_tokens_cut_a_window_before_any_error():
    window = Window()
    window.size = 8.0
    for _ in range(20):
        window.first_token(A, 1.0, 100.0, in_flight=4)
    assert window.size == 8.0
    for _ in range(SAMPLES - 1):
        window.first_token(A, 4.0, 200.0, in_flight=8)
    assert window.size < 8.0
    assert window.cuts == 1


def test_one_session_with_a_long_prompt_is_no_sign_of_load():
    window = Window()
    for _ in range(40):
        window.first_token(A, 0.5, 100.0, in_flight=3)
        window.first_token(B, 9.0, 100.0, in_flight=3)
    assert window.cuts == 0
