"""What follows for sessions from where their clones lie: pure but for folders that are there."""

from pathlib import Path

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import MessageId, SessionId, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop.copied_home import look
from steerdeck_agents.settings.paths import Paths, paths

ME = SessionId("ses_1")


def _home(folder: Path) -> Paths:
    where = paths({"STEERDECK_HOME": str(folder), "HOME": str(folder)})
    where.workspaces.mkdir(parents=True)
    return where


def _state(place: Path | str, *facts: e.KnownEvent) -> SessionState:
    at = Workspace(str(place), "/r", "b", "c", borrows=("/r/.git/objects",))
    begun = e.SessionCreated(session=ME, name="n", task="t", workspace=at, model="m")
    return fold([begun, *facts])


def _kinds(facts: list[e.KnownEvent]) -> list[type]:
    return [type(fact) for fact in facts]


SAID = e.MessageSent(session=ME, message=MessageId("m"), text="words")
OPEN = e.TurnStarted(session=ME, turn=TurnId("t"))


@pytest.mark.parametrize(
    ("facts", "parked"),
    [
        ([], False),
        ([OPEN], True),
        ([SAID], True),
        ([e.CompactionOrdered(session=ME)], True),
        ([e.SessionParked(session=ME, reason="r", until_ms=5)], True),
        ([OPEN, e.SessionParked(session=ME, reason="r")], False),
        ([OPEN, e.SessionArchived(session=ME)], False),
    ],
)
def test_in_a_copy_only_who_would_go_on_by_itself_is_held(tmp_path: Path, facts, parked: bool):
    where = _home(tmp_path)
    state = _state(where.workspaces / ME, *facts)
    (where.workspaces / ME).mkdir()
    told = [e.Noticed, e.SessionParked] if parked else [e.Noticed]
    home = look([state], where, copied=True)
    assert _kinds(home.facts) == told
    after = fold(home.facts[1:], state)
    assert after.parked_until_ms is None
    assert look([state], where, copied=False).facts == []


def test_a_clone_elsewhere_that_is_there_makes_a_copy_of_the_home(tmp_path: Path):
    where, original = _home(tmp_path / "here"), tmp_path / "there" / ME
    home = look([_state(original, SAID)], where, copied=False)
    assert (home.copied, home.facts) == (False, []), "of a clone that is nowhere nothing is known"
    original.mkdir(parents=True)
    home = look([_state(original, SAID)], where, copied=False)
    assert home.copied
    _, made, parked = home.facts
    assert made.workspace == Workspace(
        str(where.workspaces / ME), "/r", "b", "c", borrows=("/r/.git/objects",)
    )
    assert f"original at {original}." in parked.reason
    after = fold(home.facts[1:], _state(original, SAID))
    assert look([after], where, copied=False) == (False, []), "the next start finds nothing to tell"


def test_an_archived_session_of_a_copy_has_its_clone_there_too(tmp_path: Path):
    where, original = _home(tmp_path / "here"), tmp_path / "there" / ME
    original.mkdir(parents=True)
    state = _state(original, e.SessionArchived(session=ME))
    assert _kinds(look([state], where, copied=True).facts) == [e.Noticed, e.WorkspaceMade]


def test_a_link_to_its_clones_is_a_way_to_them(tmp_path: Path):
    where = _home(tmp_path / "here")
    (where.workspaces / ME).mkdir()
    (tmp_path / "old").symlink_to(where.workspaces)
    assert look([_state(tmp_path / "old" / ME, SAID)], where, copied=False) == (False, [])


@pytest.mark.parametrize("kept_in", ["workspaces", "bin"])
def test_of_a_moved_home_the_clones_are_found_and_nothing_is_held(tmp_path: Path, kept_in: str):
    where = _home(tmp_path / "here")
    (where.data / kept_in / ME).mkdir(parents=True)
    home = look([_state(tmp_path / "gone" / ME, SAID)], where, copied=False)
    assert (home.copied, _kinds(home.facts)) == (False, [e.WorkspaceMade])


def test_a_goal_waits_in_a_copy(tmp_path: Path):
    where = _home(tmp_path)
    goal = e.GoalSet(session=ME, goal=Goal(objective="green"))
    home = look([_state(where.workspaces / ME, goal)], where, copied=True)
    assert _kinds(home.facts) == [e.Noticed, e.SessionParked]
