"""`calls`: the tool log of one session or of all, and one call closely."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import err, out, out_json, out_table
from steerdeck_agents.facts.call_page import (
    Asked,
    CallLine,
    CallPage,
    CallsPage,
    Order,
    OutputPart,
)
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import level_words
from steerdeck_agents.facts.sieve import KEYS, STATES
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import calling, wire_calls
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.settings.paths import Paths

T = TypeVar("T")
_PAGE = 2_000
_TITLE = 100


@click.command(epilog=f"Keys of the FILTER: {', '.join(KEYS['calls'])}, >2s, <100ms. "
               f"is: {', '.join(STATES)}.")  # fmt: skip
@click.argument("session", metavar="[SESSION]", required=False)
@click.argument("words", metavar="[FILTER]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Of all sessions, archived ones too.")
@click.option("--sort", "order", type=click.Choice(["newest", "oldest", "slowest"]),
              default="newest", show_default=True)  # fmt: skip
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--skip", type=click.IntRange(0), default=0, help="Leave out so many first.")
@click.option("--call", "closely", metavar="CALL", help="One call: input, evidence, whole output.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def calls(
    session: str | None,
    words: tuple[str, ...],
    every: bool,
    order: Order,
    limit: int,
    skip: int,
    closely: str | None,
    as_json: bool,
) -> None:
    """List the tool calls of a session, or of all, with what they add up to.

    \b
    Examples:
      steerdeck calls fix-login tool:shell is:failed
      steerdeck calls --all ">10s" since:today path:src pytest
      steerdeck calls fix-login --call call_7
    """
    words = (session, *words) if session is not None else ()
    if not every and words and _is_filter(words[0]):
        raise Ending(
            f"{words[0]!r} is a filter: name a session before it, or give --all for every one.",
            USAGE,
        )
    if not every and not words:
        raise Ending("Name a session, or give --all for every one.", USAGE)
    if closely is not None and every:
        raise Ending("One call is of one session: name the session instead of --all.", USAGE)
    asyncio.run(_calls(words, every, order, (skip, limit), closely, as_json))


def _is_filter(word: str) -> bool:
    """Whether it can't be the name of a session."""
    return word[:1] in ("<", ">") or (word.partition(":")[0] in KEYS["calls"] and ":" in word)


async def _calls(
    words: tuple[str, ...],
    every: bool,
    order: Order,
    part: tuple[int, int],
    closely: str | None,
    as_json: bool,
) -> None:
    where = reach.here()
    session = SessionId("") if every else (await reach.session(where, words[0])).id
    if closely is not None:
        await _one(where, session, CallId(closely), as_json)
        return
    text = " ".join(words if every else words[1:])
    query = wire_calls.Calls(session, text, order, *part)
    page = CallsPage()
    async with reach.running(where) as client:
        if client is not None or where.journal.exists():
            page = await _ask(where, client, query, CallsPage)
    if page.problem:
        raise Ending(page.problem, USAGE)
    if as_json:
        out_json(page)
        return
    names: Mapping[SessionId, str] = {}
    if every and page.lines:
        names = {one.id: one.name for one in await reach.listing(where, archived=True)}
    if page.lines:
        out_table([_row(line, names) for line in page.lines], right=frozenset({2}))
    _totals(page)


async def _ask(
    where: Paths, client: Client | None, query: wire_calls.CallsQuery, kind: type[T]
) -> T:
    """The page as the runtime tells it, else as the journal does."""
    if client is not None:
        return await client.ask(query, kind)
    now_ms = int(datetime.now().timestamp() * 1000)
    made = await asyncio.to_thread(calling.made, JournalReader(where.journal), query, now_ms)
    assert isinstance(made, kind)
    return made


def _row(line: CallLine, names: Mapping[SessionId, str]) -> tuple[str, ...]:
    whose = (names.get(line.session, line.session),) if names else ()
    took = f"{line.duration_ms / 1000:.1f} s" if line.duration_ms >= 50 else ""
    result = f"{line.phase} ({one_line(line.summary, 40)})" if line.summary else line.phase
    return (_time(line.at_ms), line.call, took, *whose, line.tool, result,
            one_line(line.title, _TITLE))  # fmt: skip


def _totals(page: CallsPage) -> None:
    took = f"{page.took_ms / 1000:,.1f} s"
    if not page.matched:
        err(f"None of {counted(page.total, 'call')} passes." if page.total else "No call yet.")
        return
    of = f" of {page.total:,}" if page.total != page.matched else ""
    shown = ""
    if len(page.lines) < page.matched:
        shown = f"; shown are {page.first + 1:,} to {page.first + len(page.lines):,}"
    tools = ", ".join(f"{one.calls:,} {one.tool}" for one in page.tools[:6])
    calls = f"{page.matched:,}{of} calls" if of else counted(page.matched, "call")
    err(f"{calls}, {page.failed:,} failed, {took}: {tools}{shown}.")


async def _one(where: Paths, session: SessionId, call: CallId, as_json: bool) -> None:
    async with reach.running(where) as client:
        page = await _ask(where, client, wire_calls.CallOf(session, call), CallPage)
        if as_json:
            out_json(page)
            return
        _tell(page)
        first = 0
        while first < page.part.total:
            query = wire_calls.OutputOf(session, call, first, _PAGE)
            part = await _ask(where, client, query, OutputPart)
            for text in part.lines:
                out(text)
            if part.cut:
                err("A line above is longer than what is shown of it.")
            first += max(1, len(part.lines))


def _tell(page: CallPage) -> None:
    line = page.line
    rows = [
        ("session", f"{page.name} ({line.session}), call {page.number} of it"),
        ("when", f"{_time(line.at_ms)}, took {line.duration_ms / 1000:.1f} s"),
        ("tool", line.tool),
        ("result", f"{line.phase} {line.summary}".strip()),
        ("allowed", line.allowed_by),
        ("sandbox", level_words(line.level)),
        ("rules", ", ".join(page.rules)),
        ("network", ", ".join(page.network)),
        ("wrote", ", ".join(page.wrote)),
        ("request", page.request),
        ("edited", page.edited),
        ("input", page.arguments),
    ]
    for label, text in rows:
        for at, shown in enumerate(text.split("\n") if text else ()):
            out(f"{label if not at else '':<9} {shown}")
    for card in page.asked:
        _card(card)
    out(f"{'output':<9} {counted(page.part.total, 'line')}, {page.part.size:,} bytes")


def _card(card: Asked) -> None:
    answer = " ".join(part for part in (card.decision, card.scope, card.words) if part)
    out(f"{'asked':<9} {'; '.join(card.reasons) or 'everything is asked for'}")
    for text in card.what.split("\n"):
        out(f"{'':<9} │ {text}")
    for label, told in (
        ("why", card.why), ("danger", card.danger), ("network", ", ".join(card.network)),
        ("had read", ", ".join(card.taint)), ("folder", card.folder),
        ("sandbox", level_words(card.level)), ("answer", answer),
    ):  # fmt: skip
        if told:
            out(f"{'':<9} {label:<9} {one_line(told, 300)}")


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000).strftime("%Y-%m-%d %H:%M:%S")
