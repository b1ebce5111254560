"""The values in files that hold secrets, and in the memory of the runtime.

A developer who allows the reading of such a file allows that one result; its values are known from
then on, and found wherever else they turn up: in the output of a command, in words of the model.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from steerdeck_agents.gate.secret_scan import entropy, find, names_a_secret

MOST: Final = 400
"""Values of one file that are remembered."""
_SHORTEST: Final = 6
_LONGEST: Final = 4096
_GIVEN: Final = re.compile(
    # Line numbers as reading a file gives them, and the signs of a diff.
    r"(?m)^(?:\d{1,6}\t)?[ \t+-]*(?:export[ \t]+)?"
    r"[\"']?(?P<name>[\w.-]{1,80})[\"']?[ \t]*(?::=|[:=])[ \t]*"
    r"(?P<value>[^\n]{1,4096})$"
)
_WORD: Final = re.compile(r"[A-Za-z0-9_\-+/=.~%]{20,512}")
_COMMON: Final = frozenset(
    {"true", "false", "none", "null", "localhost", "development", "production", "staging"}
    | {"example", "default", "enabled", "disabled", "password", "username", "postgres"}
    | {"postgresql", "database", "utf-8", "string", "not-needed"}
)


def worth_knowing(value: str) -> bool:
    """Whether a value can be looked for everywhere: no everyday word, number, path or name."""
    if not _SHORTEST <= len(value) <= _LONGEST or value.lower() in _COMMON:
        return False
    number = value.replace(".", "").isdigit() and len(value) < 10
    if number or value.startswith(("/", "./", "~")):
        return False
    if len(value) >= 12:
        return entropy(value) >= 2.0
    mixed = any(map(str.isalpha, value)) and not value.isalpha()
    return mixed or len(value) >= 8


def values_of(text: str) -> Iterator[str]:
    """What a file on the secret list holds: what is given to names, its long words, its keys."""
    seen: set[str] = set()
    given = (
        match.group("value")
        for match in _GIVEN.finditer(text)
        if names_a_secret(match.group("name"))
    )
    found = (text[one.start : one.end] for one in find(text))
    words = (word for word in _WORD.findall(text) if _looks_made(word))
    for part in (*found, *map(_bare, given), *words):
        if part not in seen and worth_knowing(part) and len(seen) < MOST:
            seen.add(part)
            yield part


def values_in(variables: Mapping[str, str]) -> list[str]:
    """The values of variables whose names say that they hold a secret."""
    return [
        value for name, value in variables.items() if names_a_secret(name) and worth_knowing(value)
    ]


def other_writings(values: Iterable[str]) -> Iterator[str]:
    """The same values in base64, in hexadecimal and as a part of a url."""
    for value in values:
        if len(value) < 12:
            continue
        data = value.encode(errors="replace")
        for skipped in range(3):
            # Where in a longer text a value begins decides how base64 writes it: three ways.
            coded = base64.b64encode(b"\0" * skipped + data)
            sure = coded[(0, 2, 3)[skipped] : len(coded) - 4].decode()
            if len(sure) >= 16:
                yield sure
                yield sure.translate(_URL_SAFE)
        yield data.hex()
        if (part := quote(value, safe="")) != value:
            yield part


def _looks_made(word: str) -> bool:
    """Whether a word without a name looks like no path, address or name of a program."""
    return sum(map(str.isdigit, word)) >= 2 and entropy(word) >= 3.5 and "/" not in word[:1]


_URL_SAFE: Final = str.maketrans("+/", "-_")


def _bare(value: str) -> str:
    value = value.strip().rstrip(",;").strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value
