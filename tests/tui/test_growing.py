"""A patch is drawn as hunks while the model still writes it, however it arrives."""

import asyncio
import json
import random

import pytest

from kit.desk import deck, told, until
from kit.made_patches import made
from kit.shop import shop
from steerdeck.panes.growing import Growing
from steerdeck.text import Line
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ItemId, RequestId, SessionId, TurnId

PATCH = """\
*** Begin Patch
*** Add File: docs/new.md
+# Title
*** Delete File: gone.py
*** Update File: src/app.py
*** Move to: src/main.py
@@ def greet(name):
     name = name.strip()
-    return "Hi " + name
+    return f"Hello {name} 😀 \\"quoted\\""
*** End of File
*** End Patch
"""


def words(lines: list[Line]) -> list[str]:
    return ["".join(s.text for s in (*line.spans, *line.right)).strip() for line in lines]


def forms(text: str) -> list[str]:
    escaped = json.dumps({"patch": text})
    return [text, escaped, json.dumps({"patch": text}, ensure_ascii=False, indent=1), "\n" + text]


@pytest.mark.parametrize("raw", forms(PATCH))
def test_files_and_rows_are_there_as_soon_as_they_were_written(raw: str) -> None:
    growing = Growing()
    seen: list[str] = []
    for end in range(1, len(raw) + 1):
        assert growing.feed(raw[:end])
        seen.append("\n".join(words(growing.lines(60))))
    assert not growing.feed(raw)
    assert seen[-1].split("\n") == [
        "docs/new.md  new+1 −0", "gone.py  deleted+0 −0",
        "src/app.py  moves to src/main.py+1 −1", "@@ def greet(name):", "name = name.strip()",
        '−     return "Hi " + name', '+     return f"Hello {name} 😀 \\"quoted\\""',
    ]  # fmt: skip
    first = next(at for at, text in enumerate(seen) if "# Title" in text)
    assert "+ # Title" in seen[first] and "gone.py" not in seen[first]
    assert any(text.endswith("+     return f") for text in seen)


def test_any_pieces_lead_to_the_same_picture() -> None:
    for seed in range(60):
        dice = random.Random(seed)
        raw = dice.choice(forms(made(dice).text))
        whole, parts = Growing(), Growing()
        whole.feed(raw)
        at = 0
        while at < len(raw):
            at += dice.randint(1, 40)
            parts.feed(raw[:at])
        assert parts.lines(70) == whole.lines(70)


@pytest.mark.parametrize(
    "raw",
    ['{"command": "ls"}', '{"path": "a"}', "", "{", "hello", '{"patch": 5}', "[1]", "*** Begin",
     '{"why": "*** Begin Patch\\n*** Add File: x\\n+y\\n"}'],
)  # fmt: skip
def test_what_is_no_patch_is_not_drawn(raw: str) -> None:
    growing = Growing()
    growing.feed(raw)
    assert growing.lines(60) == []


def test_a_unified_diff_grows_too() -> None:
    growing = Growing()
    growing.feed(
        json.dumps({"patch": "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"})
    )
    assert words(growing.lines(60)) == ["f+1 −1", "@@ -1 +1 @@", "− a", "+ b"]


def test_of_a_long_patch_the_end_is_drawn_and_stands_for_some_rows() -> None:
    growing = Growing()
    raw = "*** Begin Patch\n*** Add File: long.txt\n"
    tops: list[str] = []
    for number in range(500):
        raw += f"+line {number}\n"
        growing.feed(raw)
        lines = words(growing.lines(60))
        assert len(lines) <= 17 and lines[-1] == f"+ line {number}"
        tops.append(lines[1])
    assert 50 < len(set(tops)) < 80


def test_in_a_low_lane_the_file_keeps_its_name_above_its_rows() -> None:
    growing = Growing()
    growing.feed("*** Begin Patch\n*** Add File: long.txt\n" + "+line\n" * 50)
    for height in range(4, 30):
        lines = words(growing.lines(60, height))
        assert len(lines) <= height and lines[0].startswith("long.txt  new+50")


def test_a_text_read_anew_is_drawn_anew() -> None:
    growing = Growing()
    growing.feed("*** Begin Patch\n*** Add File: a\n+one\n")
    growing.feed("*** Begin Patch\n*** Add File: b\n+two\n")
    assert words(growing.lines(60)) == ["b  new+1 −0", "+ two"]


def test_hostile_text_in_a_growing_patch_is_inert() -> None:
    growing = Growing()
    growing.feed(
        "*** Begin Patch\n*** Add File: a\x1b[2J\u202eb\n+x\x1b]0;t\x07 \x9b1m\n@@ \x1b[31m\n"
    )
    shown = "\n".join(words(growing.lines(60)))
    assert not set(shown) & set("\x1b\x07\x9b\u202e")


def test_the_lane_shows_a_patch_before_its_call_is_made() -> None:
    async def run() -> None:
        feed = shop()
        app = deck(feed)
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            seq = feed.events[-1].seq
            raw = json.dumps({"patch": PATCH})
            cut = raw.index("# Title") + 7
            where = {
                "session": SessionId("fix"),
                "turn": TurnId("t"),
                "at_ms": feed.events[-1].at_ms,
            }

            def text(piece: str) -> e.TextAdded:
                nonlocal seq
                seq += 1
                return e.TextAdded(
                    seq=seq, item=ItemId("r/9"), kind="arguments", text=piece, **where
                )

            feed.feed(text(raw[:cut]))
            await until(pilot, lambda: "docs/new.md" in told(app))
            assert "+ # Title" in told(app) and "main.py" not in told(app)
            feed.feed(text(raw[cut:]))
            await until(pilot, lambda: "moves to src/main.py" in told(app))
            assert '−     return "Hi " + name' in told(app)
            feed.feed(
                e.RequestEnded(seq=seq + 1, request=RequestId("r"), status="completed", **where)
            )
            await until(pilot, lambda: "moves to src/main.py" not in told(app))

    asyncio.run(run())
