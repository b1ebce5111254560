"""Tells a developer who looks elsewhere that something waits: the terminal's bell, once each time.

A bell passes through tmux, screen and SSH, and every terminal makes of it what its owner chose.
"""

from collections.abc import Iterable
from typing import Any

from textual.app import App

from steerdeck.model import InboxItem


class Attention:
    """Remembers what was announced; nothing is announced while the deck is looked at."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def look(self, app: App[Any], claims: Iterable[InboxItem]) -> bool:
        """Ring for claims that are new while another window has the focus; whether it rang."""
        ids = {item.id for item in claims}
        new = ids - self._known
        self._known |= ids
        if not new or app.app_focus:
            return False
        app.bell()
        return True
