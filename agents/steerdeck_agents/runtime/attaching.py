"""Pictures that go along with a message: read once, when it is said, and kept as they were then."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from steerdeck_agents.facts.attached import Attached
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.facts.inert import one_line, utf8
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.tools.picture import LARGEST, picture_of

MOST = 8
"""Pictures of one message."""


async def read(paths: Sequence[str]) -> list[tuple[Attached, NewBlob]]:
    """The pictures with their bytes; OrderRefused names the one that can't be attached."""
    if len(paths) > MOST:
        raise OrderRefused(f"At most {MOST} pictures go along with one message; nothing was sent.")
    return await asyncio.to_thread(lambda: [_one(Path(path).expanduser()) for path in paths])


def _one(path: Path) -> tuple[Attached, NewBlob]:
    name = one_line(utf8(path.name), 80)
    try:
        if not path.is_file():
            raise OrderRefused(f"{name} is no file any more; nothing was sent.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise OrderRefused(f"{name} can't be read: {error.strerror}. Nothing was sent.") from error
    picture = picture_of(data)
    if picture is None:
        raise OrderRefused(f"{name} is no picture (PNG, JPEG, GIF or WebP); nothing was sent.")
    if len(data) > LARGEST:
        raise OrderRefused(f"{name} is larger than {LARGEST:,} bytes; nothing was sent.")
    sha = sha_of(data)
    return Attached(sha, name, picture.media_type, picture.words), NewBlob(sha, data)
