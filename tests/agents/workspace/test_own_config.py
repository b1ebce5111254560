"""What a config names is asked once for the same bytes, and never believed of any others."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.repositories import SOMEBODY, linked_worktree, plain, run, write
from kit.workspaces import made
from steerdeck_agents.workspace.git import git
from steerdeck_agents.workspace.own_config import keep_names, known_names, own_config

CORE = ("core.repositoryformatversion", "user.name")


def _linked(top: Path) -> None:
    (top / ".git").rename(top.parent / "moved")
    (top / ".git").symlink_to(top.parent / "moved")


def _more(text: str) -> Callable[[Path], object]:
    def add(top: Path) -> None:
        with (top / ".git/config").open("a") as config:
            config.write(text)

    return add


ELSEWHERE: dict[str, Callable[[Path], object]] = {
    "an include": _more("[include]\n\tpath = more\n"),
    "an include that is conditional": _more('[INCLUDEIF "gitdir:/"]\n\tpath = more\n'),
    "a config of each worktree": _more("[extensions]\n\tworktreeConfig = true\n"),
    "a config of a megabyte": _more("# x\n" * 250_000),
    "a common folder elsewhere": lambda top: write(top, ".git/commondir", "../other\n"),
    "a head git takes for none": lambda top: write(top, ".git/HEAD", "nothing\n"),
    "no objects": lambda top: (top / ".git/objects").rename(top / ".git/gone"),
    "a pipe for a config": lambda top: (
        (top / ".git/config").unlink(), os.mkfifo(top / ".git/config")
    ),
    "a link for a config": lambda top: (
        (top / ".git/config").rename(top / "c"), (top / ".git/config").symlink_to(top / "c")
    ),
    "a link for its folder": _linked,
}  # fmt: skip


@pytest.mark.parametrize("how", ELSEWHERE)
def test_where_settings_may_come_from_elsewhere_git_is_asked(how: str, tmp_path: Path):
    top = plain(tmp_path / "top")
    assert own_config(top) == (top / ".git/config").read_bytes()
    ELSEWHERE[how](top)
    assert own_config(top) is None


def test_below_the_top_and_in_a_worktree_git_is_asked(tmp_path: Path):
    side = linked_worktree(tmp_path / "side")
    assert own_config(side) is None
    assert own_config(tmp_path / "side-main/src") is None
    assert own_config(tmp_path / "nowhere") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("whose", ["", ".git"])
def test_of_what_is_somebody_elses_git_is_asked(whose: str, tmp_path: Path):
    top = plain(tmp_path / "top")
    os.chown(top / whose, SOMEBODY, SOMEBODY)
    assert own_config(top) is None


def test_the_line_that_a_workspace_has_for_its_common_folder_is_fine(tmp_path: Path):
    top = plain(tmp_path / "top")
    write(top, ".git/commondir", ".\n")
    assert own_config(top) is not None


def test_only_what_git_surely_said_of_these_bytes_is_kept():
    one, other = b"one of a test", b"another of a test"
    keep_names(one, other, CORE)
    keep_names(one, None, CORE)
    keep_names(None, None, CORE)
    # It looked into no config at all.
    keep_names(one, one, ("user.name",))
    assert known_names(one) is known_names(other) is known_names(None) is None
    keep_names(one, one, CORE)
    assert known_names(one) == CORE
    assert known_names(other) is None


def test_a_filter_that_is_named_between_two_commands_never_runs(tmp_path: Path):
    canary = tmp_path / "canary"
    more = tmp_path / "more"
    asked = ("status", "--porcelain")

    async def live() -> None:
        ours = await made(plain(tmp_path / "top"), tmp_path / "w")
        top = Path(ours.path)
        bite = write(tmp_path, "bite.sh", f"#!/bin/sh\necho bit >> {canary}\ncat\n", 0o755)
        write(top, ".gitattributes", "*.md filter=evil\n")
        await git(top, *asked)
        assert known_names(own_config(top)) is not None
        before = (top / ".git/config").read_bytes()
        run(top, "config", "filter.evil.clean", str(bite))
        write(top, "readme.md", "# Changed\n")
        await git(top, *asked)
        await git(top, "add", "-A")
        assert not canary.exists()
        # Now it stands in a file the config includes, which is changed by itself.
        more.write_text("")
        (top / ".git/config").write_bytes(before + f"[include]\n\tpath = {more}\n".encode())
        await git(top, *asked)
        more.write_text(f'[filter "evil"]\n\tclean = {bite}\n')
        write(top, "readme.md", "# Changed again\n")
        await git(top, *asked)
        await git(top, "add", "-A")
        assert not canary.exists()
        run(top, "add", "--renormalize", "-A")
        assert canary.exists(), "the filter would have run"

    asyncio.run(live())
