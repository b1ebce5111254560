"""Orders of a review: comments, verdicts on lines, files looked at, and the message to send."""

from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.order import OrderHead
from steerdeck_agents.facts.reviewing import CommentId, Selection


class CommentOn(OrderHead, frozen=True, kw_only=True, tag="comment_on"):
    """Comment on lines of a change; with the id of a comment that waits, change its text.

    With lines on both sides the comment is on the new ones. A selection without a digest takes the
    file as it is. Words are not lost when the file has changed meanwhile: the comment goes where
    `seen` is now, or is stale from the beginning.
    """

    session: SessionId
    on: Selection
    text: str
    comment: CommentId = CommentId("")
    seen: tuple[str, ...] = ()
    """The lines as they were on the screen, without their ends."""


class DropComment(OrderHead, frozen=True, kw_only=True, tag="drop_comment"):
    session: SessionId
    comment: CommentId


class SendReview(OrderHead, frozen=True, kw_only=True, tag="send_review"):
    """Say all comments that wait to the agent, as one message."""

    session: SessionId


class AcceptLines(OrderHead, frozen=True, kw_only=True, tag="accept_lines"):
    """These changed lines are as they should be; `accepted` false takes that back."""

    session: SessionId
    on: Selection
    accepted: bool = True


class RejectLines(OrderHead, frozen=True, kw_only=True, tag="reject_lines"):
    """Make these lines in the workspace what they were before the change."""

    session: SessionId
    on: Selection


class PutBack(OrderHead, frozen=True, kw_only=True, tag="put_back"):
    """Undo a rejection: `taken` is the seq of the fact that told it."""

    session: SessionId
    taken: int


class MarkViewed(OrderHead, frozen=True, kw_only=True, tag="mark_viewed"):
    """A file was looked at, as it was on the screen; it counts until the file changes."""

    session: SessionId
    path: str
    digest: Sha
    viewed: bool = True


ReviewOrder = (
    CommentOn | DropComment | SendReview | AcceptLines | RejectLines | PutBack | MarkViewed
)
