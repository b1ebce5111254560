"""What stands under a dialog looks as Textual would draw it, and follows what changes there."""

import asyncio

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from steerdeck.output.backlog import Fragment
from steerdeck.output.frames import FRAMES
from steerdeck.output.seam import fragments
from steerdeck.output.veil import Veiled

SIZE = (40, 8)


class _Plain(ModalScreen[None]):
    CSS = "_Plain, _Own { background: #101820 62%; } #box { width: 6; height: 2; }"

    def compose(self) -> ComposeResult:
        yield Static("box", id="box")


class _Own(Veiled, _Plain):
    pass


class _Deck(App[None]):
    def compose(self) -> ComposeResult:
        for number in range(SIZE[1]):
            yield Static(
                f"[bold red]row {number}[/] [@click=app.bell]more[/] 語", id=f"row{number}"
            )


def _drawn(app: App[None]) -> list[list[Segment]]:
    app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    return [list(strip.simplify()) for strip in app.screen._compositor.render_strips()]


def _under(screen: ModalScreen[None]) -> tuple[list[list[Segment]], list[list[Segment]]]:
    """As it opens, and after one row of what lies under it changed."""

    async def go() -> tuple[list[list[Segment]], list[list[Segment]]]:
        app = _Deck()
        async with app.run_test(size=SIZE) as pilot:
            below = app.screen
            await app.push_screen(screen)
            await pilot.pause()
            first = _drawn(app)
            below.query_one("#row5", Static).update("[green]another[/]")
            await pilot.pause(0.1)
            return first, _drawn(app)

    return asyncio.run(go())


def test_the_screen_under_a_dialog_is_what_textual_would_draw() -> None:
    own, plain = _under(_Own()), _under(_Plain())

    assert own == plain
    assert own[0] != own[1]


def test_on_a_lean_line_what_is_under_a_dialog_stays_as_the_terminal_shows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FRAMES, "pace", "lean")

    class Bare(_Plain):
        CSS = "Bare { background: transparent; } #box { width: 6; height: 2; }"

    own, bare = _under(_Own()), _under(Bare())
    words = [["".join(part.text for part in row) for row in side[0]] for side in (own, bare)]
    assert words[0] == words[1]
    first = [side[0][5][0].style for side in (own, bare)]
    assert all(first) and {one.color for one in first if one} == {first[0] and first[0].color}


def test_a_lean_line_survives_a_terminal_that_grows_under_a_dialog(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FRAMES, "pace", "lean")

    async def go() -> list[Fragment]:
        app, drawn = _Deck(), list[Fragment]()
        async with app.run_test(size=SIZE) as pilot:
            await app.push_screen(_Own())
            await pilot.pause()
            app.__dict__["_display"] = lambda _, update: drawn.extend(
                fragments(update) if update is not None else ()
            )
            # The dialog is laid out before what lies under it.
            app.screen._screen_resized(Size(60, SIZE[1]))
        return drawn

    cells = sum(one.strip.cell_length for one in asyncio.run(go()))
    assert cells == 60 * SIZE[1]
