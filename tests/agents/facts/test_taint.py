"""Whose words an agent has read: said of what was read, and of nothing else."""

import msgspec
import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, SessionId, Sha, TurnId
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.journal.call_rows import paths_in


def taint(tool: str, **arguments: object) -> tuple[str, ...]:
    """The sources after one call that was done."""
    told = msgspec.json.encode(arguments).decode()
    session, turn, call = SessionId("s"), TurnId("t"), CallId("c")
    return fold(
        [
            e.TurnStarted(session=session, seq=1, turn=turn),
            e.CallRequested(
                session=session, seq=2, turn=turn, call=call, tool=tool, arguments=told, title=""
            ),
            e.CallEnded(
                session=session,
                seq=3,
                turn=turn,
                call=call,
                status="done",
                result="",
            ),
        ]
    ).taint


DEEP = '{"command": ' + "[" * 5_000


def test_input_that_goes_too_deep_is_read_as_nothing_wherever_it_is_looked_at() -> None:
    """A model may write it; what is folded from it may not fall, or its session is set aside."""
    session, turn, call = SessionId("s"), TurnId("t"), CallId("c")
    for tool in ("shell", "read_file", "apply_patch", "delegate"):
        asked = e.CallRequested(
            session=session, seq=2, turn=turn, call=call, tool=tool, arguments=DEEP, title=""
        )
        ended = e.CallEnded(
            session=session, seq=3, turn=turn, call=call, status="failed", result=""
        )
        state = fold([e.TurnStarted(session=session, seq=1, turn=turn), asked, ended])
        assert (state.seq, state.taint) in ((3, ()), (3, ("a helper's answer",)))
        assert paths_in(DEEP) == ()


@pytest.mark.parametrize(
    "command",
    [
        ".venv/bin/python -m pytest -q",
        "node_modules/.bin/eslint src",
        "node ./node_modules/.bin/jest --ci",
        "vendor/bin/phpunit tests",
        "cat vendors/list.txt my_vendor/x",
        "make vendor",
    ],
)
def test_a_program_that_is_run_is_nothing_that_was_read(command: str) -> None:
    assert taint("shell", command=command, why="it is below node_modules/ and vendor/") == ()


@pytest.mark.parametrize(
    ("command", "folder"),
    [
        ("cat node_modules/left-pad/README.md", "node_modules"),
        ("cd web && head -5 ./node_modules/.bin/x node_modules/y/a.js", "node_modules"),
        ("sed -n 1,9p '.venv/lib/python3.11/site-packages/rich/text.py'", "site-packages"),
        ("grep -r todo third_party/zlib", "third_party"),
        ("ls vendor/", "vendor"),
    ],
)
def test_foreign_files_that_a_command_names_are_a_source(command: str, folder: str) -> None:
    assert taint("shell", command=command) == (f"files below {folder}",)


def test_what_is_read_counts_in_every_foreign_folder_and_what_is_only_said_does_not() -> None:
    assert taint("read_file", path="node_modules/.bin/x") == ("files below node_modules",)
    assert taint("search", pattern="a", folder="src/vendor") == ("files below vendor",)
    assert taint("search", pattern="node_modules/", folder=None) == ()
    assert taint("apply_patch", patch="+++ b/vendor/x.py") == ()
    assert taint("update_plan", explanation="look below vendor/") == ()
    assert taint("read_file", path=7) == ()


def test_hosts_a_command_may_have_reached_unseen_are_sources_said_with_a_perhaps() -> None:
    session, call = SessionId("s"), CallId("c")
    started = [
        e.CallStarted(
            session=session, seq=seq, call=call, binding=Sha("b"), allowed_by="developer",
            level="none", may_reach=("the host x.example", "what git connects to"),
        )
        for seq in (1, 2)
    ]  # fmt: skip
    assert fold(started).taint == ("perhaps the host x.example", "perhaps what git connects to")


def test_what_a_command_by_hand_printed_of_others_counts_too() -> None:
    session, call = SessionId("s"), CallId("c")

    def by_hand(script: str, told: Sha | None, *hosts: str) -> tuple[str, ...]:
        return fold(
            [
                e.HandOrdered(session=session, seq=1, call=call, script=script),
                e.HandStarted(session=session, seq=2, call=call, binding=Sha("b"), may_reach=hosts),
                e.HandEnded(session=session, seq=3, call=call, status="done", result="", told=told),
            ]
        ).taint

    assert by_hand("cat vendor/x/README", Sha("told")) == ("files below vendor",)
    assert by_hand("cat vendor/x/README", None) == (), "nobody saw its end, so nothing is told"
    assert by_hand("make", Sha("told")) == ()
    assert by_hand("curl x.example", Sha("told"), "x.example") == ("perhaps x.example",)
