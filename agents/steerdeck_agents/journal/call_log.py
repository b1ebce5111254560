"""Pages of the tool log out of the rows of calls, and what one call is made of."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from steerdeck_agents.facts.call_page import Again, CallLine, CallsPage, Order, ToolTotal
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.sieve import SLOW_MS, STATES, Sieve

_COLUMNS: Final = (
    "id, session, seq, at_ms, tool, title, phase, started_ms, duration_ms, exit_code, summary,"
    " allowed_by, level, by_hand, paths, ended_seq"
)
_ORDERS: Final[dict[Order, str]] = {
    "newest": "seq desc",
    "oldest": "seq",
    "slowest": "duration_ms desc, seq desc",
}
MOST: Final = 500
"""Calls of one page."""
_SAME: Final = 5


def calls(
    connection: sqlite3.Connection,
    wanted: Sieve,
    *,
    session: SessionId | None = None,
    order: Order = "newest",
    first: int = 0,
    limit: int = 200,
    without: Sequence[str] = (),
) -> CallsPage:
    """The calls that pass from place `first` on, and what all that pass add up to.

    None as session gives the calls of all. Calls of the tools `without` are left out, and counted,
    unless the filter asks for tools.
    """
    where, values = _where(wanted, session)
    whole, of_whole = _where(Sieve(), session)
    # One walk over all that pass tells both kinds of totals.
    sums = connection.execute(
        "select tool, session, count(*), sum(phase = 'failed'), sum(duration_ms)"
        f" from call {where} group by tool, session",
        values,
    ).fetchall()
    unwanted = () if wanted.tools else tuple(without)
    left_out = sum(row[2] for row in sums if row[0] in unwanted)
    sums = [row for row in sums if row[0] not in unwanted]
    if unwanted:
        but = f"tool not in ({', '.join('?' * len(unwanted))})"
        where = f"{where} and {but}" if where else f"where {but}"
        values = [*values, *unwanted]
    matched = sum(row[2] for row in sums)
    first = max(0, min(first, matched - 1))
    rows = connection.execute(
        f"select {_COLUMNS} from call {where} order by {_ORDERS[order]} limit ? offset ?",
        (*values, max(1, min(limit, MOST)), first),
    )
    lines = tuple(map(_line, rows))
    (total,) = connection.execute(f"select count(*) from call {whole}", of_whole).fetchone()
    sessions = len({row[1] for row in sums})
    told = _totals(sums)
    return CallsPage(lines, first, matched, total, told, sessions, wanted.problem, left_out)


def _totals(sums: Sequence[tuple[str, str, int, int, int]]) -> tuple[ToolTotal, ...]:
    by_tool: dict[str, ToolTotal] = {}
    for tool, _, count, failed, took in sums:
        one = by_tool.get(tool, ToolTotal(tool, 0, 0, 0))
        by_tool[tool] = ToolTotal(tool, one.calls + count, one.failed + failed, one.took_ms + took)
    return tuple(sorted(by_tool.values(), key=lambda one: (-one.calls, one.tool)))


def call(connection: sqlite3.Connection, session: SessionId, call: CallId) -> CallLine | None:
    """One call; None when it is not on record."""
    row = connection.execute(
        f"select {_COLUMNS} from call where id = ? and session = ? order by seq desc",
        (call, session),
    ).fetchone()
    return None if row is None else _line(row)


def beside(connection: sqlite3.Connection, line: CallLine) -> tuple[int, tuple[Again, ...]]:
    """A call's place in its session, from 1, and the newest others with the same words."""
    (number,) = connection.execute(
        "select count(*) from call where session = ? and seq <= ?", (line.session, line.seq)
    ).fetchone()
    rows = connection.execute(
        "select id, at_ms, phase from call where session = ? and tool = ? and title = ?"
        " and seq <> ? order by seq desc limit ?",
        (line.session, line.tool, line.title, line.seq, _SAME),
    )
    return number, tuple(Again(*row) for row in rows)


def session_named(names: Sequence[str]) -> tuple[str, list[object]]:
    """A condition on ids of sessions: their name holds one of these, or their id begins so."""
    one = "id like ? escape '~' or json_extract(state, '$.name') like ? escape '~'"
    values: list[object] = []
    for name in names:
        values += [f"{like(name)}%", f"%{like(name)}%"]
    return f"(select id from session where {' or '.join([one] * len(names))})", values


def like(words: str) -> str:
    """Words as they stand in a pattern, for `like … escape '~'`."""
    clean = words.replace("\0", "").encode("utf-8", "replace").decode()
    return clean.replace("~", "~~").replace("%", "~%").replace("_", "~_")


def _where(wanted: Sieve, session: SessionId | None) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []

    def part(condition: str, *given: object) -> None:
        parts.append(condition)
        values.extend(given)

    def either(condition: str, patterns: Sequence[str]) -> None:
        count = condition.count("?")
        given = [like(one) for one in patterns for _ in range(count)]
        part(f"({' or '.join([condition] * len(patterns))})", *(f"%{one}%" for one in given))

    if session is not None:
        part("session = ?", session)
    if wanted.sessions:
        chosen, named = session_named(wanted.sessions)
        part(f"session in {chosen}", *named)
    if wanted.tools:
        either("tool like ? escape '~'", wanted.tools)
    if wanted.states:
        part(f"({' or '.join(map(_state, wanted.states))})")
    if wanted.paths:
        either("paths like ? escape '~' or title like ? escape '~'", wanted.paths)
    for word in wanted.words:
        either("title like ? escape '~' or tool like ? escape '~' or summary like ? escape '~'",
               (word,))  # fmt: skip
    for condition, bound in (
        ("duration_ms > ?", wanted.least_ms),
        ("duration_ms < ?", wanted.most_ms),
        ("at_ms >= ?", wanted.since_ms),
        ("at_ms < ?", wanted.until_ms),
    ):
        if bound is not None:
            part(condition, bound)
    return (f"where {' and '.join(parts)}" if parts else ""), values


_STATES: Final = {
    "slow": f"duration_ms >= {SLOW_MS}",
    "you": "by_hand or allowed_by like 'you%' or allowed_by like 'developer%'",
    "rule": "allowed_by like '%rule%'",
    "hand": "by_hand",
}


def _state(word: str) -> str:
    """A condition; the word is one the developer typed, so nothing of it goes into the SQL."""
    names = [name for name in STATES if name.startswith(word)]
    return f"({' or '.join(_STATES.get(name, f'phase = {name!r}') for name in names) or '0'})"


def _line(row: tuple[object, ...]) -> CallLine:
    told = dict(zip(CallLine.__struct_fields__, row, strict=True))
    told["paths"] = str(told["paths"]).split("\n") if told["paths"] else ()
    return msgspec.convert(told, CallLine, strict=False)
