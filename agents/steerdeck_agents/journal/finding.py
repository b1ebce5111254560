"""Hits of a full-text search over all sessions, archived ones too, narrowed by a sieve."""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from typing import Final

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.sieve import ROLES, Hit, Sieve
from steerdeck_agents.journal.call_log import like, session_named
from steerdeck_agents.journal.search import quoted, snippet, words_of

_WORD = re.compile(r"\w+")
_BY_AGENT: Final = 'event.json like \'%"actor":"agent"%\''
_OF_ROLE: Final = {
    "you": f"(event.type = 'message.sent' and not {_BY_AGENT})",
    "agent": "(event.type = 'item.ended' and event.json like '%\"kind\":\"message\"%')"
    f" or (event.type = 'message.sent' and {_BY_AGENT})",
    "thinking": "(event.type = 'item.ended' and event.json like '%\"kind\":\"reasoning\"%')",
    "call": "event.type in ('call.requested', 'call.ended', 'hand.ordered', 'hand.ended')",
    "note": "event.type in ('notice', 'window.compacted')",
}


def hits(connection: sqlite3.Connection, wanted: Sieve, limit: int = 50) -> list[Hit]:
    """Events that hold all words, newest first; without a word nothing."""
    match = quoted(wanted.query)
    if not match:
        return []
    where, values = _where(wanted)
    rows = connection.execute(
        "select event.session, event.seq, event.type, event.json from search"
        f" join event on event.seq = search.rowid where search match ?{where}"
        " order by search.rowid desc limit ?",
        (match, *values, limit),
    )
    return [_hit(session, seq, kind, text, wanted.query) for session, seq, kind, text in rows]


def _where(wanted: Sieve) -> tuple[str, list[object]]:
    parts: list[str] = []
    values: list[object] = []
    if wanted.sessions:
        chosen, named = session_named(wanted.sessions)
        parts.append(f"event.session in {chosen}")
        values += named
    roles = [name for word in wanted.roles for name in ROLES if name.startswith(word)]
    if wanted.roles:
        parts.append(f"({' or '.join(_OF_ROLE[name] for name in roles) or '0'})")
    if wanted.paths:
        # What a call is about stands in its row; of other words the path must be among them.
        one = (
            "event.json like ? escape '~' or exists (select 1 from call where call.session ="
            " event.session and call.id = json_extract(event.json, '$.call')"
            " and call.paths like ? escape '~')"
        )
        parts.append(f"({' or '.join([one] * len(wanted.paths))})")
        values += [f"%{like(path)}%" for path in wanted.paths for _ in range(2)]
    for condition, bound in (
        ("event.at_ms >= ?", wanted.since_ms),
        ("event.at_ms < ?", wanted.until_ms),
    ):
        if bound is not None:
            parts.append(condition)
            values.append(bound)
    return "".join(f" and {part}" for part in parts), values


def _hit(session: str, seq: int, kind: str, text: str, query: str) -> Hit:
    event = e.decode(text)
    shown = snippet(words_of(event), query)
    return Hit(
        SessionId(session),
        seq,
        kind,
        shown,
        event.at_ms,
        role_of(event),
        event.call,
        marks(shown, _WORD.findall(query)),
    )


def role_of(event: e.Event) -> str:
    """Whose words an event holds, as a key of ROLES."""
    match event:
        case e.MessageSent(actor="agent") | e.ItemEnded(kind="message"):
            return "agent"
        case e.MessageSent():
            return "you"
        case e.ItemEnded():
            return "thinking"
        case e.CallRequested() | e.CallEnded() | e.HandOrdered() | e.HandEnded():
            return "call"
        case _:
            return "note"


def marks(text: str, words: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Where words of the text begin with these, without regard to case and accents."""
    wanted = [bare for word in words if (bare := _bare(word))]
    found: list[tuple[int, int]] = []
    for place in _WORD.finditer(text):
        bare = _bare(place[0])
        fits = [word for word in wanted if bare.startswith(word)]
        parts = [part for part in re.split("_+", place[0]) if part]
        if fits:
            longest = max(map(len, fits))
            end = place.end() if len(bare) != len(place[0]) else place.start() + longest
            found.append((place.start(), end))
        elif any(_bare(part).startswith(word) for part in parts for word in wanted):
            found.append(place.span())
    return tuple(found)


def _bare(word: str) -> str:
    parted = unicodedata.normalize("NFKD", word.casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))
