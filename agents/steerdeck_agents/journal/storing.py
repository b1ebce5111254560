"""How each enclosure becomes rows; called inside the transaction that commits its events."""

import os
import sqlite3
import zlib
from collections.abc import Sequence

from steerdeck_agents.facts.events import CheckpointTaken, KnownEvent, RequestSent
from steerdeck_agents.facts.ids import SessionId, Sha, sha_of
from steerdeck_agents.journal.enclosures import (
    CheckpointBytes,
    CheckpointStored,
    Enclosure,
    NewBlob,
    NewItem,
    NewRequest,
    OrderAnswered,
)

PACKED = 512
"""Characters of a prompt item from which on it is kept packed, as a blob of the same hash."""


class Shelf:
    """Stores enclosures, and remembers each session's last request to store only what is new.

    A prompt grows at its end (law 3), so a request mostly repeats the one before it: it is kept as
    the number of items it shares with that one and rows for the rest.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._last: dict[SessionId, NewRequest] = {}

    def store(self, enclosed: Sequence[Enclosure], events: Sequence[KnownEvent]) -> None:
        """Write the rows of what was enclosed with `events`, which have their seq already."""
        for one in enclosed:
            match one:
                case NewBlob(sha=sha, data=data):
                    self._bytes("blob", sha, data)
                case CheckpointBytes(sha=sha, data=data):
                    self._bytes("checkpoint_bytes", sha, data)
                case NewItem():
                    self._item(one)
                case NewRequest():
                    self._request(one, _seq_of_request(one, events), events[0].at_ms)
                case OrderAnswered():
                    self._connection.execute(
                        "insert into order_answer (order_id, session, seq) values (?, ?, ?)",
                        (one.order, one.session, events[0].seq),
                    )
                case CheckpointStored():
                    self._checkpoint(one, _seq_of_checkpoint(one, events), events[0].at_ms)

    def forget(self) -> None:
        """The transaction failed: no request of it may be built upon."""
        self._last.clear()

    def _bytes(self, table: str, sha: Sha, data: bytes) -> None:
        found = self._connection.execute(f"select 1 from {table} where sha = ?", (sha,))
        if found.fetchone() is not None:
            return
        packed = zlib.compress(data, 1)
        codec, kept = ("zlib", packed) if len(packed) < len(data) else ("raw", data)
        self._connection.execute(
            f"insert into {table} (sha, size, codec, bytes) values (?, ?, ?, ?)",
            (sha, len(data), codec, kept),
        )

    def _item(self, item: NewItem) -> None:
        text = item.text
        if len(text) >= PACKED:
            # An event tells the same words for people; here only their exact bytes count.
            self._bytes("blob", item.sha, text.encode())
            text = ""
        self._connection.execute(
            "insert or ignore into prompt_item (sha, text, origin) values (?, ?, ?)",
            (item.sha, text, item.origin),
        )

    def _request(self, request: NewRequest, seq: int, at_ms: int) -> None:
        before = self._last.get(request.session)
        kept = 0
        if before is not None:
            for mine, theirs in zip(request.items, before.items, strict=False):
                if mine != theirs:
                    break
                kept += 1
        parameters = request.fields.encode()
        named = sha_of(parameters)
        self._bytes("blob", named, parameters)
        self._connection.execute(
            "insert into request (id, session, seq, at_ms, window, model, fields, body, items,"
            " base, kept) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request.id, request.session, seq, at_ms, request.window, request.model,
                named, request.body, len(request.items),
                before.id if before is not None and kept else None, kept,
            ),
        )  # fmt: skip
        self._connection.executemany(
            "insert into request_item (request, position, sha) values (?, ?, ?)",
            [(request.id, at, request.items[at]) for at in range(kept, len(request.items))],
        )
        self._last[request.session] = request

    def _checkpoint(self, stored: CheckpointStored, seq: int, at_ms: int) -> None:
        self._connection.execute(
            "insert into checkpoint (id, session, seq, at_ms) values (?, ?, ?, ?)",
            (stored.checkpoint, stored.session, seq, at_ms),
        )
        self._connection.executemany(
            "insert into checkpoint_file (checkpoint, path, mode, sha, link)"
            " values (?, ?, ?, ?, ?)",
            [
                (
                    stored.checkpoint, stored_name(file.path), file.mode, file.sha,
                    None if file.link is None else stored_name(file.link),
                )
                for file in stored.files
            ],
        )  # fmt: skip


def request_items(connection: sqlite3.Connection, request: str) -> list[Sha]:
    """The item hashes of a request in order, put together along its bases."""
    parts: list[list[Sha]] = []
    end = 2**31
    at: str | None = request
    while at is not None and end > 0:
        row = connection.execute("select base, kept from request where id = ?", (at,)).fetchone()
        if row is None:
            break
        rows = connection.execute(
            "select sha from request_item where request = ? and position < ? order by position",
            (at, end),
        )
        parts.append([sha for (sha,) in rows])
        at, end = row[0], min(end, row[1])
    return [sha for part in reversed(parts) for sha in part]


def parameters_text(connection: sqlite3.Connection, kept: str) -> str:
    """The parameters of a request by what its row holds: a blob's hash, or the text itself.

    Journals from before kept the text in each row. KeyError when the blob is missing.
    """
    return kept if kept.startswith("{") else _blob_text(connection, kept)


def item_text(connection: sqlite3.Connection, sha: str, text: str) -> str:
    """The text of a prompt item by its row; KeyError when it was packed and is missing."""
    return text or _blob_text(connection, sha)


def _blob_text(connection: sqlite3.Connection, sha: str) -> str:
    row = connection.execute("select codec, bytes from blob where sha = ?", (sha,)).fetchone()
    if row is None:
        raise KeyError(sha)
    return unpacked(*row).decode()


def unpacked(codec: str, kept: bytes) -> bytes:
    """The bytes of a row of `blob` or `checkpoint_bytes`."""
    return zlib.decompress(kept) if codec == "zlib" else kept


def name_of(stored: str | bytes) -> str:
    """A path as stored, as Python writes paths."""
    return stored if isinstance(stored, str) else os.fsdecode(stored)


def stored_name(path: str) -> str | bytes:
    """A path as Python writes paths, as it is stored."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def _seq_of_request(request: NewRequest, events: Sequence[KnownEvent]) -> int:
    for event in events:
        if isinstance(event, RequestSent) and event.request == request.id:
            return event.seq
    return events[0].seq


def _seq_of_checkpoint(stored: CheckpointStored, events: Sequence[KnownEvent]) -> int:
    for event in events:
        if isinstance(event, CheckpointTaken) and event.checkpoint == stored.checkpoint:
            return event.seq
    return events[0].seq
