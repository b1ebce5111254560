"""What is stored beside events, in the same transaction: bytes, prompt items, requests, answers.

An event names such a thing by hash or id; the append that brings the event encloses the thing, so
that neither ever exists without the other.
"""

import msgspec

from steerdeck_agents.facts.ids import CheckpointId, OrderId, RequestId, SessionId, Sha


class NewBlob(msgspec.Struct, frozen=True):
    """Large output, named by the hash of its bytes; stored once."""

    sha: Sha
    data: bytes


class NewItem(msgspec.Struct, frozen=True):
    """One prompt item: the exact JSON text that is sent, stored once by its hash."""

    sha: Sha
    text: str
    origin: str
    """The part of our code that made it."""


class NewRequest(msgspec.Struct, frozen=True):
    """A request as it leaves; its items are stored already or enclosed before it."""

    id: RequestId
    session: SessionId
    window: int
    model: str
    fields: str
    """JSON text of the parameters, ordered as sent."""
    items: tuple[Sha, ...]
    body: Sha
    """Hash of the exact bytes that are sent."""


class OrderAnswered(msgspec.Struct, frozen=True):
    """The answer to an order is the seq of the first event of the append that encloses this."""

    order: OrderId
    session: SessionId


class CheckpointFile(msgspec.Struct, frozen=True):
    """One path of a checkpoint; with neither `sha` nor `link` the path did not exist."""

    path: str
    """Relative to the workspace; names that are not UTF-8 come as Python's surrogates."""
    mode: int
    sha: Sha | None
    link: str | None
    """Where a symbolic link points."""


class CheckpointStored(msgspec.Struct, frozen=True):
    """The paths of a checkpoint; their bytes are stored already or enclosed beside it."""

    checkpoint: CheckpointId
    session: SessionId
    files: tuple[CheckpointFile, ...]


class CheckpointBytes(msgspec.Struct, frozen=True):
    """The exact contents of a file, in a store of their own: never searched, exported or sent."""

    sha: Sha
    data: bytes


Enclosure = NewBlob | NewItem | NewRequest | OrderAnswered | CheckpointStored | CheckpointBytes
