"""Pages for whoever reads a transcript: made in threads, since all of them may be long."""

import asyncio

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime.wire_reading import (
    Ends,
    Inked,
    InkOf,
    Match,
    Matching,
    OutputEnds,
    ReadingQuery,
)
from steerdeck_agents.workspace.lexing import lexed_as

_LONGEST = 2_000
"""Characters of a line of output that are told."""


async def page(reader: JournalReader, query: ReadingQuery) -> object:
    """The page; a SteerdeckError says why it can't be had."""
    match query:
        case Matching():
            return await asyncio.to_thread(_matching, reader, query)
        case OutputEnds(sha, lines):
            return await asyncio.to_thread(_ends, reader, sha, lines)
        case InkOf(language, texts):
            return await asyncio.to_thread(_inked, language, texts)


def _matching(reader: JournalReader, query: Matching) -> list[Match]:
    found: dict[str, Match] = {}
    for event in reader.matching(query.session, query.words):
        entry = entry_of(event)
        found.setdefault(entry, Match(event.seq, entry))
        if len(found) == query.limit:
            break
    return list(found.values())


def entry_of(event: e.Event) -> str:
    """The id of the entry of a transcript that the event belongs to."""
    match event:
        case e.MessageSent():
            return event.message
        case e.CallRequested() | e.CallEnded():
            return event.call or ""
        case e.ItemEnded(item=str(item)):
            return item
        case _:
            return f"mark_{event.seq}"


def _ends(reader: JournalReader, sha: Sha, most: int) -> Ends:
    lines = reader.blob(sha).decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    cut = [*lines[:most], *lines[max(most, len(lines) - most) :]]
    cut = [line[:_LONGEST] for line in cut]
    return Ends(tuple(cut[:most]), tuple(cut[most:]), len(lines))


def _inked(language: str, texts: tuple[str, ...]) -> Inked:
    found = lexed_as(language, [f"{text}\n" for text in texts])
    return Inked(tuple(found.lines), found.kinds)
