"""Finds secrets in a text: by value, by shape, by the name before them, by their randomness.

Most text holds none, so it is cheap to say so: a table of bytes turns every character of a token
into one letter, and a search for sixteen of that letter in a row finds the few words worth a look.
Hashes, ids, lock files and pictures in base64 are random too and stay: without a name before it
only a word that mixes all kinds of characters as a random one does, and stands alone, is a secret.
"""

import base64
import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from steerdeck_agents.gate.secret_shapes import (
    CREDENTIAL_URL,
    HEADS,
    KEY_BEGINS,
    KEY_BODY,
    KEY_ENDS,
    shape_at,
)

LONGEST: Final = 512
"""Characters of a value that are looked at together."""
_RUN: Final = 16
_TOKEN: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_TABLE: Final = bytes(120 if code in _TOKEN else 32 for code in range(256))
_DIGITS: Final = b"0123456789"
_RUNS: Final = re.compile(b"x" * _RUN + b"x*")
"""Begins with letters and not with a repetition, so that it is searched for as a word is."""

_NAMED: Final = re.compile(
    r"(?i)(?:api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|encryption[_-]?key"
    r"|signing[_-]?key|secret|token|passw(?:or)?d|passphrase|passwd|pwd|credential|auth|bearer|basic"
    r"|cookie|session[_-]?id|client[_-]?id[_-]?secret|[A-Z0-9]_KEY|\bkey|_pat)"
    r"[\w.-]{0,24}(?:[\"'`\]]{0,2}[ \t]{0,3}(?:=>|:=|[:=])[ \t]{0,3}[bfr]?[\"'`(]{0,2}"
    r"|(?<=bearer) |(?<=basic) |(?<=token) )$"
)
"""A name that stands for a secret, up to where its value begins."""
_NAME_WORDS: Final = (
    "key", "secret", "token", "passw", "passphrase", "pwd", "credential", "auth", "bearer", "basic",
    "cookie", "session", "_pat",
)  # fmt: skip
"""One of these stands in each such name."""
_VALUE_PIECE: Final = re.compile(r"[A-Za-z0-9_\-+/=.~%]{1,512}")
_LOWER: Final = bytes(code + 32 if 65 <= code <= 90 else code for code in range(256))
_UPPER: Final = bytes(
    85 if 65 <= code <= 90 or code == 95 else code if code == 61 else 32 for code in range(256)
)
_PASSWORDS: Final = (b"passw", b"phrase", b"pwd", b"secret")
"""What stands in a line with a password, which may be short and a plain word."""
_ASSIGNS: Final = b"UUU="
"""Something is given to a name in capitals; so it looks in the table `_UPPER`."""
_LINE: Final = 1024
"""Characters around such a word that are looked at."""
_VARIABLE: Final = re.compile(
    # Of a shell, an .env file or a container.
    r"(?:(?<![A-Za-z0-9_.])|(?<=\\[nrt]))(?P<name>[A-Z][A-Z0-9_]{0,60})=(?P<quote>[\"']?)(?P<value>[^\s\"'`;,\\]{1,256})"
)
_SAID: Final = re.compile(
    r"(?i)(?:passw(?:or)?d|passwd|passphrase|\bpwd|secret)[\w-]{0,20}"
    r"[\"']?[ \t]{0,3}(?:=>|:=|[:=])[ \t]{0,3}(?P<quote>[\"'])(?P<value>[^\"'\n]{6,128})(?P=quote)"
)
_PLAIN_LINE: Final = re.compile(
    r"(?im)(?:passw(?:or)?d|passwd|passphrase)[ \t]{0,3}[:=][ \t]{0,3}"
    r"(?P<value>[^\s\"'`(){}\[\]<>$,;\\]{6,128})[ \t]{0,8}(?:$|[\"'\\])"
)
_NETRC: Final = re.compile(r"login\s{1,8}\S{1,255}\s{1,8}password\s{1,8}(?P<value>\S{1,256})")
_SECRET_VARIABLE: Final = re.compile(
    r"_(?:KEY|TOKEN|SECRET|PASS|PASSWD|PASSWORD|PASSPHRASE|PWD|AUTH|CREDENTIALS?|PAT|COOKIE"
    r"|SIGNATURE|DSN)$|^(?:TOKEN|SECRET|PASSWORD|PASSWD|PASS|PGPASSWORD)$|_(?:KEY|TOKEN|SECRET)_|APIKEY$"
)
_NO_SECRET: Final = re.compile(
    r"(?i)^(?:[$%<{(\[*⟨].*|x{3,}.*|\.{3}.*|true|false|none|null|nil|yes|no|auto|default|pass|user|required|optional"
    r"|disabled|enabled|string|str|bytes|test|example|changeme|change[_-]me|password|secret|redacted"
    r"|dummy|placeholder|your[_-].*|my[_-].*|enter[_-].*|.*(?:example|placeholder|dummy|redacted|changeme)"
    r"|[./~].*|[a-z+]+://.*|\d{1,7}|-?\d+\.\d+|\W+)$"
)
_HASH: Final = re.compile(
    r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$"
)
_UUID: Final = re.compile(r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_STRONG_NAME: Final = re.compile(r"(?i)secret|passw|token|api[_-]?key|access[_-]?key|private")
_DIGEST_BEFORE: Final = re.compile(
    r"(?i)(?:sha\d{1,3}|md5|h1|base64|integrity|blake\w{0,3}|digest|checksum"
    r"|hash|etag|nonce|rev)[\"']?[ ]{0,2}[-:=,][ \"']{0,3}$"
)


_ESCAPED: Final = ('\\"', "\\n", "\\r", "\\t")
"""What ends a word in JSON that is still text."""
_NO_SEPARATORS: Final = dict.fromkeys(map(ord, "_-./"))
_LONG_LINE: Final = re.compile(r"[A-Za-z0-9+/=_-]{40}\r?\n$")
"""The end of a line that goes on in the next: base64 of something large."""
_LONG_NEXT: Final = re.compile(r"\r?\n[A-Za-z0-9+/=_-]{40}")


def names_a_secret(variable: str) -> bool:
    """Whether what is given to this name is a secret, and no region or address beside one."""
    return bool(_SECRET_VARIABLE.search(variable.upper().replace("-", "_").replace(".", "_")))


class Found(NamedTuple):
    """One secret: where it stands, and what it is."""

    start: int
    end: int
    kind: str


def find(text: str, known: Collection[str] = (), coded: Collection[str] = ()) -> list[Found]:
    """The secrets of a text in order, none overlapping another.

    `known` are values to find wherever they stand, `coded` the same in other writings; those are
    long words and are only looked for where there is one.
    """
    found = [span for value in known if value in text for span in _everywhere(text, value)]
    data = text.encode("ascii", "replace")
    classes = data.translate(_TABLE)
    long_words = b"x" * _RUN in classes
    if coded and (long_words or "%" in text):
        found += (span for value in coded if value in text for span in _everywhere(text, value))
    if long_words:
        found += _tokens(text, data, classes)
    if "://" in text and "@" in text:
        found += (
            Found(*url.span(2), "password in a url")
            for url in CREDENTIAL_URL.finditer(text)
            if len(url.group(2)) > 3 and not _NO_SECRET.match(url.group(2))
        )
    if "PRIVATE KEY" in text:
        found += _private_keys(text)
    if "=" in text or ":" in text or "login" in text:
        found += _assigned(text, data)
    return _apart(found) if found else []


def _everywhere(text: str, value: str) -> Iterator[Found]:
    at = text.find(value)
    while at >= 0:
        yield Found(at, at + len(value), "value")
        at = text.find(value, at + len(value))


def _tokens(text: str, data: bytes, classes: bytes) -> Iterator[Found]:
    """Long words that have the shape of a secret, stand behind its name, or are random."""
    after = 0
    for run in _RUNS.finditer(classes):
        start, end = run.span()
        word = data[start:end]
        plain = len(word.translate(None, _DIGITS)) == len(word)
        if plain and (word.islower() or word.isupper()):
            continue
        if end <= after:
            continue
        shaped = _shaped(text, max(after, start - 48), end)
        if shaped is not None:
            after = shaped.end
            yield shaped
            continue
        if plain or end - start > LONGEST:
            continue
        if named := _behind_a_name(text, max(after, start - 40), start, end):
            after = named.end
            yield named
        elif _is_random(text, start, end):
            after = end
            yield Found(start, end, "random value")


def _shaped(text: str, start: int, end: int) -> Found | None:
    head = HEADS.search(text, start, end)
    while head is not None:
        if whole := shape_at(text, head.start()):
            return Found(head.start(), whole[1], whole[0])
        head = HEADS.search(text, head.start() + 1, end)
    return None


def _behind_a_name(text: str, first: int, start: int, end: int) -> Found | None:
    """The value around a long word, where a name before it says that it is a secret."""
    while start > first and text[start - 1] in _GLUE:
        start -= 1
    if start == 0 or text[start - 1] not in "=:\"'`( \t":
        return None
    before = text[max(0, start - 64) : start]
    given = before.rstrip(" \t\"'`(bfr")[-6:].lower()
    if not given.endswith((":", "=", ">", "beare", "basic", "token")):
        return None
    small = before.lower()
    if not any(word in small for word in _NAME_WORDS):
        return None
    name = _NAMED.search(before)
    if name is None:
        return None
    piece = _VALUE_PIECE.match(text, start)
    value = piece.group() if piece else ""
    if not _is_strong(value, bool(_STRONG_NAME.search(name.group()))):
        return None
    return Found(start, start + len(value), "value of a secret")


_GLUE: Final = _TOKEN.decode() + "+/.~%"


def _is_strong(value: str, strong_name: bool) -> bool:
    """Whether a value behind the name of a secret is one, and no name, path or hash."""
    if len(value) < _RUN or _NO_SECRET.match(value) or _UUID.match(value):
        return False
    if _HASH.match(value):
        return strong_name
    word = value.translate(_NO_SEPARATORS)
    digits = sum(map(str.isdigit, word))
    least = 0.3 if strong_name and "." not in value else 0.4
    return digits >= 2 and _switches(word) >= least and entropy(value) >= 3.2


def _is_random(text: str, start: int, end: int) -> bool:
    """Whether a word alone looks random, and is no part of something larger that may."""
    length = end - start
    if not 24 <= length <= 88 or length in (60, 64, 76):
        return False
    after = text[end : end + 2]
    around = text[start - 1 : start] + ("" if after in _ESCAPED else after[:1])
    if any(mark in around for mark in "+/=.%\\@#&?"):
        return False
    if text[start - 1 : start] == "\n" and _LONG_LINE.search(text[max(0, start - 48) : start]):
        return False
    if after[:1] in "\r\n" and _LONG_NEXT.match(text, end):
        return False
    word = text[start:end]
    digits = sum(map(str.isdigit, word))
    upper = sum(map(str.isupper, word))
    lower = sum(map(str.islower, word))
    if digits < 3 or upper < 4 or lower < 4 or word.count("_") + word.count("-") > 3:
        return False
    if _switches(word) < 0.45 or entropy(word) < min(4.3, math.log2(length) - 0.75):
        return False
    before = text[max(0, start - 24) : start]
    return not _DIGEST_BEFORE.search(before) and not _is_written_text(word)


def _is_written_text(word: str) -> bool:
    """Whether it is base64 of text somebody can read."""
    try:
        meant = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        return False
    return all(32 <= byte < 127 or byte in b"\n\t" for byte in meant)


def _switches(word: str) -> float:
    """How often neighbours are of another kind: lower, upper, digit, mark; random is about 0.6."""
    kinds = [
        1 if char.islower() else 2 if char.isupper() else 3 if char.isdigit() else 4
        for char in word[:LONGEST]
    ]
    return sum(a != b for a, b in itertools.pairwise(kinds)) / max(1, len(kinds) - 1)


def entropy(word: str) -> float:
    """Bits of a character, from how often each one occurs."""
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())


def _private_keys(text: str) -> Iterator[Found]:
    at = 0
    while begins := KEY_BEGINS.search(text, at):
        body = KEY_BODY.match(text, begins.end())
        at = body.end() if body else begins.end()
        ends = KEY_ENDS.search(text, begins.end(), at)
        at = ends.end() if ends else at
        if any(len(word) >= 32 for word in text[begins.end() : at].replace("\\n", " ").split()):
            yield Found(begins.start(), at, "private key")


def _assigned(text: str, data: bytes) -> Iterator[Found]:
    """Passwords, which may be short and plain words: by the name they are given to."""
    small = data.translate(_LOWER)
    places = [at for word in _PASSWORDS for at in _places(small, word)]
    places += _places(data.translate(_UPPER), _ASSIGNS)
    looked = 0
    for at in sorted(places):
        if at < looked:
            continue
        first = max(text.rfind("\n", 0, at) + 1, at - _LINE, looked)
        end = text.find("\n", at, at + _LINE)
        looked = end if end >= 0 else min(len(text), at + _LINE)
        yield from _in_line(text, first, looked)
    if places and b"login" in small:
        for at in _places(small, b"login"):
            if (login := _NETRC.match(text, at)) and not _NO_SECRET.match(login.group("value")):
                yield Found(*login.span("value"), "value of a secret")


def _places(data: bytes, word: bytes) -> Iterator[int]:
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + len(word))


def _in_line(text: str, first: int, end: int) -> Iterator[Found]:
    for given in _VARIABLE.finditer(text, first, end):
        value = given.group("value")
        if _SECRET_VARIABLE.search(given.group("name")) and _may_be_password(value):
            yield Found(*given.span("value"), "value of a secret")
    for pattern in (_SAID, _PLAIN_LINE):
        for one in _values(pattern, text, first, end):
            value = text[one.start : one.end]
            if any(map(str.isdigit, value)) and not any(mark in value for mark in " {(."):
                yield one


def _values(pattern: "re.Pattern[str]", text: str, first: int, end: int) -> Iterator[Found]:
    for match in pattern.finditer(text, first, end):
        if not _NO_SECRET.match(match.group("value")):
            yield Found(*match.span("value"), "value of a secret")


def _may_be_password(value: str) -> bool:
    code = any(mark in value for mark in "([{=")
    word = value.rstrip(".:)")
    return len(word) >= 6 and not code and not word.isupper() and not _NO_SECRET.match(value)


def _apart(found: list[Found]) -> list[Found]:
    """In order; of those that overlap one, with the words of the first and the reach of all."""
    found.sort(key=lambda one: (one.start, -one.end))
    apart = [found[0]]
    for one in found[1:]:
        last = apart[-1]
        if one.start < last.end:
            apart[-1] = last._replace(end=max(last.end, one.end))
        else:
            apart.append(one)
    return apart
