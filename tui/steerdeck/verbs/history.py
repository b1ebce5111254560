"""`export` and `search`: what is kept, written down and found again."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import err, out, out_json, out_stored
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.sieve import Hit, sieve
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.secret_marks import home_key
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import calling
from steerdeck_agents.runtime.wire_calls import Search
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.share.export import page_to_read, redactor_for, stored


@click.command()
@click.argument("session", metavar="ID")
@click.option("--format", "form", type=click.Choice(["jsonl", "md"]), default="jsonl",
              show_default=True, help="jsonl: as stored; md: to read.")  # fmt: skip
@click.option("-o", "file", metavar="FILE", help="Write it there; the file must not exist.")
def export(session: str, form: Literal["jsonl", "md"], file: str | None) -> None:
    """Write a session's events as JSON lines, or to read.

    Secrets are replaced by marks such as ⟨secret github token #3f2a⟩, also those an agent was
    allowed to read. What nothing tells from other text can't be found: look before you share it.

    \b
    Examples:
      steerdeck export fix-login -o fix-login.jsonl
      steerdeck export fix-login --format md | less
    """
    where = reach.here()
    state = asyncio.run(reach.session(where, session))
    reader = JournalReader(where.journal)
    if file is None and sys.stdout.isatty() and form == "jsonl":
        for piece in _pieces(reader, state, form, where):
            out_stored(piece.removesuffix("\n"))
        return
    with _target(file) as target:
        for piece in _pieces(reader, state, form, where):
            target.write(piece.encode("utf-8", "backslashreplace"))
    if file is not None:
        err(f"Wrote {state.name} to {file}.")


def _pieces(reader: JournalReader, state: SessionState, form: str, where: Paths) -> Iterator[str]:
    redactor = redactor_for(reader, state.id, home_key(where.data))
    if form == "md":
        for piece in page_to_read(state, stored(reader, state.id)):
            yield redactor.text(piece)
        return
    for text in stored(reader, state.id):
        yield f"{redactor.json(text)}\n"


@contextmanager
def _target(file: str | None) -> Iterator[BinaryIO]:
    if file is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if os.path.lexists(file):
        raise Ending(f"{file} is there already; name another file.")
    if not Path(file).absolute().parent.is_dir():
        raise Ending(f"{file} can't be made: its folder is not there; name another file.")
    with Path(file).open("xb") as made:
        yield made
        made.flush()
        os.fsync(made.fileno())


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def search(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search all sessions for events that hold every word of the QUERY, the newest first.

    Keys narrow it: role:you (agent, thinking, call, note), session:NAME, path:src, since:today,
    until:2026-11-20. A phrase stands in quotes.

    \b
    Examples:
      steerdeck search rounding error
      steerdeck search role:you since:7d path:src/shop '"half up"'
    """
    asyncio.run(_search(" ".join(query), limit, as_json))


async def _search(words: str, limit: int, as_json: bool) -> None:
    where = reach.here()
    now_ms = time.time_ns() // 1_000_000
    asked = sieve(words, "hits", now_ms)
    if asked.problem:
        raise Ending(asked.problem, USAGE)
    if not asked.words:
        raise Ending("Write a word to look for beside what narrows the search.", USAGE)
    query = Search(words, limit)
    async with reach.running(where) as client:
        if client is not None:
            hits = await client.ask(query, list[Hit])
        elif where.journal.exists():
            reader = JournalReader(where.journal)
            made = await asyncio.to_thread(calling.made, reader, query, now_ms)
            hits = msgspec.convert(made, list[Hit])
        else:
            hits = []
    if as_json:
        out_json(hits)
        return
    names = {s.id: s.name for s in await reach.listing(where, archived=True)} if hits else {}
    for hit in hits:
        name = names.get(hit.session, hit.session)
        when = datetime.fromtimestamp(hit.at_ms / 1000).strftime("%Y-%m-%d %H:%M")
        out(f"{name}  {hit.seq}  {when}  {hit.role}  {one_line(hit.snippet, 200)}")
    if not hits:
        err("Nothing was found.")
