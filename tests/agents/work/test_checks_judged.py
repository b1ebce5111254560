"""A failure is the agent's only when it is new; the same failure is known again."""

from agents.work.test_checks_output import CARGO, GO, JEST, PYTEST, UNITTEST
from steerdeck_agents.facts.checks import Check, CheckResult
from steerdeck_agents.work.check_judge import (
    MOST_FAILURES,
    TOLD,
    judge,
    normalised,
    result_of,
    told,
)

CHECK = Check("tests", "run")


def red(output: str, *, name: str = "tests", baseline: CheckResult | None = None) -> CheckResult:
    return result_of(Check(name, "run"), "failed", output, exit_code=1, baseline=baseline)


def green(name: str = "tests") -> CheckResult:
    return result_of(Check(name, "run"), "passed", "2 passed in 0.1s\n", exit_code=0)


def failing(*names: str, seconds: str = "0.10") -> str:
    lines = [f"FAILED tests/a.py::{name} - AssertionError" for name in names]
    return "\n".join([*lines, f"{len(names)} failed, 1 passed in {seconds}s", ""])


def test_all_green_is_green() -> None:
    assert judge((), (green(), green("types"))).verdict == "green"
    assert judge((red(failing("test_x")),), (green(),)).verdict == "green"
    assert green().signature == "" and green().passed == 2


def test_what_failed_before_is_not_the_agents() -> None:
    before = red(failing("test_old", "test_older"))
    judged = judge((before,), (red(failing("test_old")),))
    assert (judged.verdict, judged.new) == ("old", ())
    assert judged.old == ("tests/a.py::test_old",)


def test_a_new_failure_beside_an_old_one_is_told_as_new() -> None:
    before = red(failing("test_old"))
    now = red(failing("test_new", "test_old"), baseline=before)
    judged = judge((before,), (now,))
    assert judged.verdict == "red"
    assert (judged.new, judged.old) == (("tests/a.py::test_new",), ("tests/a.py::test_old",))
    words = told(judged, (now,))
    assert "1 new, 1 failed before you started" in words
    assert words.index("New failures") < words.index("Failed before you started, so not yours")


def test_without_a_baseline_every_failure_is_new() -> None:
    assert judge((), (red(failing("test_x")),)).verdict == "red"
    assert judge((green(),), (red(failing("test_x")),)).verdict == "red"


def test_each_check_has_its_own_past() -> None:
    before = (red("a.py:3: error: No\n", name="types"), green())
    now = (red("a.py:9: error: No\n", name="types"), red(failing("test_x")))
    judged = judge(before, now)
    assert (judged.new, judged.old) == (("tests/a.py::test_x",), ("a.py: error: No",))


def test_one_more_of_the_same_complaint_is_new() -> None:
    before = red("a.py:3: error: No\n")
    assert judge((before,), (red("a.py:3: error: No\na.py:8: error: No\n"),)).verdict == "red"


def test_a_failure_nobody_names_is_known_by_its_last_lines() -> None:
    before = red("at 10:00:01 in /tmp/abc/x (pid 12): boom at 0x7fff, took 1.5s\n")
    again = red("at 11:30:59 in /tmp/xyz/y (pid 99): boom at 0x1234, took 22ms\n")
    other = red("at 11:30:59 in /tmp/xyz/y (pid 99): crash at 0x1234, took 22ms\n")
    assert before.signature == again.signature != other.signature
    assert judge((before,), (again,)).verdict == "old"
    assert judge((before,), (other,)).new == ("tests: exit code 1",)


def test_a_check_that_hung_before_is_not_the_agents_but_a_new_hang_is() -> None:
    hung = result_of(CHECK, "hung", "", problem="hung after 5 s, so it was killed")
    assert judge((hung,), (hung,)).verdict == "old"
    assert judge((green(),), (hung,)).new == ("tests: hung after 5 s, so it was killed",)
    assert judge((hung,), (red(failing("test_x")),)).verdict == "red"
    assert "hung after 5 s" in told(judge((), (hung,)), (hung,))


def test_a_stopped_check_says_nothing_good() -> None:
    stopped = result_of(CHECK, "stopped", "", problem="stopped by the developer")
    assert judge((stopped,), (stopped,)).verdict == "red"


def test_a_signature_stays_through_timings_order_and_addresses() -> None:
    one, two = red(failing("test_a", "test_b")), red(failing("test_b", "test_a", seconds="9.99"))
    assert one.signature == two.signature
    assert one.signature != red(failing("test_a")).signature


def test_too_many_failures_to_list_are_compared_by_their_number() -> None:
    many = [f"test_{number:04d}" for number in range(MOST_FAILURES + 50)]
    before = red(failing(*many))
    assert len(before.failures) == MOST_FAILURES
    assert judge((before,), (red(failing(*many[40:])),)).verdict == "old"
    assert judge((before,), (red(failing(*many, "test_1_new")),)).new == (
        "tests: 1 more failures than before",
    )


def test_numbers_that_mean_something_stay() -> None:
    assert normalised("assert 3 == 4 in a.py:12") == "assert 3 == 4 in a.py:N"


def test_the_model_is_shown_the_new_failure_and_not_the_old_one() -> None:
    noise = "setting up\n" * 4000
    head = "_" * 20
    old = f"{head} test_old {head}\n" + "E  old words\n" * 300
    new = f"{head} test_new {head}\nE  new words\n"
    output = f"{noise}==== FAILURES ====\n{old}{new}=== short test summary info ===\n"
    before = red(failing("test_old"))
    now = red(output + failing("test_old", "test_new"), baseline=before)
    words = told(judge((before,), (now,)), (now,))
    assert len(words.encode()) <= TOLD
    assert "E  new words" in words
    assert "E  old words" not in words and "setting up" not in words
    assert "2 failed, 1 passed" in words


def test_what_is_cut_is_marked() -> None:
    head = "_" * 20
    output = f"{head} test_x {head}\n" + "E  words\n" * 4000 + failing("test_x")
    now = red(output)
    words = told(judge((), (now,)), (now,))
    assert len(words.encode()) <= TOLD
    assert "bytes are left out here" in words


def test_excerpts_of_other_runners_begin_with_the_failure() -> None:
    for output, said in (
        (PYTEST, "assert 'c - d' == 'a b'"),
        (UNITTEST, "AssertionError: 1 != 0"),
        (GO, "sum_test.go:9: got 3"),
        (CARGO, "panicked at src/lib.rs"),
        (JEST, "expect(received).toBe(expected)"),
    ):
        assert said in red("noise\n" * 2000 + output).excerpt


def test_a_linters_new_complaint_is_found_among_many_old_ones() -> None:
    old = [f"a.py:{number}: error: Old {number}" for number in range(150)]
    before = red("\n".join(old), name="types")
    now = red(
        "\n".join([*old[:90], "b.py:1: error: New", *old[90:]]), name="types", baseline=before
    )
    assert now.excerpt == "b.py:1: error: New"
