"""Search over all sessions: whose words, where, when, and what of a snippet is lit."""

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, SessionId, Sha
from steerdeck_agents.journal.finding import marks

ONE, OLD = SessionId("s1"), SessionId("s2")


@pytest.fixture
def said(desk, make_created, make_noticed):
    call = CallId("c1")
    desk.keep(
        make_created("s1", name="fix-login"),
        make_created("s2", name="old-work"),
        e.MessageSent(session=ONE, message=MessageId("m"), text="mind the rounding",
                      actor="developer"),
        e.MessageSent(session=OLD, message=MessageId("m2"), text="rounding for the helper",
                      actor="agent"),
        e.ItemEnded(session=ONE, item=ItemId("i"), kind="message", text="the rounding is wrong"),
        e.ItemEnded(session=OLD, item=ItemId("j"), kind="reasoning", text="rounding, rounding"),
        e.CallRequested(session=ONE, call=call, tool="shell", title="grep rounding",
                        arguments='{"path":"src/shop/prices.py"}'),
        e.CallStarted(session=ONE, call=call, binding=Sha("b"), allowed_by="auto"),
        e.CallEnded(session=ONE, call=call, status="done", result="12: def rounding()"),
        make_noticed("rounding was noticed", "s2"),
        e.SessionArchived(session=OLD),
    )  # fmt: skip
    return desk.reader


@pytest.mark.parametrize(
    ("query", "roles"),
    [
        ("rounding", ["note", "call", "call", "thinking", "agent", "agent", "you"]),
        ("rounding role:you", ["you"]),
        ("rounding role:agent,think", ["thinking", "agent", "agent"]),
        ("rounding role:call", ["call", "call"]),
        ("rounding session:old", ["note", "thinking", "agent"]),
        ("rounding path:src/shop", ["call", "call"]),
        ("rounding path:nowhere", []),
        ("rounding since:1h", []),
        (
            "rounding until:2000-01-01",
            ["note", "call", "call", "thinking", "agent", "agent", "you"],
        ),
        ("role:you", []),
        ("rounding session:' role:you", []),
    ],
)
def test_a_search_is_narrowed_and_finds_archived_sessions_too(said, query, roles):
    assert [hit.role for hit in said.search(query, now_ms=1_800_000_000_000)] == roles


@pytest.mark.parametrize(
    ("text", "words", "lit"),
    [
        ("the Rounding of prices", ["round"], ["Round"]),
        ("Größe und grosse", ["grö"], ["Größe", "gro"]),
        ("Größe", ["gro"], ["Größe"]),
        ("round_to_cent", ["cent"], ["round_to_cent"]),
        ("surround", ["round"], []),
        ("a b a", ["a", "b"], ["a", "b", "a"]),
        ("ﬁle", ["fi"], ["ﬁle"]),
    ],
)
def test_what_matched_is_lit(text, words, lit):
    assert [text[start:end] for start, end in marks(text, words)] == lit
