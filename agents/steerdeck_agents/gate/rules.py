"""Stored answers to approvals: exactly this command, in this repository or this session.

Lasting rules live in a `rules.toml` of the developer's, outside every workspace. It is read
strictly: an entry with a field this version does not know (an expiry, a pattern) is refused, since
ignoring it could allow more than its author meant.
"""

import os
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.verdict import Rule

_HEAD = """\
# Commands Steerdeck may run without asking, in mode auto.
# A rule holds for exactly this text (`command`) in exactly this repository (its top folder).

"""


class _Lasting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    command: str
    repository: str
    by: str = "developer"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[_Lasting, ...] = ()


def load(path: Path) -> tuple[Rule, ...]:
    """The lasting rules, in the order of the file; none when there is no file.

    Raises SettingsError naming the file and what is wrong in it.
    """
    try:
        content = msgspec.convert(tomllib.loads(path.read_bytes().decode()), _File)
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise SettingsError(
            f"The rules in {path} can't be read ({problem.strerror}); check who owns the file."
        ) from problem
    except (ValueError, msgspec.ValidationError) as problem:
        raise SettingsError(
            f"The rules in {path} can't be understood: {problem}. Correct the file or remove it; "
            "until then no rule holds."
        ) from problem
    for entry in content.rule:
        if not (entry.id and entry.command and entry.repository):
            raise SettingsError(
                f"A rule in {path} has an empty id, command or repository; "
                "each rule names exactly one command in one repository."
            )
    return tuple(
        Rule(id=entry.id, command=entry.command, repository=entry.repository, by=entry.by)
        for entry in content.rule
    )


def save(path: Path, rules: Sequence[Rule]) -> None:
    """Write the lasting rules, all or nothing, readable by their owner only.

    Raises SettingsError when a rule is not a lasting one or can't be written as text.
    """
    for rule in rules:
        if rule.session or not rule.repository or not rule.command:
            raise SettingsError(
                f"Rule {rule.id} can't last: a lasting rule names one command in one repository."
            )
    try:
        data = (_HEAD + "\n".join(_entry(rule) for rule in rules)).encode()
    except UnicodeEncodeError as problem:
        raise SettingsError("A command with broken characters can't become a rule.") from problem
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise SettingsError(
            f"The rules can't be written to {path} ({problem.strerror}); nothing was changed."
        ) from problem


def matching(
    rules: Sequence[Rule],
    script: str,
    repository: str,
    session: SessionId,
    kind: Literal["command", "tool"] = "command",
) -> Rule | None:
    """The first rule that names exactly this text, here; equality of the whole text only."""
    for rule in rules:
        if rule.command != script or rule.kind != kind or not (rule.session or rule.repository):
            continue
        if rule.session and rule.session != session:
            continue
        if rule.repository and rule.repository != repository:
            continue
        return rule
    return None


def _entry(rule: Rule) -> str:
    fields = {"id": rule.id, "command": rule.command, "repository": rule.repository, "by": rule.by}
    lines = [f"{name} = {_quoted(value)}" for name, value in fields.items()]
    return "\n".join(["[[rule]]", *lines, ""])


def _quoted(text: str) -> str:
    """A TOML basic string: quotes, backslashes and every control or invisible one escaped."""
    out = []
    for character in text:
        if character in '"\\':
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        elif 0xD800 <= ord(character) < 0xE000:
            out.append(character)  # not text at all: `encode` refuses it, TOML has no way to say it
        else:
            out.append(f"\\U{ord(character):08x}")
    return '"' + "".join(out) + '"'
