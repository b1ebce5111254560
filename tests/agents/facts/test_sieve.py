"""The line of text that narrows lists: keys, words, times, problems, completions."""

from datetime import datetime

import pytest

from steerdeck_agents.facts.sieve import Sieve, completions, sieve

NOW = int(datetime(2026, 11, 20, 10, 21).timestamp() * 1000)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Sieve()),
        ("pytest -q", Sieve(("pytest", "-q"), "pytest -q")),
        ('"make docs" x', Sieve(("make docs", "x"), '"make docs" x')),
        ("tool:shell,read", Sieve(tools=("shell", "read"))),
        ("status:failed file:a/b.py", Sieve(states=("failed",), paths=("a/b.py",))),
        ("Tool:shell", Sieve(tools=("shell",))),
        ("tool:", Sieve()),
        ("https://x.y a::b role:you", Sieve(("https://x.y", "a::b", "role:you"),
                                             "https://x.y a::b role:you")),
        (">2s", Sieve(least_ms=2_000)),
        ("<100ms >=1.5s", Sieve(least_ms=1_500, most_ms=100)),
        ("since:today", Sieve(since_ms=at(2026, 11, 20))),
        ("until:yesterday", Sieve(until_ms=at(2026, 11, 20))),
        ("since:2h", Sieve(since_ms=NOW - 7_200_000)),
        ("since:2026-11-18 until:2026-11-18", Sieve(since_ms=at(2026, 11, 18),
                                                    until_ms=at(2026, 11, 19))),
        ("since:09:30", Sieve(since_ms=at(2026, 11, 20, 9, 30))),
    ],
)  # fmt: skip
def test_a_line_is_read(text: str, found: Sieve):
    assert sieve(text, "calls", NOW) == found


def test_searches_have_roles_and_no_times_of_calls():
    assert sieve("role:you,agent >2s tool:x", "hits", NOW) == Sieve(
        (">2s", "tool:x"), ">2s tool:x", roles=("you", "agent")
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("is:faild", "There is no is:faild: it is one of done, failed"),
        ("since:soon", "since:soon names no time"),
        ("since:2026-13-40", "names no time"),
    ],
)
def test_what_means_nothing_is_said(text: str, words: str):
    assert words in sieve(text, "calls", NOW).problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("to", ["tool:"]),
        ("x is:f", ["is:failed"]),
        ("is:failed,sl", ["is:failed,slow"]),
        ("tool:sh", ["tool:shell"]),
        ("status:fa", ["status:failed"]),
        ("session:log", ["session:fix-login"]),
        ("pytest", []),
        ("", []),
        ("a:b", []),
    ],
)
def test_words_are_completed(text: str, words: list[str]):
    known = {"tool": ("shell", "read_file"), "session": ("fix-login", "docs")}
    assert [word for word, _ in completions(text, len(text), "calls", known)[1]] == words
