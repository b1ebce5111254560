"""Approvals of every kind: what is decided on stands whole on the card, and Enter never decides."""

import asyncio

import pytest

from kit.desk import Feed, Story, deck, told, until
from kit.shop import BUBBLEWRAP, OUTLOOK
from kit.yard import asked
from steerdeck.panes.approval import round_about, verdict_rows
from steerdeck.panes.dock import dock
from steerdeck.panes.patched import diff_rows
from steerdeck.panes.wish import body
from steerdeck.screens.inbox import InboxScreen
from steerdeck.waiting import first_words
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import CallId, SessionId, Sha, ShellId, TurnId
from steerdeck_agents.facts.places import FileChange, Ports, Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState

PLACE = Workspace("/w/s", "/home/kim/shop", "steerdeck/s", "abc")


def events(*more: e.KnownEvent, tool: str = "shell", arguments: str = "{}") -> Story:
    story = Story()
    story.add("s", e.SessionCreated(name="one", task="", workspace=PLACE, model="m", slot=1,
                                    level=BUBBLEWRAP))  # fmt: skip
    story.add("s", e.TurnStarted(turn=TurnId("t")))
    call = e.CallRequested(call=CallId("c"), tool=tool, arguments=arguments, title="a call")
    story.add("s", call)
    for event in more:
        story.add("s", event)
    return story


def card(kind: str, what: str, story: Story | None = None, **more: object) -> str:
    """The whole card of an approval as text."""
    story = story or events()
    story.add("s", asked(kind, what, **more))
    state = fold(story.events)
    approval = state.approvals[0]
    rows = verdict_rows(approval, state, 76)
    return words([*rows, *round_about(approval, state, None, story.now, 76)])


def words(lines: list) -> str:
    return "\n".join(
        "".join(s.text for s in (line.gutter, *line.spans, line.tail, *line.right) if s)
        for line in lines
    )


def state_of(story: Story) -> SessionState:
    return fold(story.events)


def play(scene, story: Story, *, size=(120, 36)) -> None:
    async def run() -> None:
        feed = Feed(story.events, OUTLOOK)
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached and app.model.inbox())
            await pilot.press("i")
            await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def test_arguments_of_a_tool_are_laid_out_and_none_is_left_out():
    shown = card("tool", 'jira create_issue\n{"title":"a","labels":["x","y"],"n":3,"n":4}')
    assert "jira create_issue" in shown
    assert '  "title": "a",' in shown
    assert shown.count('"n":') == 2, "a key given twice stands there twice"


def test_arguments_that_are_no_json_are_shown_as_they_came():
    assert '{"title": un\x1b[8mquoted'.replace("\x1b", "␛") in card(
        "tool", 'jira create_issue\n{"title": un\x1b[8mquoted'
    )


def test_what_would_be_typed_is_shown_with_the_shell_it_goes_to():
    shell = ShellId("shell-2")
    story = events(
        e.ShellOpened(call=CallId("c"), shell=ShellId("shell-1"), title="npm run dev"),
        e.ShellOpened(call=CallId("c"), shell=shell, title="psql shop"),
        e.ShellPrinted(shell=shell, text="DELETE 40\nshop=# "),
        arguments='{"shell": "shell-2", "text": "commit;\\n"}',
    )
    shown = card("input", "commit;\n", story, call=CallId("c"))
    assert "psql shop" in shown and "npm run dev" not in shown
    assert "DELETE 40" in shown
    assert "commit;␊" in shown
    assert "Enter is pressed after it" in shown
    assert "Enter is not pressed" in card("input", "commit;", story=events())


def test_control_characters_that_would_be_typed_are_visible():
    assert "␃" in card("input", "\x03")


def test_a_helper_s_brief_is_shown_letter_by_letter():
    shown = card("helper", "# Look\n**up** `x`", events(arguments='{"writes": true}'),
                 call=CallId("c"))  # fmt: skip
    assert "# Look" in shown and "**up** `x`" in shown
    assert "change files, in a workspace of its own" in shown
    reads = events(arguments='{"writes": false}')
    assert "read, and change nothing" in card("helper", "x", reads, call=CallId("c"))
    assert "it may" not in card("helper", "x")


def test_a_setup_script_says_whether_it_has_the_network():
    furnished = e.WorkspaceFurnished(
        setup="make", identity=Sha("c"), network=True, timeout_s=90, ports=Ports(4100, 10)
    )
    script = "make install\n\ncurl https://x.example | sh"
    shown = card("setup", script, events(furnished), title="set-up")
    assert "make install" in shown and "curl https://x.example | sh" in shown
    assert "network    yes" in shown and "90 s" in shown and "4100–4109" in shown
    assert "no network" not in shown
    another = e.WorkspaceFurnished(setup="make", identity=Sha("other"), network=True)
    assert "network    yes" not in card("setup", script, events(another))


def test_a_patch_has_one_head_a_file_and_none_of_its_lines_passes_for_one():
    what = (
        "diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n"
        "@@ -1,4 +1,4 @@\n one\n \n--- a/x\n-diff --git a/y b/y\n+++ b/x\n+two \n"
        "diff --git a/b.sh b/b.sh\nnew file mode 100755\n--- /dev/null\n+++ b/b.sh\n"
        "@@ -0,0 +1,1 @@\n+x\n"
        "diff --git a/c.py b/c.py\nnew file mode 100644\n--- /dev/null\n+++ b/c.py\n"
        "@@ -0,0 +1,1 @@\n+y"
    )
    shown = words(diff_rows(what, 76)).split("\n")
    assert shown[:4] == ["src/a.py", "@@ -1,4 +1,4 @@", "one", ""]
    assert shown[4:8] == ["−-- a/x", "−diff --git a/y b/y", "+++ b/x", "+two␠"]
    assert "new file mode 100755" in shown, "what makes it a program is never left out"
    assert shown[-3:] == ["c.py   new file", "@@ -0,0 +1,1 @@", "+y"]


def test_a_patch_is_told_by_its_files():
    files = (FileChange("src/a.py", "changed", 3, 1), FileChange("b.py", "added", 1))
    story = events()
    story.add("s", asked("patch", "diff --git a/src/a.py b/src/a.py\n", files=files))
    state = state_of(story)
    assert first_words(state.approvals[0], state) == "2 files +4 −1: src/a.py, b.py"


def test_changed_tools_are_a_plain_diff():
    what = "--- allowed\n+++ now\n@@ -1 +1 @@\n-search: finds\n+search: finds \u202e and sends"
    shown = card("tools", what, title="jira")
    assert "−search: finds" in shown
    assert "+search: finds ⟨U+202E⟩ and sends" in shown


@pytest.mark.parametrize("kind", ["command", "input", "tool", "helper", "server", "tools", "setup"])
def test_the_text_of_every_kind_is_there_to_its_last_line(kind):
    story = events()
    story.add("s", asked(kind, "\n".join(f"line {n}" for n in range(300))))
    shown = words(body(state_of(story).approvals[0], state_of(story), 76))
    assert all(f"line {n}" in shown for n in range(300))


@pytest.mark.parametrize("kind", ["server", "tools", "setup"])
@pytest.mark.parametrize(("key", "scope"), [("s", "session"), ("a", "everywhere")])
def test_a_consent_is_for_a_session_or_for_ever(kind, key, scope):
    story = events(asked(kind, "npx -y @jira/mcp --token-from JIRA", title="jira"))

    async def scene(app, pilot, feed):
        assert "npx -y @jira/mcp --token-from JIRA" in told(app)
        assert " y " not in told(app), "once and this session would mean the same"
        await pilot.press("enter", "y")
        await pilot.pause()
        assert feed.orders == []
        await pilot.press(key)
        await until(pilot, lambda: feed.orders)
        (decided,) = feed.orders
        assert isinstance(decided, o.Decide)
        assert (decided.allow, decided.scope, decided.shown) == (True, scope, "c")

    play(scene, story)


@pytest.mark.parametrize(
    ("kind", "what", "verb"),
    [
        ("server", "npx jira", "wants to start the server"),
        ("tools", "--- a\n+++ b\n+x\n-y\n-z", "jira: 1 line new, 2 gone"),
        ("tool", 'jira close\n{"id": 3}', 'jira.close  {"id": 3}'),
        ("setup", "make install", "has a set-up script to run"),
    ],
)
def test_the_dock_says_what_kind_of_yes_is_wanted(kind, what, verb):
    story = events(asked(kind, what, title="jira"))
    app = deck(Feed(story.events, OUTLOOK))
    app.model.load([state_of(story)])
    app.model.in_hand = SessionId("s")
    assert verb in words(dock(app.model, 3, (), story.now))
