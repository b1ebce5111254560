"""`clean`: what of ours can go without losing anything, listed and then removed."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, FAILED
from steerdeck.verbs.printing import confirmed, err, is_terminal, out, out_json, out_table, progress
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import JournalError, JournalTaken
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.held import held
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work import cleaning
from steerdeck_agents.work.cleaning import Found

_MOST_SOCKETS = 5
_RUNS = "a runtime is at work; end it with `steerdeck runtime stop`, then ask again"


@click.command()
@click.option("--yes", is_flag=True, help="Remove what can go without asking.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def clean(yes: bool, as_json: bool) -> int:
    """List what can go and remove it: clones, sockets, caches. Nothing is lost by it.

    What can go: clones of archived sessions all of whose work is in your repository, sockets nobody
    listens on, what commands and processes that were killed left, and caches. A clone with anything
    that is not landed is never removed, nor are the journal, your settings and what you have not
    sent yet.

    \b
    Examples:
      steerdeck clean
      steerdeck clean --yes
      steerdeck clean --json
    """
    where = reach.here()
    removed: list[Found] | None = None
    with _looked_at(where) as found:
        goes = [one for one in found if not one.why]
        kept = [one for one in found if one.why]
        if not as_json:
            _show(goes, kept)
        if yes:
            removed = _remove(goes)
    asks = bool(goes) and not (yes or as_json) and is_terminal()
    if asks and asyncio.run(_asked(goes)):
        # While the question stood a session may have come to life, so it is all looked at again.
        with _looked_at(where) as found:
            removed = _remove(_still(goes, found))
    if as_json:
        out_json({"removable": goes, "kept": kept, "removed": [one.path for one in removed or ()]})
    elif removed is not None:
        freed = sum(one.bytes for one in removed)
        out(f"{counted(len(removed), 'thing')} removed, {freed:,} bytes.")
    elif goes:
        err("Nothing was removed; `steerdeck clean --yes` removes what can go.")
    return FAILED if removed is not None and len(removed) < len(goes) else DONE


@contextmanager
def _looked_at(where: Paths) -> Iterator[list[Found]]:
    """All there is, and where no runtime is at work, none that starts meanwhile."""
    with ExitStack() as holding:
        try:
            if where.data.is_dir():
                holding.enter_context(held(where.journal))
            runs = False
        except JournalTaken:
            runs = True
        found = asyncio.run(_found(where, runs=runs))
        progress("")
        yield found


async def _found(where: Paths, *, runs: bool) -> list[Found]:
    found: list[Found] = []
    states = await _states(where)
    if runs or states is None:
        why = _RUNS if runs else "the journal can't be read, so nobody knows whose it is"
        for place in (where.workspaces, where.bin):
            entries = sorted(place.iterdir()) if place.is_dir() else []
            found += [Found("clone", str(entry), cleaning.size_of(entry), why=why)
                      for entry in entries]  # fmt: skip
    else:
        async for clone in cleaning.clones(where, states):
            progress(f"looking at {clone.path} …")
            found.append(clone)
        found += await asyncio.to_thread(cleaning.outputs, where)
    found += await asyncio.to_thread(cleaning.sockets, where, time.time())
    found += await asyncio.to_thread(cleaning.left_behind, where)
    return found + await asyncio.to_thread(cleaning.caches, where)


async def _states(where: Paths) -> list[SessionState] | None:
    try:
        return await reach.listing(where, archived=True)
    except JournalError:
        return None


def _show(goes: list[Found], kept: list[Found]) -> None:
    if goes:
        out("Can go:")
        shown = [one for one in goes if one.kind != "socket"]
        lost = [one for one in goes if one.kind == "socket"]
        if len(lost) > _MOST_SOCKETS:
            first = lost[0].path.rpartition("/")[0]
            shown.append(Found("socket", f"{counted(len(lost), 'folder')} in {first}", 0))
        else:
            shown += lost
        out_table([_row(one) for one in shown], right=frozenset({1}))
    else:
        out("There is nothing that can go.")
    if kept:
        out("Stays:")
        out_table([(*_row(one), one.why) for one in kept], right=frozenset({1}))


def _row(one: Found) -> tuple[str, str, str, str]:
    return (f"  {one.kind}", f"{one.bytes:,}", one.session, one.path)


async def _asked(goes: list[Found]) -> bool:
    total = sum(one.bytes for one in goes)
    return await confirmed(f"Remove {counted(len(goes), 'thing')}, {total:,} bytes, for good?")


def _still(goes: list[Found], found: list[Found]) -> list[Found]:
    """What was agreed on and can go now too; of the rest it is said why it stays."""
    now = {one.path: one for one in found}
    again = []
    for one in goes:
        seen = now.get(one.path)
        if seen is not None and not seen.why:
            again.append(seen)
        elif os.path.lexists(one.path):
            err(f"{one.path} stays: {seen.why if seen else 'it is in use again'}.")
    return again


def _remove(goes: list[Found]) -> list[Found]:
    removed = []
    for one in goes:
        try:
            cleaning.remove(one)
        except OSError as error:
            err(f"{one.path} can't be removed: {error.strerror}.")
        else:
            removed.append(one)
    return removed
