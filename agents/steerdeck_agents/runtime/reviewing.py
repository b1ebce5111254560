"""Orders and pages of a review: what the developer says to lines of a session's changes.

Lines that are taken back are written as an undo is: the state before is kept, the intent is told
first, and the agent hears of it with its next request.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts.comparison import FilePage, ReviewPage
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    CommentDropped,
    CommentMade,
    FilesRestored,
    FileViewed,
    KnownEvent,
    LinesAccepted,
    LinesPutBack,
    LinesTakenBack,
    MessageSent,
    RestoreStarted,
    ReviewSent,
)
from steerdeck_agents.facts.ids import CheckpointId, MessageId, OrderId, SessionId, Sha, sha_of
from steerdeck_agents.facts.review_orders import (
    AcceptLines,
    CommentOn,
    DropComment,
    MarkViewed,
    PutBack,
    RejectLines,
    ReviewOrder,
    SendReview,
)
from steerdeck_agents.facts.reviewing import CommentId, LineKey, TakenBack
from steerdeck_agents.facts.shore import Restored, Restoring
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import CheckpointFile, OrderAnswered
from steerdeck_agents.loop.site import recorded, until_kept
from steerdeck_agents.runtime.shore import not_restored
from steerdeck_agents.runtime.wire_review import FileOf, ReviewOf
from steerdeck_agents.session import Session
from steerdeck_agents.work import undo
from steerdeck_agents.work.reviewing import (
    anchor_of,
    comment_text,
    merged,
    message,
    rejected,
    taken_back,
)
from steerdeck_agents.workspace.checkpoint import restore
from steerdeck_agents.workspace.compare import lines_of
from steerdeck_agents.workspace.git import LARGE
from steerdeck_agents.workspace.within import FileState, read_file

_MOMENT_S = 2.0


async def page(fleet: Fleet, query: ReviewOf | FileOf) -> ReviewPage | FilePage:
    """A page of a review; OrderRefused says why it can't be had."""
    session = fleet.session(query.session)
    if not session.state.workspace.path:
        return ReviewPage() if isinstance(query, ReviewOf) else _nothing(query.path)
    other = _other(fleet, session.state, query.other) if query.other else None
    match query:
        case ReviewOf():
            return await session.review.files(session.state, other)
        case FileOf(path=path):
            return await session.review.page(
                session.state, path, other, ignore_space=query.ignore_space, whole=query.whole
            )


async def review(fleet: Fleet, session: Session, order: ReviewOrder) -> tuple[SessionId, int]:
    """Carry an order of a review out; OrderRefused says why not."""
    state = session.state
    if not state.workspace.path or state.archived:
        raise OrderRefused(f"{state.name} has no workspace to review; reopen it first.")
    match order:
        case RejectLines() | PutBack():
            return await _on_files(fleet, session, order)
        case SendReview():
            async with session.deciding:
                facts = await _send(fleet, session)
                return await _record(fleet, session, order.id, *facts)
        case _:
            facts = await _facts(fleet, session, order)
            return await _record(fleet, session, order.id, *facts)


def _nothing(path: str) -> FilePage:
    return FilePage(path, "changed", Sha("gone"), note="its workspace is not made yet")


def _other(fleet: Fleet, state: SessionState, other: SessionId) -> SessionState:
    """The session to compare with; OrderRefused when it has other files altogether."""
    found = fleet.session(other).state
    if found.id == state.id or found.workspace.repository != state.workspace.repository:
        raise OrderRefused(f"{found.name} is no other session of the same repository.")
    if not found.workspace.path:
        raise OrderRefused(f"{found.name} has no workspace yet; compare with it later.")
    return found


async def _record(
    fleet: Fleet, session: Session, order: OrderId, *facts: KnownEvent
) -> tuple[SessionId, int]:
    answered = OrderAnswered(order, session.id)
    first, *_ = await fleet.writer.append(*facts, full=True, enclosed=(answered,))
    return session.id, first.seq


async def _facts(
    fleet: Fleet, session: Session, order: CommentOn | DropComment | AcceptLines | MarkViewed
) -> list[KnownEvent]:
    match order:
        case CommentOn():
            return [await _comment(fleet, session, order)]
        case DropComment(comment=comment):
            if not any(one.id == comment for one in session.state.review.comments):
                raise OrderRefused("That comment is gone already.")
            return [CommentDropped(session=session.id, actor="developer", comment=comment)]
        case AcceptLines():
            return await _accepted(session, order)
        case MarkViewed():
            viewed = FileViewed(
                session=session.id,
                actor="developer",
                path=order.path,
                digest=order.digest,
                viewed=order.viewed,
            )
            return [viewed]


async def _accepted(session: Session, order: AcceptLines) -> list[KnownEvent]:
    """What is accepted, or open again: of an accepted hunk the other lines stay as they are."""
    on = order.on
    compared = await session.review.selected(on)
    keys = await asyncio.to_thread(compared.keys_of, on)
    if not keys:
        raise OrderRefused(f"Nothing was changed in these lines of {on.path}.")

    def fact(keys: tuple[LineKey, ...], *, accepted: bool) -> KnownEvent:
        return LinesAccepted(
            session=session.id, actor="developer", path=on.path, keys=keys, accepted=accepted
        )

    if order.accepted:
        return [fact(keys, accepted=True)]
    gone, kept = compared.opened(on, session.state.review)
    return [fact(gone, accepted=False), *([fact(kept, accepted=True)] if kept else [])]


async def _comment(fleet: Fleet, session: Session, order: CommentOn) -> CommentMade:
    text = comment_text(order.text)
    if order.comment:
        known = next((c for c in session.state.review.waiting if c.id == order.comment), None)
        if known is None:
            raise OrderRefused("That comment was sent or dropped; make a new one.")
        anchor = known.anchor
    else:
        review, on = session.review, order.on
        if on.shown and not order.seen:
            compared = await review.selected(on)
        else:
            compared = await review.compared(on.path, ignore_space=on.ignore_space)
        anchor = await asyncio.to_thread(anchor_of, compared, on, order.seen)
    return CommentMade(
        session=session.id,
        actor="developer",
        comment=order.comment or CommentId(fleet.ids.new("note")),
        anchor=anchor,
        text=text,
    )


async def _send(fleet: Fleet, session: Session) -> list[KnownEvent]:
    text, comments = await message(session.review, session.state)
    name = MessageId(fleet.ids.new("msg"))
    said = MessageSent(
        session=session.id, actor="developer", message=name, text=text, delivery="steer"
    )
    told = ReviewSent(
        session=session.id,
        actor="developer",
        message=name,
        comments=tuple(comment.id for comment in comments),
    )
    return [said, told]


@asynccontextmanager
async def _hands(session: Session) -> AsyncIterator[None]:
    """The files to oneself, after a call that is about to end; OrderRefused when it goes on."""
    hands = session.ground.hands
    try:
        async with asyncio.timeout(_MOMENT_S):
            await hands.acquire()
    except TimeoutError:
        raise OrderRefused(
            f"The files of {session.state.name} are being changed; interrupt its call or wait for"
            " its end, then do it again."
        ) from None
    try:
        yield
    finally:
        hands.release()


class _Change(NamedTuple):
    """One path as it is to be, and the fact to tell of it."""

    path: str
    target: FileState | None
    told: TakenBack | int


async def _on_files(
    fleet: Fleet, session: Session, order: RejectLines | PutBack
) -> tuple[SessionId, int]:
    async with _hands(session):
        # What the last call changed is recorded beside the next request; it must be known here.
        await session.ground.settled()
        if isinstance(order, RejectLines):
            compared = await session.review.selected(order.on)
            taken = await asyncio.to_thread(taken_back, compared, order.on)
            target = await asyncio.to_thread(rejected, compared, order.on)
            change = _Change(order.on.path, target, taken)
        else:
            change = await _put_back(fleet, session, order.taken)
        return await _written(fleet, session, order.id, change)


async def _put_back(fleet: Fleet, session: Session, seq: int) -> _Change:
    state = session.state
    taken = next((one for one in state.review.taken if one.seq == seq and not one.put_back), None)
    if taken is None:
        raise OrderRefused("That was put back already, or was never taken back.")
    kept = await asyncio.to_thread(undo.kept_of, fleet.reader, state.id)
    ids = [one.id for one in kept]
    data = fleet.reader.checkpoint_bytes
    place, path = state.workspace, taken.path
    before = await undo.state_at(place, kept, path, ids.index(taken.before), data)
    after = await undo.state_at(place, kept, path, ids.index(taken.after), data)
    if await asyncio.to_thread(undo.on_disk, place.path, path, after[0]):
        file, content = before
        there = file.sha is not None or file.link is not None
        target = FileState(file.mode, content or b"", file.link) if there else None
        return _Change(path, target, seq)
    now = await asyncio.to_thread(read_file, place.path, path, LARGE)
    texts = (_text(before[1]), _text(after[1]), _text(now.data if now else None))
    lines = await asyncio.to_thread(merged, *texts)
    if now is None or lines is None:
        raise OrderRefused(
            f"The lines around {path}:{taken.line} have changed since, so these can't be put back."
            " Say it to the agent, or edit the file."
        )
    data_now = "".join(lines).encode("utf-8", "surrogateescape")
    return _Change(path, replace(now, data=data_now), seq)


def _text(data: bytes | None) -> list[str]:
    return lines_of((data or b"").decode("utf-8", "surrogateescape"))


async def _written(
    fleet: Fleet, session: Session, order: OrderId, change: _Change
) -> tuple[SessionId, int]:
    """Write one path with the state before kept and the intent told first."""
    ground, path, target = session.ground, change.path, change.target
    before = await ground.checkpoint("before undo")
    kept = await asyncio.to_thread(undo.kept_of, fleet.reader, session.id)
    if not kept or (why := undo.not_covered(kept, path, len(kept) - 1)):
        raise OrderRefused(why if kept else f"{path} is not covered by undo.")
    before = before or kept[-1].id
    file = _wanted(path, target)
    restoring = Restoring(
        checkpoint=before,
        files=(Restored(path, file.sha, file.link, file.mode),),
        undone_by=before,
        order=order,
    )
    await session.append(RestoreStarted(session=session.id, actor="developer", restoring=restoring))
    data = None if target is None or target.link is not None else target.data
    try:
        await asyncio.to_thread(restore, session.state.workspace, file, data)
    except OrderRefused as error:
        raise await not_restored(fleet, session, str(error)) from error
    # Recorded before it is told: a crash in between leaves an undo that is looked at again.
    after = await until_kept(session.id, partial(ground.checkpoint, "after undo")) or before
    restored = FilesRestored(
        session=session.id,
        actor="developer",
        checkpoint=before,
        paths=(path,),
        undone_by=before,
        part=True,
    )
    told = _told(session.id, change.told, before, after)
    answered = OrderAnswered(order, session.id)
    first, *_ = await recorded(fleet.writer, told, restored, enclosed=(answered,))
    await ground.publish_changes()
    return session.id, first.seq


def _wanted(path: str, target: FileState | None) -> CheckpointFile:
    if target is None:
        return CheckpointFile(path=path, mode=0, sha=None, link=None)
    sha = None if target.link is not None else sha_of(target.data)
    return CheckpointFile(path=path, mode=target.mode, sha=sha, link=target.link)


def _told(
    session: SessionId, told: TakenBack | int, before: CheckpointId, after: CheckpointId
) -> KnownEvent:
    if isinstance(told, int):
        return LinesPutBack(session=session, actor="developer", taken=told)
    taken = replace(told, before=before, after=after)
    return LinesTakenBack(session=session, actor="developer", taken=taken)
