"""Textual's own log widget, filled with so many lines on a key: a session as it opens there."""

import sys

from textual.app import App, ComposeResult
from textual.widgets import RichLog, Static

LINE = "The token is now renewed together with the row, in one transaction."


class Log(App[None]):
    BINDINGS = [("g", "fill", "fill")]

    def __init__(self, lines: int) -> None:
        super().__init__()
        self.lines = lines

    def compose(self) -> ComposeResult:
        yield Static("READY-MARKER")
        yield RichLog(wrap=True)

    def action_fill(self) -> None:
        log = self.query_one(RichLog)
        for number in range(self.lines):
            log.write(f"{number} {LINE}")
        log.write("LAST-LINE")


if __name__ == "__main__":
    Log(int(sys.argv[1])).run()
