"""What stands beside the facts and is read when they moved it: hunks, lasting rules, providers.

Each is asked for once however many facts moved it meanwhile, and again when some came after that.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from steerdeck.model import DeckModel, Dirty, ShownDiff
from steerdeck.showing import FRAME_S
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime import wire, wire_rules
from steerdeck_agents.runtime.client import PageError

T = TypeVar("T")


class Deck(Protocol):
    """Whose model it is read into."""

    @property
    def model(self) -> DeckModel:
        """Where it stands."""

    async def page(self, query: wire.Query, kind: type[T]) -> T:
        """A page; PageError or WireError say why not."""

    def mark(self, dirty: Dirty) -> None:
        """Have something drawn."""


class Beside:
    """Reads it for one deck; `job` runs what it reads beside the facts."""

    def __init__(self, deck: Deck, job: Callable[[Coroutine[Any, Any, None]], object]) -> None:
        self._deck = deck
        self._job = job
        self._ruling = False
        """The lasting rules are being read, or are about to be."""
        self._diffs: set[SessionId] = set()
        """Sessions whose newest hunk is being read."""
        self._stale: set[SessionId] = set()
        """Those among them whose files changed since that began."""

    def read_rules(self) -> None:
        """Have the lasting rules read with the next frame."""
        if not self._ruling:
            self._ruling = True
            self._job(self._rules())

    async def _rules(self) -> None:
        # What comes in one frame, as a use with its call, is asked for once.
        await asyncio.sleep(FRAME_S)
        self._ruling = False
        page = await self._deck.page(wire.Rules(), wire_rules.RulesStand)
        lasting = tuple(one for one in page.rules if not one.rule.session)
        if lasting != self._deck.model.lasting:
            self._deck.model.lasting = lasting
            self._deck.mark(Dirty(everything=True))

    async def read_gauges(self) -> None:
        """How the providers are doing. Raises PageError and WireError."""
        page = await self._deck.page(wire.RuntimeStatus(), wire.StatusPage)
        if page.governors != self._deck.model.gauges:
            self._deck.model.gauges = page.governors
            self._deck.mark(Dirty(everything=True))

    def read_hunk(self, session: SessionId) -> None:
        """Have the newest hunk of a session read."""
        self._stale.add(session)
        if session not in self._diffs:
            self._diffs.add(session)
            self._job(self._hunks(session))

    async def _hunks(self, session: SessionId) -> None:
        try:
            while session in self._stale:
                self._stale.discard(session)
                await self._hunk(session)
        finally:
            self._diffs.discard(session)

    async def _hunk(self, session: SessionId) -> None:
        state = self._deck.model.states.get(session)
        if state is None or not state.newest_file:
            return
        path, seq = state.newest_file, state.seq
        try:
            text = await self._deck.page(wire.Diff(session, path), str)
        except PageError:
            return
        self._deck.model.diffs[session] = ShownDiff(path, seq, text)
        self._deck.mark(Dirty(sessions={session}))
