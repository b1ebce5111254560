"""What alike commands have in common, as a pattern: their first words, then names with a star.

Only what was seen is generalised, and only where it shares a folder or a stem: the star stands for
what differed.
"""

import posixpath
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from steerdeck_agents.facts.verdict import Pattern
from steerdeck_agents.gate.rule_cover import Part
from steerdeck_agents.gate.rule_words import literal, path_glob, word_glob

_LEAST_STEM = 3
"""Characters words must share before a star."""


class Seen(NamedTuple):
    """A past command that says what is alike."""

    words: tuple[str, ...]
    folder: str


def exactly(part: Part, root: str) -> Pattern:
    """All words as they are; words in quotes stand behind the prefix, which must be bare."""
    words = part.command.words
    lead = next((n for n, word in enumerate(words) if not word.bare), len(words))
    rest = tuple(dict.fromkeys(word.text for word in words[lead:]))
    writes = [
        literal(posixpath.relpath(posixpath.join(part.folder, redirect.target.text), root))
        for redirect in part.command.redirects
        if redirect.operator in (">", ">>", "&>", "&>>") and redirect.target.text != "/dev/null"
    ]
    return Pattern(
        prefix=tuple(word.text for word in words[:lead]),
        options=tuple(one for one in rest if one.startswith("-")),
        words=tuple(literal(one) for one in rest if not one.startswith("-")),
        writes=tuple(dict.fromkeys(writes)),
        folder=literal(folder_of(part.folder, root)),
    )


def folder_of(folder: str, root: str) -> str:
    return posixpath.relpath(folder, root)


def verb_of(words: Sequence[str]) -> tuple[str, ...]:
    """The program and its subcommand, where its first word looks like one."""
    second = words[1] if len(words) > 1 else ""
    return tuple(words[:2]) if re.fullmatch(r"[a-z][a-z0-9:_-]*", second) else (words[0],)


def listed(part: Part, near: Sequence[Seen], root: str) -> Pattern:
    """What all of them have in common at the beginning, and every other word as it is."""
    return _pattern(part, near, root, generalise=False)


def widened(part: Part, near: Sequence[Seen], root: str) -> Pattern:
    """The same with stars where names share a folder or a stem."""
    return _pattern(part, near, root, generalise=True)


def _pattern(part: Part, near: Sequence[Seen], root: str, *, generalise: bool) -> Pattern:
    base = exactly(part, root)
    if len({seen.words for seen in near}) == 1 and len({seen.folder for seen in near}) == 1:
        return base
    bare = next((n for n, word in enumerate(part.command.words) if not word.bare), len(near[0][0]))
    prefix = common([seen.words for seen in near])[:bare]
    options: dict[str, None] = {}
    operands: dict[str, None] = {}
    for seen in near:
        _sort_out(seen.words[len(prefix) :], options, operands)
    paths: tuple[str, ...] = ()
    words = tuple(literal(word) for word in operands)
    if generalise and len(words) > 1:
        paths, words = _general(tuple(operands))
    same = len({seen.folder for seen in near}) == 1
    return msgspec.structs.replace(
        base,
        prefix=tuple(prefix),
        options=tuple(options),
        words=words,
        paths=paths,
        folder=base.folder if same else "",
    )


def _sort_out(rest: Sequence[str], options: dict[str, None], operands: dict[str, None]) -> None:
    """An option keeps the word behind it, since that may be its value."""
    at = 0
    while at < len(rest):
        word = rest[at]
        following = rest[at + 1] if at + 1 < len(rest) else "-"
        if not word.startswith("-"):
            operands[word] = None
        elif "=" in word or following.startswith("-") or " " in following or not following:
            options[word] = None
        else:
            options[f"{word} {following}"] = None
            at += 1
        at += 1


def _general(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Globs for paths, or for words, that stand for all of them; the words where none does."""
    if all(is_file(word) for word in words):
        folder = posixpath.commonpath([posixpath.dirname(word) for word in words])
        endings = {posixpath.splitext(word)[1] for word in words}
        ending = endings.pop() if len(endings) == 1 else ""
        deep = any(posixpath.dirname(word) != folder for word in words)
        if folder and ".." not in folder.split("/"):
            glob = f"{literal(folder)}/{'**/' if deep else ''}*{literal(ending)}"
            if all(path_glob(glob).fullmatch(posixpath.normpath(word)) for word in words):
                return (glob,), ()
        return (), tuple(literal(word) for word in words)
    stem = "".join(common([list(word) for word in words]))
    stem = re.sub(r"[A-Za-z0-9]+$", "", stem) if not stem.endswith(tuple("=@._-")) else stem
    star = f"{literal(stem)}*"
    if len(stem) >= _LEAST_STEM and all(word_glob(star).fullmatch(word) for word in words):
        return (), (star,)
    return (), tuple(literal(word) for word in words)


def is_file(word: str) -> bool:
    return "/" in word and not word.startswith(("/", "..", "~", "-")) and "://" not in word


def common(lines: Sequence[Sequence[str]]) -> Sequence[str]:
    """The words all lines begin with."""
    first = min(lines, key=len)
    for place, word in enumerate(first):
        if any(line[place] != word for line in lines):
            return first[:place]
    return first
