"""Drafts over a restart of the deck: what was written and not sent is there again.

Kept in a private folder beside what the deck showed last; a draft is nobody's business but its
writer's, so it goes to no journal and no runtime.
"""

from pathlib import Path

import msgspec

from steerdeck.widgets.chips import Chip
from steerdeck_agents.facts.errors import UNREADABLE, SteerdeckError
from steerdeck_agents.facts.orders import Say
from steerdeck_agents.settings.paths import private_folder

_MOST = 8 * 1024 * 1024
"""Bytes of the file; what is larger is not kept."""


class Unsent(msgspec.Struct, frozen=True):
    """Drafts by the session they are for, or by the kind of target, and what they need."""

    drafts: dict[str, str] = {}
    chips: dict[str, Chip] = {}
    said: tuple[Say, ...] = ()
    """Words that were on their way; given again under their ids they count once."""


class Drawer:
    """One file of drafts; does file work, so never on the deck's loop."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._written: Unsent | None = None

    def read(self) -> Unsent:
        """What was unsent; nothing where that can't be read."""
        try:
            if self._file.stat().st_size > _MOST:
                return Unsent()
            self._written = msgspec.json.decode(self._file.read_bytes(), type=Unsent)
        except (OSError, *UNREADABLE):
            return Unsent()
        return self._written

    def write(self, unsent: Unsent) -> None:
        """Keep it; the next deck does without where that can't be done."""
        if unsent == self._written:
            return
        data = msgspec.json.encode(unsent)
        if len(data) > _MOST:
            return
        try:
            private_folder(self._file.parent)
            new = self._file.with_suffix(".new")
            new.touch(mode=0o600)
            new.write_bytes(data)
            new.replace(self._file)
        except (OSError, SteerdeckError):
            return
        self._written = unsent
