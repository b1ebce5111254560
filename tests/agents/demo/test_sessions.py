"""The four sessions, played to their end with the real tools."""

import shlex
import sys
from pathlib import Path

import pytest

from agents.demo.playing import Override, Session, make_project, python
from steerdeck_agents.demo.commands import (
    ALL_TESTS,
    CHECK_GUIDE,
    CURRENCY_TESTS,
    EXPORT_ORDER,
    EXPORT_TESTS,
    LINE_MODE_RULES,
    RULES,
)
from steerdeck_agents.demo.scripts import CONFIG, SCRIPTS, SESSIONS, DemoSession
from steerdeck_agents.models.scripted_server import PACE
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import paths

BY_NAME = {session.name: session for session in SESSIONS}


def answering(text: str) -> Override:
    return lambda session, tool, arguments: text if tool == "ask" else None


def refusing(command: str, text: str) -> Override:
    return lambda session, tool, arguments: text if arguments.get("command") == command else None


def play(tmp_path: Path, name: str, override: Override | None = None) -> Session:
    session = Session(make_project(tmp_path / name), BY_NAME[name].model, override)
    return session.play(BY_NAME[name].task)


def _changed(folder: Path) -> set[str]:
    _, output = python(folder, "git status --porcelain --untracked-files=all")
    return {line[3:] for line in output.splitlines()}


def test_the_failing_test_is_seen_mended_and_seen_to_pass(tmp_path: Path):
    session = play(tmp_path, "fix-rounding")
    assert session.commands == [ALL_TESTS, ALL_TESTS]
    assert python(session.folder, ALL_TESTS)[0] == 0
    assert _changed(session.folder) == {"shop/prices.py"}
    assert "Decimal('1.60') != Decimal('1.61')" in session.said[1]
    assert "all tests pass (6 of them)" in session.said[-1]


def test_csv_is_added_and_tried_when_allowed(tmp_path: Path):
    session = play(tmp_path, "add-csv")
    assert session.commands == [EXPORT_TESTS, EXPORT_ORDER]
    assert (session.folder / "order.csv").read_text() == (
        'name,quantity,total\n"tea, green",2,8.98\nmug,1,9.40\nbiscuits,3,4.80\n'
    )
    assert "its tests pass" in session.said[-1]


def test_a_no_is_kept_to_and_checked_another_way(tmp_path: Path):
    no = refusing(EXPORT_ORDER, "rejected by the developer.")
    session = play(tmp_path, "add-csv", no)
    assert session.commands == [EXPORT_TESTS, EXPORT_TESTS]
    assert not (session.folder / "order.csv").exists()
    assert "You said no" in session.said[-3]
    assert "no order.csv" in session.said[-1]
    assert "Check the example order without writing a file" in session.plan


def test_the_words_of_a_no_are_quoted_planned_and_written_down(tmp_path: Path):
    no = refusing(EXPORT_ORDER, "rejected by the developer: not on a Friday: it is late\nreally")
    session = play(tmp_path, "add-csv", no)
    assert "“not on a Friday: it is late really”" in session.said[-3]
    assert "Do as you said: “not on a Friday: it is late really”" in session.plan
    notes = (session.folder / "NOTES.md").read_text()
    assert "not run: not on a Friday: it is late really\n" in notes
    assert not (session.folder / "order.csv").exists()


@pytest.mark.parametrize(
    ("answer", "code", "shown"),
    [
        ("USD", "USD", "18.80 $"),
        ("euros, so EUR please", "EUR", "18.80 €"),
        ("gbp", "GBP", "18.80 £"),
        ("$", "USD", "18.80 $"),
        ("2", "USD", "18.80 $"),
        ("we are Swiss: CHF", "CHF", "18.80 CHF"),
        ("whatever you like", "EUR", "18.80 €"),
    ],
)
def test_the_currency_is_the_one_answered(tmp_path: Path, answer: str, code: str, shown: str):
    session = play(tmp_path, "currency", answering(answer))
    assert session.commands == [CURRENCY_TESTS]
    assert python(session.folder, CURRENCY_TESTS)[0] == 0
    assert f'DEFAULT = "{code}"' in (session.folder / "shop/currency.py").read_text()
    assert shown in (session.folder / "tests/test_currency.py").read_text()
    assert code in session.said[-1]
    assert ("my reading of" in session.said[-1]) == (answer == "whatever you like")


def test_the_guide_is_written_and_its_examples_run(tmp_path: Path):
    session = play(tmp_path, "docs")
    assert _changed(session.folder) == {"README.md", "docs/guide.md"}
    assert python(session.folder, CHECK_GUIDE) == (0, "")
    assert "docs/guide.md" in (session.folder / "README.md").read_text()
    assert "Every example in it ran" in session.said[-1]


def test_all_four_can_land_together(tmp_path: Path):
    changes = [
        _changed(play(tmp_path, name, answering("EUR")).folder)
        for name in ("fix-rounding", "add-csv", "currency", "docs")
    ]
    assert sum(len(paths) for paths in changes) == len(set[str]().union(*changes))


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_each_session_keeps_its_plan_and_is_done_well_within_half_a_minute(
    tmp_path: Path, session: DemoSession
):
    played = play(tmp_path, session.name, answering("EUR"))
    assert {*played.plan.values()} == {"completed"}
    assert all(sum(status == "in_progress" for _, status in plan) <= 1 for plan in played.plans)
    assert len(played.plans) >= 4
    assert 3 < played.tokens / PACE < 12
    assert {*played.commands} <= {*RULES, *LINE_MODE_RULES}


def test_every_rule_is_used_and_names_the_python_that_runs_us(tmp_path: Path):
    used: set[str] = set()
    for session in SESSIONS:
        used |= {*play(tmp_path, session.name, answering("EUR")).commands}
    assert used == {*RULES, *LINE_MODE_RULES}
    assert not {*RULES} & {*LINE_MODE_RULES}
    assert {shlex.split(rule)[0] for rule in used} == {sys.executable}


def test_the_demos_settings_name_every_script(tmp_path: Path):
    where = paths({"STEERDECK_HOME": str(tmp_path)})
    where.config.mkdir(parents=True)
    where.config_file.write_text(CONFIG)
    settings = load(where, {})
    assert {model.name: model.api for model in settings.models} == dict.fromkeys(
        SCRIPTS, "scripted"
    )
    assert all(settings.model(session.model) for session in SESSIONS)


@pytest.mark.parametrize("name", list(BY_NAME))
@pytest.mark.parametrize(
    "output",
    [
        "rejected by the developer.",
        "refused: nobody is there to ask",
        "Failed: it doesn't fit",
        "something nobody expected",
        "",
    ],
)
def test_when_nothing_works_a_session_ends_and_claims_nothing(
    tmp_path: Path, name: str, output: str
):
    session = play(tmp_path, name, lambda *_: output)
    assert not _changed(session.folder)
    assert not session.commands
    assert not any(word in session.said[-1] for word in ("Fixed", "Every example", "tests pass"))


def test_the_tour_fits_any_repository(tmp_path: Path):
    folder = make_project(tmp_path / "any")
    session = Session(folder, "scripted").play("Make it fast.")
    assert "Make it fast." in (folder / "NOTES.md").read_text()
    assert "NOTES.md holds your task" in session.said[-1]
