"""A Textual program with eight empty line-drawing lanes and a line for keys: a fairer hello."""

from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static


class Lane(Widget):
    DEFAULT_CSS = "Lane { height: 1fr; width: 1fr; }"

    def render_line(self, y: int) -> Strip:
        return Strip.blank(self.size.width)


class Eight(App[None]):
    CSS = "Grid { grid-size: 4; height: 1fr; } Static { height: 1; } Input { dock: bottom; }"

    def compose(self) -> ComposeResult:
        yield Grid(*(Lane() for _ in range(8)))
        yield Static("READY-MARKER")
        yield Input()


if __name__ == "__main__":
    Eight().run()
