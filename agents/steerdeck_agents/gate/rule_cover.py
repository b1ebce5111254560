"""Is a whole script covered by rules? Every command of it by one, or because it only reads.

Nothing is covered that is not wholly understood, hides characters, can't be taken back, or leads
words into a covered command that nobody looked at.
"""

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_words import why_not
from steerdeck_agents.gate.shell.classify import LONGEST, MOST_COMMANDS, classify
from steerdeck_agents.gate.shell.confusable import strange_characters
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.gate.shell.parse import parse, tree
from steerdeck_agents.gate.shell.places import Ground, trouble
from steerdeck_agents.gate.shell.syntax import NotUnderstood, Script, Simple


class Part(NamedTuple):
    """One command of a script as it stands in it."""

    command: Simple
    folder: str
    """Absolute."""
    fed: bool
    """A pipe leads into it."""
    text: str
    """Its own text, with its redirections."""

    @property
    def program(self) -> str:
        return self.command.words[0].text


def understood(script: str) -> Script | str:
    """The script as plain values, or why no pattern can match it, as the end of a sentence."""
    if strange := strange_characters(script):
        return f"it holds {strange}"
    if len(script) > LONGEST:
        return f"it has {len(script):,} characters"
    parsed = parse(script, tree(script))
    if isinstance(parsed, NotUnderstood):
        return f"it holds {parsed.why[0]}"
    if len(parsed.commands) > MOST_COMMANDS:
        return f"it holds {len(parsed.commands)} commands"
    return parsed if parsed.commands else "it holds no command"


def parts(script: str, *, folder: str, ground: Ground) -> list[Part] | str:
    """The commands of an understood script, without leading `cd`s; else why there are none.

    A `cd` counts at the beginning, when everything after it happens only if it worked.
    """
    read = understood(script)
    if isinstance(read, str):
        return read
    data = script.encode()
    found: list[Part] = []
    only_and = True
    for place, command in enumerate(read.commands):
        only_and = only_and and command.joint in ("start", "&&", "|")
        piped = any(later.joint == "|" for later in read.commands[place + 1 : place + 2])
        if command.words[0].text == "cd":
            if found or not only_and or piped or command.redirects or command.joint == "|":
                return "it changes its folder on the way"
            moved = _moved(command, folder, ground)
            if moved is None:
                return "it changes into a folder that is not plainly in the workspace"
            folder = moved
            continue
        text = _text(command, data)
        if text is None:
            return "it begins with a redirection"
        found.append(Part(command, folder, command.joint == "|", text))
    if len(found) < len(read.commands) and not only_and:
        return "it changes its folder on the way"
    return found


def covering(
    script: str,
    rules: Sequence[Rule],
    *,
    folder: str,
    ground: Ground,
    confined: bool,
    tame_git: bool = True,
    danger: str | None = None,
) -> tuple[Rule, ...]:
    """The rules that cover a script together; none when they do not.

    `rules` are patterns that allow and hold here; `folder` is absolute; `tame_git` says that git
    would run with what keeps its reads from starting programs; `danger` is its mark, where that is
    known already.
    """
    if not rules:
        return ()
    found = parts(script, folder=folder, ground=ground)
    if isinstance(found, str) or not found:
        return ()
    by_program: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.pattern is not None:
            by_program.setdefault(rule.pattern.prefix[0], []).append(rule)
    chosen = [_rule_for(part, by_program.get(part.program, ()), ground) for part in found]
    if not any(chosen) or (danger_of(script, ground.root) if danger is None else danger):
        return ()
    others = {
        (part.text, part.folder): part
        for part, rule in zip(found, chosen, strict=True)
        if rule is None
    }
    for part in others.values():
        if not (tame_git or "git" not in part.text) or not only_reads(part, ground, confined):
            return ()
    return tuple({rule.id: rule for rule in chosen if rule is not None}.values())


def only_reads(part: Part, ground: Ground, confined: bool) -> bool:
    """Whether this command alone would run unasked; its text must read alone as it does here."""
    alone = parse(part.text, tree(part.text))
    match alone:
        case Script(commands=(one,)) if _same(one, part.command):
            judged = classify(part.text, folder=part.folder, ground=ground, confined=confined)
            return judged.automatic
    return False


def _rule_for(part: Part, rules: Sequence[Rule], ground: Ground) -> Rule | None:
    for rule in rules:
        pattern = rule.pattern
        if pattern and not why_not(pattern, part.command, part.folder, ground, part.fed):
            return rule
    return None


def _moved(command: Simple, folder: str, ground: Ground) -> str | None:
    """The folder after a plain `cd`; None when it is not a plain one inside the workspace."""
    if len(command.words) != 2 or command.words[1].glob:
        return None
    target = command.words[1].text
    place = posixpath.normpath(posixpath.join(folder, target))
    plain = target and not target.startswith("-") and "/.git" not in f"/{target}"
    if not plain or trouble(ground, folder, target) or ground.real(place) != place:
        return None
    return place


def _text(command: Simple, data: bytes) -> str | None:
    """The command's own text; None when a redirection stands before its first word."""
    start = command.words[0].start
    places = [*command.words, *(redirect.target for redirect in command.redirects)]
    if min(place.start for place in places) < start:
        return None
    return data[start : max(place.end for place in places)].decode()


def _same(one: Simple, other: Simple) -> bool:
    def told(command: Simple) -> list[tuple[str, str, bool]]:
        words = [("", word.text, word.glob) for word in command.words]
        return words + [
            (redirect.fd + redirect.operator, redirect.target.text, redirect.target.glob)
            for redirect in command.redirects
        ]

    return told(one) == told(other)
