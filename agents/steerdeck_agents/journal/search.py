"""Which words of an event are searched, how a query is quoted, and what a hit shows.

The index holds no text of its own (contentless FTS5), so a snippet is cut from the event.
"""

import re
from typing import Final

import msgspec

from steerdeck_agents.facts.events import (
    CallEnded,
    CallRequested,
    Event,
    HandEnded,
    HandOrdered,
    ItemEnded,
    MessageSent,
    Noticed,
    WindowCompacted,
)

_CAP: Final = 4000
"""Characters of one event that are indexed; of longer texts the two ends."""

_PHRASE = re.compile(r'"([^"]*)"|(\S+)')
_WORD = re.compile(r"\w+")

SEARCHED: Final = frozenset(
    {
        MessageSent,
        ItemEnded,
        CallRequested,
        CallEnded,
        Noticed,
        WindowCompacted,
        HandOrdered,
        HandEnded,
    }
)
"""Types worth calling `words_of` for; a set, since this is asked for every event."""


def words_of(event: Event) -> str:
    """The text of an event that the index holds; empty for most."""
    text = whole_words_of(event)
    return text if len(text) <= _CAP else f"{text[: _CAP // 2]}\n{text[-_CAP // 2 :]}"


def whole_words_of(event: Event) -> str:
    """The text of an event that a person may look for; empty for most."""
    match event:
        case MessageSent() | ItemEnded() | Noticed():
            return event.text
        case CallRequested():
            return event.title
        case WindowCompacted():
            return event.summary
        case CallEnded() | HandEnded():
            return event.result
        case HandOrdered():
            return event.script
        case _:
            return ""


def escaped(words: str) -> str:
    """Words as they stand in the JSON text of an event, for `like … escape '~'`."""
    return re.sub("[~%_]", r"~\g<0>", msgspec.json.encode(words).decode()[1:-1])


def quoted(query: str) -> str:
    """A user's words as an FTS5 query: all must occur, "…" is a phrase, the last is a prefix.

    Empty when there is no word to look for.
    """
    clean = query.replace("\0", " ").encode("utf-8", "replace").decode()
    parts: list[str] = []
    typing = False
    for phrase, word in _PHRASE.findall(clean):
        text = phrase or word
        if _WORD.search(text):
            escaped = text.replace('"', '""')
            parts.append(f'"{escaped}"')
            typing = bool(word)
    if parts and typing:
        parts[-1] += "*"
    return " ".join(parts)


def snippet(text: str, query: str, around: int = 60) -> str:
    """About `2 * around` characters of `text` on one line, near the first word of `query`."""
    line = " ".join(text.split())
    at = 0
    for word in _WORD.findall(query):
        found = re.search(rf"\b{re.escape(word)}", line, re.IGNORECASE)
        if found:
            at = found.start()
            break
    first, last = max(0, at - around), at + around
    return ("…" if first else "") + line[first:last] + ("…" if last < len(line) else "")
