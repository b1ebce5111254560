"""The place of a new workspace: work that stands there is never thrown away."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from kit.repositories import plain
from kit.workspaces import workspace_of
from steerdeck_agents.facts.events import Noticed
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work.making_room import make_room


def _room(folder: Path, made: Workspace) -> list[str]:
    """As of a journal that only knows of the session that it was begun."""
    place = replace(made, path="", branch="")
    state = SessionState(id=SessionId("ses_1"), workspace=place)
    facts = asyncio.run(make_room(folder, state, folder.parent / "bin"))
    assert not folder.exists()
    return [fact.text for fact in facts if isinstance(fact, Noticed)]


def test_a_clone_with_work_of_which_the_journal_knows_nothing_is_kept(tmp_path: Path):
    folder = tmp_path / "ses_1"
    made = workspace_of(plain(tmp_path / "repository"), folder)
    (folder / "hours.txt").write_text("of work")
    (told,) = _room(folder, made)
    kept = tmp_path / "bin/ses_1-2"
    assert (kept / "hours.txt").read_text() == "of work"
    assert "there is work not landed" in told and str(kept) in told


def test_what_a_killed_runtime_left_half_made_or_untouched_goes(tmp_path: Path):
    folder = tmp_path / "ses_1"
    made = workspace_of(plain(tmp_path / "repository"), folder)
    assert _room(folder, made) == []
    workspace_of(tmp_path / "repository", folder)
    (folder / ".git/commondir").unlink()
    (folder / "half").write_text("made")
    assert _room(folder, made) == []
    assert _room(folder, made) == []
    assert not (tmp_path / "bin").exists()
