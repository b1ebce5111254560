"""What one screen asks of the app: to open another one. Screens never import each other."""

from typing import Literal

import msgspec
from textual.message import Message

from steerdeck_agents.facts.ids import SessionId

Where = Literal[
    "zoom", "diff", "inbox", "new", "replay", "palette", "help", "land", "archive", "discard",
    "rename", "tag", "model", "compact", "checks", "goal", "type", "end_shell", "scope", "rules",
    "overlap", "tools", "call", "search", "plan", "settings", "welcome",
]  # fmt: skip


class Open(Message):
    """Open a screen on a session, or the inbox on one thing that waits."""

    def __init__(self, where: Where, session: SessionId | None = None, item: str = "") -> None:
        super().__init__()
        self.where: Where = where
        self.session = session
        self.item = item


ROW = "row:"
"""What the id of a span begins with that stands for a row of choices in its dialog."""


def open_id(where: Where, session: SessionId, item: str = "") -> str:
    """The id of a span that opens a screen when it is clicked."""
    return f"open:{where}:{session}:{item}"


def opened(what: str) -> Open:
    """What `open_id` stands for, without its first word."""
    where, session, item = what.split(":", 2)
    return Open(msgspec.convert(where, Where), SessionId(session), item)


class Quit(Message):
    """Close the deck; the runtime goes on. (Textual has a CloseDeck of its own, for the mouse.)"""


class SwitchTheme(Message):
    """To the next theme."""


class WearTheme(Message):
    """Draw in the theme of that name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class SwitchPace(Message):
    """Draw at the next pace: for a lean line, for one over SSH, for this machine, by itself."""


class TryDemo(Message):
    """Close this deck and open the demo's."""


class TurnMouse(Message):
    """The mouse to the terminal, for selecting text, or back to the deck."""
