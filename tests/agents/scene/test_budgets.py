"""Budgets, end to end: said once at 80 %, paused at 100 % before the next request, raised."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.journal.refold import state_text
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.share.spend import SpendLine, spend, summed

RUN = "sleep 0.2"
Story = Callable[[Scene, Path], Awaitable[None]]


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def reader(talk: Conversation) -> Reply:
    """Reads one file after the other, without end."""
    number = len(talk.calls) + 1
    # Each another one, since an agent that repeats itself is paused.
    asked = {"path": "readme.md", "last": 100 + number}
    return Reply((Call("read_file", asked, f"call_{talk.salt}_{number}"),))


def sleeper(talk: Conversation) -> Reply:
    number = len(talk.calls) + 1
    return Reply((Call("shell", {"command": RUN, "why": "."}, f"call_{talk.salt}_{number}"),))


def play(tmp_path: Path, story: Story, script: Callable[[Conversation], Reply] = echo) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        allowed = {RUN: repository}
        async with scene(tmp_path / "home", {"m": script}, allowed=allowed) as playing:
            await story(playing, repository)

    asyncio.run(run())


def warnings(playing: Scene, session: SessionId) -> list[e.BudgetWarned]:
    return [x for x in playing.of(session, e.BudgetWarned) if isinstance(x, e.BudgetWarned)]


def notices(playing: Scene, session: SessionId) -> str:
    return "\n".join(x.text for x in playing.of(session, e.Noticed) if isinstance(x, e.Noticed))


async def turns(playing: Scene, session: SessionId, count: int) -> None:
    await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == count)


@pytest.fixture
def priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request costs a quarter of a dollar."""

    def price(model: str, usage: Usage, base_url: str, own: object) -> Usage:
        return replace(usage, dollars=0.25, priced=True)

    monkeypatch.setattr("steerdeck_agents.place.price", price)


@pytest.mark.usefixtures("priced")
def test_dollars_are_warned_of_once_and_pause_before_the_request_after_the_crossing(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", limits=Limits(dollars=1.2))
        state = await playing.status(session, "parked")
        assert len(playing.of(session, e.RequestSent)) == 5, "the fifth crossed it and was the last"
        (warned,) = warnings(playing, session)
        assert (warned.kind, warned.spent, warned.limit) == ("dollars", 1.0, 1.2)
        assert "83% of its budget of $1.20 is spent" in notices(playing, session)
        assert state.reason == "Its budget of $1.20 is spent: $1.25 so far."
        assert f"steerdeck resume {state.name} --budget 2.50" in state.way_out
        await playing.give(o.Resume, session)
        await playing.until(lambda: len(playing.of(session, e.SessionParked)) == 2)
        assert len(playing.of(session, e.RequestSent)) == 5, "a resume alone spends nothing"
        await playing.give(o.Configure, session, limits=Limits(dollars=2.0))
        await playing.give(o.Resume, session)
        await playing.until(lambda: len(playing.of(session, e.SessionParked)) == 3)
        assert len(playing.of(session, e.RequestSent)) == 8
        assert [x.spent for x in warnings(playing, session)] == [1.0, 1.75], "a new one warns anew"

    play(tmp_path, story, reader)


def test_tokens_pause_in_the_middle_of_a_turn_and_0_takes_a_budget_away(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", limits=Limits(tokens=1))
        state = await playing.status(session, "parked")
        assert len(playing.of(session, e.RequestSent)) == 1
        assert state.reason.startswith("Its budget of 1 token is spent: ")
        assert state.turn is not None
        assert f"--tokens {2 * state.usage.tokens}`" in state.way_out
        await playing.give(o.Configure, session, limits=Limits(tokens=0))
        assert playing.state(session).limits == Limits()
        await playing.give(o.Resume, session)
        await playing.until(lambda: len(playing.of(session, e.RequestSent)) > 3)
        await playing.give(o.Interrupt, session)
        await turns(playing, session, 1)

    play(tmp_path, story, reader)


def test_time_is_that_of_requests_and_calls(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", limits=Limits(seconds=0.35))
        state = await playing.status(session, "parked")
        worked = sum(
            x.duration_ms for x in playing.of(session, e.RequestEnded, e.CallEnded)
        )  # fmt: skip
        assert state.spent.seconds == worked / 1000 >= 0.35
        assert len(playing.of(session, e.CallEnded)) <= 2
        assert "of work is spent" in state.reason
        assert "--minutes" in state.way_out

    play(tmp_path, story, sleeper)


def test_turns_pause_the_turn_after_the_last_one(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", limits=Limits(turns=5))
        for number in range(1, 5):
            await turns(playing, session, number)
            await playing.give(o.Say, session, text="More.")
        await turns(playing, session, 5)
        (warned,) = warnings(playing, session)
        assert (warned.kind, warned.spent) == ("turns", 4)
        await playing.give(o.Say, session, text="Once more.")
        state = await playing.status(session, "parked")
        assert state.reason == "Its budget of 5 turns is spent: 5 turns so far."
        assert len(playing.of(session, e.RequestSent)) == 5
        assert [m.text for m in state.queue] == ["Once more."], "the words wait"
        await playing.give(o.Configure, session, limits=Limits(turns=6))
        await playing.give(o.Resume, session)
        await turns(playing, session, 6)
        assert not playing.state(session).queue

    play(tmp_path, story)


def test_a_budget_in_dollars_that_can_not_be_kept_is_said_once(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", limits=Limits(dollars=1.0))
        await turns(playing, session, 1)
        await playing.give(o.Say, session, text="More.")
        await turns(playing, session, 2)
        (warned,) = warnings(playing, session)
        assert warned.unpriced
        assert notices(playing, session).count("$1.00 can't be kept: the price of this model") == 1

    play(tmp_path, story)


def test_a_budget_below_nothing_is_refused(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        with pytest.raises(OrderRefused, match="less than nothing"):
            await playing.start(repository, "m", limits=Limits(tokens=-1))
        session = await playing.start(repository, "m")
        with pytest.raises(OrderRefused, match="less than nothing"):
            await playing.give(o.Configure, session, limits=Limits(dollars=-0.5))

    play(tmp_path, story)


@pytest.mark.usefixtures("priced")
def test_a_spent_day_pauses_every_session_until_midnight_or_until_it_is_raised(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        config = playing.paths.config_file
        models = config.read_text()
        config.write_text(f"{models}\n[budget]\ndollars_per_day = 0.9\n")
        first = await playing.start(repository, "m")
        await playing.status(first, "parked")
        second = await playing.start(repository, "m")
        state = await playing.status(second, "parked")
        sent = [x for x in playing.events if isinstance(x, e.RequestSent)]
        assert len(sent) == 4, "the fourth crossed it"
        assert {x.session for x in sent} == {first}
        assert state.reason == (
            "The budget of all sessions for this day, $0.90, is spent: $1.00 so far."
        )
        assert "dollars_per_day in config.toml" in state.way_out
        assert state.parked_until_ms is not None
        ends = datetime.fromtimestamp(state.parked_until_ms / 1000)
        assert (ends.hour, ends.minute, ends.second) == (0, 0, 0)
        (warned,) = [x for x in playing.events if isinstance(x, e.BudgetWarned)]
        assert (warned.scope, warned.kind, warned.spent) == ("day", "dollars", 0.75)
        config.write_text(f"{models}\n[budget]\ndollars_per_day = 50.0\n")
        await playing.give(o.Resume, second)
        await playing.until(lambda: playing.of(second, e.RequestSent))

    play(tmp_path, story, reader)


@pytest.mark.parametrize("limit", ["turns_per_day = 1", "seconds_per_day = 0.000001"])
def test_a_day_is_limited_in_turns_and_in_time_too(tmp_path: Path, limit: str):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await turns(playing, session, 1)
        config = playing.paths.config_file
        config.write_text(f"{config.read_text()}\n[budget]\n{limit}\n")
        other = await playing.start(repository, "m")
        state = await playing.status(other, "parked")
        assert limit.partition(" ")[0] in state.way_out
        assert not playing.of(other, e.RequestSent)

    play(tmp_path, story)


@pytest.mark.usefixtures("priced")
def test_what_was_spent_adds_up_by_session_model_and_day(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        for session in [await playing.start(repository, "m") for _ in range(2)]:
            await turns(playing, session, 1)
        lines = spend(playing.runtime.fleet.reader)
        assert len(lines) == 2
        assert [line.model for line in lines] == ["m", "m"]
        assert len({line.name for line in lines}) == 2
        today = datetime.now().date().isoformat()
        assert [line.day for line in summed(lines, "day")] == [today]
        (total,) = summed(lines, "model")
        states = [playing.state(line.session) for line in lines]
        assert total.usage.dollars == 0.5
        assert total.usage.tokens == sum(state.usage.tokens for state in states)
        assert (total.requests, total.unpriced, total.uncounted) == (2, 0, 0)
        assert await playing.client.ask(wire.Spend(), list[SpendLine]) == lines

    play(tmp_path, story)


def test_a_state_from_before_there_were_limits_keeps_its_budget(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await turns(playing, session, 1)
        state = playing.state(session)
        old = state_text(state).replace('{"id"', '{"budget":0.75,"id"', 1)
        with closing(sqlite3.connect(playing.paths.journal)) as journal, journal:
            journal.execute("update session set state = ? where id = ?", (old, session))
        found = playing.runtime.fleet.reader.state_at(session)
        assert found == replace(state, limits=Limits(dollars=0.75))

    play(tmp_path, story)


def test_budgets_of_old_facts_are_budgets_in_dollars():
    made = (
        '{"type":"session.created","seq":1,"session":"s","name":"n","task":"t","model":"m",'
        '"workspace":{"path":"","repository":"","branch":"","base":""},"budget":2.0}'
    )
    more = '{"type":"session.configured","seq":2,"session":"s","budget":5.0}'
    assert fold([e.decode(made)]).limits == Limits(dollars=2.0)
    assert fold([e.decode(made), e.decode(more)]).limits == Limits(dollars=5.0)
