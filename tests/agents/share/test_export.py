"""Exports: byte for byte for machines, fenced for people, and JSON a terminal can't obey."""

import asyncio
import json
import re
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, SessionId, SystemClock
from steerdeck_agents.facts.inert import inert
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.plan import Plan, Step
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.share import export
from steerdeck_agents.share.json_text import printable

ONE = SessionId("ses_1")
PLACE = Workspace("/w", "/shop", "steerdeck/x", "abc")
HOSTILE = "```\n# Not a heading\n<img src=http://evil.example/x>\n````\n\x1b[2J‮"


def test_stored_texts_come_whole_and_in_order_over_many_pages(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(export, "PAGE", 7)

    async def write() -> None:
        writer = Writer(tmp_path / "journal.db", clock=SystemClock(), on_committed=lambda _: None)
        await writer.start()
        await writer.append(
            e.SessionCreated(session=ONE, name="x", task="t", workspace=PLACE, model="m")
        )
        for number in range(40):
            await writer.append(e.Noticed(session=ONE, text=f"{number} näw \x07"))
            await writer.append(e.Noticed(session=SessionId("ses_2"), text="not this one"))
        await writer.stop()

    asyncio.run(write())
    reader = JournalReader(tmp_path / "journal.db")

    texts = list(export.stored(reader, ONE))

    assert texts == reader.events(ONE, limit=1000)
    assert len(texts) == 41


def test_a_page_to_read_tells_the_session_and_fences_what_others_wrote():
    state = SessionState(
        id=ONE, name="x`y\n# z", model="m", workspace=PLACE,
        plan=Plan((Step(HOSTILE, "completed"),)), files=(FileChange("a`.py", "changed", 1, 2),),
    )  # fmt: skip
    events: list[e.KnownEvent] = [
        e.ItemEnded(session=ONE, seq=1, item=ItemId("i"), kind="message", text=HOSTILE),
        e.CallRequested(
            session=ONE, seq=2, call=CallId("c"), tool=HOSTILE, arguments="", title=HOSTILE
        ),
        e.CallEnded(session=ONE, seq=3, call=CallId("c"), status="failed", result=HOSTILE),
        e.Noticed(session=ONE, seq=4, text=HOSTILE),
    ]

    page = "".join(export.page_to_read(state, map(e.encode, events)))

    outside = outside_fences(page)
    assert "**Agent**" in outside and "## Plan" in outside and "status: `starting`" in outside
    unspanned = re.sub(r"`[^`\n]*`", "", outside)
    assert "<img" not in unspanned and "Not a heading" not in unspanned
    assert inert(page) == page


def outside_fences(page: str) -> str:
    """The lines of a page that a Markdown viewer reads as Markdown (CommonMark 0.31, 4.5)."""
    outside, fence = [], ""
    for line in page.splitlines():
        ticks = re.match(r"`{3,}", line)
        if fence:
            if ticks and len(ticks[0]) >= len(fence) and not line.strip("`"):
                fence = ""
        elif ticks:
            fence = ticks[0]
        else:
            outside.append(line)
    assert fence == "", "a fence stayed open"
    return "\n".join(outside)


@given(some.text())
def test_a_fence_holds_any_text(text: str):
    assert outside_fences(export.fenced(text)) == ""


@given(some.text())
def test_printable_json_is_the_same_value_and_holds_nothing_to_obey(text: str):
    stored = msgspec.json.encode({text: [text]}).decode()

    shown = printable(stored)

    assert json.loads(shown) == {text: [text]}
    assert inert(shown) == shown


def test_printable_json_leaves_plain_words_as_they_are():
    assert printable('{"a": "Größe ≥ 3"}') == '{"a": "Größe ≥ 3"}'
    assert printable('"‮\U000e0041\x9b"') == '"\\u202e\\udb40\\udc41\\u009b"'
