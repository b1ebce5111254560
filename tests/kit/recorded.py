"""A journal in memory, made of events: what the runtime asks its file, tests ask this."""

import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.call_rows import TABLE, keep
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.refold import state_text
from steerdeck_agents.journal.schema import _FIRST
from steerdeck_agents.journal.search import words_of


class Recorded(JournalReader):
    """A reader of these events."""

    def __init__(self, events: Iterable[e.KnownEvent]) -> None:
        super().__init__(Path("memory"))
        self._made = sqlite3.connect(":memory:", check_same_thread=False)
        # From Python 3.13 on a connection that nobody closes is warned of.
        weakref.finalize(self, self._made.close)
        for statement in (*_FIRST, *TABLE):
            self._made.execute(statement)
        states: dict[str, SessionState] = {}
        for event in events:
            if event.session:
                states[event.session] = reduce(states.get(event.session), event)
            kind = str(event.__struct_config__.tag)
            row = (event.seq, event.session, kind, event.at_ms, e.encode(event))
            self._made.execute("insert into event values (?, ?, ?, ?, ?)", row)
            if words := words_of(event):
                self._made.execute("insert into search (rowid, text) values (?, ?)",
                                   (event.seq, words))  # fmt: skip
            keep(self._made, [event])
        for id, state in states.items():
            row = (id, state.seq, state.status, state.changed_ms, state_text(state))
            self._made.execute("insert into session values (?, ?, ?, ?, ?)", row)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        yield self._made
