"""The transcript as a view: what is folded, what comes below, what lies far above."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import structs
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from kit.desk import NOW, Story
from steerdeck.panes.entries import entry_lines
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.panes.unfolded import Unfolded, foldable
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, RequestId, SessionId, Sha, TurnId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Said, Transcript
from steerdeck_agents.runtime.wire_reading import Ends, Inked
from steerdeck_themes.colours import DARK
from steerdeck_themes.sheets import styles
from steerdeck_themes.wardrobe import theme_of


class Stand(App[None]):
    """A pane alone, with a story told to it."""

    CSS_PATH = [str(styles()[0])]
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    def __init__(self) -> None:
        super().__init__()
        self.pane = TranscriptPane()
        self.story = Story()
        self.told = Transcript()
        self.state: SessionState | None = None
        self.asked: list[object] = []
        self.register_theme(theme_of(DARK))
        self.theme = "steerdeck-dark"

    def compose(self) -> ComposeResult:
        yield self.pane

    def tell(self, *events: e.KnownEvent) -> None:
        for event in events:
            stamped = self.story.add("s", event)
            self.state = reduce(self.state, stamped)
            self.told.add(stamped)
        self.sync()

    def sync(self) -> None:
        assert self.state is not None
        self.pane.sync(self.told, self.state, NOW)

    def on_transcript_pane_code_seen(self, event: TranscriptPane.CodeSeen) -> None:
        self.asked.append(event)

    def on_transcript_pane_ends_wanted(self, event: TranscriptPane.EndsWanted) -> None:
        self.asked.append(event)

    @property
    def rows(self) -> list[str]:
        return [self.pane.render_line(y).text.strip(" ▌") for y in range(self.pane.size.height)]


def play(scene: Callable[[Stand, Pilot[None]], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Stand()
        async with app.run_test(size=(60, 16)) as pilot:
            app.tell(
                e.SessionCreated(
                    name="s", task="", model="m", slot=1, workspace=Workspace("", "", "", "")
                )
            )
            await scene(app, pilot)

    asyncio.run(run())


def says(number: int, text: str = "") -> e.ItemEnded:
    return e.ItemEnded(item=ItemId(f"i{number}"), kind="message", text=text or f"words {number}")


def thinks(text: str) -> e.ItemEnded:
    return e.ItemEnded(item=ItemId("thought"), kind="reasoning", text=text)


def call(name: str, result: str, blob: str | None = None, title: str = "pytest") -> list[e.Event]:
    id = CallId(name)
    return [
        e.CallRequested(call=id, tool="shell", arguments="{}", title=title),
        e.CallStarted(call=id, binding=Sha("b"), allowed_by="a rule", level="none"),
        e.CallEnded(call=id, status="done", result=result, exit_code=0,
                    output=Sha(blob) if blob else None),
    ]  # fmt: skip


def test_a_call_unfolds_to_both_ends_of_its_output_and_folds_again():
    output = "exit code 0\n\n" + "\n".join(f"line {number}" for number in range(200))

    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(says(1), *call("c", output))
        assert "line 0" not in app.rows
        app.pane.unfold("c")
        shown = app.rows
        assert {"line 0", "line 199", "exit 0   allowed: a rule   sandbox: NO SANDBOX"} <= set(
            shown
        )
        left_out = [row for row in shown if row.startswith("… ") and row.endswith(" lines between")]
        seen = sum(row.startswith("line ") for row in shown)
        assert left_out == [f"… {200 - seen} lines between"] and "exit code 0" not in shown
        app.pane.unfold("c")
        assert "line 0" not in app.rows
        assert app.asked == []

    play(scene)


def test_what_arrives_stays_below_what_is_run_by_hand_and_queued_words_below_that():
    text = ItemId("t")

    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        turn = TurnId("turn")
        app.tell(e.TurnStarted(turn=turn), e.TextAdded(item=text, kind="message", text="First, "))
        app.tell(e.MessageSent(message=MessageId("m"), text="Do it.", delivery="queue"))
        hand = CallId("h")
        printed = "exit code 0\n\n" + "\n".join(f"file {n}" for n in range(14))
        app.tell(
            e.HandOrdered(call=hand, script="ls"),
            e.HandEnded(call=hand, status="done", result=printed, exit_code=0),
        )
        app.tell(e.TextAdded(item=text, kind="message", text="the tests."))
        shown = [row for row in app.rows if row]
        parts = ("ls", "file 13", "First, the tests.", "Do it.", "queued")
        order = [next(n for n, row in enumerate(shown) if part in row) for part in parts]
        assert order == sorted(order) and sum(row.startswith("file") for row in shown) == 5
        app.tell(e.ItemEnded(item=text, kind="message", text="First, the tests."), *call("c", "x"))
        rows = app.rows
        place = rows.index("First, the tests.")
        assert rows[place + 1] == "" and "pytest" in rows[place + 2] and "Do it." in rows[place + 4]

    play(scene)


def test_an_output_that_is_kept_elsewhere_is_asked_for_and_told():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(*call("c", "exit code 0\n\nthe end", "sha"))
        app.pane.unfold("c")
        await pilot.pause()
        assert [(one.call.id, one.lines > 0) for one in app.asked] == [("c", True)]
        app.pane.tell_ends("c", Ends(("first",), ("last\x1b[2J",), 9_000))
        assert {"first", "… 8,998 lines between", "last"} <= set(app.rows)

    play(scene)


def test_a_large_paste_of_ones_own_is_folded_to_its_beginning_until_it_is_unfolded():
    pasted = Said(
        "m", 1, NOW, "developer", "\n".join(f"row {n}" for n in range(3_000)), delivery="queue"
    )

    def rows(said: Said, how: Unfolded | None = None) -> list[str]:
        told = entry_lines(said, SessionState(SessionId("s")), NOW, unfolded=how)
        return ["".join(span.text for span in line.spans) for line in told]

    assert foldable(pasted) and not foldable(structs.replace(pasted, text="row\n" * 14))
    assert rows(pasted)[11:] == ["row 11", "… 2,988 more lines", "queued, for after the turn"]
    assert rows(pasted, Unfolded())[-2:] == ["row 2999", "queued, for after the turn"]
    assert rows(structs.replace(pasted, text="row\n" * 14))[-2] == "row"


def test_reasoning_is_a_line_until_it_is_unfolded():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(thinks("I wonder\n\nwhether **this** holds"), says(1))
        assert app.rows[0] == "I wonder whether this holds"
        app.pane.unfold_thoughts()
        assert app.rows[:3] == ["I wonder", "", "whether this holds"]
        app.pane.unfold_thoughts()
        assert app.rows[0] == "I wonder whether this holds"

    play(scene)


def test_the_cursor_steps_over_entries_and_reads_long_ones_first():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(says(1, "\n".join(f"long {n}" for n in range(40))), *call("c", ""), says(2))
        pane = app.pane
        pane.move(-1)
        assert pane.hand is not None and pane.hand.id == "i2"
        pane.move(-1)
        assert pane.hand.id == "c" and pane.can_unfold()
        pane.move(-1)
        assert pane.hand.id == "i1" and "long 39" in app.rows
        pane.move(-1)
        assert pane.hand.id == "i1" and "long 39" not in app.rows
        for _ in range(12):
            pane.move(1)
        assert pane.hand.id == "i2" and app.rows[-1] == "words 2"

    play(scene)


def test_what_comes_while_one_reads_above_is_counted_and_followed_by_a_click():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(*(says(number) for number in range(12)))
        app.pane.action_scroll_up()
        app.pane.follow_key = "G"
        assert "new below" not in app.rows[-1]
        before = app.rows[:-1]
        app.tell(says(20))
        app.tell(e.TextAdded(item=ItemId("open"), kind="message", text="one\ntwo\nthr"))
        assert app.rows[-1] == "↓ 6 new below   G" and app.rows[:-1] == before
        app.pane.unfold_thoughts()
        await pilot.pause(0.1)
        await pilot.click(app.pane, offset=(6, 15))
        assert app.rows[-1] == "thr▏" and app.pane.at_tail

    play(scene)


def test_streamed_words_are_not_made_anew_when_they_end():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(e.TextAdded(item=ItemId("i1"), kind="message", text="one\ntw"))
        strip = app.pane.render_line(0)
        app.tell(says(1, "one\ntwo"))
        assert app.rows[:3] == ["one", "two", ""] and app.pane.render_line(0) is strip
        app.tell(says(1, "else"))
        assert app.rows[:2] == ["else", ""]

    play(scene)


def test_code_is_asked_for_once_it_is_seen_and_finished():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        text = "```python\nreturn 1\n"
        app.tell(e.TextAdded(item=ItemId("i1"), kind="message", text=text))
        assert app.rows[0] == "return 1"
        await pilot.pause()
        assert app.asked == []
        app.tell(
            says(1, text + "```\n" + "\n".join(f"{n}" for n in range(30)) + "\n```sh\nls\n```")
        )
        app.rows.clear()
        await pilot.pause()
        assert [one.code.language for one in app.asked] == ["python", "sh"]
        seen = app.asked[0]
        app.pane.action_scroll_home()
        app.pane.colour(seen.block, seen.code, Inked((((0, 6, 0),),), ("Keyword",)))
        assert [span.text for span in app.pane.render_line(0)][2:4] == ["return", " 1"]
        await pilot.pause()
        assert len(app.asked) == 2

    play(scene)


def test_what_was_said_long_ago_is_held_as_its_text_and_read_again_when_it_is_seen():
    def text(number: int) -> str:
        return f"## Part {number}\n\n- one\n- **two**\n\n```python\nreturn {number}\n```"

    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        for number in range(60):
            item = ItemId(f"i{number}")
            for half in (text(number)[:20], text(number)[20:]):
                app.tell(e.TextAdded(item=item, kind="message", text=half))
            app.tell(says(number, text(number)))
            assert "return 0" in app.rows or number
        held = [app.pane._roll.source(f"i{number}")._prose for number in range(60)]
        assert sum(prose is not None for prose in held) < 40
        assert held[0] is None and held[-1] is not None
        end = app.rows[1:]
        app.pane.action_scroll_home()
        assert [row for row in app.rows if row][:4] == ["Part 0", "- one", "- two", "return 0"]
        app.pane.action_scroll_end()
        assert app.rows[1:] == end

    play(scene)


def test_the_front_of_a_long_transcript_is_let_go_at_its_end_and_comes_back_when_it_is_read():
    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(*(says(number) for number in range(401)))
        end = app.rows
        assert len(app.told.entries) == 100 and not app.pane.has("i300")
        app.tell(says(401))
        assert app.rows[1:-2] == end[3:] and app.rows[-1] == "words 401"
        assert app.pane.above == 2 * 101 - 1 - (app.pane.size.height - 2)
        app.pane.action_scroll_home()
        assert app.rows[0] == "words 301"
        before = [event for event in app.story.events if event.seq < app.told.first]
        app.told.prepend(app.told.led_to(before))
        app.sync()
        assert app.rows[:4] == ["↑ 600 lines above", "words 300", "", "words 301"]
        app.pane.action_scroll_home()
        assert app.rows[0] == "words 0"
        app.tell(says(402))
        assert len(app.told.entries) == 403
        app.pane.action_scroll_end()
        app.pane.move(-1)
        app.pane.start_caret()
        app.pane.begin_mark(whole=True)
        app.pane.action_scroll_end()
        app.tell(says(403))
        assert len(app.told.entries) == 404, "what is marked stays"
        app.pane.unmark()
        app.tell(says(404))
        assert len(app.told.entries) == 100

    play(scene)


def test_older_entries_stand_apart_as_they_would_have_and_unfold_too():
    events = [says(1), *call("a", "old"), *call("b", "x"), says(2), thinks("hm, " * 60), says(3)]

    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(*events)
        whole = app.rows
        late = Transcript()
        for event in app.story.events[6:]:
            late.add(event)
        app.told = late
        app.sync()
        assert "words 1" not in app.rows
        assert late.prepend(late.led_to(app.story.events[:6])) == 3
        app.sync()
        assert app.pane.unseen == 0
        app.pane.action_scroll_home()
        assert app.rows == whole
        app.pane.unfold("a")
        assert "old" in app.rows

    play(scene)


def test_what_came_of_a_call_is_known_when_its_beginning_is_read_later():
    story, message = Story(), MessageId("m")
    asked, started, ended = call("c", "done it")
    sent = e.MessageSent(message=message, text="hi")
    for event in (
        asked, sent, started, ended, e.MessageDelivered(message=message, request="r"), says(1)
    ):  # fmt: skip
        story.add("s", event)
    late = Transcript()
    for event in story.events[2:]:
        late.add(event)
    assert list(late.entries) == ["i1"]
    assert late.prepend(late.led_to(story.events[:2])) == 2
    assert (late.entries["c"].phase, late.entries["c"].output) == ("done", "done it")
    assert late.entries["m"].delivered == "r" and late.first == 1
    assert list(late.entries) == ["c", "m", "i1"]


def test_words_reached_the_model_when_it_answers_and_not_when_they_are_sent():
    message, request = MessageId("m"), RequestId("r")
    failed = e.RequestEnded(request=request, status="failed", error="nobody there")

    async def scene(app: Stand, pilot: Pilot[None]) -> None:
        app.tell(e.MessageSent(message=message, text="hi"))
        app.tell(e.MessageDelivered(message=message, request=request), failed)
        assert any("no answer came" in row for row in app.rows)
        app.tell(says(1))
        assert any("reached the model" in row for row in app.rows)

    play(scene)
