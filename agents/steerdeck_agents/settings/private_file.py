"""The one way a file of the developer's is written: whole or not at all, and only theirs."""

import os
import tempfile
from pathlib import Path


def replace_file(place: Path, data: bytes) -> None:
    """Make `data` all a file holds, on disk when this returns; its folder must be there.

    Where a link stands, it is replaced: who wants it to stay hands in what it points to.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    # mkstemp makes it 0600 before it holds a byte.
    file, draft = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}-")
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        Path(draft).replace(place)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
