"""What is said and kept when the deck closes."""

from pathlib import Path

import pytest

from steerdeck.verbs.berth import Berth
from steerdeck.verbs.mooring import Mooring
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.state import OpenQuestion, SessionState, Status
from steerdeck_agents.settings.paths import paths


@pytest.fixture
def mooring(home: Path) -> Mooring:
    where = paths({"STEERDECK_HOME": str(home / "s"), "HOME": str(home)})
    return Mooring(Berth(where, str(home), {}, {}, Surroundings()))


def state(number: int, status: Status, *, asks: bool = False) -> SessionState:
    question = OpenQuestion(ApprovalId("q"), CallId("c"), "Which?", (), 1, 1)
    return SessionState(
        id=SessionId(f"ses_{number}"), status=status, questions=(question,) if asks else ()
    )


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ([], "No agent is working. `steerdeck` brings the deck back"),
        ([state(1, "done")], "No agent is working."),
        ([state(1, "working")], "1 agent goes on working."),
        ([state(1, "working"), state(2, "starting")], "2 agents go on working."),
        ([state(2, "asks", asks=True)], "No agent is working, 1 waits for you."),
        (
            [state(1, "working"), state(2, "asks", asks=True)],
            "1 agent goes on working, 1 waits for you.",
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
