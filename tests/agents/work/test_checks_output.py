"""What test runners, type checkers and linters print is read as counts and stable ids."""

import pytest

from steerdeck_agents.work.check_output import complaints, plain, runs_in

PYTEST = """\
F..Fs.E                                                                  [100%]
=================================== ERRORS ====================================
__________________________ ERROR at setup of test_e ___________________________
E   ValueError: no
=================================== FAILURES ===================================
________________________________ test_p[c - d] _________________________________
E       AssertionError: assert 'c - d' == 'a b'
tests/test_a.py:3: AssertionError
_________________________________ TestC.test_m _________________________________
E       AssertionError: assert {'a': <object object at 0x7f01>} == {}
=========================== short test summary info ============================
FAILED tests/test_a.py::test_p[c - d] - AssertionError: assert 'c - d' == 'a b'
FAILED tests/test_a.py::TestC::test_m - AssertionError: assert {'a': <object ...
ERROR tests/test_a.py::test_e - ValueError: no
2 failed, 3 passed, 1 skipped, 1 xfailed, 1 error in 0.07s
"""
UNITTEST = """\
======================================================================
ERROR: test_d (test_u.T.test_d)
----------------------------------------------------------------------
OSError: x
======================================================================
FAIL: test_b (test_u.T.test_b) (i=1)
----------------------------------------------------------------------
AssertionError: 1 != 0
----------------------------------------------------------------------
Ran 5 tests in 0.001s

FAILED (failures=1, errors=1, skipped=1)
"""
JEST = """\
FAIL src/sum.test.js
  ● Console
  ● sum › adds numbers

    expect(received).toBe(expected)

Test Suites: 1 failed, 1 passed, 2 total
Tests:       1 failed, 2 skipped, 3 passed, 6 total
"""
VITEST = """\
 FAIL  src/sum.test.ts > sum > adds numbers
AssertionError: expected 3 to be 4
 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 2 passed | 1 todo (4)
"""
GO = """\
--- FAIL: TestSum (0.00s)
    --- FAIL: TestSum/two (0.00s)
        sum_test.go:9: got 3
FAIL
FAIL\texample.com/a/sum\t0.004s
ok  \texample.com/a/b\t(cached)
FAIL\texample.com/a/c [build failed]
FAIL
"""
GO_VERBOSE = "--- PASS: TestA (0.00s)\n--- SKIP: TestB (0.00s)\nok  \texample.com/a\t0.1s\n"
CARGO = """\
     Running unittests src/lib.rs (target/debug/deps/rs-a35a48c092d3f767)
running 3 tests
test t::bad ... FAILED
---- t::bad stdout ----
thread 't::bad' (28721) panicked at src/lib.rs:6:49:
test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests rs
test src/lib.rs - a (line 1) ... FAILED
test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
"""
MOCHA = """\
  Array
    ✓ works
    1) says no
  1 passing (5ms)
  1 pending
  1 failing

  1) Array
       deep
         says no:

      AssertionError: 1 == 2
"""
TAP = "TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b c\nok 3 - d # SKIP later\n"
NODE = "✖ adds (1.4ms)\nℹ tests 3\nℹ pass 1\nℹ fail 1\nℹ cancelled 0\nℹ skipped 1\nℹ todo 0\n"
RSPEC = """\
Failures:
  1) Cart adds
     Failure/Error: expect(1).to eq 2
3 examples, 1 failure, 1 pending

Failed examples:

rspec ./spec/cart_spec.rb:12 # Cart adds
"""
MINITEST = """\
  1) Failure:
CartTest#test_adds [test/cart_test.rb:7]:
Expected: 1

3 runs, 4 assertions, 1 failures, 0 errors, 1 skips
"""
MAVEN = """\
[ERROR] Failures:
[ERROR]   CartTest.adds:12 expected: <1> but was: <2>
[ERROR] Tests run: 4, Failures: 1, Errors: 0, Skipped: 1
"""
GRADLE = "CartTest > adds() FAILED\n    x at CartTest.java:9\n\n5 tests completed, 1 failed\n"
CTEST = """\
67% tests passed, 1 tests failed out of 3

The following tests FAILED:
\t  2 - parser (Failed)
"""
SAMPLES: dict[str, tuple[str, tuple[int | None, ...], list[str], bool]] = {
    "pytest": (
        PYTEST,
        (3, 3, 2),
        [
            "tests/test_a.py::test_p[c - d]",
            "tests/test_a.py::TestC::test_m",
            "tests/test_a.py::test_e",
        ],
        True,
    ),
    "pytest, green": ("..\n2 passed, 1 warning in 0.01s\n", (2, 0, 0), [], True),
    "pytest, wide": ("===== 2 passed in 65.01s (0:01:05) =====\n", (2, 0, 0), [], True),
    "pytest, none": ("\nno tests ran in 0.01s\n", (0, 0, 0), [], True),
    "pytest, stopped": (
        "!!!!!!!!! stopping after 1 failures !!!!!!!!!\n1 failed in 0.01s\n",
        (0, 1, 0),
        [],
        False,
    ),
    "unittest": (UNITTEST, (2, 2, 1), ["test_u.T.test_d", "test_u.T.test_b (i=1)"], True),
    "unittest, green": ("Ran 2 tests in 0.001s\n\nOK (skipped=1)\n", (1, 0, 1), [], True),
    "jest": (JEST, (3, 1, 2), ["sum › adds numbers"], True),
    "vitest": (VITEST, (2, 1, 1), ["src/sum.test.ts > sum > adds numbers"], True),
    "go": (
        GO,
        (None, None, None),
        [
            "example.com/a/sum TestSum",
            "example.com/a/sum TestSum/two",
            "example.com/a/c [build failed]",
        ],
        True,
    ),
    "go -v": (GO_VERBOSE, (1, 0, 1), [], True),
    "cargo": (CARGO, (1, 2, 1), ["src/lib.rs t::bad", "rs src/lib.rs - a"], False),
    "mocha": (MOCHA, (1, 1, 1), ["Array deep says no"], True),
    "tap": (TAP, (1, 1, 1), ["b c"], True),
    "node": (NODE, (1, 1, 1), ["adds"], True),
    "rspec": (RSPEC, (1, 1, 1), ["spec/cart_spec.rb Cart adds"], True),
    "minitest": (MINITEST, (1, 1, 1), ["CartTest#test_adds"], True),
    "maven": (MAVEN, (2, 1, 1), ["CartTest.adds"], False),
    "gradle": (GRADLE, (4, 1, 0), ["CartTest > adds()"], False),
    "ctest": (CTEST, (2, 1, 0), ["parser"], True),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_runners_are_understood(name: str) -> None:
    text, numbers, failing, whole = SAMPLES[name]
    found = runs_in(plain(text))
    assert found is not None
    assert (found.passed, found.failed, found.skipped) == numbers
    assert [*found.failing] == failing
    assert found.whole == whole


def test_two_runs_in_one_output_are_added_up() -> None:
    found = runs_in(f"{UNITTEST}\n4 passed in 0.1s\n")
    assert found is not None
    assert (found.passed, found.failed, found.total) == (6, 2, 9)


def test_colours_and_redrawn_lines_do_not_hide_a_failure() -> None:
    text = "\x1b[31mFAILED\x1b[0m tests/a.py::test_x\r\n25%\r50%\r100%\n1 failed in 0.1s\n"
    found = runs_in(plain(text))
    assert found is not None and found.failing == ("tests/a.py::test_x",)


@pytest.mark.parametrize("text", ["", "hello\n", "make: *** [Makefile:2: test] Error 1\n"])
def test_other_output_is_no_test_run(text: str) -> None:
    assert runs_in(text) is None


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("a/b.py:12: error: No  [x]", "a/b.py: error: No  [x]"),
        ("a.py:1:8: F401 `os` imported", "a.py: F401 `os` imported"),
        ("src/x.ts(12,5): error TS2322: no", "src/x.ts: error TS2322: no"),
        (
            "error[E0308]: mismatched types\n --> src/x.rs:5:3",
            "src/x.rs: error[E0308]: mismatched types",
        ),
        ("./sum.go:5:2: undefined: x", "./sum.go: undefined: x"),
        ("/p/a.js\n  12:5  error  'x' is not  no-undef", "/p/a.js: 'x' is not no-undef"),
    ],
)
def test_complaints_are_known_without_their_line_numbers(line: str, wanted: str) -> None:
    assert [name for name, _ in complaints(line)] == [wanted]


def test_notes_are_no_complaints_and_equal_ones_are_counted() -> None:
    text = "a.py:1: error: No\na.py:2: note: Why\na.py:9: error: No\n"
    assert [name for name, _ in complaints(text)] == ["a.py: error: No", "a.py: error: No (2)"]


def test_hostile_output_is_read_in_time() -> None:
    for text in ("FAILED " * 200_000, "1 passed, " * 100_000, "  1) x\n" * 50_000, "_" * 500_000):
        runs_in(plain(text))
        list(complaints(text))
