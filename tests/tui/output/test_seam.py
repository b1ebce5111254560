import asyncio
import gc
import subprocess
import sys
import weakref

import pytest
from rich.console import Console
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

from steerdeck.output import seam
from steerdeck.output.filters import Indexed, Sanitise, line_filters
from steerdeck.output.stage import Stage
from steerdeck_themes.colours import DARK
from steerdeck_themes.ink import INK

BLACK = Color(0, 0, 0)
HEAVY = ("openai", "git", "sqlite_utils", "watchfiles", "markdown_it", "tree_sitter", "click")


class Small(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("hello", id="words")


def test_the_answer_to_a_key_is_painted_before_the_next_frame() -> None:
    async def run() -> None:
        app = Small()
        async with app.run_test() as pilot:
            await pilot.pause()
            words = app.query_one("#words", Static)
            painted: list[object] = []
            seam.send_through(app, Stage())
            display = app.__dict__["_display"]
            app.__dict__["_display"] = lambda *update: (painted.append(update), display(*update))
            words.update("answer")
            assert not painted
            assert seam.paint(words)
            assert painted

    asyncio.run(run())


def test_without_the_private_place_textual_paints_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        app = Small()
        async with app.run_test() as pilot:
            await pilot.pause()
            monkeypatch.setattr(type(app.screen), "_on_timer_update", None)
            assert not seam.paint(app.query_one("#words", Static))

    asyncio.run(run())


def layout(*texts: str) -> "seam.compositor.LayoutUpdate":
    return seam.compositor.LayoutUpdate(
        [[Strip([Segment(text)]) for text in texts]], Region(3, 2, 20, 1)
    )


def test_both_kinds_of_update_name_their_places() -> None:
    assert [(f.y, f.x, f.strip.text) for f in seam.fragments(layout("ab", "cd"))] == [
        (2, 3, "ab"),
        (2, 5, "cd"),
    ]
    chops = [{0: Strip([Segment("aaaa")]), 4: Strip([Segment("bb")]), 6: None}]
    update = seam.compositor.ChopsUpdate(chops, [(0, 4, 6)], [[4, 6, 8]])
    assert [(f.y, f.x, f.strip.text) for f in seam.fragments(update)] == [(0, 4, "bb")]


def test_a_row_that_nobody_has_drawn_is_left_as_it_is() -> None:
    rows = [{0: None}.values(), {0: Strip([Segment("ab")])}.values()]
    update = seam.compositor.LayoutUpdate(rows, Region(0, 0, 2, 2))
    assert [(f.y, f.x, f.strip.text) for f in seam.fragments(update)] == [(1, 0, "ab")]


def test_a_stage_that_fails_leaves_the_stock_output() -> None:
    class Broken(Stage):
        def paint(self, fragments: object, system: object, most: int | None = None) -> str:
            raise ValueError("no")

    console = Console(color_system="truecolor", force_terminal=True)

    async def run() -> None:
        for stage in (Stage(), Broken()):
            app, drawn = Small(), list[object]()
            async with app.run_test() as pilot:
                await pilot.pause()
                app.__dict__["_display"] = lambda _, update, to=drawn: to.append(update)
                assert seam.send_through(app, stage)
                update = layout("ab")
                app.__dict__["_display"](app.screen, update)
                assert [one is update for one in drawn] == [isinstance(stage, Broken)]
                assert isinstance(drawn[0], seam.compositor.CompositorUpdate)
                assert "ab" in drawn[0].render_segments(console)
                drawn.clear()
                strange = seam.compositor.InlineUpdate([], clear=False)
                app.__dict__["_display"](app.screen, strange)
                assert drawn == [strange]

    asyncio.run(run())


def test_what_textual_draws_is_sanitised_and_indexed() -> None:
    bad = [Segment("a\x1b]0;x\x07b\u202e", INK.style("t1", "s0"))]
    assert Sanitise().apply(bad, BLACK)[0].text == "a]0;xb"
    try:
        INK.use(DARK, "256")
        truecolor = [Segment("x", type(INK)(DARK).style("working", "s1"))]
        style = Indexed().apply(truecolor, BLACK)[0].style
        assert style and style.color and style.color.number == 116
        kinds = [type(one).__name__ for one in line_filters(App().get_line_filters())]
        assert kinds == ["Indexed", "Sanitise"]
    finally:
        INK.use(DARK, "true")


def test_nothing_heavy_is_loaded_to_draw() -> None:
    code = (
        "import sys, steerdeck.output.start, steerdeck.output.driver, steerdeck.output.filters\n"
        "import steerdeck.widgets.diff_view, steerdeck.widgets.prompt\n"
        "import steerdeck.widgets.pick_list, steerdeck.widgets.rows\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_mouse_that_can_not_be_given_away_is_said() -> None:
    async def run() -> None:
        app = Small()
        async with app.run_test():
            assert not seam.give_mouse(app, deck=False)
            assert not seam.give_mouse(app, deck=True)

    asyncio.run(run())


def test_a_row_of_cells_is_cut_as_before_holds_itself_nowhere_and_starts_without_caches() -> None:
    stock = Strip([Segment("wide "), Segment("row")])
    assert seam.thin_strips() and seam.thin_strips()
    thin = Strip([Segment("wide "), Segment("row")])
    for one in (stock, thin):
        assert [part.text for part in one.divide([2, 8])] == ["wi", "de row"]
        assert [part.text for part in one.divide([8, 99])] == ["wide row"]
        assert one.crop(1, 4).text == one.crop(1, 4).text == "ide"
        assert one.crop_extend(0, 10, None).text == "wide row  "
        assert one.crop_extend(0, 8, None).text == one.text
        assert one.adjust_cell_length(3).text == "wid"
        assert one.apply_style(INK.style("t1", "s0")).text == one.text
    assert thin == stock
    assert not any("Cache" in type(one).__name__ for one in gc.get_referents(Strip([])))
    assert not hasattr(thin, "what")

    def rows() -> int:
        return sum(isinstance(one, Strip) for one in gc.get_objects())

    before = rows()
    gc.disable()
    try:
        for _ in range(9):
            row = Strip([Segment("row")])
            row.divide([3])
            row.crop_extend(0, 3, None)
            del row
        assert rows() == before
    finally:
        gc.enable()


def test_rows_of_another_make_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        __slots__ = ("_segments",)

    monkeypatch.setattr(seam, "Strip", Other)
    assert not seam.thin_strips()
    assert not hasattr(Other, "__getattr__")


def test_what_a_widget_was_drawn_from_goes_with_it() -> None:
    seam.free_styles()
    assert not seam.free_styles(), "once is enough"
    drawn = seam.StylesCache()
    inner, outer = drawn.get_inner_outer(BLACK, Color(9, 9, 9))
    assert (inner.background, outer.background) == (Color(9, 9, 9), BLACK)
    left = weakref.ref(drawn)
    del drawn
    assert left() is None
