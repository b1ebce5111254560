"""Keys in their turn: what a key commands is done before the next one is given to anybody.

Textual hands a key on from queue to queue, from where one writes up to the screen. Of two that come
at once, as a slow line brings them, the second would be in the field before the first is at the
screen: words would go to a session chosen behind them, letters into a draft that was left. So
behind a key that is no letter of a text goes a message the same way, and until that has come home
what is typed waits. What a widget makes of such a key it hands to its parent (`widgets.going_on`),
where the key itself would go next, and so before that message.
"""

import asyncio
from collections import deque
from collections.abc import Iterator

from textual import events
from textual.app import App
from textual.message import Message
from textual.widget import Widget

Typed = events.Key | events.Paste
_LOOK_S = 0.02
_LOOKS = 25
"""After so many looks nobody waits any longer: half a second is more than any key takes."""


class CameHome(Message):
    """All that a key was handed to has had it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class InTurn:
    """What is typed while a key is on its way."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._number = 0
        self._out: Widget | None = None
        """Where the key was given first that is on its way."""
        self._waiting: deque[Typed] = deque()

    def holds(self, event: Typed) -> bool:
        """Whether it waits for its turn."""
        if self._out is None:
            return False
        self._waiting.append(event)
        return True

    def went(self, to: Widget) -> None:
        """A key was given to this widget, and goes up from there."""
        self._number += 1
        self._out = to
        to.post_message(CameHome(self._number))
        self._look_later(self._number, _LOOKS)

    def home(self, message: CameHome) -> Iterator[Typed]:
        """What may go on now, one after the other, as long as none of it is on its way."""
        if message.number == self._number:
            self._out = None
        while self._waiting and self._out is None:
            yield self._waiting.popleft()

    def _look_later(self, number: int, looks: int) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(_LOOK_S, self._look, number, looks)

    def _look(self, number: int, looks: int) -> None:
        """A key may end what it was given to; then nothing comes home from there."""
        if self._out is None or number != self._number:
            return
        if looks and self._out.is_attached:
            self._look_later(number, looks - 1)
        else:
            self._app.post_message(CameHome(number))
