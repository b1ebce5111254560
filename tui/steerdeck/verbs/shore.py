"""`diff` and `undo`: the files of a session, looked at and put back."""

import asyncio

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out, out_stored
from steerdeck.verbs.reviewing import hunks, undo_hunk
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import FilesRestored, Noticed, decode
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client


@click.command()
@click.argument("session", metavar="ID")
@click.argument("path", default="")
@click.option("--stat", is_flag=True, help="Files with their counts; of one PATH its hunks.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object: files, or a PATH's lines.")
def diff(session: str, path: str, stat: bool, as_json: bool) -> None:
    """Show what a session changed, all of it or one PATH.

    It is made for reading: what a terminal could obey stands as visible marks. For a patch that
    git can apply use `steerdeck land ID --patch FILE`.
    """
    asyncio.run(_diff(session, path, stat, as_json))


async def _diff(session: str, path: str, stat: bool, as_json: bool) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    async with reach.runtime(where) as client:
        if as_json:
            query = wire.FileOf(state.id, path) if path else wire.ReviewOf(state.id)
            out_stored(bytes(await client.ask_raw(query)).decode())
            return
        if stat and path:
            await hunks(client, state, path)
            return
        if stat:
            for line in diffstat(state):
                out(line)
            return
        text = await client.ask(wire.Diff(state.id, path), str)
    if not text:
        raise Ending(f"{state.name} changed nothing{f' in {path}' if path else ''}.", 0)
    out(text.rstrip("\n"))


@click.command()
@click.argument("session", metavar="ID")
@click.argument("paths", nargs=-1)
@click.option("--hunk", type=int, metavar="NUMBER", help="Only that hunk of one PATH.")
def undo(session: str, paths: tuple[str, ...], hunk: int | None) -> None:
    """Put files of a session back as they were.

    Without PATHs the last change is undone. An undo can be undone by another one. The numbers of
    hunks are told by `steerdeck diff ID PATH --stat`.

    \b
    Examples:
      steerdeck undo add-csv
      steerdeck undo add-csv shop/export.py
      steerdeck undo add-csv shop/export.py --hunk 2
    """
    if hunk is not None and len(paths) != 1:
        raise Ending("--hunk needs one PATH.", USAGE)
    asyncio.run(_undo(session, paths, hunk))


async def _undo(session: str, paths: tuple[str, ...], hunk: int | None) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    async with reach.runtime(where) as client:
        if hunk is not None:
            await undo_hunk(client, state, paths[0], hunk)
            return
        order = o.Undo(id=reach.new_order(), session=state.id, paths=paths)
        given = await client.give(order)
        for text in await _told(client, state, given.seq):
            out(text)


async def _told(client: Client, state: SessionState, seq: int) -> list[str]:
    """What the undo did, from the facts it became."""
    page = await client.ask(wire.Events(state.id, after=seq - 1, limit=20), list[msgspec.Raw])
    told = []
    for event in (decode(bytes(raw)) for raw in page):
        match event:
            case FilesRestored():
                told.append(f"Put back in {state.name}: {', '.join(event.paths) or 'nothing'}")
            case Noticed():
                told.append(event.text)
    return told


def diffstat(state: SessionState) -> list[str]:
    """The changed files of a session in lines, and their sum."""
    width = max((len(file.path) for file in state.files), default=0)
    lines = [
        f"  {file.path:<{width}}  +{file.added} -{file.removed}"
        + (f"  {file.kind}" if file.kind != "changed" else "")
        for file in state.files
    ]
    added = sum(file.added for file in state.files)
    removed = sum(file.removed for file in state.files)
    files = counted(len(state.files), "file")
    return [*lines, f"{files}, +{added} -{removed}"]
