"""Aspect of a state: the developer's review of what was changed."""

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    CheckpointTaken,
    CommentDropped,
    CommentMade,
    Event,
    FilesChanged,
    FilesRestored,
    FileViewed,
    LinesAccepted,
    LinesPutBack,
    LinesTakenBack,
    MessageWithdrawn,
    ReviewSent,
)
from steerdeck_agents.facts.ids import MessageId
from steerdeck_agents.facts.reviewing import Comment, Reviewing, Viewed
from steerdeck_agents.facts.state import SessionState

MOST_COMMENTS = 200
MOST_KEYS = 4_000
MOST_TAKEN = 50
MOST_VIEWED = 500
"""A state stays small; beyond these the oldest are forgotten, not the facts that told them."""


def apply(state: SessionState, event: Event) -> SessionState:
    review = _reviewed(state.review, event)
    return state if review is state.review else replace(state, review=review)


def _reviewed(now: Reviewing, event: Event) -> Reviewing:
    match event:
        case FilesChanged() | FilesRestored():
            return replace(now, files_seq=event.seq)
        case CheckpointTaken() if event.paths:
            return replace(now, files_seq=event.seq)
        case CommentMade() | CommentDropped() | ReviewSent() | MessageWithdrawn():
            return _comments(now, event)
        case LinesAccepted():
            kept = tuple(key for key in now.accepted if key not in event.keys)
            more = event.keys if event.accepted else ()
            return replace(now, accepted=(*kept, *more)[-MOST_KEYS:])
        case LinesTakenBack():
            told = replace(event.taken, seq=event.seq)
            return replace(now, taken=(*now.taken, told)[-MOST_TAKEN:])
        case LinesPutBack():
            taken = tuple(
                replace(one, put_back=event.seq) if one.seq == event.taken else one
                for one in now.taken
            )
            return replace(now, taken=taken)
        case FileViewed():
            left = tuple(one for one in now.viewed if one.path != event.path)
            more_viewed = (Viewed(event.path, event.digest),) if event.viewed else ()
            return replace(now, viewed=(*left, *more_viewed)[-MOST_VIEWED:])
        case _:
            return now


def _comments(
    now: Reviewing, event: CommentMade | CommentDropped | ReviewSent | MessageWithdrawn
) -> Reviewing:
    match event:
        case CommentMade():
            made = Comment(event.comment, event.anchor, event.text, event.at_ms)
            if any(comment.id == made.id for comment in now.comments):
                changed = tuple(made if one.id == made.id else one for one in now.comments)
                return replace(now, comments=changed)
            return replace(now, comments=(*now.comments, made)[-MOST_COMMENTS:])
        case CommentDropped():
            left = tuple(one for one in now.comments if one.id != event.comment)
            return replace(now, comments=left)
        case ReviewSent():
            sent = tuple(
                replace(one, message=event.message) if one.id in event.comments else one
                for one in now.comments
            )
            told = tuple(
                one if one.sent else replace(one, sent=True, message=event.message)
                for one in now.taken
            )
            return replace(now, comments=sent, taken=told)
        case MessageWithdrawn():
            waiting = tuple(
                replace(one, message=MessageId("")) if one.message == event.message else one
                for one in now.comments
            )
            untold = tuple(
                replace(one, sent=False, message=MessageId(""))
                if one.message == event.message
                else one
                for one in now.taken
            )
            if waiting == now.comments and untold == now.taken:
                return now
            return replace(now, comments=waiting, taken=untold)
