"""A small app for tests in a pseudo-terminal: streaming lines, a prompt, a row of what was heard.

Keys: F5 starts the stream, F6 stops it and says so, F7 paints every cell anew, F8 the other theme.
"""

import sys
from collections.abc import Sequence

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.filter import LineFilter

from steerdeck.glyphs import glyphs
from steerdeck.output.driver import driver_class
from steerdeck.output.filters import line_filters
from steerdeck.output.start import begin
from steerdeck.text import Line, Span
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_themes.colours import SHIPPED
from steerdeck_themes.ink import INK
from steerdeck_themes.sheets import styles
from steerdeck_themes.wardrobe import Wardrobe, theme_of

TEXT = (
    "## Step {n}\n\nThe **session** row keeps `its first` expiry; "
    "日本語 and é and ─ stand here.\n\n"
    "- look at the tests\n- run `pytest -q`\n\n```\nreturn len(buf)  # {n}\n```\n"
)


class SmallDeck(App[None]):
    CSS_PATH = [str(sheet) for sheet in styles() if sheet.stem == "foundation"]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__(driver_class=driver_class())
        for palette in SHIPPED:
            self.register_theme(theme_of(palette))
        self.theme = "steerdeck-dark"

    def get_line_filters(self) -> Sequence[LineFilter]:
        return line_filters(super().get_line_filters())

    def watch_theme(self, theme: str) -> None:
        INK.use(Wardrobe().palettes[theme.removeprefix("steerdeck-")])

    def compose(self) -> ComposeResult:
        yield Rows(id="heard")
        with Horizontal():
            yield LineView(id="one")
            yield LineView(id="two", ground="s2")
        yield Prompt("Say what should change")

    def on_mount(self) -> None:
        self.stage = begin(self, lambda: self.heard(f"ascii {glyphs().working}"))
        self.query_one("#two", LineView).jump = 4
        self.heard("ready")
        self.step = 0
        self.timer = self.set_interval(0.01, self.stream, pause=True)
        self.query_one(Prompt).focus()

    def heard(self, text: str) -> None:
        self.query_one("#heard", Rows).show([Line((Span(f"[{text}]"),))])

    def stream(self) -> None:
        text = TEXT.format(n=self.step // 40)
        at = self.step % 40 * 5
        for view, block in (("#one", "a"), ("#two", f"b{self.step // 40}")):
            self.query_one(view, LineView).write(block, text[at : at + 5])
        self.step += 1
        if self.step >= 400:
            self.timer.pause()
            self.heard("full")

    def on_key(self, event: events.Key) -> None:
        if event.key == "f5":
            self.timer.resume()
        elif event.key == "f6":
            self.timer.pause()
            self.heard("stopped")
        elif event.key == "f7":
            self.stage.forget()
            self.screen.refresh()
            self.heard("redrawn")
        elif event.key == "f8":
            self.theme = "steerdeck-light"
        else:
            self.heard(f"key {event.key}")

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.heard(f"{event.how} {event.text!r}")


if __name__ == "__main__":
    app = SmallDeck()
    app.run()
    sys.exit(app.return_code)
