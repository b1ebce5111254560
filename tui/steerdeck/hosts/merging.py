"""Which host a question is for, and one page made of what several of them answer."""

import asyncio
import heapq
import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from steerdeck.source import decoded
from steerdeck_agents.facts.call_page import CallLine, CallsPage, Order, ToolTotal
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_calls import Calls
from steerdeck_agents.runtime.wire_reading import OutputEnds
from steerdeck_agents.runtime.wire_shore import Shores
from steerdeck_agents.runtime.wire_words import OwnWords

T = TypeVar("T")
Reach = Literal["one", "all", "any"]
"""`one`: the host of its session, or the one in hand; `all`: every host, and one page of what they
say; `any`: whichever has it."""
_KEYS: dict[Order, Callable[[CallLine], int]] = {
    "newest": lambda line: -line.at_ms,
    "oldest": lambda line: line.at_ms,
    "slowest": lambda line: -line.duration_ms,
}
"""What comes first in a log of calls is what this gives the least of."""


def reach_of(query: wire.Query) -> Reach:
    match query:
        case wire.Sessions() | wire.Search() | Shores() | wire.Spend() | OwnWords() | wire.Rules():
            return "all"
        case Calls(session=""):
            return "all"
        case wire.Blob() | OutputEnds():
            return "any"
        case _:
            return "one"


def storages(told: Sequence[tuple[str, wire.Storage]]) -> wire.Storage:
    """How the journals of several hosts are, each named; of one alone as it said it."""
    if len(told) == 1:
        return told[0][1]
    return wire.Storage(
        " ".join(f"{host}: {one.problem}" for host, one in told if one.problem),
        tuple(f"{host}: {note}" for host, one in told for note in one.notes),
        " ".join(f"{host}: {one.read_only}" for host, one in told if one.read_only),
    )


async def joined(pages: Sequence[bytes]) -> bytes:
    """Lists one behind the other; of objects their lists, by name, and else what the first says.

    PageError: one of them is neither, as a host of another version may answer.
    """
    if len(pages) == 1:
        return pages[0]
    if all(page[:1] == b"[" for page in pages):
        return _in_row(pages)
    told = [await decoded(page, dict[str, msgspec.Raw]) for page in pages]
    whole: dict[str, msgspec.Raw] = {}
    for name, value in told[0].items():
        parts = [bytes(one[name]) for one in told if name in one]
        lists = all(part[:1] == b"[" for part in parts)
        whole[name] = msgspec.Raw(_in_row(parts)) if lists else value
    return msgspec.json.encode(whole)


def _in_row(lists: Sequence[bytes]) -> bytes:
    inner = [page.strip()[1:-1].strip() for page in lists]
    return b"[" + b",".join(part for part in inner if part) + b"]"


async def answers_of(
    asked: Sequence[Awaitable[T]],
) -> tuple[list[T], dict[int, SteerdeckError | OSError]]:
    """What those say that answer, in their order; why the others don't, by their place.

    Raises what the first says when none answers, and what is no error of a host or its line.
    """
    good: list[T] = []
    problems: dict[int, SteerdeckError | OSError] = {}
    for place, one in enumerate(await asyncio.gather(*asked, return_exceptions=True)):
        match one:
            case SteerdeckError() | OSError():
                problems[place] = one
            case BaseException():
                raise one
            case _:
                good.append(one)
    if problems and not good:
        raise next(iter(problems.values()))
    return good, problems


def unnamed(query: wire.Query, host: str) -> wire.Query:
    """A question that names sessions as they are called here, `build:fix`, as that host knows them.

    A session of another host keeps its host's name, and so is none of this one.
    """
    sign = re.compile(rf'(session:"?){re.escape(host)}:')
    match query:
        case Calls():
            return replace(query, filter=sign.sub(r"\1", query.filter))
        case wire.Search():
            return replace(query, query=sign.sub(r"\1", query.query))
        case _:
            return query


async def calls_until(ask: Callable[[wire.Query], Awaitable[bytes]], query: Calls) -> CallsPage:
    """All calls of one host down to the end of a window of calls, in as many pages as that takes.

    Which of them are in the window only the other hosts' calls tell.
    """
    end = query.first + query.limit
    page = await decoded(await ask(replace(query, first=0, limit=end)), CallsPage)
    lines = list(page.lines)
    while len(lines) < min(end, page.matched):
        rest = replace(query, first=len(lines), limit=end - len(lines))
        more = await decoded(await ask(rest), CallsPage)
        if more.first != len(lines) or not more.lines:
            break
        lines += more.lines
    return replace(page, lines=tuple(lines))


async def window_of(pages: Sequence[CallsPage], query: Calls) -> bytes:
    """One page of the window that is asked for; clocks of hosts are taken to go alike."""
    return await asyncio.to_thread(_window_of, pages, query)


def _window_of(pages: Sequence[CallsPage], query: Calls) -> bytes:
    matched = sum(page.matched for page in pages)
    first = max(0, min(query.first, matched - 1))
    order = heapq.merge(*(page.lines for page in pages), key=_KEYS[query.order])
    lines = tuple(islice(order, first, first + query.limit))
    tools: dict[str, ToolTotal] = {}
    for one in (one for page in pages for one in page.tools):
        known = tools.get(one.tool, ToolTotal(one.tool, 0, 0, 0))
        tools[one.tool] = ToolTotal(
            one.tool,
            known.calls + one.calls,
            known.failed + one.failed,
            known.took_ms + one.took_ms,
        )
    return msgspec.json.encode(
        CallsPage(
            lines=lines,
            first=first,
            matched=matched,
            total=sum(page.total for page in pages),
            tools=tuple(sorted(tools.values(), key=lambda one: (-one.calls, one.tool))),
            sessions=sum(page.sessions for page in pages),
            problem=next((page.problem for page in pages if page.problem), ""),
            left_out=sum(page.left_out for page in pages),
        )
    )
