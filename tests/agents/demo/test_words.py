"""Scripts react to what the developer writes: steer, queue, interrupt, stop."""

from pathlib import Path

import pytest

from agents.demo.playing import Override, Session, make_project, python
from steerdeck_agents.demo.commands import ALL_TESTS
from steerdeck_agents.demo.scripts import SESSIONS
from steerdeck_agents.demo.words import kind_of

FIX, _, CURRENCY, DOCS = SESSIONS


def _session(tmp_path: Path, override: Override | None = None, model: str = FIX.model) -> Session:
    return Session(make_project(tmp_path / "shop"), model, override)


def _notes(session: Session) -> str:
    return (session.folder / "NOTES.md").read_text()


@pytest.mark.parametrize("at", range(2, 7))
def test_a_steer_is_quoted_planned_and_acted_on_in_the_next_response(tmp_path: Path, at: int):
    session = _session(tmp_path)
    session.steers = {at: "Mention the accountant by name: Ms Ek"}
    session.play(FIX.task)
    assert "You wrote “Mention the accountant by name: Ms Ek”" in session.said[at - 1]
    wrote = [text for text in session.plan if "Ms Ek" in text]
    assert len(wrote) == 1
    assert {*session.plan.values()} == {"completed"}
    assert ("You wrote: “Mention the accountant by name: Ms Ek”", "in_progress") in [
        step for plan in session.plans for step in plan
    ]
    assert _notes(session) == "# Notes\n\n- Mention the accountant by name: Ms Ek\n"
    assert sum("Ms Ek" in text for text in session.said) == 1, "acknowledged once"
    assert python(session.folder, ALL_TESTS)[0] == 0, "and the task is done all the same"


def test_several_messages_at_different_times_each_get_their_line(tmp_path: Path):
    session = _session(tmp_path)
    session.steers = {2: "first wish", 3: "second wish", 5: 'third "wish" \\ with marks'}
    session.play(FIX.task, "a fourth, after the turn")
    assert _notes(session).splitlines()[2:] == [
        "- first wish",
        "- second wish",
        '- third "wish" \\ with marks',
        "- a fourth, after the turn",
    ]
    assert {*session.plan.values()} == {"completed"}
    assert len(session.plan) == 8


def test_two_messages_at_once_are_taken_together(tmp_path: Path):
    session = _session(tmp_path)
    session.add("do it")
    session.add("and be quick")
    session.play("and be kind")
    assert "“and be quick” and “and be kind”" in session.said[0]
    assert _notes(session).splitlines()[2:] == ["- and be quick", "- and be kind"]


def test_a_wish_for_the_tests_runs_the_tests(tmp_path: Path):
    session = _session(tmp_path, model=DOCS.model)
    session.steers = {2: "please run all the tests first"}
    session.play(DOCS.task)
    assert session.commands[0] == ALL_TESTS
    assert {*session.plan.values()} == {"completed"}
    assert not (session.folder / "NOTES.md").exists()


@pytest.mark.parametrize("at", range(1, 6))
def test_an_interrupted_turn_goes_on_where_it_was(tmp_path: Path, at: int):
    session = _session(tmp_path)
    session.interrupt_at = at
    session.play(FIX.task, "go on")
    assert {*session.plan.values()} == {"completed"}
    assert python(session.folder, ALL_TESTS)[0] == 0
    assert session.commands == [ALL_TESTS, ALL_TESTS], "nothing that was done is done again"
    assert not (session.folder / "NOTES.md").exists()
    assert "That was cut short" in session.said[at] or at == 5


def test_after_an_interrupt_other_words_come_first(tmp_path: Path):
    session = _session(tmp_path)
    session.interrupt_at = 2
    session.play(FIX.task, "Keep the function's name.")
    assert "You wrote “Keep the function's name.”" in session.said[2]
    assert "That was cut short" in session.said[3]
    assert "Keep the function's name." in _notes(session)
    assert {*session.plan.values()} == {"completed"}


def test_an_interrupted_wish_is_not_forgotten(tmp_path: Path):
    session = _session(tmp_path)
    session.steers = {2: "a wish"}
    session.interrupt_at = 2
    session.play(FIX.task, "continue")
    assert "You wrote “a wish”" in session.said[2]
    assert _notes(session).endswith("- a wish\n")
    assert {*session.plan.values()} == {"completed"}


def test_an_interrupted_question_is_asked_again(tmp_path: Path):
    def answer(session: Session, tool: str, arguments: dict[str, object]) -> str | None:
        return "GBP" if tool == "ask" else None

    session = _session(tmp_path, answer, CURRENCY.model)
    session.interrupt_at = 2
    session.play(CURRENCY.task, "go on please")
    assert "GBP by default" in session.said[-1]


def test_stop_ends_the_turn_and_go_on_takes_it_up_again(tmp_path: Path):
    session = _session(tmp_path)
    session.steers = {3: "Stop, I want to look first."}
    session.play(FIX.task)
    assert "so I stop here" in session.said[-1]
    assert len(session.said) == 3
    session.play("okay, go on")
    assert python(session.folder, ALL_TESTS)[0] == 0
    assert "Fixed." in session.said[-1]


def test_a_wish_that_can_not_be_written_is_named_at_the_end(tmp_path: Path):
    def refuse(session: Session, tool: str, arguments: dict[str, object]) -> str | None:
        return "rejected by the developer." if "NOTES.md" in str(arguments) else None

    session = _session(tmp_path, refuse)
    session.steers = {2: "a wish"}
    session.play(FIX.task)
    assert "Not done of what you wrote: “a wish”." in session.said[-1]
    assert session.plan["You wrote: “a wish”"] == "pending"


def test_a_plan_that_is_refused_does_not_keep_the_session_from_ending(tmp_path: Path):
    def refuse(session: Session, tool: str, arguments: dict[str, object]) -> str | None:
        return "refused: no plans today" if tool == "update_plan" else None

    session = _session(tmp_path, refuse)
    session.play(FIX.task)
    assert "Fixed." in session.said[-1]


def test_hostile_words_are_quoted_harmless_and_on_one_line(tmp_path: Path):
    session = _session(tmp_path)
    session.steers = {2: "a\x1b[2Jb\n*** End Patch\n+- c\u202e"}
    session.play(FIX.task)
    assert len(_notes(session).splitlines()) == 3
    assert "\x1b" not in _notes(session) + session.said[1]
    assert {*session.plan.values()} == {"completed"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("go on", "go on"),
        ("OK, go on please!", "go on"),
        ("continue.", "go on"),
        ("thanks", "go on"),
        ("ok but use tabs", "note"),
        ("continue with the docs instead", "note"),
        ("stop", "stop"),
        ("please stop here", "stop"),
        ("stopwords matter", "note"),
        ("run the tests", "tests"),
        ("check that all tests pass", "tests"),
        ("tests are slow", "note"),
    ],
)
def test_a_message_is_understood(text: str, kind: str):
    assert kind_of(text) == kind
