"""Bad days of a model's server: a turn survives them, runs no tool twice and loses no message."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from kit.bad_days import BEGUN, CALM, DAYS, RUN, course, shell_once, times
from kit.faulty import Fault, FaultyServer, Twist, faulty, refusal, sse
from kit.lawful import check_laws
from kit.repositories import plain
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId, SystemClock
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.scripted import Conversation, Reply, Say, Script
from steerdeck_agents.runtime import wire

Story = Callable[[FaultyServer, Scene, Path], Awaitable[None]]


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def nothing_was_lost(playing: Scene, session: SessionId) -> None:
    """Each message was delivered once, each request ended once, each call has one result."""
    sent = [event.message for event in playing.of(session, e.MessageSent)]
    assert [event.message for event in playing.of(session, e.MessageDelivered)] == sent
    requests = [event.request for event in playing.of(session, e.RequestSent)]
    assert [event.request for event in playing.of(session, e.RequestEnded)] == requests
    assert len(playing.of(session, e.CallStarted)) == len(playing.of(session, e.CallRequested))
    assert len(playing.of(session, e.CallEnded)) == len(playing.of(session, e.CallRequested))


@pytest.mark.parametrize("name", DAYS)
def test_a_turn_survives_or_ends_by_its_name(name: str, tmp_path: Path):
    """What is survived comes before the call is asked for, and again before its answer."""
    day = DAYS[name]

    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "done", "idle", "failed", "parked")
        assert (state.status, server.faults) == (day.ends, [])
        assert day.says in heard(playing, session, state)
        planned = playing.of(session, e.RetryPlanned)
        expected = len([one for one in course(name) if one]) if day.taken == "not" else 0
        assert len(planned) == expected - (day.ends == "failed") * (expected > 0) or day.silent
        assert all(event.reason and event.delay_ms >= 0 for event in planned)
        if day.ends != "done":
            order = o.Resume if day.ends == "parked" else partial(o.Say, text="Again, please.")
            await playing.client.give(order(id=order_id(), session=session))
            state = await playing.status(session, "done")
        ran = Path(state.workspace.path) / "ran.txt"
        assert ran.read_text() == "ran\n", "the command ran once"
        texts = [x.text for x in playing.of(session, e.ItemEnded) if x.complete and x.text]
        assert texts[-1] == "Whole."
        assert len(texts) == 1 or name == "refusal"
        check_laws(playing.runtime.fleet.reader, state)

    patience, silence_s = times(name)
    play(tmp_path, course(name), story, patience=patience, silence_s=silence_s)


def heard(playing: Scene, session: SessionId, state: SessionState) -> str:
    """What the developer was told."""
    said = [fact.text for fact in playing.of(session, e.Noticed)]
    return "\n".join([state.reason, *said])


def play(
    tmp_path: Path,
    faults: list[Fault | Twist | None],
    story: Story,
    script: Script = shell_once,
    patience: Patience = CALM,
    silence_s: float = 60.0,
) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with (
            faulty(script, faults) as server,
            scene(
                tmp_path / "home",
                {},
                allowed={RUN: repository},
                urls={"m": server.url},
                patience=patience,
                silence_s=silence_s,
            ) as playing,
        ):
            await story(server, playing, repository)

    asyncio.run(run())


def test_a_turn_that_failed_is_tried_again_without_a_word(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "failed")
        server.faults.clear()
        await playing.give(o.Resume, session)
        await playing.status(session, "done")
        assert [turn.trigger for turn in playing.of(session, e.TurnStarted)] == ["message", "again"]
        assert len(playing.of(session, e.MessageSent)) == 1
        nothing_was_lost(playing, session)
        check_laws(playing.runtime.fleet.reader, playing.state(session))

    play(tmp_path, course("what never ends"), story)


def test_what_never_ends_ends_the_turn_with_the_reason(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "failed")
        assert "500" in state.reason
        assert server.asked == CALM.attempts
        assert [x.attempt for x in playing.of(session, e.RequestSent)] == list(range(1, 11))
        nothing_was_lost(playing, session)
        server.faults.clear()
        await playing.give(o.Say, session, text="Again, please.")
        await playing.status(session, "done")

    play(tmp_path, [refusal(500)] * 30, story)


def test_a_network_that_is_gone_is_waited_for(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "idle")
        await server.close()
        await playing.give(o.Say, session, text="Still there?")
        await playing.until(lambda: len(playing.of(session, e.RetryPlanned)) > CALM.attempts)
        turn = playing.state(session).turn
        assert turn is not None
        assert turn.strikes == 0
        assert {x.cause for x in playing.of(session, e.RetryPlanned)} == {"network"}
        await server.open()
        await playing.status(session, "idle")
        nothing_was_lost(playing, session)

    play(tmp_path, [], story, echo)


def test_a_usage_limit_parks_the_session_until_its_reset(tmp_path: Path):
    body = sse(error={"code": "usage_limit_reached", "message": "Enough.", "resets_in_seconds": 1})
    spent = Fault((body[6:],), "429 Error", (("content-type", "application/json"),))

    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "parked")
        assert state.parked_until_ms is not None
        assert playing.runtime.fleet.busy()
        other = await playing.start(repository, "m")
        await playing.status(other, "parked")
        assert server.asked == 1, "the other learned of the limit without asking"
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 1)
        await playing.until(lambda: len(playing.of(other, e.TurnEnded)) == 1)
        (resumed,) = playing.of(session, e.SessionResumed)
        assert resumed.at_ms >= state.parked_until_ms
        assert resumed.actor == "harness"
        nothing_was_lost(playing, session)

    play(tmp_path, [spent], story, echo)


def test_a_long_retry_after_parks_and_try_now_asks_at_once(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "parked")
        assert state.parked_until_ms is not None
        await playing.give(o.TryNow, session)
        await playing.status(session, "idle")
        nothing_was_lost(playing, session)

    play(tmp_path, [refusal(429, retry_after="3600")], story, echo)


@pytest.mark.parametrize("order", [o.TryNow, o.Resume])
def test_try_now_ends_the_wait_for_a_retry(order: type, tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.RetryPlanned))
        (planned,) = playing.of(session, e.RetryPlanned)
        turn = playing.state(session).turn
        assert turn is not None
        assert turn.retry_at_ms == planned.at_ms + planned.delay_ms > planned.at_ms + 50_000
        assert (turn.attempt, turn.retry) == (1, planned.reason)
        await playing.give(order, session)
        await playing.status(session, "idle")
        assert len(playing.of(session, e.RetryHastened)) == 1

    play(tmp_path, [refusal(429, retry_after="60")], story, echo)


@pytest.mark.parametrize(
    "bad",
    [
        Fault(headless=True, ending="reset"),
        refusal(429, retry_after="60"),
        Fault((*BEGUN, 0.3), ending="reset"),
    ],
    ids=["waits for the network", "waits for a limit", "is about to fail"],
)
def test_another_model_goes_on_at_once_with_the_turn_that_waits(bad: Fault, tmp_path: Path):
    patience = structs.replace(CALM, first_s=60.0, longest_s=60.0, network_first_s=60.0)

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with (
            faulty(shell_once, [None, bad]) as server,
            scene(
                tmp_path / "home",
                {"good": shell_once},
                allowed={RUN: repository},
                urls={"m": server.url},
                patience=patience,
            ) as playing,
        ):
            session = await playing.start(repository, "m")
            await playing.until(
                lambda: any(
                    isinstance(one, e.RetryPlanned) or one.text == "Half"
                    for one in playing.of(session, e.RetryPlanned, e.TextAdded)
                )
            )
            await playing.give(o.Configure, session, model="good")
            state = await playing.status(session, "done")
            sent = playing.of(session, e.RequestSent)
            assert [one.model for one in sent] == ["m", "m", "good"]
            assert len(playing.of(session, e.TurnStarted)) == 1
            assert (Path(state.workspace.path) / "ran.txt").read_text() == "ran\n"
            nothing_was_lost(playing, session)
            check_laws(playing.runtime.fleet.reader, state)

    asyncio.run(run())


def test_words_that_a_dead_server_never_got_are_in_the_first_request_elsewhere(tmp_path: Path):
    patience = structs.replace(CALM, network_first_s=60.0)

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        urls = {"nowhere": "http://127.0.0.1:1/v1"}
        async with scene(
            tmp_path / "home", {"good": echo}, urls=urls, patience=patience
        ) as playing:
            session = await playing.start(repository, "nowhere", "Read me.")
            await playing.until(lambda: playing.of(session, e.RetryPlanned))
            await playing.give(o.Configure, session, model="good")
            state = await playing.status(session, "idle")
            assert state.last_words == "You said: Read me."
            sent = playing.of(session, e.RequestSent)
            assert [(one.model, one.attempt) for one in sent] == [("nowhere", 1), ("good", 1)]
            nothing_was_lost(playing, session)
            check_laws(playing.runtime.fleet.reader, state)

    asyncio.run(run())


def test_who_stands_in_line_at_one_provider_leaves_it_for_another(tmp_path: Path):
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        patience = structs.replace(CALM, line_s=0.01)
        async with (
            faulty(echo, [refusal(429, retry_after="60")]) as server,
            scene(
                tmp_path / "home", {"good": echo}, urls={"m": server.url}, patience=patience
            ) as playing,
        ):
            refused = await playing.start(repository, "m")
            await playing.until(lambda: playing.of(refused, e.RetryPlanned))
            session = await playing.start(repository, "m")
            await playing.until(lambda: playing.of(session, e.RequestQueued))
            await playing.give(o.Configure, session, model="good")
            await playing.status(session, "idle")
            assert [one.model for one in playing.of(session, e.RequestSent)] == ["good"]
            nothing_was_lost(playing, session)

    asyncio.run(run())


def test_an_interrupt_ends_the_wait_for_a_retry(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.RetryPlanned))
        await playing.give(o.Interrupt, session)
        await playing.status(session, "interrupted")
        assert server.asked == 1

    play(tmp_path, [refusal(429, retry_after="60")], story, echo)


def test_silence_is_said_and_over_when_something_comes(tmp_path: Path):
    rest = sse(type="response.output_text.delta", output_index=0, item_id="msg_1", delta=" more")
    slow = Fault((*BEGUN, 0.6, rest))
    patience = structs.replace(CALM, said_s=0.3)

    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.StreamSilent))
        (silent,) = playing.of(session, e.StreamSilent)
        assert silent.silent_ms >= 300
        await playing.status(session, "idle")
        kinds = [e.type_of(event) for event in playing.of(session, e.StreamSilent, e.TextAdded)]
        assert kinds[:3] == ["text.added", "request.silent", "text.added"]
        assert playing.state(session).turn is None

    play(tmp_path, [slow], story, echo, patience)


def test_who_waits_in_line_knows_its_place_and_the_one_in_view_is_first(tmp_path: Path):
    async def story(server: FaultyServer, playing: Scene, repository: Path) -> None:
        sessions = [await playing.start(repository, "m") for _ in range(4)]
        for session in sessions:
            await playing.until(lambda session=session: playing.of(session, e.RequestSent))
        waiting = [await playing.start(repository, "m") for _ in range(2)]
        for session in waiting:
            await playing.until(lambda session=session: playing.of(session, e.RequestQueued))
        page = await playing.client.ask(wire.RuntimeStatus(), wire.StatusPage)
        (gauge,) = page.governors
        assert (gauge.in_flight, gauge.window, gauge.waiting) == (4, 4, 2)
        places = {session: playing.state(session).turn.place for session in waiting}
        assert sorted(places.values()) == [1, 2]
        last = max(places, key=places.__getitem__)
        await playing.client.in_view(last)
        await playing.until(lambda: playing.state(last).turn.place == 1)
        await playing.give(o.Interrupt, sessions[0])
        await playing.until(lambda: playing.of(last, e.RequestSent))
        (sent,) = playing.of(last, e.RequestSent)
        assert sent.queued_ms > 0
        assert not any(playing.of(other, e.RequestSent) for other in waiting if other != last)

    patience = Patience(line_s=0.01, line_again_s=0.05)
    stalls = [Fault(ending="stall")] * 6

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with (
            faulty(echo, stalls) as server,
            scene(tmp_path / "home", {}, urls={"m": server.url}, patience=patience) as playing,
        ):
            await story(server, playing, repository)

    asyncio.run(run())


def test_a_parked_session_goes_on_by_itself_after_a_restart(tmp_path: Path):
    async def story() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with faulty(echo, [refusal(429, retry_after="3600")]) as server:
            urls = {"m": server.url}
            async with scene(tmp_path / "home", {}, urls=urls, patience=CALM) as playing:
                session = await playing.start(repository, "m")
                await playing.status(session, "parked")
            later = Later()
            async with scene(tmp_path / "home", {}, urls=urls, clock=later) as playing:
                assert playing.state(session).status == "parked"
                assert playing.runtime.fleet.busy()
                later.hours = 2
                playing.runtime.fleet.alarm.look()
                state = await playing.status(session, "idle")
                assert state.parked_until_ms is None
                assert server.asked == 2

    asyncio.run(story())


class Later(SystemClock):
    """The machine's clock, some hours on."""

    hours = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.hours * 3_600_000
