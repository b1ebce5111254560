"""Keys typed ahead, while the screen they are meant for is on its way.

A slow line brings several keys at once: `n` and the first words of a task. What comes behind a key
that opens something waits until that is there, or the words would be commands of the deck. Words go
to where one writes; a screen where one does not gets nothing but steps from row to row, for a key
that does something there was typed by somebody who had not seen what. A key that waited keeps the
time it was typed at, so it answers nothing that could not be seen then.
"""

from collections.abc import Callable

from textual import events
from textual.screen import Screen

from steerdeck.widgets.prompt import Prompt

PATIENCE_S = 1.0
"""How long a screen may be on its way. What was typed for one that never came is forgotten."""
_STEPS = frozenset(("j", "k", "up", "down", "pageup", "pagedown", "home", "end", "escape"))


class Ahead:
    """Holds keys from the act that opens a screen until the screen has the keys."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is that of key events, in seconds."""
        self._clock = clock
        self._since: float | None = None
        self._passed: list[events.Key] = []
        """Those that had been given to the screen below already; they come first."""
        self._held: list[events.Key] = []

    def begin(self) -> None:
        """A screen is asked for."""
        self._since = self._clock()

    def holds(self, event: events.Key, *, passed: bool = False) -> bool:
        """Whether the key is kept for later; `passed`: the screen below had it already."""
        if self._since is None:
            return False
        if self._clock() - self._since > PATIENCE_S:
            self._forget()
            return False
        (self._passed if passed else self._held).append(event)
        return True

    def give(self, screen: Screen[object]) -> None:
        """What was asked for is there, or will not come: the keys go on, in their order."""
        keys = [*self._passed, *self._held]
        self._forget()
        writes = isinstance(screen.focused, Prompt)
        for key in keys:
            if not writes and key.key not in _STEPS:
                continue
            again = events.Key(key.key, key.character)
            again.time = key.time
            (screen.focused or screen).post_message(again)

    def _forget(self) -> None:
        self._since, self._passed, self._held = None, [], []
