"""Lines of a transcript beside words and calls."""

from typing import get_args

from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.events import CheckEnded, NetworkUsed, PortOpened, ShellEnded
from steerdeck_agents.facts.ids import SessionId, ShellId
from steerdeck_agents.facts.marks import told
from steerdeck_agents.facts.shells import ShellEnding


def test_every_way_a_shell_ends_has_words_of_its_own() -> None:
    ends = [
        ShellEnded(session=SessionId("s"), shell=ShellId("sh-1"), how=how)
        for how in get_args(ShellEnding)
    ]
    lines = [found[0] for end in ends if (found := told(end))]
    assert len(set(lines)) == len(ends) and all(line.startswith("sh-1 ") for line in lines)
    assert "sh-1 was ended: it took too much memory" in lines


def test_each_connection_of_a_command_is_told() -> None:
    one = {"session": SessionId("s"), "host": "pypi.org", "port": 443}
    assert told(NetworkUsed(**one, allowed=True, sent=5_000, received=7)) == (
        "network pypi.org:443: 5,000 bytes sent, 7 received", "info",
    )  # fmt: skip
    refused = told(NetworkUsed(**one, allowed=False, why="it was not allowed."))
    assert refused == ("network pypi.org:443 refused: it was not allowed.", "warning")
    gone = told(NetworkUsed(**one, allowed=True, why="it does not answer."))
    assert gone == ("network pypi.org:443 failed: it does not answer.", "warning")


def test_an_opened_port_is_told_with_its_address() -> None:
    opened = PortOpened(session=SessionId("s"), shell=ShellId("sh-1"), port=8000, at=40_123)
    assert told(opened) == ("http://127.0.0.1:40123 leads to port 8000 of sh-1", "info")


def test_what_failed_before_an_agent_began_is_not_told_as_its_failure() -> None:
    red = CheckResult("tests", "failed", 1, 1200, passed=5, failed=1)
    said = "check tests failed in 1.2 s (5 passed, 1 failed)"
    assert told(CheckEnded(round=1, result=red)) == (said, "warning")
    assert told(CheckEnded(round=0, result=red)) == (f"before it began: {said}", "info")
