"""Eight of Textual's Markdown widgets, each fed through its MarkdownStream, and an input line.

What streaming costs when it is done with what Textual has. Words come from a timer in the program,
which is cheaper than the socket the deck reads from.
"""

import asyncio
import sys

from textual.app import App, ComposeResult
from textual.containers import Grid, VerticalScroll
from textual.widgets import Input, Markdown, Static

from bench.prose import TOKEN, prose

LANES = 8
PER_SECOND = 100


class Lanes(App[None]):
    CSS = """
    Static { height: 1; }
    Grid, VerticalScroll { height: 1fr; }
    Input { dock: bottom; }
    """

    def __init__(self, across: int) -> None:
        super().__init__()
        self.across = across

    def compose(self) -> ComposeResult:
        grid = Grid(*(VerticalScroll(Markdown()) for _ in range(LANES)))
        grid.styles.grid_size_columns = self.across
        yield Static("READY-MARKER")
        yield grid
        yield Input()

    async def on_mount(self) -> None:
        self.query_one(Input).focus()
        for scroll in self.query(VerticalScroll):
            scroll.anchor()
        self.feeding = asyncio.create_task(self.feed())

    async def feed(self) -> None:
        text = prose(100_000)
        streams = [Markdown.get_stream(one) for one in self.query(Markdown)]
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        while True:
            await asyncio.sleep(0.01)
            # Whoever can't keep up is not punished with more and more: at most 50 at once.
            due = min(int((loop.time() - began) * PER_SECOND), sent + 50)
            for stream in streams:
                if due > sent:
                    await stream.write(text[sent * TOKEN : due * TOKEN])
            sent = due


if __name__ == "__main__":
    Lanes(int(sys.argv[1])).run()
