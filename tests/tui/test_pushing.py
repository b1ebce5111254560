"""A push by real git into a real remote, and a pull request by a `gh` that stands in for it.

The stand-in keeps what it was told and ends as the real one does in its usual ways.
"""

from pathlib import Path

import pytest

from kit.repositories import plain, run
from steerdeck.pushing import Push, Pushed, has_gh, push

BRANCH = "steerdeck/docs"
URL = "https://github.com/kim/shop/pull/7"
LOGGED_OUT = (
    "To get started with GitHub CLI, please run:  gh auth login\n"
    "Alternatively, populate the GH_TOKEN environment variable with a GitHub API authentication "
    "token."
)
NO_HOST = (
    "none of the git remotes configured for this repository point to a known GitHub host. "
    "To tell gh about a new GitHub host, please use `gh auth login`"
)
NO_DEFAULT = (
    "X No default remote repository has been set for this directory.\n"
    "please run `gh repo set-default` to select a default remote repository."
)
EXISTS = f'a pull request for branch "{BRANCH}" into branch "main" already exists:\n{URL}'
SAME = "pull request create failed: GraphQL: No commits between main and steerdeck/docs"


@pytest.fixture
def order(tmp_path: Path) -> Push:
    top = plain(tmp_path / "top")
    run(top, "init", "--quiet", "--bare", str(tmp_path / "origin.git"))
    run(top, "remote", "add", "origin", str(tmp_path / "origin.git"))
    commit = run(top, "rev-parse", "HEAD")
    return Push(str(top), "origin", BRANCH, commit, "main", "docs", "Describe it.\n", True)


def _gh(folder: Path, monkeypatch: pytest.MonkeyPatch, *, code: int = 0, said: str = "") -> None:
    """A `gh` first on PATH that keeps its arguments and what it reads, one a file."""
    bin_ = folder / "bin"
    bin_.mkdir()
    (folder / "said").write_text(said)
    script = bin_ / "gh"
    script.write_text(
        f'#!/bin/sh\npwd >{folder}/where\nprintf "%s\\n" "$@" >{folder}/told\ncat >{folder}/body\n'
        f'cat {folder}/said >&2\n[ {code} = 0 ] && echo "{URL}"\nexit {code}\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(bin_), prepend=":")


def test_a_pull_request_is_opened_by_gh_in_the_repository_for_exactly_what_was_pushed(
    order: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _gh(tmp_path, monkeypatch, said=f"Creating pull request for {BRANCH} into main\n")
    assert has_gh()
    assert push(order) == Pushed(url=URL)
    assert (tmp_path / "told").read_text().split("\n")[:-1] == [
        "pr", "create", f"--head={BRANCH}", "--base=main", "--title=docs", "--body-file=-",
    ]  # fmt: skip
    assert (tmp_path / "body").read_text() == "Describe it.\n"
    assert Path((tmp_path / "where").read_text().strip()).samefile(order.repository)
    assert run(tmp_path / "origin.git", "rev-parse", BRANCH) == order.commit


@pytest.mark.parametrize(
    ("code", "said", "words", "way"),
    [
        (4, LOGGED_OUT, "it is not logged in", "`gh auth login`"),
        (1, NO_HOST, "none of the remotes is on a host it knows", "the forge's own page"),
        (1, "no git remotes found", "none of the remotes", "the forge's own page"),
        (1, NO_DEFAULT, "which of the remotes", "`gh repo set-default`"),
        (1, SAME, "No commits between main", f"`gh pr create --head={BRANCH} --base=main`"),
        (1, "", "it said nothing", "`gh pr create"),
    ],
)
def test_what_gh_can_not_do_is_told_with_the_way_out_and_that_the_branch_is_pushed(
    order: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    code: int, said: str, words: str, way: str,
):  # fmt: skip
    _gh(tmp_path, monkeypatch, code=code, said=said)
    ended = push(order)
    assert ended.problem.startswith("The branch is pushed to origin, but gh opened no pull request")
    assert words in ended.problem and way in ended.problem and not ended.url
    assert run(tmp_path / "origin.git", "rev-parse", BRANCH) == order.commit


def test_a_pull_request_that_exists_has_the_new_commits_and_is_named(
    order: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _gh(tmp_path, monkeypatch, code=1, said=EXISTS)
    assert push(order) == Pushed(url=URL)


def test_without_a_remote_nothing_reaches_gh(
    order: Push, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    _gh(tmp_path, monkeypatch)
    run(Path(order.repository), "remote", "remove", "origin")
    assert push(order).problem.startswith("git push to origin failed: fatal: 'origin' does not")
    assert not (tmp_path / "told").exists()
