"""States from stored rows: the newest readable start, then the events after it, folded."""

import sqlite3
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from steerdeck_agents.facts.events import decode
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.segments import texts

UNFOLDABLE: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)
"""What a fold that should be total may still raise; such a session is set aside, not the others."""


class _Before(msgspec.Struct):
    """What a state held before it had `limits`."""

    budget: float | None = None


class _Named(msgspec.Struct):
    """Whose state it is, and after which event; so in every version."""

    id: SessionId
    seq: int


_states = msgspec.json.Decoder(SessionState)
_named = msgspec.json.Decoder(_Named)
_before = msgspec.json.Decoder(_Before)
_encoder = msgspec.json.Encoder()

_UNREADABLE = (msgspec.MsgspecError, UnicodeError)


def state_text(state: SessionState) -> str:
    """A state as its session's row holds it."""
    return _encoder.encode(state).decode()


def keyframe_bytes(state: SessionState) -> bytes:
    """A state as a keyframe holds it."""
    return zlib.compress(_encoder.encode(state), 1)


def named_in(packed: bytes) -> tuple[SessionId, int]:
    """Session and seq that a keyframe itself names; zlib.error or MsgspecError when damaged."""
    found = _named.decode(zlib.decompress(packed))
    return found.id, found.seq


def state_at(
    connection: sqlite3.Connection,
    session: SessionId,
    seq: int | None = None,
    *,
    from_row: bool = True,
) -> SessionState | None:
    """The state of a session after the event `seq` (None: after all); None before its first.

    Starts at the session's row if that is early enough, else at a keyframe; one that this version
    can't read is passed over for the one before it. Without `from_row` only keyframes count.
    """
    last = seq if seq is not None else 2**62
    state: SessionState | None = None
    after = 0
    for at, stored in _starts(connection, session, last, from_row=from_row):
        try:
            state, after = state_of(stored), at
        except _UNREADABLE:
            continue
        break
    for text in texts(connection, session, after=after, before=last + 1):
        state = reduce(state, decode(text))
    return state


def state_of(stored: str | bytes) -> SessionState:
    """A state from its stored text; msgspec.MsgspecError when this version can't read it."""
    state = _states.decode(stored)
    if state.limits == Limits() and (budget := _before.decode(stored).budget) is not None:
        return msgspec.structs.replace(state, limits=Limits(dollars=budget))
    return state


def _starts(
    connection: sqlite3.Connection, session: SessionId, last: int, *, from_row: bool
) -> Iterator[tuple[int, str | bytes]]:
    if from_row:
        yield from connection.execute(
            "select seq, state from session where id = ? and seq <= ?", (session, last)
        )
    for at, packed in connection.execute(
        "select seq, state from keyframe where session = ? and seq <= ? order by seq desc",
        (session, last),
    ):
        try:
            yield at, zlib.decompress(packed)
        except zlib.error:
            continue
