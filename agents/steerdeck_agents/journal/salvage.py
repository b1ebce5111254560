"""Everything that can be read of a damaged journal, brought into a new one.

Each record is taken by its own shape, not by the tree that should lead to it: a damaged inner page
costs nothing, a damaged leaf its own rows. Where two tables look alike, the tree decides, and the
hashes others name. What follows from events (calls, states, the search index) is made again.
"""

import re
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from steerdeck_agents.facts.events import decode, type_of
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.journal.pages import Pages, Row, Value
from steerdeck_agents.journal.refold import named_in
from steerdeck_agents.journal.segments import unpacked as events_in
from steerdeck_agents.journal.storing import unpacked

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and of how much."""

_MASTER: Final = 1
_HASH: Final = re.compile("[0-9a-f]{64}")
_OFTEN: Final = 200


class Saved(NamedTuple):
    """What was found besides the rows."""

    owners: dict[int, str]
    """The session of an event by its seq, from the indexes: known where the event is lost, too."""
    hashes: set[str]
    """Hashes of bytes that were there, whether these could be read or not."""


class Salvage:
    """One pass over the pages of a file into a connection that has the tables already."""

    def __init__(self, pages: Pages, target: sqlite3.Connection, told: Progress) -> None:
        self._pages = pages
        self._target = target
        self._told = told
        self._saved = Saved({}, set())
        self._likes: list[tuple[Value, ...]] = []
        """Bytes of which it isn't known in which of two tables they were."""

    def run(self) -> Saved:
        """Bring over every row that can be read; those of living trees go before left-over ones."""
        homes = self._homes()
        unused = self._unused()
        living = [number for number in range(1, self._pages.count + 1) if number in homes]
        others = [
            number
            for number in range(1, self._pages.count + 1)
            if number not in homes and number not in unused
        ]
        self._target.execute("begin")
        for done, number in enumerate([*living, *others]):
            if done % _OFTEN == 0:
                self._told("reading pages", done, len(living) + len(others))
            rows = self._pages.rows(number)
            self._learn(rows)
            for row in rows:
                self._keep(row, homes.get(number, ""))
        self._place_alike()
        self._take_out_packed()
        self._target.execute("commit")
        return self._saved

    def _unused(self) -> set[int]:
        try:
            return self._pages.unused()
        except (IndexError, ValueError):
            return set()

    def _homes(self) -> dict[int, str]:
        """The table each page belongs to, as far as trees lead there."""
        homes: dict[int, str] = dict.fromkeys(self._pages.tree(_MASTER), "")
        for number in list(homes):
            for row in self._pages.rows(number):
                match row.values:
                    case ("table", str(name), _, int(root), *_) if name in TABLES:
                        homes |= dict.fromkeys(self._pages.tree(root), name)
        return homes

    def _learn(self, rows: list[Row]) -> None:
        """What a page of an index tells of rows that may be lost.

        An index of sessions names one several times, one that is there to keep ids apart never.
        """
        pairs = [row.values for row in rows if row.rowid is None and len(row.values) == 2]
        named = [(key, at) for key, at in pairs if isinstance(key, str) and isinstance(at, int)]
        self._saved.hashes.update(key for key, _ in named if _HASH.fullmatch(key))
        if len({key for key, _ in named}) < len(named):
            self._saved.owners.update((seq, session) for session, seq in named)

    def _keep(self, row: Row, home: str) -> None:
        fitting = [name for name, table in TABLES.items() if table.fits(row)]
        if not fitting:
            return
        name = home if home in fitting else fitting[0]
        made = TABLES[name].made(row)
        if made is None:
            return
        if len(fitting) > 1 and home not in fitting:
            self._likes.append(made)
        else:
            self._insert(name, made)

    def _insert(self, name: str, values: tuple[Value, ...]) -> None:
        marks = ", ".join("?" * len(values))
        # A row that breaks a rule of its table is one that was damaged.
        self._target.execute(f"insert or ignore into {name} values ({marks})", values)

    def _place_alike(self) -> None:
        """Bytes go where their hash is named: exact files stay apart from what may be exported."""
        if not self._likes:
            return
        named = {sha for (sha,) in self._target.execute("select sha from prompt_item")}
        named |= {sha for (sha,) in self._target.execute("select fields from request")}
        for (text,) in self._target.execute("select json from event"):
            named.update(_HASH.findall(text))
        for values in self._likes:
            self._insert("blob" if values[0] in named else "checkpoint_bytes", values)

    def _take_out_packed(self) -> None:
        """Their rows were deleted, and come back where the list of free pages is hurt."""
        for (packed,) in self._target.execute("select bytes from segment"):
            seqs = ((line.seq,) for line in events_in(packed))
            self._target.executemany("delete from event where seq = ?", seqs)


class Table(NamedTuple):
    """How records of a table look, and how one becomes a row again."""

    kinds: tuple[tuple[type, ...], ...]
    keyed: bool = False
    """Ordered by its own key, without row numbers."""
    mend: Callable[[Row], tuple[Value, ...] | None] = lambda row: row.values

    def fits(self, row: Row) -> bool:
        values = row.values
        return (
            (row.rowid is None) is self.keyed
            and len(values) == len(self.kinds)
            and all(isinstance(value, kind) for value, kind in zip(values, self.kinds, strict=True))
        )

    def made(self, row: Row) -> tuple[Value, ...] | None:
        """The row for the new table; None when it is plainly not what was written."""
        try:
            return self.mend(row)
        except (ValueError, zlib.error, sqlite3.DatabaseError, msgspec.MsgspecError):
            return None


def _event(row: Row) -> tuple[Value, ...] | None:
    """An event by its own text: the other columns only repeat it."""
    text = row.values[4]
    assert isinstance(text, str), "looked at before"
    event = decode(text)
    if event.seq != row.rowid or not text.startswith("{"):
        return None
    return (event.seq, event.session, type_of(event), event.at_ms, text)


def _numbered(row: Row) -> tuple[Value, ...]:
    """A row whose first column is its number, which the record leaves out."""
    return (row.rowid, *row.values[1:])


def _batch(row: Row) -> tuple[Value, ...] | None:
    return _numbered(row) if _HASH.fullmatch(str(row.values[2])) else None


def _session(row: Row) -> tuple[Value, ...] | None:
    msgspec.json.decode(str(row.values[4]))
    return row.values


def _keyframe(row: Row) -> tuple[Value, ...] | None:
    packed = row.values[2]
    assert isinstance(packed, bytes), "looked at before"
    return (*named_in(packed), packed)


def _segment(row: Row) -> tuple[Value, ...] | None:
    packed = row.values[4]
    assert isinstance(packed, bytes), "looked at before"
    events_in(packed)
    return _numbered(row)


def _shelved(row: Row) -> tuple[Value, ...] | None:
    """Bytes that are still those their hash names; others would be wrong without a word."""
    sha, _, codec, kept = row.values
    assert isinstance(kept, bytes), "looked at before"
    data = unpacked(str(codec), kept)
    return (sha, len(data), codec, kept) if sha_of(data) == sha else None


def _item(row: Row) -> tuple[Value, ...] | None:
    sha, text, _ = row.values
    assert isinstance(text, str), "looked at before"
    fits = sha_of(text.encode()) == sha if text else _HASH.fullmatch(str(sha))
    return row.values if fits else None


_NONE = (type(None),)
_TEXT, _INT, _BYTES = (str,), (int,), (bytes,)
_MAYBE = (str, type(None))
_PATH = (str, bytes)
_SHELF = (_TEXT, _INT, _TEXT, _BYTES)

TABLES: Final[dict[str, Table]] = {
    "event": Table((_NONE, _TEXT, _TEXT, _INT, _TEXT), mend=_event),
    "segment": Table((_NONE, _TEXT, _INT, _INT, _BYTES), mend=_segment),
    "batch": Table((_NONE, _INT, _TEXT), mend=_batch),
    "session": Table((_TEXT, _INT, _TEXT, _INT, _TEXT), mend=_session),
    "keyframe": Table((_TEXT, _INT, _BYTES), keyed=True, mend=_keyframe),
    "blob": Table(_SHELF, mend=_shelved),
    "checkpoint_bytes": Table(_SHELF, mend=_shelved),
    "prompt_item": Table((_TEXT, _TEXT, _TEXT), mend=_item),
    "request": Table(
        (_TEXT, _TEXT, _INT, _INT, _INT, _TEXT, _TEXT, _TEXT, _INT, _MAYBE, _INT)
    ),
    "request_item": Table((_TEXT, _INT, _TEXT), keyed=True),
    "order_answer": Table((_TEXT, _TEXT, _INT)),
    "checkpoint": Table((_TEXT, _TEXT, _INT, _INT)),
    "checkpoint_file": Table(
        (_TEXT, _PATH, _INT, _MAYBE, (*_PATH, type(None))), keyed=True
    ),
    "call": Table(
        (_NONE, _TEXT, _TEXT, _INT, _TEXT, _TEXT, _TEXT, _INT, _INT, (int, type(None)), _TEXT,
         _TEXT, _TEXT, _INT, _TEXT, _INT),
        mend=_numbered,
    ),
}  # fmt: skip


def salvaged(path: Path, target: sqlite3.Connection, told: Progress) -> Saved:
    """Bring what can be read of the file, and of the log beside it, into `target`."""
    return Salvage(Pages(path), target, told).run()
