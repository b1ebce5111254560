"""The newest hunk of a session, for lanes on tall terminals."""

from functools import lru_cache

from steerdeck.text import Line
from steerdeck.widgets.diff_view import hunk_lines
from steerdeck.widgets.unified import Hunk, parse

_READ = 2_000
"""Lines of a diff read for it on the deck's loop."""


@lru_cache(maxsize=16)
def _last(text: str) -> Hunk | None:
    hunks = [hunk for file in parse(text, _READ).files for hunk in file.hunks]
    return hunks[-1] if hunks else None


def newest_hunk(text: str, most: int) -> list[Line]:
    """At most `most` rows of the last hunk of a unified diff."""
    hunk = _last(text)
    return hunk_lines(hunk, most) if hunk is not None else []
