"""The scripted model: what a script sees of a conversation, and what it may answer.

A script is a function of the conversation alone, so the server that plays it remembers nothing:
after a crash, a resume or a fork the same conversation gets the same answer. It ships with the
product because the demo, the tests and `steerdeck model serve` need a model without key or network.
"""

from collections.abc import Callable
from typing import Literal

import msgspec


class Asked(msgspec.Struct, frozen=True):
    """A call the script made earlier, as it stands in the conversation."""

    id: str
    tool: str
    arguments: str
    """Of a freeform call its whole input."""
    output: str | None = None
    """The text of its result, None while it has none."""
    freeform: bool = False


class Conversation(msgspec.Struct, frozen=True):
    """The input of one request, as far as scripts care."""

    model: str
    salt: str
    """A few characters that differ between sessions, for ids."""
    said: tuple[str, ...]
    """What the developer wrote, the task first; notes of the harness are not among it."""
    calls: tuple[Asked, ...]
    messages: tuple[str, ...]
    """Ids of the messages the script wrote."""
    note: str = ""
    """What the harness wrote, when that is the newest item; else empty."""
    cached: int = 0
    """Bytes of input that the request before this one held already."""
    bytes: int = 0
    """Bytes of the whole request."""
    pictures: int = 0
    """How many the input holds."""
    freeform: tuple[str, ...] = ()
    """Names of the tools that are offered as freeform tools."""

    @property
    def task(self) -> str:
        return self.said[0] if self.said else ""


class Think(msgspec.Struct, frozen=True):
    """A reasoning item with this summary."""

    text: str


class Say(msgspec.Struct, frozen=True):
    """A message."""

    text: str
    id: str = ""
    final: bool = False


class Call(msgspec.Struct, frozen=True):
    """A function call; several in one reply run in parallel."""

    tool: str
    arguments: dict[str, object]
    id: str = ""


class Custom(msgspec.Struct, frozen=True):
    """A call of a freeform tool; through Chat Completions it is one of a function."""

    tool: str
    input: str
    id: str = ""


Part = Think | Say | Call | Custom


class Reply(msgspec.Struct, frozen=True):
    """One response, streamed; with `broken` it goes wrong after `after` events."""

    parts: tuple[Part, ...]
    broken: Literal["", "drop", "end", "stall", "error", "failed", "incomplete"] = ""
    """`drop` cuts the connection, `end` closes it politely but early, `stall` falls silent."""
    after: int = 0


class Refuse(msgspec.Struct, frozen=True):
    """An HTTP error instead of a response."""

    status: int
    message: str
    code: str = ""
    retry_after_s: float | None = None


Script = Callable[[Conversation], Reply | Refuse]
