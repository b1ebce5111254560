"""The demo's repository is real: it has a history, and one test that honestly fails."""

import asyncio
from pathlib import Path

from agents.demo.playing import make_project, python, run_git
from steerdeck_agents.demo.commands import ALL_TESTS, EXPORT_ORDER, SHOW_TOTAL
from steerdeck_agents.demo.project import COMMITS, make


def _git(folder: Path, *arguments: str) -> str:
    return asyncio.run(run_git(folder, *arguments))


def test_it_is_a_clean_repository_with_a_few_commits(tmp_path: Path):
    folder = make_project(tmp_path / "shop")
    assert _git(folder, "status", "--porcelain") == ""
    assert _git(folder, "branch", "--show-current") == "main\n"
    log = _git(folder, "log", "--reverse", "--format=%s|%aI").splitlines()
    assert log == [f"{commit.message}|{commit.date}" for commit in COMMITS]
    authors = {*_git(folder, "log", "--format=%an").splitlines()}
    assert authors == {"Robin Shopkeeper"}


def test_one_test_fails_and_its_failure_is_the_accountants(tmp_path: Path):
    folder = make_project(tmp_path / "shop")
    code, output = python(folder, ALL_TESTS)
    assert code == 1
    assert "FAILED (failures=1)" in output
    assert "Decimal('1.60') != Decimal('1.61')" in output
    assert _git(folder, "status", "--porcelain") == "", "running the tests leaves nothing behind"


def test_before_that_test_everything_passed(tmp_path: Path):
    folder = make_project(tmp_path / "shop")
    for back in range(len(COMMITS) - 1, 0, -1):
        _git(folder, "checkout", "--quiet", f"main~{back}")
        code, output = python(folder, ALL_TESTS)
        assert code == 0, output


def test_the_command_line_works_and_knows_no_csv_yet(tmp_path: Path):
    folder = make_project(tmp_path / "shop")
    assert python(folder, SHOW_TOTAL) == (0, "23.18\n")
    code, output = python(folder, EXPORT_ORDER)
    assert code == 2
    assert "invalid choice: 'csv'" in output


def test_the_users_own_git_identity_is_not_needed(tmp_path: Path, home: Path):
    (home / ".gitconfig").write_text("[commit]\n gpgSign = true\n[init]\n defaultBranch = x\n")
    folder = tmp_path / "shop"
    asyncio.run(make(folder, run_git))
    assert _git(folder, "rev-parse", "--abbrev-ref", "HEAD") == "main\n"


def test_work_can_be_landed_in_it_on_a_machine_that_knows_nobody(tmp_path: Path, home: Path):
    (home / ".gitconfig").unlink()
    folder = make_project(tmp_path / "shop")
    assert _git(folder, "config", "user.name") == "Robin Shopkeeper\n"
    assert _git(folder, "config", "user.email") == "robin@shop.example\n"
