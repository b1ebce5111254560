"""What the detectors know of one living session, kept up to date with every fact.

It is folded from the session's own facts, so a restart sees the same and says nothing twice.
"""

from collections.abc import Iterable

from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.events import KnownEvent, decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.work.detect import findings, step, watched

READ = 20_000
"""Events that are read again after a restart; older ones show nothing of today."""


class Watching:
    """What the detectors know of one session; facts heard while it loads are kept for after."""

    def __init__(self) -> None:
        self._watch = watched(())
        self._seq = -1
        self._heard: list[KnownEvent] = []

    def load(self, reader: JournalReader, session: SessionId) -> None:
        """Read what the journal holds; blocks, so it runs in a thread."""
        events = [decode(text) for text in reader.events(session, limit=READ, newest=True)]
        self._watch = watched(events)
        self._seq = events[-1].seq if events else 0

    def hear(self, facts: Iterable[KnownEvent]) -> None:
        """Take committed facts, in their order."""
        self._heard += facts
        if self._seq < 0:
            return
        for fact in self._heard:
            if fact.seq > self._seq:
                self._watch, self._seq = step(self._watch, fact), fact.seq
        self._heard.clear()

    def found(self) -> tuple[Drift, ...]:
        """What is to be said now."""
        return findings(self._watch)
