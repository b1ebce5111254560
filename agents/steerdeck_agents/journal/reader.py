"""Reading the journal from any thread or process, with short read-only connections.

Works while the runtime writes, when it is down, on a read-only file and on a newer schema. Texts
are given as stored, never re-encoded, so that fields of newer versions survive (law 11).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import Event, ItemAdded, decode
from steerdeck_agents.facts.ids import CheckpointId, OrderId, RequestId, SessionId, Sha
from steerdeck_agents.facts.sieve import Hit, sieve
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal import recorder
from steerdeck_agents.journal.check import findings
from steerdeck_agents.journal.database import broken, open_for_reading
from steerdeck_agents.journal.enclosures import CheckpointFile
from steerdeck_agents.journal.finding import hits
from steerdeck_agents.journal.mark import marked
from steerdeck_agents.journal.recorder import RequestItem
from steerdeck_agents.journal.refold import UNFOLDABLE, state_at
from steerdeck_agents.journal.search import SEARCHED, escaped, whole_words_of
from steerdeck_agents.journal.segments import texts
from steerdeck_agents.journal.storing import (
    item_text,
    name_of,
    parameters_text,
    request_items,
    stored_name,
    unpacked,
)

T = TypeVar("T")


class StoredItem(msgspec.Struct, frozen=True):
    """One item of a prompt."""

    index: int
    sha: Sha
    text: str
    """The exact JSON text."""
    origin: str
    kind: str
    seq: int
    """Of the event that added it."""


class StoredRequest(msgspec.Struct, frozen=True):
    """A request as it left."""

    id: RequestId
    session: SessionId
    seq: int
    at_ms: int
    window: int
    model: str
    fields: str
    """JSON text of the parameters, ordered as sent."""
    body: Sha
    count: int
    """Number of its items."""
    items: tuple[str, ...] = ()
    """Their exact texts in order; lists of requests leave them out."""


class StoredCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint of a session."""

    id: CheckpointId
    seq: int
    at_ms: int


class FileMention(msgspec.Struct, frozen=True):
    """What one checkpoint knew of one path."""

    checkpoint: CheckpointId
    session: SessionId
    seq: int
    at_ms: int
    sha: Sha | None
    """None when the path was gone, or a link."""


_REQUEST = "select id, session, seq, at_ms, window, model, fields, body, items from request"


class JournalReader:
    """Pages of the journal; holds nothing open, so it may be shared between threads.

    Every method raises JournalError when there is no journal or it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def sessions(self) -> list[SessionState]:
        """All sessions in the order they were made.

        One whose state can't be rebuilt comes with the status `unknown` and the reason.
        """
        with self._reading() as connection:
            rows = connection.execute("select id, seq from session order by rowid")
            return [_listed(connection, *row) for row in rows.fetchall()]

    def state_at(self, session: SessionId, seq: int | None = None) -> SessionState:
        """The state of a session after the event `seq`; None: after its last."""
        with self._reading() as connection:
            try:
                state = state_at(connection, session, seq)
            except UNFOLDABLE as error:
                raise JournalError(
                    f"The state of session {session} can't be rebuilt ({error}); its events can"
                    f" still be read with `steerdeck export {session} --format jsonl`."
                ) from error
        if state is None:
            when = "" if seq is None else f" at event {seq}"
            raise JournalError(
                f"There is no session {session}{when}; `steerdeck sessions` lists them."
            )
        return state

    def events(
        self,
        session: SessionId | None,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 500,
        newest: bool = False,
    ) -> list[str]:
        """Stored texts with `after` < seq < `before`, ascending: the first `limit`, or the last.

        None as session gives all sessions and the runtime's own facts.
        """
        last = before if before is not None else 2**62
        with self._reading() as connection:
            return texts(connection, session, after=after, before=last, limit=limit, newest=newest)

    def of_type(self, session: SessionId, *types: str) -> list[str]:
        """Stored texts of a session's events of some dotted types, in seq order."""
        marks = ", ".join("?" * len(types))
        with self._reading() as connection:
            rows = connection.execute(
                f"select json from event where session = ? and type in ({marks}) order by seq",
                (session, *types),
            )
            return [text for (text,) in rows]

    def messages(self, after: int) -> list[tuple[int, str]]:
        """Seq and stored text of what was said to or run in sessions after an event, in order."""
        with self._reading() as connection:
            return connection.execute(
                "select seq, json from event where seq > ?"
                " and type in ('message.sent', 'hand.ordered') order by seq",
                (after,),
            ).fetchall()

    def blob(self, sha: Sha) -> bytes:
        return self._bytes("blob", sha)

    def checkpoint_bytes(self, sha: Sha) -> bytes:
        return self._bytes("checkpoint_bytes", sha)

    def prompt(self, session: SessionId, window: int | None = None) -> list[StoredItem]:
        """The items of a window in prompt order; None: of the newest window."""
        with self._reading() as connection:
            rows = connection.execute(
                "select json from event where session = ? and type = 'prompt.added' order by seq",
                (session,),
            )
            facts = (decode(text) for (text,) in rows)
            added = [fact for fact in facts if isinstance(fact, ItemAdded)]
            if window is None:
                window = max((fact.window for fact in added), default=0)
            here = sorted((one for one in added if one.window == window), key=lambda it: it.index)
            return [_item(connection, fact) for fact in here]

    def requests(self, session: SessionId) -> list[StoredRequest]:
        """The requests of a session in order, without their items."""
        with self._reading() as connection:
            rows = connection.execute(f"{_REQUEST} where session = ? order by seq", (session,))
            return [_request(connection, row) for row in rows.fetchall()]

    def request(self, request: RequestId) -> StoredRequest:
        """One request with its items."""
        with self._reading() as connection:
            row = connection.execute(f"{_REQUEST} where id = ?", (request,)).fetchone()
            if row is None:
                raise JournalError(f"There is no request {request} in the journal {self._path}.")
            items = tuple(
                _text_of(connection, sha)[0] for sha in request_items(connection, request)
            )
            return msgspec.structs.replace(_request(connection, row), items=items)

    def request_items(self, request: RequestId) -> list[RequestItem]:
        """The items of a request in order, with the parts of our code that made them."""
        with self._reading() as connection:
            shas = request_items(connection, request)
            found = (_text_of(connection, sha) for sha in shas)
            return [
                RequestItem(sha, origin, text)
                for sha, (text, origin) in zip(shas, found, strict=True)
            ]

    def request_facts(self, session: SessionId) -> list[str]:
        """Stored texts of RequestSent, RequestEnded and RetryPlanned of a session, in order."""
        with self._reading() as connection:
            return recorder.facts_of_requests(connection, session)

    def requests_named(self, words: str) -> list[RequestId]:
        """Requests whose id is `words` or begins so, the exact one first; at most three."""
        with self._reading() as connection:
            return recorder.names_of_requests(connection, words)

    def models_asked(self) -> dict[RequestId, str]:
        """The model each request asked for."""
        with self._reading() as connection:
            return dict(connection.execute("select id, model from request").fetchall())

    def spending(self, after: int = 0, since_ms: int = 0) -> recorder.Grown:
        """Ends of requests, calls and turns, and warnings, after a seq and not before a time."""
        with self._reading() as connection:
            return recorder.spending(connection, after, since_ms)

    def ask(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """What a look at the journal comes to, with a connection of its own that only reads."""
        with self._reading() as connection:
            return look(connection)

    def search(self, query: str, limit: int = 50, now_ms: int = 0) -> list[Hit]:
        """Events that hold all words of the query, newest first; `now_ms` is for `since:today`."""
        return self.ask(lambda connection: hits(connection, sieve(query, "hits", now_ms), limit))

    def matching(self, session: SessionId, words: str) -> Iterator[Event]:
        """The session's events in which the words stand, letter for letter but for case, in order.

        It looks through all of the texts: no index holds long ones whole, or parts of words.
        """
        wanted = words.casefold()
        marks = ", ".join("?" * len(SEARCHED))
        types = sorted(str(kind.__struct_config__.tag) for kind in SEARCHED)
        like = f"%{escaped(words)}%" if words.isascii() else "%"
        if not wanted:
            return
        with self._reading() as connection:
            rows = connection.execute(
                f"select json from event where session = ? and type in ({marks})"
                " and json like ? escape '~' order by seq",
                (session, *types, like),
            )
            for (text,) in rows:
                event = decode(text)
                if wanted in whole_words_of(event).casefold():
                    yield event

    def order_answer(self, order: OrderId) -> int | None:
        """The seq an order was answered with; None when it was never answered."""
        with self._reading() as connection:
            row = connection.execute(
                "select seq from order_answer where order_id = ?", (order,)
            ).fetchone()
        return None if row is None else int(row[0])

    def checkpoints(self, session: SessionId) -> list[StoredCheckpoint]:
        with self._reading() as connection:
            rows = connection.execute(
                "select id, seq, at_ms from checkpoint where session = ? order by seq, rowid",
                (session,),
            )
            return [StoredCheckpoint(*row) for row in rows]

    def checkpoint_files(self, checkpoint: CheckpointId) -> tuple[CheckpointFile, ...]:
        """The paths of a checkpoint by name."""
        with self._reading() as connection:
            known = connection.execute("select 1 from checkpoint where id = ?", (checkpoint,))
            if known.fetchone() is None:
                raise JournalError(
                    f"There is no checkpoint {checkpoint} in the journal {self._path}."
                )
            rows = connection.execute(
                "select path, mode, sha, link from checkpoint_file where checkpoint = ?"
                " order by path",
                (checkpoint,),
            )
            return tuple(
                CheckpointFile(name_of(path), mode, sha, None if link is None else name_of(link))
                for path, mode, sha, link in rows
            )

    def file_history(self, path: str) -> list[FileMention]:
        """Every mention of a path by a checkpoint of any session, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                "select checkpoint.id, session, seq, at_ms, sha from checkpoint"
                " join checkpoint_file on checkpoint_file.checkpoint = checkpoint.id"
                " and checkpoint_file.path = ? order by seq, checkpoint.rowid",
                (stored_name(path),),
            )
            return [FileMention(*row) for row in rows]

    def check(self) -> list[str]:
        """What is wrong with the journal, a sentence each; empty when all is well."""
        # Read first: the runtime may write on, and what it notes then is not in what we look at.
        mark = marked(self._path)
        with self._reading() as connection:
            return findings(connection, mark)

    def _bytes(self, table: str, sha: Sha) -> bytes:
        with self._reading() as connection:
            row = connection.execute(
                f"select codec, bytes from {table} where sha = ?", (sha,)
            ).fetchone()
        if row is None:
            raise JournalError(f"The journal {self._path} holds no bytes with the hash {sha}.")
        return unpacked(*row)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        connection = open_for_reading(self._path)
        try:
            yield connection
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise broken(self._path, error) from error
        finally:
            connection.close()


def _listed(connection: sqlite3.Connection, session: SessionId, seq: int) -> SessionState:
    why = "Its events are gone from the journal."
    try:
        state = state_at(connection, session)
    except UNFOLDABLE as error:
        state, why = None, f"Its state can't be rebuilt from the journal ({error})."
    return state or SessionState(id=session, status="unknown", reason=why, seq=seq)


def _item(connection: sqlite3.Connection, fact: ItemAdded) -> StoredItem:
    text, origin = _text_of(connection, fact.sha)
    return StoredItem(
        index=fact.index,
        sha=fact.sha,
        text=text,
        origin=fact.origin or origin,
        kind=fact.kind,
        seq=fact.seq,
    )


def _text_of(connection: sqlite3.Connection, sha: Sha) -> tuple[str, str]:
    row = connection.execute(
        "select text, origin from prompt_item where sha = ?", (sha,)
    ).fetchone()
    if row is None:
        raise JournalError(f"The journal holds no prompt item with the hash {sha}.")
    try:
        return item_text(connection, sha, row[0]), row[1]
    except KeyError as error:
        raise JournalError(f"The journal holds no bytes of the prompt item {sha}.") from error


def _request(connection: sqlite3.Connection, row: tuple[Any, ...]) -> StoredRequest:
    stored = StoredRequest(*row)
    try:
        fields = parameters_text(connection, stored.fields)
    except KeyError as error:
        raise JournalError(f"The journal holds no parameters of request {stored.id}.") from error
    return msgspec.structs.replace(stored, fields=fields)
