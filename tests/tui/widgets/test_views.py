import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from steerdeck.output.frames import FRAMES
from steerdeck.text import BLANK, Line, Span, foreign, hairline
from steerdeck.widgets.diff_view import DiffView
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import Rows
from steerdeck_themes.colours import DARK, LIGHT
from steerdeck_themes.ink import INK
from steerdeck_themes.sheets import styles
from steerdeck_themes.wardrobe import theme_of


class Stage(App[None]):
    CSS_PATH = [str(styles()[0])]
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.heard: list[Message] = []
        self.register_theme(theme_of(DARK))
        self.theme = "steerdeck-dark"

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_line_view_picked(self, event: LineView.Picked) -> None:
        self.heard.append(event)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        self.heard.append(event)

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        self.heard.append(event)

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        self.heard.append(event)

    def on_diff_view_hunk_shown(self, event: DiffView.HunkShown) -> None:
        self.heard.append(event)


def play(
    widget: Widget,
    scene: Callable[[Stage, Any, Pilot[None]], Awaitable[None]],
    size: tuple[int, int] = (30, 8),
) -> None:
    async def run() -> None:
        app = Stage(widget)
        async with app.run_test(size=size) as pilot:
            await scene(app, widget, pilot)

    asyncio.run(run())


def drawn(widget: Widget) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def word(text: str, **more: Any) -> Line:
    return Line((Span(text, **more),))


def test_a_row_has_words_left_and_measured_things_at_the_right_edge() -> None:
    lines = [
        Line((Span("pytest tests"),), right=(Span("1.2 s", "t2"),), gutter=Span("$"), indent=2),
        Line((foreign("a very long command that does not fit"),), right=(Span("exit 1"),)),
        hairline(),
        Line((Span("wrapped and never cut at all"),), indent=2, hang=2, wrap=True, bar="needs"),
    ]

    async def scene(app: Stage, rows: Rows, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert drawn(rows) == [
            "  $ pytest tests       1.2 s",
            "  a very long comma…  exit 1",
            "  " + "─" * 26,
            "▌   wrapped and never cut at",
            "▌     all",
        ]
        assert all(rows.render_line(y).cell_length == 30 for y in range(rows.size.height))

    play(Rows(lines), scene)


def test_rows_grow_and_shrink_with_what_they_show_and_say_what_was_clicked() -> None:
    async def scene(app: Stage, rows: Rows, pilot: Pilot[None]) -> None:
        rows.show([word("one", id="first"), word("two")])
        await pilot.pause(0.12)
        assert rows.size.height == 2
        await pilot.click(rows, offset=(3, 0))
        await pilot.click(rows, offset=(20, 1))
        clicks = [(one.span, one.line) for one in app.heard if isinstance(one, Rows.Clicked)]
        assert clicks == [("first", 0), ("", 1)]
        rows.show([BLANK])
        await pilot.pause(0.12)
        assert rows.size.height == 1

    play(Rows(), scene)


def test_rows_come_though_somebody_asked_for_their_height_before_the_frame() -> None:
    async def scene(app: Stage, rows: Rows, pilot: Pilot[None]) -> None:
        await pilot.pause()
        assert rows.size.height == 0
        rows.show([word("one")])
        assert rows.get_content_height(app.size, app.size, 30) == 1
        await pilot.pause(0.12)
        assert rows.size.height == 1

    play(Rows(), scene)


def test_many_changes_are_one_frame() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        await pilot.pause(0.12)
        before = FRAMES.frames
        for number in range(500):
            view.write("open", f"word{number} ")
        await pilot.pause(0.12)
        assert FRAMES.frames - before <= 3
        assert drawn(view)[-1].endswith("word499 ▏")

    play(LineView(), scene)


def test_the_view_says_what_lies_above_and_what_came_below() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        view.put("a", [word(f"line {n}") for n in range(20)])
        await pilot.pause(0.12)
        assert drawn(view)[0] == "  ↑ 13 lines above"
        assert drawn(view)[-1] == "  line 19" and view.at_tail
        view.action_page_up()
        view.put("b", [word("new")])
        await pilot.pause(0.12)
        assert not view.at_tail and view.unseen == 1
        moved = [one for one in app.heard if isinstance(one, LineView.Moved)][-1]
        assert (moved.above, moved.unseen, moved.at_tail) == (view.above, 1, False)
        view.action_scroll_end()
        assert drawn(view)[-1] == "  new" and view.unseen == 0

    play(LineView(), scene)


def test_the_wheel_moves_and_a_click_names_the_line() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        view.put("a", [word(f"line {n}", id=f"id{n}") for n in range(20)])
        await pilot.pause(0.12)
        view.post_message(
            events.MouseScrollUp(view, 1, 1, 0, 0, 0, False, False, False, 1, 1, None)
        )
        await pilot.pause()
        assert drawn(view)[-1] == "  line 16"
        await pilot.click(view, offset=(4, 7))
        await pilot.click(view, offset=(4, 0))
        picked = [one for one in app.heard if isinstance(one, LineView.Picked)]
        assert [(one.block, one.line, one.span) for one in picked] == [("a", 16, "id16")]

    play(LineView(), scene)


def test_the_selected_line_carries_the_bar_in_the_accent_only_with_focus() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        view.put("a", [word(f"line {n}") for n in range(20)])
        await pilot.pause(0.12)
        view.select("a", 3)
        shown = drawn(view)
        row = shown.index("▌ line 3")
        assert [text[0] for text in shown if text].count("▌") == 1
        segments = list(view.render_line(row))
        assert segments[0].style == INK.style("t3", "s3")
        assert segments[-1].style == INK.style("t1", "s3")
        view.focus()
        await pilot.pause()
        assert next(iter(view.render_line(row))).style == INK.style("accent", "s3")

    play(LineView(), scene)


def test_another_palette_draws_the_same_lines_anew() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        view.put("a", [word("text")])
        await pilot.pause(0.12)
        try:
            before = next(iter(view.render_line(0))).style
            INK.use(LIGHT)
            view.refresh()
            after = next(iter(view.render_line(0))).style
            assert before != after and after == INK.style("t1", "s1")
        finally:
            INK.use(DARK)

    play(LineView(), scene)


def test_nothing_a_line_holds_can_leave_its_region() -> None:
    async def scene(app: Stage, view: LineView, pilot: Pilot[None]) -> None:
        texts = ("a\x1b[2Jb\x9b1;1H", "日本" * 40)
        view.put("foreign", [Line((foreign(text),), indent=2) for text in texts])
        view.put("unsafe", [Line((Span("c\x1b]0;x\x07\u202ed"),))])
        view.write("prose", "e \x1b[31mred\x1b[0m")
        await pilot.pause(0.12)
        for y in range(8):
            strip = view.render_line(y)
            assert strip.cell_length == 30
            assert "\x1b" not in strip.text and "\x9b" not in strip.text
            assert "\u202e" not in strip.text

    play(LineView(), scene)


def test_a_list_is_narrowed_by_letters_and_answers_keys_and_mouse() -> None:
    picks = [
        Pick("new", (word("new session"),), "new session", "commands"),
        Pick("land", (word("land the work"),), "land the work", "commands"),
        Pick("fix", (word("fix-login"), word("working")), "fix-login working", "sessions"),
    ]

    async def scene(app: Stage, view: PickList, pilot: Pilot[None]) -> None:
        view.focus()
        await pilot.pause()
        assert drawn(view)[:6] == [
            "  commands", "▌ new session", "  land the work", "", "  sessions", "  fix-login",
        ]  # fmt: skip
        await pilot.press("down", "down", "enter", *"wor", "enter")
        assert view.query_text == "wor"
        assert [pick.id for pick in view.picks] == ["land", "fix"]
        lit = [s.text for s in view.render_line(1) if s.style and s.style.bold]
        assert lit == ["wor"]
        await pilot.press("backspace", "backspace", "backspace")
        await pilot.click(view, offset=(4, 2))
        chosen = [one.id for one in app.heard if isinstance(one, PickList.Chosen)]
        assert chosen == ["fix", "land", "land"]

    play(PickList(picks, typed=True), scene)


def test_a_narrowed_list_keeps_its_selection_while_its_entries_change() -> None:
    def entries(state: str) -> list[Pick]:
        return [Pick(str(n), (word(f"entry {n} {state}"),), f"entry {n}") for n in range(4)]

    async def scene(app: Stage, view: PickList, pilot: Pilot[None]) -> None:
        view.focus()
        await pilot.press(*"ent", "down", "down")
        view.show(entries("done"))
        assert view.selected is not None and view.selected.id == "2"
        view.show(entries("done")[1:])
        assert view.selected.id == "2"
        await pilot.press("r")
        assert view.selected.id == "1", "other letters begin with the best again"

    play(PickList(entries("working"), typed=True), scene)


def test_a_long_list_keeps_its_selection_in_view() -> None:
    picks = [Pick(str(n), (word(f"entry {n}"), word("more"))) for n in range(30)]

    async def scene(app: Stage, view: PickList, pilot: Pilot[None]) -> None:
        for number in (29, 0, 17, 3):
            view.select(str(number))
            shown = drawn(view)
            at = shown.index(f"▌ entry {number}")
            assert shown[at + 1] == "▌ more"
        view.show(picks[2:])
        assert view.selected is not None and view.selected.id == "3"
        view.show([])
        assert view.selected is None and not any(drawn(view))

    play(PickList(picks), scene)


def test_a_diff_is_stepped_through_hunk_by_hunk() -> None:
    text = "".join(
        f"--- a/{name}\n+++ b/{name}\n@@ -1,2 +1,2 @@\n-old\n+new\n same\n" for name in ("x", "y/z")
    )

    async def scene(app: Stage, view: DiffView, pilot: Pilot[None]) -> None:
        view.show(text)
        await pilot.pause(0.12)
        assert drawn(view)[0] == "  x" + " " * 24 + "+1 −1"
        assert drawn(view)[2:5] == ["       − old", "     1 + new", "     2   same"]
        view.action_next_hunk()
        view.action_next_hunk()
        await pilot.pause()
        shown = [one for one in app.heard if isinstance(one, DiffView.HunkShown)]
        assert [(one.number, one.total, one.path) for one in shown] == [(0, 2, "x"), (1, 2, "y/z")]
        assert any(row.startswith("▌      − old") for row in drawn(view))
        view.show("")
        assert view.hunks == 0
        view.action_next_hunk()

    play(DiffView(), scene, size=(34, 8))
