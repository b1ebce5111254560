"""`comment`, and of `diff` and `undo` what speaks of hunks: a review from the command line."""

import asyncio
import re

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out, out_json, out_table
from steerdeck_agents.facts import review_orders as o
from steerdeck_agents.facts.comparison import FilePage, Placed
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.reviewing import Comment, Selection
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client

_PLACE = re.compile(r"(.+?):(\d{1,9})(?:-(\d{1,9}))?")


@click.command()
@click.argument("session", metavar="ID")
@click.argument("place", metavar="FILE:LINE", default="")
@click.argument("text", default="")
@click.option("--send", is_flag=True, help="Say all comments to the agent, as one message.")
@click.option("--drop", type=int, metavar="NUMBER", help="Drop the comment of that number.")
@click.option("--json", "as_json", is_flag=True, help="List the comments as one JSON array.")
def comment(
    session: str, place: str, text: str, send: bool, drop: int | None, as_json: bool
) -> None:
    """Comment on lines a session changed; without a line list the comments.

    A comment stays with its lines while the file is edited. Nothing reaches the agent before
    --send.

    \b
    Examples:
      steerdeck comment fix-login auth/session.py:52 "what if the commit fails?"
      steerdeck comment fix-login auth/session.py:45-48 "one transaction, please" --send
      steerdeck comment fix-login
    """
    if bool(place) != bool(text.strip()):
        raise Ending("A comment needs a place and words: FILE:LINE TEXT.", USAGE)
    if drop is not None and (place or send):
        raise Ending("--drop goes with nothing else.", USAGE)
    asyncio.run(_comment(session, place, text, send, drop, as_json))


async def _comment(
    session: str, place: str, text: str, send: bool, drop: int | None, as_json: bool
) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    async with reach.runtime(where) as client:
        if drop is not None:
            if not 1 <= drop <= len(state.review.comments):
                raise Ending(f"{state.name} has no comment {drop}; list them without --drop.")
            gone = state.review.comments[drop - 1]
            await client.give(
                o.DropComment(id=reach.new_order(), session=state.id, comment=gone.id)
            )
            out(f"Dropped: {one_line(gone.text)}")
            return
        if place:
            on = _selection(place)
            await client.give(o.CommentOn(id=reach.new_order(), session=state.id, on=on, text=text))
            if not send:
                out(f"Kept for {state.name}; `steerdeck comment {state.name} --send` says it.")
        if send:
            await client.give(o.SendReview(id=reach.new_order(), session=state.id))
            out(f"Kept for {state.name}, to be delivered at the next safe point.")
        if not place and not send:
            await _list(client, state, as_json)


def _selection(place: str) -> Selection:
    """`FILE:LINE` or `FILE:LINE-LINE`, on the lines as they are now."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Ending(f"{place!r} is no place: write FILE:LINE or FILE:FIRST-LAST.", USAGE)
    first = int(found[2])
    return Selection(path=found[1], shown=Sha(""), new=(first, int(found[3] or first)))


async def _list(client: Client, state: SessionState, as_json: bool) -> None:
    comments = state.review.comments
    placed: dict[str, Placed] = {}
    for path in {comment.anchor.path for comment in comments}:
        page = await client.ask(wire.FileOf(state.id, path), FilePage)
        placed.update({one.comment: one for one in page.comments})
    if as_json:
        lines = [{"comment": one, "line": _line(one, placed)} for one in comments]
        out_json(lines)
        return
    if not comments:
        out(f"There is no comment on the changes of {state.name}.")
        return
    out_table(
        [
            (
                str(number),
                f"{one.anchor.path}:{lines_of(one, placed)}",
                "" if _line(one, placed) else "stale",
                "sent" if one.message else "not sent",
                one_line(one.text, 60),
            )
            for number, one in enumerate(comments, 1)
        ],
        right=frozenset({0}),
    )


def lines_of(comment: Comment, placed: dict[str, Placed]) -> str:
    """Its lines as they are written in a place: `52`, or `45-48`."""
    first, count = _line(comment, placed) or comment.anchor.line, comment.anchor.count
    return f"{first}-{first + count - 1}" if count > 1 else str(first)


def _line(comment: Comment, placed: dict[str, Placed]) -> int:
    """Number of its first line now; 0 when its lines are gone."""
    return placed[comment.id].line if comment.id in placed else 0


async def hunks(client: Client, state: SessionState, path: str) -> None:
    """The hunks of one file with the numbers that `undo --hunk` takes."""
    page = await client.ask(wire.FileOf(state.id, path), FilePage)
    if not page.hunks:
        raise Ending(f"{state.name} has no hunk in {path}. {page.note}".rstrip(), 0)
    out_table(
        [
            (
                str(number),
                f"{path}:{hunk.line}",
                f"+{hunk.added} -{hunk.removed}",
                "accepted" if hunk.accepted else "open",
            )
            for number, hunk in enumerate(page.hunks, 1)
        ],
        right=frozenset({0}),
    )


async def undo_hunk(client: Client, state: SessionState, path: str, number: int) -> None:
    """Take one hunk back; the agent is told with its next request."""
    page = await client.ask(wire.FileOf(state.id, path), FilePage)
    if not 1 <= number <= len(page.hunks):
        has = counted(len(page.hunks), "hunk")
        raise Ending(f"{path} has {has}; `steerdeck diff {state.name} {path} --stat` lists them.")
    hunk = page.hunks[number - 1]
    pairs = [pair for pair in page.pairs[hunk.first : hunk.last + 1] if not pair.same]
    old = [pair.old.number for pair in pairs if pair.old is not None]
    new = [pair.new.number for pair in pairs if pair.new is not None]
    on = Selection(
        path=path,
        shown=page.digest,
        old=(min(old), max(old)) if old else (0, 0),
        new=(min(new), max(new)) if new else (0, 0),
    )
    await client.give(o.RejectLines(id=reach.new_order(), session=state.id, on=on))
    out(f"Took back hunk {number} of {path} in {state.name}; its agent is told.")
