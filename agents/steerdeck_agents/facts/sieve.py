"""One line of text that narrows a list: `tool:shell is:failed >2s path:src pytest`.

Words must all occur; `key:a,b` takes one of several. What is no key of the list is a word, since
commands are full of colons. A value that means nothing is a problem with the way out, never a
filter that passes nothing for a reason nobody sees.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from steerdeck_agents.facts.ids import CallId, SessionId

What = Literal["calls", "hits"]
SLOW_MS: Final = 5_000
"""From here on a call is slow."""
STATES: Final[Mapping[str, str]] = {
    "done": "ended well",
    "failed": "ended with an error",
    "rejected": "you, a rule or a mode said no",
    "interrupted": "stopped before its end",
    "running": "works now",
    "asks": "waits for you",
    "requested": "waits its turn",
    "lost": "a crash hid its end",
    "slow": "took 5 s or more",
    "you": "you allowed it, or ran it by hand",
    "rule": "a rule of yours allowed it",
    "hand": "you ran it by hand",
}
ROLES: Final[Mapping[str, str]] = {
    "you": "your words",
    "agent": "what agents said",
    "thinking": "what agents thought",
    "call": "calls and their output",
    "note": "notes of the harness",
}
KEYS: Final[Mapping[What, Mapping[str, str]]] = {
    "calls": {
        "tool": "tool:shell,read",
        "is": f"is: {', '.join(STATES)}",
        "path": "path:src",
        "session": "session:NAME",
        "since": "since:today, 2h, 2026-11-20",
        "until": "until:yesterday",
    },
    "hits": {
        "role": f"role: {', '.join(ROLES)}",
        "path": "path:src",
        "session": "session:NAME",
        "since": "since:today, 2h, 2026-11-20",
        "until": "until:yesterday",
    },
}
"""The keys of each list with an example."""
_SAME: Final = {"status": "is", "file": "path"}
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*"?)+')
_TOOK = re.compile(r"([<>])=?(\d+(?:\.\d+)?)(ms|s|m|h)?")
_AGO = re.compile(r"(\d+)(m|h|d|w)")
_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_MINUTES: Final = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}


class Hit(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event that a search found."""

    session: SessionId
    seq: int
    type: str
    snippet: str
    at_ms: int = 0
    role: str = ""
    """A key of `ROLES`."""
    call: CallId | None = None
    marks: tuple[tuple[int, int], ...] = ()
    """Where in the snippet the words stand: start and end."""


class Sieve(msgspec.Struct, frozen=True):
    """What one line asks for; empty fields ask for nothing."""

    words: tuple[str, ...] = ()
    """Each without its quotes."""
    query: str = ""
    """The words as they were typed, quotes and all."""
    tools: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    least_ms: int | None = None
    most_ms: int | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    problem: str = ""
    """Why a part of it can't be followed: a sentence with the way out."""


def sieve(text: str, what: What, now_ms: int) -> Sieve:
    """Read a line; `now_ms` is what `today` and `2h` are counted from, in this machine's zone."""
    found: dict[str, list[str]] = {"words": [], "query": []}
    spans: dict[str, int] = {}
    problem = ""
    for token in _TOKEN.findall(text):
        key, colon, value = token.partition(":")
        key = _SAME.get(key.casefold(), key.casefold())
        took = _TOOK.fullmatch(token) if what == "calls" else None
        if took is not None:
            sign, number, unit = took.groups()
            spans["least_ms" if sign == ">" else "most_ms"] = int(float(number) * _MS[unit or "s"])
        elif not colon or key not in KEYS[what]:
            found["query"].append(token)
            if word := token.replace('"', "").strip():
                found["words"].append(word)
        elif key in ("since", "until"):
            at = _moment(value, now_ms, end=key == "until")
            if at is not None:
                spans[f"{key}_ms"] = at
            elif value:
                problem = problem or (
                    f"{token} names no time: write {key}:today, {key}:2h or {key}:2026-11-20."
                )
        else:
            values = [one for one in value.replace('"', "").split(",") if one]
            found.setdefault(_FIELDS[key], []).extend(values)
            problem = problem or _unknown(key, values)
    made = Sieve(query=" ".join(found.pop("query")), problem=problem)
    fields = {name: tuple(values) for name, values in found.items()}
    return msgspec.structs.replace(made, **fields, **spans)


_FIELDS: Final = {
    "tool": "tools", "is": "states", "role": "roles", "path": "paths", "session": "sessions",
}  # fmt: skip


def _unknown(key: str, values: Sequence[str]) -> str:
    known = {"is": STATES, "role": ROLES}.get(key)
    for value in values if known is not None else ():
        assert known is not None
        if not any(name.startswith(value) for name in known):
            return f"There is no {key}:{value}: it is one of {', '.join(known)}."
    return ""


def _moment(value: str, now_ms: int, *, end: bool) -> int | None:
    """When a word means; a day means its beginning, or with `end` its end."""
    now = datetime.fromtimestamp(now_ms / 1000)
    ago = _AGO.fullmatch(value)
    if ago is not None:
        return now_ms - int(ago[1]) * _MINUTES[ago[2]] * 60_000
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = timedelta(days=1) if end else timedelta()
    try:
        match value:
            case "today":
                at = day + whole
            case "yesterday":
                at = day - timedelta(days=1) + whole
            case _ if len(value) == len("2026-11-20"):
                at = datetime.fromisoformat(value) + whole
            case _ if ":" in value and len(value) <= len("10:36"):
                hour, _, minute = value.partition(":")
                at = day.replace(hour=int(hour), minute=int(minute or 0))
            case _:
                at = datetime.fromisoformat(value)
        return int(at.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return None


def completions(
    text: str, caret: int, what: What, known: Mapping[str, Sequence[str]]
) -> tuple[int, list[tuple[str, str]]]:
    """What the word at the caret may become: where it starts, and words with what they mean.

    `known` has the values of keys that only the list knows: tools, sessions, paths.
    """
    start = max(text.rfind(" ", 0, caret), text.rfind("\n", 0, caret)) + 1
    word = text[start:caret]
    key, colon, value = word.partition(":")
    key = _SAME.get(key, key)
    if not colon:
        keys = [(f"{name}:", about) for name, about in KEYS[what].items() if word]
        if what == "calls" and word[:1] in ("", ">"):
            keys += [(">2s", "took longer")] if word else []
        return start, [one for one in keys if one[0].startswith(word) and one[0] != word]
    if key not in KEYS[what]:
        return start, []
    done, comma, last = value.rpartition(",")
    values: Mapping[str, str]
    match key:
        case "is":
            values = STATES
        case "role":
            values = ROLES
        case "since" | "until":
            values = {"today": "", "yesterday": "", "2h": "two hours ago", "7d": "a week ago"}
        case _:
            values = dict.fromkeys(known.get(key, ()), "")
    fits = [(name, about) for name, about in values.items() if name.startswith(last)]
    fits += [(n, a) for n, a in values.items() if last in n and not n.startswith(last)]
    return start, [
        (f"{word.partition(':')[0]}:{done}{comma}{name}", about)
        for name, about in fits
        if name != last and " " not in name
    ]
