"""Whatever is asked for, its card names agent, repository, level, reason, steps and sources."""

import pytest

from kit.asks import ask, begin
from kit.desk import NOW, Feed, Story
from steerdeck.panes.approval import round_about, verdict_rows
from steerdeck.panes.wish import CONSENTS
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.transcript import Transcript

TEXTS = {
    "command": "make",
    "patch": "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n",
    "network": "network: pypi.org\npip download x",
    "input": "continue\n",
    "tool": 'jira search\n{"q":1}',
    "helper": "Look at it.",
    "server": "mcp-server-git",
    "tools": "+search",
    "setup": "npm ci",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_card_of_each_kind_says_who_where_held_by_what_why_and_after_what(kind):
    consent = kind in CONSENTS
    story = Story()
    begin(story, "x", 1)
    story.add("x", e.ItemEnded(item=ItemId("i"), kind="message", text="It is out of date."))
    for number in range(4):
        call = CallId(f"r{number}")
        story.add("x", e.CallRequested(call=call, tool="read", arguments="{}", title=f"f{number}"))
        story.add("x", e.CallEnded(call=call, status="done", result="ok"))
    files = (FileChange("a.py", "changed", 1, 1),) if kind == "patch" else ()
    ask(story, "x", TEXTS[kind], kind=kind, taint=("README.md",), reasons=("as it is",),
        files=files)  # fmt: skip
    state = Feed(story.events).states()["x"]
    told = Transcript()
    for event in story.events:
        told.add(event)
    rows = [
        *verdict_rows(state.approvals[0], state, 90),
        *round_about(state.approvals[0], state, told, NOW, 90),
    ]
    text = "\n".join("".join(span.text for span in row.spans) for row in rows)

    for part in ("▲ as it is", "README.md", "agent      x", "of shop", "sandbox    bubblewrap"):
        assert part in text, part
    assert consent or "“It is out of date.”" in text
    assert ("f1" in text and "f0" not in text) is not consent
    assert ("no rule" in text) is (kind in ("input", "helper"))
    assert kind != "patch" or ("old" in text and "new" in text and "files      a.py" in text)
