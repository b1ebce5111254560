"""Syntax of source text by Pygments: which part of a line is a keyword, a string, a comment.

It runs foreign text through regular expressions, so there is a limit to its size and to the time
it may take; what comes after that stays plain. Its callers are threads.
"""

import functools
import time
from collections.abc import Sequence
from typing import NamedTuple

from steerdeck_agents.workspace.compare import lines_of

MOST = 200_000
"""Characters; a longer text stays plain."""
LONGEST = 2_000
"""A line beyond this is no source anybody reads, and slow."""
_BUDGET_S = 1.0
_KEPT = 6
_PLAIN = ("Text", "Name", "Punctuation", "Operator", "Token", "Error", "Other", "Generic")
_TOLD = ("Name.Decorator", "Name.Tag", "Name.Attribute", "Operator.Word")

Ink = tuple[tuple[int, int, int], ...]


class Lexed(NamedTuple):
    """For each line what stands where: start, end, index of its kind in `kinds`."""

    lines: list[Ink]
    kinds: tuple[str, ...]


def lexed(path: str, lines: Sequence[str]) -> Lexed:
    """The syntax of a file's lines, with their ends; nothing for a file of an unknown kind."""
    text = "".join(lines)
    if len(text) > MOST or max(map(len, lines), default=0) > LONGEST:
        return Lexed([()] * len(lines), ())
    return _lexed(path.rpartition("/")[2], text)


def lexed_as(language: str, lines: Sequence[str]) -> Lexed:
    """The syntax of lines with their ends in a language, or in that of a file of such a name."""
    from pygments.lexers import find_lexer_class_by_name
    from pygments.util import ClassNotFound

    try:
        endings = find_lexer_class_by_name(language).filenames
    except ClassNotFound:
        return lexed(language, lines)
    return lexed(endings[0].replace("*", "a") if endings else language, lines)


@functools.lru_cache(maxsize=_KEPT)
def _lexed(name: str, text: str) -> Lexed:
    """Kept for a while: of the two versions of a file one is nearly always the same."""
    lines = lines_of(text)
    kinds: dict[str, int] = {}
    from pygments.lexers import get_lexer_for_filename
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_for_filename(name, text[:4_000])
    except ClassNotFound:
        return Lexed([()] * len(lines), ())
    found: list[list[tuple[int, int, int]]] = [[] for _ in lines]
    ends: list[int] = []
    for line in lines:
        ends.append((ends[-1] if ends else 0) + len(line))
    at = 0
    until = time.monotonic() + _BUDGET_S
    for start, token, piece in lexer.get_tokens_unprocessed(text):
        if time.monotonic() > until:
            break
        kind_name = ".".join(token)
        if kind_name.startswith(_PLAIN) and not kind_name.startswith(_TOLD):
            continue
        kind = kinds.setdefault(kind_name, len(kinds))
        for part in piece.split("\n"):
            while at < len(ends) - 1 and start >= ends[at]:
                at += 1
            begin = start - (ends[at] - len(lines[at]))
            length = len(part.rstrip("\r"))
            if length and not part.isspace():
                _add(found[at], begin, begin + length, kind)
            start += len(part) + 1
    return Lexed([tuple(line) for line in found], tuple(kinds))


def _add(line: list[tuple[int, int, int]], start: int, end: int, kind: int) -> None:
    if line and line[-1][1] == start and line[-1][2] == kind:
        line[-1] = (line[-1][0], end, kind)
    else:
        line.append((start, end, kind))
