"""Does a rule forbid a script? Looked for loosely, behind wrappers and in texts given to shells.

A rule that denies is met when any command of the script is its own, as far as can be seen; where
its words only stand somewhere in a text that is not wholly understood, the script asks.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from steerdeck_agents.facts.verdict import Pattern, Rule
from steerdeck_agents.gate.rule_words import path_glob, word_glob
from steerdeck_agents.gate.shell.kinds import SHELLS, kind_of
from steerdeck_agents.gate.shell.loose import loose_commands
from steerdeck_agents.gate.shell.parse import parse, tree
from steerdeck_agents.gate.shell.syntax import Script

_DEEPEST = 4
_MOST_WORDS = 400

Met = Literal["no", "perhaps", "yes"]


def met(rule: Rule, script: str) -> Met:
    """Whether a script holds what this rule is about."""
    pattern = rule.pattern or exact_pattern(rule.command)
    if rule.command and script.strip() == rule.command.strip():
        return "yes"
    if pattern is None:
        return "perhaps" if rule.command.strip() and rule.command.strip() in script else "no"
    if any(_is(pattern, words) for words in runs(script)):
        return "yes"
    return "perhaps" if all(_stands_in(word, script) for word in pattern.prefix) else "no"


@lru_cache(maxsize=256)
def exact_pattern(command: str) -> Pattern | None:
    """The words of an exact text that is one plain command; None when it is more."""
    parsed = parse(command, tree(command)) if command else None
    match parsed:
        case Script(commands=(one,)) if not one.redirects:
            return Pattern(prefix=tuple(word.text for word in one.words))
    return None


@lru_cache(maxsize=8)
def runs(script: str) -> tuple[tuple[str, ...], ...]:
    """The words of every command a script may run, wrappers and shells looked through."""
    return tuple(_runs(script, 0))


def _runs(script: str, depth: int) -> Iterator[tuple[str, ...]]:
    for found in loose_commands(script):
        words = found.words[:_MOST_WORDS]
        if not words:
            continue
        yield words
        if depth < _DEEPEST:
            for text in (*found.substituted, *([found.body] if found.body else [])):
                yield from _runs(text, depth + 1)
        if kind_of(found.program) != "runs another program" and found.program not in SHELLS:
            continue
        for place, word in enumerate(words[1:], 1):
            yield words[place:]
            if " " in word and depth < _DEEPEST:
                yield from _runs(word, depth + 1)


def _is(pattern: Pattern, words: Sequence[str]) -> bool:
    program, *verbs = pattern.prefix
    if words[0].rpartition("/")[2] != program.rpartition("/")[2]:
        return False
    rest = _after(verbs, words[1:])
    if rest is None:
        return False
    if not (pattern.options or pattern.words or pattern.paths):
        return True
    return any(_names(pattern, rest, place) for place in range(len(rest)))


def _after(verbs: Sequence[str], words: Sequence[str]) -> Sequence[str] | None:
    """What follows the verbs, options and their values between them skipped; else None."""
    if not verbs:
        return words
    for place, word in enumerate(words):
        if word == verbs[0]:
            return _after(verbs[1:], words[place + 1 :])
        value = place > 0 and words[place - 1].startswith("-")
        if not (word.startswith("-") or value):
            return None
    return None


def _names(pattern: Pattern, words: Sequence[str], place: int) -> bool:
    word = words[place]
    for option in pattern.options:
        first, *value = option.split()
        if _is_option(first, word) and list(words[place + 1 : place + 1 + len(value)]) == value:
            return True
    if any(word_glob(glob).fullmatch(word) for glob in pattern.words):
        return True
    path = word.removeprefix("./").rstrip("/")
    return any(
        path_glob(glob).fullmatch(path) or path_glob(glob.removesuffix("/**")).fullmatch(path)
        for glob in pattern.paths
    )


def _is_option(option: str, word: str) -> bool:
    """Whether a word is that option, with a value of its own or among other letters too."""
    if word == option or word.startswith(f"{option}="):
        return True
    single = re.fullmatch(r"-[A-Za-z0-9]", option) is not None
    return single and word.startswith("-") and not word.startswith("--") and option[1] in word


def _stands_in(word: str, script: str) -> bool:
    return word.rpartition("/")[2] in script
