"""Two versions of a file beside each other, as a page that a screen can draw without any work.

Written as arrays, since a page holds thousands of lines. Texts are as the file has them; whoever
draws them makes them inert.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.reviewing import CommentId, LineKey, Side

Kind = Literal["added", "changed", "removed", "binary", "unread"]


class Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line on one side."""

    number: int
    text: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    """Start and end of the words that changed, in `text`."""
    ink: tuple[tuple[int, int, int], ...] = ()
    """Start, end, and index in the page's `kinds` of what the syntax makes of it."""


class Pair(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One row: a line, what became of it, or both. Without both, `gap` lines are left out here."""

    hunk: int
    """Index in the page's hunks; -1 between them."""
    same: bool
    """Both sides say the same; a text they share stands on the new side only."""
    accepted: bool
    old: Part | None
    new: Part | None
    gap: int = 0


class HunkMark(msgspec.Struct, frozen=True):
    """One hunk: the rows from its first to its last changed line."""

    key: LineKey
    first: int
    last: int
    """Indices in the page's pairs."""
    line: int
    """Number of its first line in the new file, or of the line after what was removed."""
    added: int
    removed: int
    accepted: bool = False
    again: bool = False
    """The developer took just this back before."""


class Placed(msgspec.Struct, frozen=True):
    """Where the lines of a comment are now; a line 0 is nowhere."""

    comment: CommentId
    side: Side
    line: int


class FilePage(msgspec.Struct, frozen=True):
    """One file's change in full."""

    path: str
    kind: Kind
    digest: Sha
    added: int = 0
    removed: int = 0
    kinds: tuple[str, ...] = ()
    """Names of Pygments' tokens."""
    pairs: tuple[Pair, ...] = ()
    hunks: tuple[HunkMark, ...] = ()
    comments: tuple[Placed, ...] = ()
    note: str = ""
    """Why there is nothing to see, or what is not in the lines: a mode, a link."""
    cut: int = 0
    """Rows that were left out at the end."""


class FileRow(msgspec.Struct, frozen=True):
    """One file in the list of a review."""

    path: str
    kind: Kind
    digest: Sha
    added: int = 0
    removed: int = 0
    hunks: int = 0
    accepted: int = 0
    """Hunks of these that were accepted."""
    viewed: bool = False
    comments: int = 0
    stale: int = 0
    """Comments of these whose lines are gone."""


class ReviewPage(msgspec.Struct, frozen=True):
    """All changed files of a session, or all that differ from another one's."""

    files: tuple[FileRow, ...] = ()
    base: str = ""
    """What the left side is, in a word or two."""
    against: str = ""
    """Name of the other session; empty when it is the base commit."""
