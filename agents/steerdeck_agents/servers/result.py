"""What a call of a server came to, in parts: whoever hands it to a model cuts and chooses."""

import msgspec


class TextPart(msgspec.Struct, frozen=True):
    """Text, also of structured content and of links."""

    text: str


class DataPart(msgspec.Struct, frozen=True):
    """Bytes that are no text."""

    media_type: str
    data: bytes
    name: str = ""
    """What the server calls it; empty when it has no name."""


Part = TextPart | DataPart


class Result(msgspec.Struct, frozen=True):
    """The answer to one call."""

    parts: tuple[Part, ...]
    failed: bool = False
    """The tool itself says that it failed."""
