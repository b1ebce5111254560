"""From one approval to the narrowest rule that would have saved it and its like.

What the developer allowed before says what is alike; what they rejected narrows the rule and is
shown first. Every claim about the rule is tried on the rule itself before it is made.
"""

import posixpath
import re
import shlex
from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.network import asked_for
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_alike import (
    Seen,
    exactly,
    folder_of,
    is_file,
    listed,
    verb_of,
    widened,
)
from steerdeck_agents.gate.rule_cover import Part, only_reads, parts
from steerdeck_agents.gate.rule_ground import Names
from steerdeck_agents.gate.rule_hosts import named_by, through
from steerdeck_agents.gate.rule_past import (
    MOST_TRIED,
    Example,
    Past,
    alike_in_name,
    is_home,
    lets,
    pasts,
)
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_agents.gate.rule_words import literal
from steerdeck_agents.gate.secret_marks import MARK
from steerdeck_agents.gate.shell.confusable import strange_characters
from steerdeck_agents.gate.shell.danger import danger_of
from steerdeck_agents.gate.shell.kinds import kind_of

SHOWN = 20
_NEVER_WIDER = frozenset(
    {"runs another program", "a shell that runs text", "an interpreter that runs code"}
    | {"changes the system", "changes the shell"}
)


class Proposal(msgspec.Struct, frozen=True):
    """A rule as it would be stored, and what it would have meant."""

    rule: Rule | None = None
    """None where no rule may answer this; its scope and id are still open."""
    sha: Sha = Sha("")
    """Of the rule; goes with the decision that stores it."""
    words: str = ""
    narrower: Rule | None = None
    wider: Rule | None = None
    rejected: tuple[Example, ...] = ()
    """What you rejected and it would have let pass; empty is as it should be."""
    allowed: tuple[Example, ...] = ()
    asks: tuple[Example, ...] = ()
    """Alike, and asked for all the same."""
    pasts: tuple[Past, ...] = ()
    """The same for each of the three rules, at each reach."""
    near: tuple[str, ...] = ()
    """Commands close to it that it does not match."""
    alike: int = 0
    """Of `allowed`, those of this session or repository."""
    why: str = ""
    """Why there is no rule, or none but for the exact text."""
    looked: int = 0
    """Past answers it was tried on."""
    left_out: int = 0
    """Older ones it was not."""


def propose(asked: Example, past: Sequence[Example], *, left_out: int = 0) -> Proposal:
    """The narrowest useful rule for what is asked, tried on what was answered before.

    `past` is newest last; of `asked` the answer does not count. Takes milliseconds to tenths of a
    second, so it belongs in a thread.
    """
    made = _proposed(asked, past, left_out)
    found = pasts((made.narrower, made.rule, made.wider), asked, past)
    return msgspec.structs.replace(made, pasts=found)


def _proposed(asked: Example, past: Sequence[Example], left_out: int) -> Proposal:
    if asked.kind in ("command", "network") and MARK.search(asked.what):
        return Proposal(why="No rule covers a text that holds a secret.")
    if asked.kind == "tool":
        named = asked.what.partition("\n")[0]
        return _told(Rule(id="", command=named, kind="tool"), asked, past, left_out, "")
    if asked.kind == "patch" and asked.files:
        return _of_patch(asked, past, left_out)
    if asked.kind == "network":
        return _of_host(asked, past, left_out)
    if asked.kind != "command":
        return Proposal(
            why="Only a command, a patch, a host or a server's tool can be allowed by a rule."
        )
    if danger := danger_of(asked.what, asked.root):
        return Proposal(why=f"No rule covers what can't be taken back: {danger}")
    if strange := strange_characters(asked.what):
        return Proposal(why=f"No rule covers a text that holds {strange}.")
    part, why = _acting(asked)
    if part is None:
        return _told(Rule(id="", keep=asked.keep, command=asked.what), asked, past, left_out, why)
    near = _alike(part, asked, past)
    narrow = Rule(id="", keep=asked.keep, pattern=exactly(part, asked.root))
    best = narrow
    if kind_of(part.command.words[0].text) not in _NEVER_WIDER:
        for pattern in (widened(part, near, asked.root), listed(part, near, asked.root)):
            rule = Rule(id="", keep=asked.keep, pattern=pattern)
            if lets(rule, asked) and not any(lets(rule, one) for one in _said(past, False)):
                best = rule
                break
    made = _told(best, asked, past, left_out, "")
    return msgspec.structs.replace(
        made,
        narrower=narrow if narrow != best else None,
        wider=_wider(best, part, asked, past),
        near=near_misses(best, asked),
    )


def _of_patch(asked: Example, past: Sequence[Example], left_out: int) -> Proposal:
    """Patches of these files; wider, of all files of the folders they stand in."""
    paths = tuple(literal(file) for file in asked.files)
    made = _told(Rule(id="", kind="patch", paths=paths), asked, past, left_out, "")
    folders = {posixpath.dirname(file) for file in asked.files}
    globs = tuple(f"{literal(folder)}/*" for folder in sorted(folders) if folder)
    wider = Rule(id="", kind="patch", paths=globs) if len(globs) == len(folders) else None
    if wider and any(lets(wider, one) for one in past if one.kind == "patch" and not one.allowed):
        wider = None
    beside = f"{posixpath.dirname(asked.files[0]) or '.'}/another.file"
    near = tuple(one for one in (beside, "../elsewhere", "AGENTS.md") if one not in asked.files)
    return msgspec.structs.replace(made, wider=wider, near=near)


def _of_host(asked: Example, past: Sequence[Example], left_out: int) -> Proposal:
    """The one host it asks for, by name; what runs there is for other rules to allow."""
    hosts, script = asked_for(asked.what)
    if danger := danger_of(script, asked.root):
        return Proposal(why=f"No rule covers what can't be taken back: {danger}")
    names = tuple(dict.fromkeys(named_by(host) for host in hosts))
    if len(names) != 1:
        return Proposal(
            why=f"A rule is about one host, and this asks for {len(names)} of them: make one for "
            "each with `steerdeck rules add --host`, or allow it once."
        )
    why = "It is about the host alone: a command that asks without the network still asks."
    rule = Rule(id="", kind="network", command=names[0])
    made = _told(rule, asked, past, left_out, why)
    name, _, port = names[0].partition(":")
    bare = name.removeprefix("*.")
    beside = bare if bare != name else f"www.{name}"
    tries = (f"{name}:8443" if port != "8443" else name, beside, f"{bare}.example")
    near = tuple(one for one in tries if not through([rule], (one,)))
    return msgspec.structs.replace(made, near=near)


def near_misses(rule: Rule, asked: Example) -> tuple[str, ...]:
    """Three commands close to what is asked that the rule does not match, each tried on it."""
    part, _ = _acting(asked)
    if part is None or rule.pattern is None:
        tries = [f"{asked.what} --force", f"{asked.what} && git push", f"cd .. && {asked.what}"]
        return tuple(one for one in tries if one != rule.command)
    words = [word.text for word in part.command.words]
    plain = shlex.join(words)
    kinds = (
        [f"{plain} --force", f"{plain} --all"],
        [shlex.join(one) for one in _other_words(words)],
        [f"{plain} && git push --force", f"{plain}; rm -r src"],
        [f"{plain} > README.md"],
        [f"cat README.md | {plain}"],
    )
    found: list[str] = []
    for tries in kinds:
        missed = (one for one in tries if not lets(rule, _as(asked, one)))
        found += [one for one in [next(missed, "")] if one and one not in found]
    return tuple(found[:3])


def key_of(asked: Example) -> tuple[str, ...]:
    """What makes approvals alike: the kind, the program, and its verb; empty is like nothing."""
    if asked.kind == "tool":
        return ("tool", asked.what.partition("\n")[0])
    if asked.kind == "network":
        names = {named_by(host) for host in asked_for(asked.what)[0]}
        return ("network", *names) if len(names) == 1 else ()
    if asked.kind != "command":
        return ()
    part, _ = _acting(asked)
    kind = "shell session" if asked.keep else "command"
    return (kind, *verb_of([word.text for word in part.command.words])) if part else ()


def alike(asked: Example, past: Sequence[Example]) -> int:
    """How many approvals alike to this one were allowed in its session or its repository."""
    key = key_of(asked)
    if not key:
        return 0
    name = key[1]
    return sum(
        1
        for one in [one for one in past if one.allowed and one.kind == asked.kind][-MOST_TRIED:]
        if name in one.what and is_home(one, asked) and key_of(one) == key
    )


def _acting(asked: Example) -> tuple[Part | None, str]:
    """The one command of it that does something; else why there is none to make a rule of."""
    ground = Names(asked.root)
    found = parts(asked.what, folder=asked.folder, ground=ground)
    if isinstance(found, str):
        return None, f"Only the exact text can be allowed: {found}."
    acting = [part for part in found if not only_reads(part, ground, confined=True)]
    if len(acting) != 1:
        return None, f"Only the exact text can be allowed: {len(acting)} of its commands do more."
    (part,) = acting
    if part.fed or any(redirect.operator[0] == "<" for redirect in part.command.redirects):
        return None, "Only the exact text can be allowed: what is fed to it could be anything."
    if any(word.glob for word in part.command.words):
        return None, "Only the exact text can be allowed: it holds a pattern for file names."
    if not lets(Rule(id="", keep=asked.keep, pattern=exactly(part, asked.root)), asked):
        return None, "Only the exact text can be allowed: its words are quoted."
    return part, ""


def _alike(part: Part, asked: Example, past: Sequence[Example]) -> list[Seen]:
    """The commands alike to this one, itself first, that were allowed in its repository."""
    own = tuple(word.text for word in part.command.words)
    found = [Seen(own, folder_of(part.folder, asked.root))]
    verb = verb_of(own)
    for one in _said(past, True)[-MOST_TRIED:]:
        elsewhere = one.keep != asked.keep or not is_home(one, asked)
        if own[0] not in one.what or elsewhere or danger_of(one.what, one.root):
            continue
        other, _ = _acting(one)
        if other is not None:
            words = tuple(word.text for word in other.command.words)
            if verb_of(words) == verb:
                found.append(Seen(words, folder_of(other.folder, one.root)))
    return found


def _wider(best: Rule, part: Part, asked: Example, past: Sequence[Example]) -> Rule | None:
    """One step more: its last file's neighbours, or other versions; None where that may not be."""
    pattern = best.pattern
    words = [word.text for word in part.command.words]
    if pattern is None or kind_of(words[0]) in _NEVER_WIDER or len(words) < 2:
        return None
    last = words[-1]
    if pattern.paths:
        globs = tuple(re.sub(r"/(\*\*/)?\*[^/]*$", "/**", glob) for glob in pattern.paths)
        wide = msgspec.structs.replace(pattern, paths=globs)
    elif last.startswith("-") or " " in last:
        return None
    else:
        kept = pattern.prefix[:-1] if len(pattern.prefix) == len(words) else pattern.prefix
        other = tuple(word for word in pattern.words if word != literal(last))
        if is_file(last):
            folder, ending = posixpath.dirname(last), posixpath.splitext(last)[1]
            globs = (f"{literal(folder)}/*{literal(ending)}",)
            wide = msgspec.structs.replace(pattern, prefix=kept, words=other, paths=globs)
        elif found := re.match(r"(.{2,}?[=@._-]+)[0-9*]", last):
            star = (*other, f"{literal(found[1])}*")
            wide = msgspec.structs.replace(pattern, prefix=kept, words=star)
        else:
            return None
    rule = Rule(id="", keep=asked.keep, pattern=wide)
    rejected = any(lets(rule, one) for one in _said(past, False))
    return rule if rule != best and lets(rule, asked) and not rejected else None


def _told(rule: Rule, asked: Example, past: Sequence[Example], left_out: int, why: str) -> Proposal:
    """The rule with what it would have meant for what was answered before."""
    tried = alike_in_name(rule, asked, past)
    passing = [one for one in tried if lets(rule, one)]
    asks = [one for one in tried if one not in passing]
    allowed = [one for one in passing if one.allowed]
    return Proposal(
        rule=rule,
        sha=rule.sha(),
        words=in_words(rule),
        rejected=_newest([one for one in passing if not one.allowed]),
        allowed=_newest(allowed),
        asks=_newest(asks),
        alike=sum(1 for one in allowed if is_home(one, asked)),
        why=why,
        near=near_misses(rule, asked) if rule.kind == "command" else (),
        looked=len(past),
        left_out=left_out,
    )


def _newest(found: Sequence[Example]) -> tuple[Example, ...]:
    return tuple(reversed(found[-SHOWN:]))


def _said(past: Sequence[Example], allowed: bool) -> list[Example]:
    return [one for one in past if one.kind == "command" and one.allowed == allowed]


def _as(asked: Example, what: str) -> Example:
    return msgspec.structs.replace(asked, what=what)


def _other_words(words: Sequence[str]) -> list[list[str]]:
    """The command with another last word: another version, another file, one word more."""
    last = words[-1]
    tries: list[list[str]] = []
    if number := re.search(r"\d+", last):
        bigger = str(int(number[0]) + 1)
        tries.append([*words[:-1], last[: number.start()] + bigger + last[number.end() :]])
    if is_file(last):
        name = posixpath.basename(last)
        tries += [[*words[:-1], f"../{name}"], [*words[:-1], f"elsewhere/{name}"]]
    return [*tries, [*words, "other"], [*words[:1], "other"]]
