"""What is said and kept when the deck closes."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from steerdeck.verbs.berth import Berth
from steerdeck.verbs.mooring import Mooring
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import ApprovalId, CallId, OrderId, SessionId
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.state import OpenQuestion, SessionState, Status
from steerdeck_agents.runtime import wire
from steerdeck_agents.settings.paths import make_socket_folder, paths


@pytest.fixture
def mooring(home: Path) -> Mooring:
    where = paths({"STEERDECK_HOME": str(home / "s"), "HOME": str(home)})
    return Mooring(Berth(where, str(home), {}, {}, Surroundings()))


def state(number: int, status: Status, *, asks: bool = False) -> SessionState:
    question = OpenQuestion(ApprovalId("q"), CallId("c"), "Which?", (), 1, 1)
    return SessionState(
        id=SessionId(f"ses_{number}"), status=status, questions=(question,) if asks else ()
    )


def test_a_runtime_that_refuses_the_first_session_is_not_left_connected(home: Path):
    where = paths({"STEERDECK_HOME": str(home / "s"), "HOME": str(home)})
    start = Start(id=OrderId("o"), task="t", folder=str(home))
    berth = Berth(where, str(home), {}, {}, Surroundings(), starts=(start,))
    ends = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.readline()
        writer.write(hello)
        await reader.readline()
        writer.write(msgspec.json.encode(wire.Refused(start.id, "Not here.")) + b"\n")
        assert await reader.read() == b""
        ends.set()
        writer.close()

    async def play() -> None:
        make_socket_folder(where)
        async with await asyncio.start_unix_server(refuse, where.socket):
            with pytest.raises(OrderRefused, match="Not here"):
                await Mooring(berth).connect()
            await asyncio.wait_for(ends.wait(), 10)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "Nothing is at work. `steerdeck` brings the deck back"),
        ([state(1, "done")], "Nothing is at work."),
        ([state(1, "working")], "1 agent goes on working."),
        ([state(1, "working"), state(2, "starting")], "2 agents go on working."),
        ([state(2, "asks", asks=True)], "Nothing is at work; 1 waits for you."),
        (
            [state(1, "working"), state(2, "asks", asks=True)],
            "1 agent goes on working; 1 waits for you.",
        ),
    ],
)
def test_leaving_says_what_goes_on(
    mooring: Mooring, states: list[SessionState], words: str, capsys: pytest.CaptureFixture[str]
):
    mooring.leave(states, "")

    told = capsys.readouterr().err
    assert words in told and "`steerdeck runtime stop`" in told
    assert told.count("\n") == 1


def test_leaving_says_which_machines_are_not_known_of(
    mooring: Mooring, capsys: pytest.CaptureFixture[str]
):
    mooring.leave([state(1, "done")], "", unseen=["build", "laptop"])
    told = "Nothing is at work as far as was seen: build, laptop were not attached. `steerdeck`"
    assert told in capsys.readouterr().err


def test_the_next_deck_draws_what_the_last_one_showed(mooring: Mooring):
    assert mooring.last_states() == []
    shown = [state(1, "working"), state(2, "asks", asks=True)]

    mooring.leave(shown, "")

    assert mooring.last_states() == shown


def test_a_cache_that_is_too_large_or_broken_is_not_read(mooring: Mooring, home: Path):
    mooring.leave([state(n, "working") for n in range(3000)], "")
    assert mooring.last_states() == []
    (home / "s/cache/deck.json").write_text("{broken")
    assert mooring.last_states() == []


def test_a_runtime_that_was_never_reached_is_named(
    mooring: Mooring, capsys: pytest.CaptureFixture[str]
):
    mooring.leave([], "The runtime did not come up.")

    assert capsys.readouterr().err == "The runtime did not come up.\n"


def test_the_theme_chosen_with_a_key_is_kept_until_the_settings_change(home: Path):
    where = paths({"STEERDECK_HOME": str(home / "s"), "HOME": str(home)})
    mooring = Mooring(Berth(where, str(home), {}, {}, Surroundings()))
    assert mooring.theme() == "dark"
    mooring.leave([], "", "steerdeck-light")
    assert mooring.theme() == "steerdeck-light"
    configured = Mooring(Berth(where, str(home), {}, {}, Surroundings(), theme="light"))
    assert configured.theme() == "light"
