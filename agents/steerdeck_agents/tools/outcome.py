"""What a tool hands back: text for the model, a few words for people, nothing cut silently.

The model's text is capped by cutting its middle: the head says what ran, the tail says how it
ended, and the marker between them says how much is missing.
"""

from typing import Literal

import msgspec

LIMIT = 32 * 1024
"""Most bytes of UTF-8 a result may hold."""
_MARKER_ROOM = 160


class Outcome(msgspec.Struct, frozen=True):
    """The one result of a call."""

    status: Literal["done", "failed"]
    text: str
    """What the model gets: at most `LIMIT` bytes of UTF-8."""
    summary: str = ""
    """A few words for the right edge: `9 hits`, `+12 −3`, `exit 1`, `1–120`."""
    exit_code: int | None = None
    complete: bytes | None = None
    """The whole output, when `text` holds less."""
    picture: str = ""
    """A picture the model gets besides `text`, as a data URL."""


def fit(text: str, limit: int = LIMIT, total: int | None = None, lines: int | None = None) -> str:
    """`text` in at most `limit` bytes of UTF-8, its middle cut out when it is longer.

    `total` and `lines` are the bytes and lines of the whole, when `text` itself is only head and
    tail of it. Lone surrogates become question marks: the result can always be encoded.
    """
    data = text.encode(errors="replace")
    if len(data) <= limit and (total is None or total <= len(data)):
        return data.decode()
    total = len(data) if total is None else max(total, len(data))
    lines = data.count(b"\n") + (not data.endswith(b"\n")) if lines is None else lines
    half = min(max(0, limit - _MARKER_ROOM), len(data)) // 2
    head = data[:half].decode(errors="ignore")
    tail = data[len(data) - half :].decode(errors="ignore")
    gone = total - len(head.encode()) - len(tail.encode())
    marker = f"[… {gone:,} of {total:,} bytes are left out here; the whole has {lines:,} lines …]"
    return f"{head}\n{marker}\n{tail}"
