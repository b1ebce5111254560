"""A session followed without a deck, against a runtime in this process."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import pytest

from kit import repositories
from kit.person import Person, somebody
from steerdeck.verbs import reach
from steerdeck.verbs.errand import Errand
from steerdeck.verbs.follow import follow
from steerdeck_agents.demo import project
from steerdeck_agents.demo.scripts import CONFIG
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.call_page import CallLine, CallsPage
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    RandomIds,
    SessionId,
    Sha,
    SystemClock,
)
from steerdeck_agents.facts.places import Level
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.journal.approvals import PastApprovals
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.local import attach_in_process
from steerdeck_agents.runtime.server import Runtime
from steerdeck_agents.runtime.wire_calls import Calls
from steerdeck_agents.settings.paths import paths


async def run_git(folder: Path, *arguments: str) -> str:
    return repositories.run(folder, *arguments)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    asyncio.run(project.make(folder, run_git))
    return folder


@asynccontextmanager
async def hosted(home: Path) -> AsyncIterator[Client]:
    """A client of a runtime of this home; no sandbox, so that it is the same everywhere."""
    place = paths({"STEERDECK_HOME": str(home), "HOME": str(home)})
    place.config.mkdir(parents=True, exist_ok=True)
    place.config_file.write_text(CONFIG)
    runtime = Runtime(
        place, clock=SystemClock(), ids=RandomIds(), level=Level(), version="0", pace=0
    )
    await runtime.start()
    client, serving = await attach_in_process(runtime, "0")
    try:
        yield client
    finally:
        await client.close()
        await asyncio.gather(serving, return_exceptions=True)
        await runtime.close("the test is over")


def start(shop: Path, model: str, mode: Literal["ask", "auto"] = "auto") -> o.Start:
    return o.Start(
        id=reach.new_order(), task="do it", folder=str(shop), name="one", model=model, mode=mode,
        surroundings=reach.surroundings(os.environ),
    )  # fmt: skip


@pytest.fixture
def person() -> Iterator[Person]:
    with somebody() as person:
        yield person


def test_words_typed_at_an_approval_reach_the_agent_and_what_came_before_it_does_not(
    tmp_path: Path, shop: Path, person: Person
):
    async def play() -> int:
        async with hosted(tmp_path / "h") as client:
            given = await client.give(start(shop, "scripted-currency", "ask"))
            errand = Errand(client, given.session, approve="ask", as_json=False)
            return await errand.follow(given.seq - 1)

    os.write(person.keyboard, b"GBP\ny\ny\ny\n")
    person.answers = [b"USD", b"n leave the shop alone", *[b"no"] * 5]

    assert person.at(lambda: asyncio.run(play())) == 0
    told = person.getvalue()
    assert "Allow it? y, or n with words" in told
    assert "decided  reject: leave the shop alone" in told
    assert "answer   USD" in told
    assert "My patch was not applied" in told


def test_a_yes_typed_at_an_approval_lets_it_happen(tmp_path: Path, shop: Path, person: Person):
    async def play() -> list[str]:
        async with hosted(tmp_path / "h") as client:
            given = await client.give(start(shop, "scripted-currency", "ask"))
            errand = Errand(client, given.session, approve="ask", as_json=False)
            assert await errand.follow(given.seq - 1) == 0
            (state,) = await client.sessions()
            return [file.path for file in state.files]

    person.answers = [b"EUR", b"y", b"yes"]

    changed = person.at(lambda: asyncio.run(play()))
    assert changed == ["shop/cart.py", "shop/currency.py", "tests/test_currency.py"]
    before = [line for line in person.getvalue().splitlines() if line.startswith("before: ")]
    assert [line.split()[1] for line in before[-3:]] == [
        "update_plan", "apply_patch", "update_plan",
    ]  # fmt: skip


class Taker:
    """Takes orders, and nothing becomes of them; no call was made before."""

    def __init__(self) -> None:
        self.orders: list[o.Decide] = []

    async def give(self, order: o.Decide) -> None:
        self.orders.append(order)

    async def ask(self, query: Calls, kind: type[CallsPage]) -> CallsPage:
        return kind()


@pytest.mark.parametrize(
    ("approve", "answers", "allowed"),
    [
        ("all", [], False),
        ("ask", [b"y", b"y"], False),
        ("ask", [b"y", b"yes, run it"], True),
    ],
)
def test_what_can_t_be_taken_back_takes_more_than_a_yes_and_never_that_of_nobody(
    approve: Literal["ask", "all"], answers: list[bytes], allowed: bool, person: Person
):
    asked = OpenApproval(
        id=ApprovalId("a"), call=CallId("c"), kind="command", what="rm -rf /", binding=Sha("b"),
        why="", reasons=(), folder=".", level="", files=(), seq=1, at_ms=0, danger="It ends all.",
    )  # fmt: skip
    taker = Taker()
    errand = Errand(taker, SessionId("s"), approve=approve, as_json=False)
    person.answers = answers

    person.at(lambda: asyncio.run(errand._decide(SessionState(SessionId("s")), asked)))

    (decided,) = taker.orders
    assert decided.allow is allowed and decided.unattended is (approve == "all")
    assert allowed or approve == "ask" or "can't be taken back" in decided.words
    assert ("DANGER: It ends all." in person.getvalue()) is (approve == "ask")


def test_what_a_policy_answers_is_told_as_no_word_of_the_developer_s(tmp_path: Path, shop: Path):
    async def play() -> CallLine:
        async with hosted(tmp_path / "h") as client:
            given = await client.give(start(shop, "scripted-fix-rounding", "ask"))
            errand = Errand(client, given.session, approve="rules", as_json=True)
            assert await errand.follow(given.seq - 1) == 0
            query = Calls(session=given.session, filter="tool:shell")
            page = await client.ask(query, CallsPage)
            return page.lines[-1]

    line = asyncio.run(play())
    assert line.summary == "nobody was there to ask"
    place = paths({"STEERDECK_HOME": str(tmp_path / "h"), "HOME": str(tmp_path / "h")})
    assert PastApprovals(place.journal).read() == (), "no rule is judged by what nobody said"


def test_a_question_ends_the_errand_with_3_when_nobody_is_there(tmp_path: Path, shop: Path):
    async def play() -> tuple[int, str]:
        async with hosted(tmp_path / "h") as client:
            given = await client.give(start(shop, "scripted-currency"))
            errand = Errand(client, given.session, approve="rules", as_json=True)
            code = await errand.follow(given.seq - 1)
            (state,) = await client.sessions()
            return code, state.status

    assert asyncio.run(play()) == (3, "asks")


def test_facts_are_followed_once_and_in_order_from_the_first_on(
    tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]
):
    async def play() -> list[e.Event]:
        async with hosted(tmp_path / "h") as client:
            first = await client.give(start(shop, "scripted-docs"))
            errand = Errand(client, first.session, approve="rules", as_json=True)
            assert await errand.follow(first.seq - 1) == 0
            found = []
            async for _, event in follow(client, first.session, 0):
                found.append(event)
                if isinstance(event, e.TurnEnded):
                    return found
        raise AssertionError("a turn ends")

    again = asyncio.run(play())

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    seqs = [line["seq"] for line in lines]
    assert seqs == sorted(set(seqs))
    assert lines[0]["type"] == "session.created" and lines[-1]["type"] == "turn.ended"
    assert seqs == [event.seq for event in again]


def test_a_session_that_somebody_archives_ends_its_errand(tmp_path: Path, shop: Path):
    async def play() -> int:
        async with hosted(tmp_path / "h") as client:
            given = await client.give(start(shop, "scripted"))
            archive = o.Archive(id=reach.new_order(), session=SessionId(given.session))
            errand = Errand(client, given.session, approve="rules", as_json=True)
            following = asyncio.create_task(errand.follow(given.seq - 1))
            await client.give(archive)
            return await following

    assert asyncio.run(play()) == 1
