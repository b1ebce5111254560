"""Orders over a line that may drop: each is given until it is answered, and counts once.

An order carries an id of its sender, and the same id again is answered as the first time. So what
was under way when the connection was lost is given again on the next one; what is ordered while
there is none is refused at once, and its words are back in the composer.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from steerdeck.source import Source
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import LineLost, SteerdeckError, WireError
from steerdeck_agents.facts.ids import OrderId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.runtime import wire

UNSURE = "The line dropped before the answer came; the order is given again, and counts once."
HELD = "It is held until the runtime is attached."
SLOW = "No answer yet: it is on its way, is given again should the line drop, and counts once."
SLOW_S = 2.0
"""How long nothing is said of an order that is answered as soon as it is kept: a line that died
is known to be dead much later."""
_AT_ONCE = (o.Say, o.Decide, o.Answer)
LOOK_S = 0.05


class Line(Protocol):
    """What is known of the connection."""

    @property
    def source(self) -> Source | None:
        """The runtime, while it is attached."""

    @property
    def count(self) -> int:
        """How many connections there were, this one too."""

    @property
    def going(self) -> bool:
        """Whether another connection is looked for when this one is lost."""

    @property
    def waits(self) -> bool:
        """Whether the first one is waited for."""

    async def there(self) -> Source:
        """The runtime; WireError says why there is none."""


class Giving:
    """Gives orders over one line; `say` tells the developer, and takes it back with no words."""

    def __init__(self, line: Line, say: Callable[[str], None], said: Callable[[], str]) -> None:
        self._line = line
        self._say = say
        self._said = said
        self.unanswered: dict[OrderId, Order] = {}
        """Those under way, which may or may not have arrived; a deck that closes leaves them."""

    async def give(self, order: Order) -> wire.Given:
        """Give an order; OrderRefused or WireError say why it was not carried out."""
        try:
            given = await self._given(order)
        except (SteerdeckError, OSError):
            self.unanswered.pop(order.id, None)
            raise
        self.unanswered.pop(order.id, None)
        return given

    async def _given(self, order: Order) -> wire.Given:
        told = HELD if self._line.source is None else ""
        if told and self._line.waits:
            self._say(told)
        slow = asyncio.get_running_loop().call_later(SLOW_S, self._tell_slow, order)
        try:
            while True:
                source, count = await self._line.there(), self._line.count
                self.unanswered[order.id] = order
                try:
                    return await source.give(order)
                except LineLost as error:
                    told = UNSURE
                    self._say(told)
                    await self._another(count, error)
        finally:
            slow.cancel()
            if self._said() in {told, SLOW} - {""}:
                self._say("")

    def _tell_slow(self, order: Order) -> None:
        if isinstance(order, _AT_ONCE) and order.id in self.unanswered and not self._said():
            self._say(SLOW)

    async def _another(self, lost: int, error: LineLost) -> None:
        """Wait for another connection than the lost one. Raises WireError: none is to come."""
        while self._line.count == lost or self._line.source is None:
            if not self._line.going:
                raise WireError(str(error))
            await asyncio.sleep(LOOK_S)
