"""The least a Textual program that takes keys can be: the deck's start is held against it."""

from textual.app import App, ComposeResult
from textual.widgets import Input, Static


class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("READY-MARKER")
        yield Input()


if __name__ == "__main__":
    Hello().run()
