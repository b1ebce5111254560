"""What a new session in a folder could be given as checks, from the repository's own words."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import scene
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import RepositoryError, SettingsError
from steerdeck_agents.runtime import wire
from steerdeck_agents.work.checks_offered import offered

ASKED = '[[checks]]\nname = "word"\ncommand = "grep -q good word"\ntimeout = 30\n'


def made(folder: Path) -> Path:
    """A repository that asks for one check and has tests in a folder of its own."""
    repository = plain(folder)
    write(repository, ".steerdeck.toml", ASKED)
    write(repository, "shop/pytest.ini", "[pytest]\n")
    commit(repository)
    return repository


def test_what_the_repository_asks_for_stands_before_what_was_found(tmp_path: Path):
    top = made(tmp_path / "repository")
    write(top, "Makefile", "test:\n\ttrue\n")
    commit(top)

    checks = asyncio.run(offered(str(top)))

    assert checks == (
        Check("word", "grep -q good word", 30, ".steerdeck.toml"),
        Check("make test", "make test", source="Makefile"),
    )


def test_below_the_top_folder_each_check_goes_to_where_it_belongs(tmp_path: Path):
    top = made(tmp_path / "repository")

    checks = asyncio.run(offered(str(top / "shop")))

    assert [check.command for check in checks] == [
        "cd .. && grep -q good word", "python3 -m pytest -q",
    ]  # fmt: skip


def test_the_same_check_is_offered_once(tmp_path: Path):
    top = plain(tmp_path / "repository")
    write(top, "Makefile", "test:\n\ttrue\n")
    write(top, ".steerdeck.toml", '[[checks]]\nname = "all"\ncommand = "make test"\n')
    commit(top)

    assert [check.name for check in asyncio.run(offered(str(top)))] == ["all"]


def test_a_wrong_file_is_told_and_not_passed_over(tmp_path: Path):
    top = made(tmp_path / "repository")
    write(top, ".steerdeck.toml", '[[checks]]\nname = "x"\n')

    with pytest.raises(SettingsError, match="command"):
        asyncio.run(offered(str(top)))


def test_outside_a_repository_there_is_nothing_to_offer(tmp_path: Path):
    with pytest.raises(RepositoryError, match="not in a git repository"):
        asyncio.run(offered(str(tmp_path)))


def test_the_runtime_has_them_as_a_page_and_says_why_it_has_none(tmp_path: Path):
    top = made(tmp_path / "repository")

    async def play() -> list[wire.FoundChecks]:
        async with scene(tmp_path / "home", {}) as playing:
            queries = (wire.ChecksFound(str(top)), wire.ChecksFound(str(tmp_path)))
            return [await playing.client.ask(query, wire.FoundChecks) for query in queries]

    found, nothing = asyncio.run(play())
    assert [check.name for check in found.checks] == ["word"] and not found.problem
    assert nothing.checks == () and "not in a git repository" in nothing.problem
