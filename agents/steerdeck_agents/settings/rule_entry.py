"""One [[rule]] of `rules.toml`: from TOML's values to a rule, and from a rule to its text."""

import math
import tomllib
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.verdict import Pattern, Rule

_PATTERN = ("prefix", "options", "words", "writes", "folder", "input")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str
    command: str = ""
    prefix: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    folder: str = ""
    input: bool = False
    keep: bool = False
    tool: str = ""
    host: str = ""
    repository: str = ""
    everywhere: bool = False
    decision: Literal["allow", "ask", "deny"] = "allow"
    until: datetime | None = None
    uses: int | None = None
    dollars: float | None = None
    by: str = "developer"
    made: datetime | None = None
    why: str = ""
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()


def entry_text(rule: Rule) -> str:
    """One [[rule]] as it is written.

    Raises:
        SettingsError: the rule does not last, or holds broken characters.
    """
    if rule.session or rule.turn or rule.kind == "every":
        raise SettingsError(f"Rule {rule.id} can't last: it belongs to a session.")
    pattern = rule.pattern or Pattern(prefix=())
    fields: list[tuple[str, object]] = [("id", rule.id)]
    named = {"command": "command", "tool": "tool", "network": "host", "patch": "command"}
    fields.append((named[rule.kind], rule.command))
    fields += [(name, getattr(pattern, name)) for name in _PATTERN]
    fields += [("paths", rule.paths or pattern.paths), ("repository", rule.repository)]
    fields += [("everywhere", rule.everywhere), ("keep", rule.keep)]
    fields += [("decision", "" if rule.decision == "allow" else rule.decision)]
    fields += [("until", _time(rule.until_ms)), ("uses", rule.uses)]
    fields += [("dollars", rule.dollars), ("by", rule.by)]
    fields += [("made", _time(rule.made_ms or None)), ("why", rule.why)]
    fields += [("match", rule.match), ("no_match", rule.no_match)]
    text = "\n".join(
        ["[[rule]]", *(f"{name} = {_value(value)}" for name, value in fields if value), ""]
    )
    try:
        text.encode()
        rule_of(tomllib.loads(text)["rule"][0])
    except UnicodeEncodeError as error:
        raise SettingsError("A command with broken characters can't become a rule.") from error
    except ValueError as error:
        raise SettingsError(f"Rule {rule.id} can't last: {error}.") from error
    return text


def rule_of(data: object) -> Rule:
    """The rule of one entry as TOML gives it.

    Raises:
        ValueError: what is wrong with it, as the end of a sentence.
    """
    try:
        entry = msgspec.convert(data, _Entry)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(str(error))) from error
    _check(entry)
    pattern = Pattern(
        entry.prefix, entry.options, entry.words, entry.paths, entry.writes, entry.folder,
        entry.input,
    )  # fmt: skip
    alone = bool(entry.paths) and not entry.prefix
    return Rule(
        id=entry.id,
        command=entry.command or entry.tool or entry.host,
        repository=entry.repository,
        everywhere=entry.everywhere,
        by=entry.by,
        kind="tool" if entry.tool else "network" if entry.host else "patch" if alone else "command",
        decision=entry.decision,
        pattern=pattern if entry.prefix else None,
        paths=entry.paths if alone else (),
        until_ms=_ms(entry.until),
        uses=entry.uses,
        dollars=entry.dollars,
        made_ms=_ms(entry.made) or 0,
        why=entry.why,
        match=entry.match,
        no_match=entry.no_match,
        keep=entry.keep,
    )


def _check(entry: _Entry) -> None:
    """ValueError says what the entry lacks."""
    what = [n for n in ("command", "prefix", "tool", "host") if getattr(entry, n)]
    if not entry.id.strip():
        raise ValueError("`id` is empty")
    if len(what) > 1 or not (what or entry.paths):
        raise ValueError("it needs one of command, prefix, tool, host, or paths of patches")
    if bool(entry.repository) == entry.everywhere:
        raise ValueError("it needs either repository or everywhere = true")
    if entry.repository and not entry.repository.startswith("/"):
        raise ValueError("`repository` must be the whole path of its top folder")
    kind = what[0] if what else "paths"
    if kind != "prefix" and any(getattr(entry, name) for name in _PATTERN):
        raise ValueError(f"options, words, writes, folder and input need a prefix, not {kind}")
    if entry.paths and kind not in ("prefix", "paths"):
        raise ValueError(f"paths need a prefix or stand alone, not with {kind}")
    if entry.keep and (kind not in ("command", "prefix") or entry.decision != "allow"):
        raise ValueError("keep is for commands that are allowed")
    if entry.uses is not None and entry.uses < 1:
        raise ValueError("`uses` must be 1 or more")
    if entry.dollars is not None and not 0 < entry.dollars < math.inf:
        raise ValueError("`dollars` must be more than nothing")
    if entry.until is not None and entry.until.tzinfo is None:
        raise ValueError("`until` needs a time zone, such as 2026-12-24T18:00:00Z")
    every = (*entry.prefix, *entry.options, *entry.words, *entry.paths, *entry.writes)
    if not all(word.strip() for word in every):
        raise ValueError("a word of it is empty")


def may_deny(entry: object) -> bool:
    """Whether an entry that is not understood may have been meant to deny or to ask."""
    if not isinstance(entry, dict):
        return True
    plain = repr(entry).lower()
    return entry.get("decision", "allow") != "allow" or "deny" in plain or "forbid" in plain


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case tuple():
            return f"[{', '.join(_value(one) for one in value)}]"
    return _quoted(str(value))


def _quoted(text: str) -> str:
    """A TOML basic string: quotes, backslashes and every control or invisible one escaped."""
    out = []
    for character in text:
        if character in '"\\':
            out.append("\\" + character)
        elif character.isprintable() or 0xD800 <= ord(character) < 0xE000:
            out.append(character)  # a lone surrogate is no text: `encode` refuses it
        else:
            out.append(f"\\U{ord(character):08x}")
    return '"' + "".join(out) + '"'


def _time(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else _EPOCH + timedelta(milliseconds=at_ms)


def _ms(at: datetime | None) -> int | None:
    if at is None:
        return None
    return (at.replace(tzinfo=at.tzinfo or UTC) - _EPOCH) // timedelta(milliseconds=1)


def _plain(problem: str) -> str:
    """msgspec's words, shorter: "expected str, got int"."""
    problem = problem.replace("`", "").replace("Object contains unknown field", "unknown setting")
    problem = problem.replace("Object missing required field", "missing setting")
    return problem.replace(" - at $.", " at ").replace(" - at $", "").rstrip(".")
