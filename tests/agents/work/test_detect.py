"""What goes wrong is seen in the facts alone, said once, and not seen where nothing is wrong."""

import pytest

from kit.drifts import CLEAN, STRAYED, Tape, fewer, many_requests, outside, repeated, run_of
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.ids import CheckpointId
from steerdeck_agents.work.detect import Watch, findings, step, watched


def say_all(tape: Tape) -> list[Drift]:
    """As the runtime does: what is found becomes a fact right away."""
    watch, said = Watch(), []
    for event in tape.events:
        watch = step(watch, event)
        for drift in findings(watch):
            said.append(drift)
            watch = step(watch, e.DriftFound(drift=drift))
        assert findings(watch) == ()
    return said


@pytest.mark.parametrize("name", STRAYED)
def test_what_goes_wrong_is_found(name: str) -> None:
    case = STRAYED[name]
    said = say_all(case.tape)
    assert {drift.kind for drift in said} == {case.kind}
    assert said[-1].pauses == case.pauses
    seqs = {event.seq for event in case.tape.events}
    assert all(drift.events and seqs.issuperset(drift.events) for drift in said)
    assert all(drift.text.endswith(".") and len(drift.text) < 400 for drift in said)


@pytest.mark.parametrize("name", CLEAN)
def test_near_misses_are_left_alone(name: str) -> None:
    assert say_all(CLEAN[name]) == []


def test_a_case_is_said_again_only_when_it_is_worse() -> None:
    said = say_all(repeated(9))
    assert [drift.pauses for drift in said] == [False, True]
    assert "3 times" in said[0].text and "5 times" in said[1].text
    assert [drift.pauses for drift in say_all(many_requests(80))] == [False, True]
    assert len({drift.key for drift in said}) == 2


def test_after_a_change_a_new_loop_is_a_new_case() -> None:
    tape = repeated(3).patch("a.py", "+x")
    for event in repeated(3).events[3:]:
        tape.add(event)
    assert len(say_all(tape)) == 2


def test_a_restart_says_nothing_twice() -> None:
    tape = repeated(4)
    (drift,) = findings(watched(tape.events))
    tape.add(e.DriftFound(drift=drift))
    assert findings(watched(tape.events)) == ()


def test_the_evidence_names_files_and_events() -> None:
    (drift,) = say_all(outside("deploy/prod.yaml", "src/lexer.py"))
    assert drift.paths == ("deploy/prod.yaml", "src/lexer.py")
    assert "src/parser.py" in drift.text
    assert len(drift.events) == 2


def test_a_plan_that_comes_to_name_the_file_ends_the_case() -> None:
    tape = outside("src/lexer.py")
    assert findings(watched(tape.events))
    tape.plan("Mend src/parser.py and src/lexer.py").request()
    assert findings(watched(tape.events)) == ()


def test_files_brought_along_by_the_developer_are_not_the_agents() -> None:
    tape = Tape()
    tape.add(e.CheckpointTaken(checkpoint=CheckpointId("c"), reason="carried", paths=("mine.py",)))
    tape.plan("Mend src/parser.py").changed(("mine.py", 3, 1)).request()
    assert say_all(tape) == []


def test_tests_that_come_back_end_the_case() -> None:
    tape = fewer(run_of(12), run_of(11))
    tape.shell("python3 -m pytest -q", run_of(13))
    assert findings(watched(tape.events)) == ()


def test_an_undo_by_the_developer_is_no_loss_of_tests() -> None:
    tape = Tape().shell("python3 -m pytest -q", run_of(12))
    tape.add(e.FilesRestored(checkpoint=CheckpointId("c"), paths=("tests/test_b.py",)))
    assert say_all(tape.shell("python3 -m pytest -q", run_of(8))) == []


def test_foreign_words_stay_inert_in_a_finding() -> None:
    tape = Tape()
    for _ in range(3):
        tape.call("\x1b[31mread", "{not json" + "\x1b" * 9, "no\n")
    (drift,) = say_all(tape)
    assert "\x1b" not in drift.text


def test_strange_facts_change_nothing() -> None:
    watch = watched(repeated(3).events)
    for text in ('{"type":"weather.changed"}', '{"type":"call.ended","status":7}', "no json"):
        assert step(watch, e.decode(text)) == watch


def test_a_long_session_is_remembered_in_little_room() -> None:
    watch = Watch()
    tape = Tape()
    for number in range(600):
        tape.shell(f"echo {number}", run_of(5)).changed((f"{number}.py", 1, 1))
        tape.call("read_file", {"path": f"{number}.py"}, str(number))
    watch = watched(tape.events)
    assert len(watch.repeats.seen) <= 128
    assert len(watch.tests.runs) <= 64
    assert len(watch.flips.listed) <= 256
    assert not watch.repeats.open and not watch.tests.open
