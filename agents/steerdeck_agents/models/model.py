"""What a model is to the rest of the engine: bytes of a request in, chunks of its answer out."""

from collections.abc import AsyncGenerator
from typing import Literal, Protocol

import msgspec

from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.facts.usage import Usage


class TextDelta(msgspec.Struct, frozen=True):
    """A piece of an item still arriving."""

    item: str
    kind: Literal["message", "reasoning", "arguments"]
    text: str


class ItemDone(msgspec.Struct, frozen=True):
    """A whole output item; `text` is its JSON, to be stored and sent back as it is (law 2)."""

    item: str
    """The same name its deltas had; unique within one answer only."""
    type: str
    """`message`, `reasoning`, `function_call`, or what the server calls it."""
    text: str


class Opened(msgspec.Struct, frozen=True):
    """The headers of the answer, or of a refusal, have come; nothing of the answer itself."""

    headers: dict[str, str]
    """Those that speak of limits or name the request at the server."""


class Notice(msgspec.Struct, frozen=True):
    """Something about the server that the developer should know; said once."""

    name: Literal["api", "reroute"]
    text: str


class Ended(msgspec.Struct, frozen=True):
    """The terminal event; only after it may calls of the answer start (law 4)."""

    usage: Usage
    """As the server counted, without a price."""
    served_model: str
    ending: Ending = ""
    """Calls of an answer that was cut off or filtered are not whole and never start."""


Chunk = Opened | TextDelta | ItemDone | Notice | Ended


class Model(Protocol):
    """Answers requests; one per session, used for one request at a time."""

    name: str

    def stream(self, body: bytes) -> AsyncGenerator[Chunk, None]:
        """Send exactly these bytes; the last chunk is `Ended`, else `ModelError` is raised."""

    async def close(self) -> None:
        """Give its connections back."""
