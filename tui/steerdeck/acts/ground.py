"""What every act works with: the bridge, the ids of orders, and the footer for refusals."""

import asyncio
import time
import weakref
from collections.abc import Callable, Collection, Coroutine
from typing import TypeVar

from textual.screen import Screen

from steerdeck.ahead import Ahead
from steerdeck.bridge import Bridge
from steerdeck.found import Found
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel, Dirty
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import Ids, OrderId, RandomIds, SessionId
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.settings.paths import Paths

T = TypeVar("T")
SETTLE_S = 0.5


class Acts:
    """The ground of all acts: `go` runs one beside the screen, `say` tells in the footer."""

    def __init__(
        self,
        bridge: Bridge,
        keymap: Keymap,
        *,
        surroundings: Surroundings | None = None,
        keys: dict[str, str] | None = None,
        ids: Ids | None = None,
        now_ms: Callable[[], int] | None = None,
        tick_s: float = 1.0,
    ) -> None:
        """`keys` are the developer's secrets for models; `tick_s` is how often clocks move.

        `now_ms` is handed in by pictures.
        """
        self.bridge = bridge
        self.keymap = keymap
        self.surroundings = surroundings or Surroundings()
        self.keys = keys or {}
        self.tick_s = tick_s
        self.now_ms = now_ms or (lambda: time.time_ns() // 1_000_000)
        self._ids = ids or RandomIds()
        self._acts: set[asyncio.Task[None]] = set()
        self.watched: dict[str, frozenset[SessionId]] = {}
        """The sessions that a screen wants in full, by its id."""
        self.readers: dict[str, Callable[[], Collection[SessionId]]] = {}
        """By screen: the sessions of which it says itself what may be let go."""
        self.closed_at = float("-inf")
        self.home: Paths | None = None
        """Where the settings are; none where nothing may be written."""
        self.found = Found()
        """What a first deck found on this machine."""
        self.focused_at = float("-inf")
        """When the terminal came to the front, on the clock of key events."""
        self.ahead = Ahead(time.monotonic)
        self.waking = False
        """Whether the mouse button that is down, or was last, brought it there."""
        self.down_at: float | None = None
        """When that button went down, on the same clock; None while none did."""
        self._closed: Callable[[], object] = lambda: None
        """The screen that was closed last, while it lasts: it may still be drawn once."""
        self.ticked: set[str] = set()
        """Commands of the checks the last session was started with."""

    @property
    def model(self) -> DeckModel:
        return self.bridge.model

    def watch(self, screen: str, sessions: Collection[SessionId]) -> None:
        """Keep these in full for a screen, and no others but those for other screens."""
        self.watched[screen] = frozenset(sessions)
        self.bridge.show({one for wanted in self.watched.values() for one in wanted})

    def leave(self, screen: str) -> None:
        """A screen is gone: the next one that watches has what it wanted let go."""
        self.watched.pop(screen, None)
        self.readers.pop(screen, None)

    def is_read(self, session: SessionId, *, beside: str = "") -> bool:
        """Whether a screen, but the one of this id, keeps what it shows of a session."""
        return any(session in read() for name, read in self.readers.items() if name != beside)

    def go(self, act: Coroutine[None, None, None]) -> None:
        """Run an act beside the screen; what goes wrong stands in the footer."""
        task = asyncio.create_task(self._act(act))
        self._acts.add(task)
        task.add_done_callback(self._acts.discard)
        # What is cancelled before it began has not begun its act either.
        task.add_done_callback(lambda _: act.close())

    async def _act(self, act: Coroutine[None, None, None]) -> None:
        try:
            await act
        except (SteerdeckError, OSError) as error:
            self.say(str(error), bad=True)

    def rests(self) -> bool:
        """Whether no act is being carried out."""
        return not self._acts

    def settled(self) -> bool:
        """Whether Esc may interrupt: half a second after it closed something."""
        return time.monotonic() - self.closed_at >= SETTLE_S

    def close_screen(self, screen: Screen[T], result: T | None = None) -> None:
        """Close what is open over the deck, and remember when; a second time does nothing.

        What lies under another screen stays: the one above would be closed in its place.
        """
        if screen is self._closed() or screen.app.screen is not screen:
            return
        self._closed = weakref.ref(screen)
        app = screen.app
        # Until the screen below is painted, Esc is still meant for what was closed.
        self.closed_at = float("inf")
        screen.dismiss(result)
        app.call_after_refresh(self.settle)

    def settle(self) -> None:
        """Something is closed, and it is seen: from now on Esc waits a while."""
        self.closed_at = time.monotonic()

    async def older(self, session: SessionId) -> None:
        await self.bridge.older(session)

    def say(self, text: str, *, bad: bool = False) -> None:
        """A message for the footer."""
        self.model.say(text, bad=bad)
        self.bridge.mark(Dirty(everything=True))

    def close(self) -> None:
        for act in self._acts:
            act.cancel()

    def order_id(self) -> OrderId:
        return OrderId(self._ids.new("ord"))
