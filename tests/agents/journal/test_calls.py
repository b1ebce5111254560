"""The tool log: rows of calls, filters, totals, one call closely, pages of its output."""

import sqlite3

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import ApprovalId, CallId, CheckpointId, SessionId, Sha, sha_of
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.sieve import Sieve, sieve
from steerdeck_agents.journal.call_closely import closely, output_part
from steerdeck_agents.journal.call_log import calls
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.journal.schema import migrate

ONE, TWO = SessionId("s1"), SessionId("s2")
LONG = "".join(f"line {number}\n" for number in range(1, 1_201))


def wished(session, id, tool="shell", title="pytest -q", arguments="{}"):
    return e.CallRequested(
        session=session, call=CallId(id), tool=tool, title=title, arguments=arguments
    )


def started(session, id, by="auto"):
    return e.CallStarted(
        session=session, call=CallId(id), binding=Sha("b"), allowed_by=by, level="bubblewrap"
    )


def ended(session, id, status="done", took=40, **more):
    return e.CallEnded(session=session, call=CallId(id), status=status, duration_ms=took,
                       result=more.pop("result", ""), **more)  # fmt: skip


@pytest.fixture
def logged(desk, make_created):
    patch = '{"patch":"*** Begin Patch\\n*** Update File: src/shop/prices.py\\n@@\\n-a\\n+b\\n"}'
    desk.keep(
        make_created("s1", name="fix-login"),
        make_created("s2", name="docs"),
        wished(ONE, "c1", "read_file", "src/shop/login.py", '{"path":"src/shop/login.py"}'),
        started(ONE, "c1"),
        ended(ONE, "c1", took=3),
        wished(ONE, "c2"),
        e.ApprovalRequested(session=ONE, call=CallId("c2"), approval=ApprovalId("a"),
                            kind="command", what="pytest -q", binding=Sha("b"),
                            why="to see it fail", reasons=("it runs a program",),
                            outline=Outline(writes=("out/report.txt",))),
        e.ApprovalDecided(session=ONE, call=CallId("c2"), approval=ApprovalId("a"),
                          decision="allow", scope="session", words="go"),
        started(ONE, "c2", "developer"),
        ended(ONE, "c2", "failed", 6_400, exit_code=1, summary="exit 1", result="short",
              output=sha_of(LONG.encode())),
        e.CheckpointTaken(session=ONE, call=CallId("c2"), checkpoint=CheckpointId("k"),
                          reason="after call", paths=("out/cache.txt",)),
        wished(TWO, "c1", "apply_patch", "prices.py +1 -1", patch),
        wished(TWO, "c9", title="make docs"),
        started(TWO, "c9", "rule 7"),
        e.OutputAdded(session=TWO, call=CallId("c9"), text="half "),
        e.OutputAdded(session=TWO, call=CallId("c9"), text="a page\n"),
        e.HandOrdered(session=TWO, call=CallId("h1"), script="git status"),
        enclosed=[NewBlob(sha=sha_of(LONG.encode()), data=LONG.encode())],
    )  # fmt: skip
    return desk.reader


def test_calls_of_a_tool_that_nobody_asked_for_are_left_out_and_counted(logged):
    def page(text, **more):
        wanted = sieve(text, "calls", 0)
        return logged.ask(lambda at: calls(at, wanted, without=("apply_patch", "none"), **more))

    told = page("")
    assert [line.tool for line in told.lines] == ["shell", "shell", "shell", "read_file"]
    assert (told.matched, told.left_out, told.total) == (4, 1, 5)
    assert "apply_patch" not in [one.tool for one in told.tools]
    assert page("", session=ONE).left_out == 0 and page("prices", session=TWO).left_out == 1
    asked = page("tool:apply_patch")
    assert (len(asked.lines), asked.left_out) == (1, 0)


def ids(reader, text, **more):
    page = reader.ask(lambda connection: calls(connection, sieve(text, "calls", 0), **more))
    return [line.call for line in page.lines]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["h1", "c9", "c1", "c2", "c1"]),
        ("tool:shell", ["h1", "c9", "c2"]),
        ("tool:read,patch", ["c1", "c1"]),
        ("is:failed", ["c2"]),
        ("status:failed,running", ["c9", "c2"]),
        ("is:slow", ["c2"]),
        (">2s", ["c2"]),
        ("<1s is:done", ["c1"]),
        ("is:rule", ["c9"]),
        ("is:you", ["h1", "c2"]),
        ("is:hand", ["h1"]),
        ("path:src", ["c1", "c1"]),
        ("file:prices.py", ["c1"]),
        ("path:out/report", ["c2"]),
        ("path:out/cache", ["c2"]),
        ("session:docs", ["h1", "c9", "c1"]),
        ("session:fix pytest", ["c2"]),
        ("PYTEST -q", ["c2"]),
        ("100%", []),
        ("is:nonsense", []),
        ("is:' or 1=1 --", []),
        ("since:today", []),
    ],
)
def test_calls_are_filtered_by_one_line(logged, text, found):
    if text == "since:today":
        now = 1_900_000_000_000
        page = logged.ask(lambda c: calls(c, sieve(text, "calls", now)))
        assert page.lines == () and page.total == 5
        return
    assert ids(logged, text) == found


def test_totals_are_of_all_that_pass_and_not_of_the_page(logged):
    page = logged.ask(lambda connection: calls(connection, Sieve(), limit=1, first=3))
    assert [line.call for line in page.lines] == ["c2"]
    assert (page.first, page.matched, page.total, page.sessions) == (3, 5, 5, 2)
    assert (page.failed, page.took_ms) == (1, 6_403)
    assert next((one.tool, one.calls, one.failed) for one in page.tools) == ("shell", 3, 1)
    past = logged.ask(lambda connection: calls(connection, Sieve(), session=ONE, first=99))
    assert (past.first, [line.call for line in past.lines]) == (1, ["c1"])


def test_the_slowest_come_first_on_request(logged):
    assert ids(logged, "", order="slowest")[:2] == ["c2", "c1"]
    assert ids(logged, "", order="oldest")[0] == "c1"


def test_a_call_tells_its_input_its_card_and_what_it_wrote(logged):
    page = logged.ask(lambda connection: closely(connection, ONE, CallId("c2")))
    assert (page.name, page.number, page.line.level) == ("fix-login", 2, "bubblewrap")
    (card,) = page.asked
    assert (card.what, card.why, card.reasons) == (
        "pytest -q",
        "to see it fail",
        ("it runs a program",),
    )
    assert (card.decision, card.scope, card.words, card.waited_ms) == ("allow", "session", "go", 0)
    assert page.wrote == ("out/cache.txt",)
    assert page.output == sha_of(LONG.encode())
    # It failed, so its end is what is read first.
    assert (page.part.first, page.part.lines[-1]) == (700, "line 1200")


def test_a_whole_output_is_told_a_page_at_a_time(logged):
    def part(**asked):
        return logged.ask(lambda c: output_part(c, ONE, CallId("c2"), **asked))[0]

    begin = part()
    assert (len(begin.lines), begin.first, begin.total, begin.size) == (500, 0, 1_200, len(LONG))
    assert part(first=1_000).lines[0] == "line 1001"
    assert part(first=-10, limit=3).lines == ("line 1191", "line 1192", "line 1193")
    assert part(first=9_999).lines == ()


def test_what_a_running_call_has_printed_so_far_is_its_output(logged):
    part, sha = logged.ask(lambda c: output_part(c, TWO, CallId("c9")))
    assert (part.lines, sha) == (("half a page",), None)


def test_a_call_of_another_session_is_not_told(logged):
    with pytest.raises(JournalError, match=r"no call c9 in session s1.*steerdeck calls s1"):
        logged.ask(lambda connection: closely(connection, ONE, CallId("c9")))


def test_an_older_journal_gets_its_rows_from_its_events(desk, logged):
    rows = desk.sql("select * from call order by seq")
    connection = sqlite3.connect(desk.path, isolation_level=None)
    connection.execute("drop table call")
    connection.execute("delete from _sqlite_migrations where name = 'm002_calls'")
    connection.execute("pragma user_version = 1")
    migrate(connection, desk.path)
    connection.close()
    assert desk.sql("select * from call order by seq") == rows
    assert len(rows) == 5
    assert desk.sql("pragma user_version") == [(2,)]
