"""`rules.toml`: lasting rules, written by the developer and by us, read entry by entry.

One entry that can't be read costs no other rule. But where it may deny something, everything asks
until it is corrected: a forbidding that is not understood must not be one that is forgotten. Edits
keep comments and order. No file of a repository is ever read here.
"""

import os
import re
import stat
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.settings.private_file import replace_file
from steerdeck_agents.settings.rule_entry import entry_text, may_deny, rule_of

HEAD = """\
# What Steerdeck may do without asking, in mode auto, and what it must never do.
# Each [[rule]] names an exact `command`, or its words: `prefix`, `options`, `words`, `paths`.
# `keep = true` lets a command go on after its call, as a shell session.
# `decision` is allow, ask or deny; `repository` or `everywhere = true` says where it holds.

"""
_LARGEST = 4 * 1024 * 1024
_HEADER = re.compile(r"\s*\[")
_RULE = re.compile(r"\s*\[\[\s*(?:rule|\"rule\"|'rule')\s*\]\]")


class Problem(msgspec.Struct, frozen=True):
    """Why an entry, or the whole file, is not understood."""

    line: int
    what: str
    closes: bool
    """It may deny something."""


class Entry(msgspec.Struct, frozen=True):
    """A rule and where it stands."""

    rule: Rule
    line: int


class RulesFile(msgspec.Struct, frozen=True):
    """What the file says."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    text: str = ""


def read(path: Path) -> RulesFile:
    """The entries of the file; none when there is no file. Never raises for what stands in it.

    Raises:
        SettingsError: the file can't be read at all, so what it denies is not known.
    """
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else 1
        return RulesFile((), (Problem(line, f"this is not valid TOML: {error}", True),), text)
    raw = data.pop("rule", [])
    lines = _lines(text)
    entries: list[Entry] = []
    problems = [
        Problem(_line_of(text, name), f"there is no setting {name!r}", "deny" in text.lower())
        for name in data
    ]
    if not isinstance(raw, list):
        return RulesFile((), (*problems, Problem(1, "`rule` must be a list: [[rule]]", True)), text)
    taken: set[str] = set()
    for number, one in enumerate(raw):
        line = lines[number] if number < len(lines) else 1
        try:
            rule = rule_of(one)
            if rule.id in taken:
                raise ValueError(f"another rule has the id {rule.id!r}")
        except ValueError as error:
            problems.append(Problem(line, str(error), may_deny(one)))
        else:
            taken.add(rule.id)
            entries.append(Entry(rule, line))
    return RulesFile(tuple(entries), tuple(problems), text)


def add(path: Path, rule: Rule) -> None:
    """Put a rule at the end of the file.

    Raises:
        SettingsError: the rule can't last, or the file can't be read or written.
    """
    text = _text(path)
    data = _checked(path, text)
    before = text.rstrip("\n") + "\n\n" if text.strip() else HEAD
    entry = entry_text(rule)
    if not _says(before + entry, [*data.get("rule", []), *tomllib.loads(entry)["rule"]]):
        raise SettingsError(f"The rules in {path} are no [[rule]] tables, so edit them by hand.")
    _write(path, before + entry)


def replace(path: Path, rule: Rule) -> bool:
    """Change the entry with the rule's id, its comments kept; False when there is none.

    Raises:
        SettingsError: as for `add`.
    """
    import tomlkit
    from tomlkit.items import AoT

    text = _text(path)
    place = _place(_checked(path, text), rule.id)
    if place is None:
        return False
    document = tomlkit.parse(text)
    tables, new = document["rule"], tomlkit.parse(entry_text(rule))["rule"]
    if not isinstance(tables, AoT) or not isinstance(new, AoT):
        raise SettingsError(f"The rules in {path} are no [[rule]] tables, so edit them by hand.")
    table, wanted = tables[place], new[0]
    for key in [key for key in table if key not in wanted]:
        table.remove(key)
    for key, value in wanted.items():
        if table.get(key) != value:
            table[key] = value
    _write(path, tomlkit.dumps(document))
    return True


def remove(path: Path, rule: str) -> bool:
    """Take an entry out, everything around it kept; False when there is none.

    Raises:
        SettingsError: the file can't be read or written, so the rule still holds.
    """
    import tomlkit
    from tomlkit.items import AoT

    text = _text(path)
    data = _checked(path, text)
    place = _place(data, rule)
    if place is None:
        return False
    left = [one for number, one in enumerate(data["rule"]) if number != place]
    shorter = _cut(text, place)
    if shorter is None or not _says(shorter, left):
        document = tomlkit.parse(text)
        tables = document["rule"]
        if not isinstance(tables, AoT):
            raise SettingsError(f"The rules in {path} are no [[rule]] tables; edit them by hand.")
        del tables[place]
        shorter = tomlkit.dumps(document)
    _write(path, shorter)
    return True


def save(path: Path, rules: Sequence[Rule]) -> None:
    """Write a file of these rules alone, all or nothing.

    Raises:
        SettingsError: a rule can't last, or can't be written as text.
    """
    _write(path, HEAD + "\n".join(entry_text(rule) for rule in rules))


def _text(path: Path) -> str:
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise _unreadable(path, "it is no file")
        if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o002:
            raise _unreadable(path, "others may write it")
        if found.st_size > _LARGEST:
            raise _unreadable(path, "it is too large")
        with os.fdopen(file, "rb", closefd=False) as opened:
            return opened.read().decode()
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8 text") from error
    finally:
        os.close(file)


def _unreadable(path: Path, why: str) -> SettingsError:
    return SettingsError(
        f"The rules in {path} can't be read: {why}. Correct that or move the file away; until then"
        " everything asks."
    )


def _checked(path: Path, text: str) -> dict[str, list[dict[str, object]]]:
    """The file's data before an edit, which must not make a broken file worse."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not valid TOML ({error}), so it was not changed. Correct it first."
        ) from error
    if not isinstance(data.get("rule", []), list):
        raise SettingsError(f"`rule` in {path} is no list, so it was not changed. Correct it.")
    return data


def _place(data: dict[str, list[dict[str, object]]], rule: str) -> int | None:
    for number, one in enumerate(data.get("rule", [])):
        if isinstance(one, dict) and one.get("id") == rule:
            return number
    return None


def _lines(text: str) -> list[int]:
    return [n for n, line in enumerate(text.splitlines(), 1) if _RULE.match(line)]


def _line_of(text: str, name: str) -> int:
    wanted = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}\b")
    return next((n for n, line in enumerate(text.splitlines(), 1) if wanted.match(line)), 1)


def _says(text: str, rules: list[dict[str, object]]) -> bool:
    """Whether a text holds exactly these rules; a string may look like the head of a table."""
    try:
        return bool(tomllib.loads(text).get("rule", []) == rules)
    except tomllib.TOMLDecodeError:
        return False


def _cut(text: str, place: int) -> str | None:
    """The text without the `place`-th [[rule]]; comments above the next table are the next's."""
    heads = _lines(text)
    if place >= len(heads):
        return None
    lines = text.splitlines(keepends=True)
    first = heads[place] - 1
    last = next((n for n in range(first + 1, len(lines)) if _HEADER.match(lines[n])), len(lines))
    while last > first + 1 and lines[last - 1].lstrip()[:1] == "#":
        last -= 1
    return "".join(lines[:first] + lines[last:])


def _write(path: Path, text: str) -> None:
    # A dotfiles checkout may hold the file: the link stays, what it points to is replaced.
    target = Path(os.path.realpath(path))
    try:
        data = text.encode()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(target, data)
    except OSError as error:
        raise SettingsError(
            f"The rules can't be written to {path} ({error.strerror}); nothing was changed."
        ) from error
