"""Facts of a review: comments, verdicts on lines, files looked at, and the message they become.

A comment is tied to the text of its lines, not to their numbers, so it stays with them while the
agent edits above and below. A verdict is tied to what a change says: when the agent changes it
again, it is open again. Hashes stand beside quotes, since a quote may have lost a secret.
"""

from typing import Literal, NewType

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CheckpointId, MessageId, Sha

CommentId = NewType("CommentId", str)
LineKey = NewType("LineKey", str)
"""What names a changed line, or a hunk, by what it says: 16 hexadecimal digits."""
Side = Literal["old", "new"]
Span = tuple[int, int]
"""Number of the first and of the last line, from 1; (0, 0) is none."""


class Selection(msgspec.Struct, frozen=True, omit_defaults=True):
    """Some lines of a file's change, exactly as they were on the screen."""

    path: str
    shown: Sha
    """Digest of the file that was compared; another one voids the selection."""
    old: Span = (0, 0)
    new: Span = (0, 0)
    ignore_space: bool = False
    """How the two were compared."""


class Anchor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Lines known by their text."""

    path: str
    side: Side = "new"
    line: int = 1
    """Number of the first one when the comment was made."""
    count: int = 1
    sha: Sha = Sha("")
    """Of all its lines."""
    before: Sha = Sha("")
    after: Sha = Sha("")
    """Of the line above and of the line below: they tell twins apart."""
    quote: tuple[str, ...] = ()
    """What people and the agent read of it."""


class Comment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A comment of the developer on some lines."""

    id: CommentId
    anchor: Anchor
    text: str
    at_ms: int = 0
    message: MessageId = MessageId("")
    """The message it was sent with; empty while it waits."""


class TakenBack(msgspec.Struct, frozen=True, omit_defaults=True):
    """Lines of a change that the developer undid."""

    path: str
    line: int
    added: int
    removed: int
    quote: tuple[str, ...] = ()
    """The change as it was, with its signs, cut."""
    keys: tuple[LineKey, ...] = ()
    """What it said, hunk by hunk: so it is known again when the agent makes it again."""
    before: CheckpointId = CheckpointId("")
    """The files with the change; putting it back starts from there."""
    after: CheckpointId = CheckpointId("")
    """The files without it."""
    seq: int = 0
    """The fact that told it; it is named by this."""
    put_back: int = 0
    """The fact that made it void."""
    sent: bool = False
    """A review that was sent has told of it."""
    message: MessageId = MessageId("")
    """The message that told of it."""


class Viewed(msgspec.Struct, frozen=True):
    """A file that was looked at, as it was then."""

    path: str
    digest: Sha


class Reviewing(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the developer's review of a session has come."""

    comments: tuple[Comment, ...] = ()
    accepted: tuple[LineKey, ...] = ()
    taken: tuple[TakenBack, ...] = ()
    viewed: tuple[Viewed, ...] = ()
    files_seq: int = 0
    """The last fact by which files may have changed."""

    @property
    def waiting(self) -> tuple[Comment, ...]:
        """Comments that were not sent yet."""
        return tuple(comment for comment in self.comments if not comment.message)

    @property
    def untold(self) -> tuple[TakenBack, ...]:
        """What was taken back since the last review was sent."""
        return tuple(one for one in self.taken if not one.sent and not one.put_back)


class CommentMade(Fact, frozen=True, kw_only=True, tag="review.commented"):
    """A comment, or another text for the one of that id."""

    comment: CommentId
    anchor: Anchor
    text: str


class CommentDropped(Fact, frozen=True, kw_only=True, tag="review.comment_dropped"):
    comment: CommentId


class LinesAccepted(Fact, frozen=True, kw_only=True, tag="review.accepted"):
    """Changed lines or whole hunks are as they should be; `accepted` false takes that back."""

    path: str
    keys: tuple[LineKey, ...]
    accepted: bool = True


class LinesTakenBack(Fact, frozen=True, kw_only=True, tag="review.taken_back"):
    """Changed lines are in the workspace again as they were before the change."""

    taken: TakenBack


class LinesPutBack(Fact, frozen=True, kw_only=True, tag="review.put_back"):
    """Lines that were taken back are there again."""

    taken: int
    """`seq` of the fact that told it."""


class FileViewed(Fact, frozen=True, kw_only=True, tag="review.viewed"):
    path: str
    digest: Sha
    viewed: bool = True


class ReviewSent(Fact, frozen=True, kw_only=True, tag="review.sent"):
    """The comments that waited became one message."""

    message: MessageId
    comments: tuple[CommentId, ...]


ReviewFact = (
    CommentMade | CommentDropped | LinesAccepted | LinesTakenBack | LinesPutBack | FileViewed
    | ReviewSent
)  # fmt: skip
