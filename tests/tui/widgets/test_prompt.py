import asyncio
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.screen import ModalScreen

from steerdeck.widgets.draft import Draft
from steerdeck.widgets.prompt import Prompt
from steerdeck_themes.colours import DARK
from steerdeck_themes.sheets import styles
from steerdeck_themes.wardrobe import theme_of


class Stage(App[None]):
    CSS_PATH = [str(styles()[0])]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(theme_of(DARK))
        self.theme = "steerdeck-dark"
        self.sent: list[tuple[str, str]] = []
        self.passed: list[str] = []

    def compose(self) -> ComposeResult:
        yield Prompt("Say what should change")

    def on_mount(self) -> None:
        self.query_one(Prompt).focus()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.sent.append((event.how, event.text))

    def on_key(self, event: events.Key) -> None:
        self.passed.append(event.key)


Scene = Callable[[Stage, Prompt, Pilot[None]], Awaitable[None]]


def play(scene: Scene, width: int = 40) -> None:
    async def run() -> None:
        app = Stage()
        async with app.run_test(size=(width, 12)) as pilot:
            await scene(app, app.query_one(Prompt), pilot)

    asyncio.run(run())


def drawn(prompt: Prompt) -> list[str]:
    return [prompt.render_line(y).text.rstrip() for y in range(prompt.size.height)]


def test_undo_brings_back_what_was_cleared_and_else_passes_an_empty_prompt() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+z", *"words")
        prompt.clear()
        await pilot.press("ctrl+z")
        assert prompt.text == "words"
        prompt.clear()
        await pilot.press("x", "backspace", "ctrl+z", "ctrl+z", "ctrl+z")
        assert prompt.text == "words"
        prompt.clear()
        prompt.text = ""
        await pilot.press("ctrl+z")
        assert prompt.text == "", "another draft is in hand"
        assert app.passed == ["ctrl+z", "ctrl+z"]

    play(scene)


def test_three_keys_send_in_three_ways() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press(*"one", "enter", *"two", "tab", *"three", "ctrl+s", "enter", "tab")
        assert app.sent == [("steer", "one"), ("queue", "two"), ("now", "three")]
        assert prompt.text == ""
        assert app.passed == []

    play(scene)


def test_a_newline_does_not_send_and_the_prompt_grows_to_six_rows() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        for key in ("ctrl+j", "alt+enter", "shift+enter"):
            await pilot.press("x", key)
        await pilot.pause()
        assert prompt.text == "x\nx\nx\n" and prompt.size.height == 4
        await pilot.press(*["ctrl+j"] * 6, "z")
        await pilot.pause()
        assert prompt.size.height == 6
        assert drawn(prompt)[-1].endswith("z")
        assert app.sent == []
        await pilot.press("enter")
        await pilot.pause()
        assert prompt.size.height == 1

    play(scene)


def test_readline_edits_the_line() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press(*"fix the login", "ctrl+w", *"page", "ctrl+a", *"please ")
        assert prompt.text == "please fix the page"
        await pilot.press("ctrl+k")
        assert prompt.text == "please "
        await pilot.press("ctrl+y", *" now!", "alt+b", "alt+b", "alt+d")
        assert prompt.text == "please fix the  now!"
        await pilot.press("ctrl+u")
        assert prompt.text == " now!"
        await pilot.press("ctrl+underscore", "ctrl+underscore")
        assert prompt.text == "please fix the page now!"

    play(scene)


def test_up_and_down_move_between_rows_and_then_through_history() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        prompt.history = ["first", "second"]
        await pilot.press(*"ab", "ctrl+j", *"cd", "up", "left", *"X")
        assert prompt.text == "aXb\ncd"
        await pilot.press("up")
        assert prompt.text == "second"
        await pilot.press("up", "up")
        assert prompt.text == "first"
        await pilot.press("down", "down")
        assert prompt.text == "aXb\ncd"

    play(scene)


def test_a_paste_is_exact_in_value_and_inert_on_screen() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        hostile = "rm \x1b]52;c;eA==\x07\u202e -rf\r\nnext"
        app.post_message(events.Paste(hostile))
        await pilot.pause()
        assert prompt.text == "rm \x1b]52;c;eA==\x07\u202e -rf\nnext"
        assert app.sent == []
        shown = "".join(drawn(prompt))
        assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
        assert "␛]52" in shown and "U+202E" in shown
        await pilot.press("ctrl+home", "right", "right", "right", "right", "backspace")
        assert prompt.text == "rm ]52;c;eA==\x07\u202e -rf\nnext"

    play(scene, width=60)


def test_the_caret_stands_where_input_methods_look() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press(*"日本")
        await pilot.pause()
        assert app.cursor_position == (prompt.region.x + 4 + 4, prompt.region.y)
        await pilot.press("left")
        await pilot.pause()
        assert app.cursor_position == (prompt.region.x + 4 + 2, prompt.region.y)

    play(scene)


def test_what_is_drawn_again_below_a_dialog_leaves_the_caret_to_the_dialog() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press(*"words")
        app.push_screen(ModalScreen[None]())
        await pilot.pause()
        app.cursor_position = Offset(7, 3)
        assert prompt.has_focus and drawn(prompt)
        assert app.cursor_position == (7, 3)
        app.pop_screen()
        await pilot.pause()
        assert drawn(prompt) and app.cursor_position == (prompt.region.x + 4 + 5, prompt.region.y)

    play(scene)


def test_keys_without_use_go_on_to_the_screen() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press("f2", "escape", "alt+f", "ctrl+p", "down")
        assert app.passed == ["f2", "escape", "alt+f", "ctrl+p", "down"]
        await pilot.press("a", "alt+f")
        assert app.passed[5:] == []

    play(scene)


def test_a_long_word_wraps_and_the_caret_is_never_lost() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        await pilot.press(*"aaaa bbbbbbbbbbbbbbbbbbbbbbbbb c")
        await pilot.pause()
        for _ in range(len(prompt.text)):
            app.post_message(events.Key("left", None))
            await pilot.pause()
            cells = [
                segment
                for y in range(prompt.size.height)
                for segment in prompt.render_line(y)
                if segment.style and segment.style.bgcolor
                and segment.style.bgcolor.get_truecolor().hex == "#86b6f5"
            ]  # fmt: skip
            assert len(cells) == 1 and cells[0].cell_length == 1

    play(scene, width=20)


def test_the_placeholder_is_seen_while_nothing_is_written() -> None:
    async def scene(app: Stage, prompt: Prompt, pilot: Pilot[None]) -> None:
        assert "Say what should change" in drawn(prompt)[0]
        await pilot.press("x")
        assert "Say" not in drawn(prompt)[0]
        prompt.clear()
        assert prompt.text == ""

    play(scene)


def test_taking_back_goes_step_by_step() -> None:
    draft = Draft()
    for letter in "word":
        draft.insert(letter)
    draft.insert(" ")
    draft.insert("x")
    draft.undo()
    draft.undo()
    assert draft.text == "word"
    draft.undo()
    assert draft.text == ""
    draft.undo()
    assert draft.text == ""
