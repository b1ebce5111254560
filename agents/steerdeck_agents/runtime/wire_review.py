"""What a client may ask for of a review."""

import msgspec

from steerdeck_agents.facts.ids import SessionId


class ReviewOf(msgspec.Struct, frozen=True, tag="review", tag_field="ask"):
    """All changed files, against the base or another session's result: ReviewPage."""

    session: SessionId
    other: SessionId = SessionId("")


class FileOf(msgspec.Struct, frozen=True, tag="review_file", tag_field="ask"):
    """One file's change with its marks and colours: FilePage."""

    session: SessionId
    path: str
    other: SessionId = SessionId("")
    ignore_space: bool = False
    whole: bool = False
    """Every line of it, not only those around hunks."""
