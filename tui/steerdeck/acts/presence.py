"""Whether the developer is here, and what to tell when they come back."""

from steerdeck.acts.ground import Acts
from steerdeck.away import AWAY_MS, Away, Happened
from steerdeck.memory import LastKey
from steerdeck.model import Dirty
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError


class Presence(Acts):
    """Keeps the last key, and the absence that is told now or was told last."""

    last_key = LastKey()
    opened = LastKey()
    """When this deck was attached first."""
    recalled = LastKey()
    """The last key of the deck before this one."""
    away: Away | None = None
    """The last absence of ten minutes or more."""
    told_now = False
    """Whether the digest is in view."""
    _reading: frozenset[SessionId] = frozenset()

    def came(self) -> None:
        """A key was pressed or the mouse used; a digest in view has been seen."""
        if self.told_now:
            self.told_now = False
            self.bridge.mark(Dirty(everything=True))
        if self.model.attached:
            self._begin()
            self.last_key = LastKey(self.now_ms(), self._newest())

    def _newest(self) -> int:
        return max((state.seq for state in self.model.states.values()), default=0)

    def look_away(self) -> None:
        """Asked once a second: after ten minutes without a key what happens since is told.

        A deck that opens goes on from the last key of the one before it.
        """
        if not self.model.attached:
            return
        self._begin()
        if self.now_ms() - self.last_key.at_ms < AWAY_MS:
            return
        if self.away is None or self.away.since != self.last_key:
            self.away = Away(self.last_key)
        self._read(self.away)
        if not self.told_now and self.happened():
            self.told_now = True
            self.bridge.mark(Dirty(everything=True))

    def _begin(self) -> None:
        if not self.opened.at_ms:
            self.opened = LastKey(self.now_ms(), self._newest())
            self.last_key = self.recalled if self.recalled.at_ms else self.opened

    def ask(self) -> None:
        """Tell it again, or what happened since the deck before this one, or since this began."""
        self._begin()
        if self.away is None:
            self.away = Away(self.recalled if self.recalled.at_ms else self.opened)
        self._read(self.away)
        self.told_now = True
        self.bridge.mark(Dirty(everything=True))

    def happened(self) -> list[Happened]:
        return self.away.digest(self.model.states) if self.away is not None else []

    def _read(self, away: Away) -> None:
        missing = frozenset(away.unread(self.model.states.values())) - self._reading
        if missing:
            self._reading |= missing
            self.go(self._read_all(away, missing))

    async def _read_all(self, away: Away, missing: frozenset[SessionId]) -> None:
        try:
            for session in sorted(missing):
                query = wire.StateAt(session, away.since.seq)
                try:
                    away.before[session] = await self.bridge.page(query, SessionState)
                except PageError:
                    # The journal knows nothing of it from before.
                    away.before[session] = None
        finally:
            self._reading -= missing
        self.bridge.mark(Dirty(everything=True))
