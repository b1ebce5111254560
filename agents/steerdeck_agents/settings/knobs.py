"""The settings one changes now and then, each by its name: shown, and written with comments kept.

What takes a table of its own (models, servers) is edited in the file; all else has a name here, as
in `notify.delay`, and a type that says what may be written.
"""

import math
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import Settings, check, load
from steerdeck_agents.settings.notice import HOURS
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.place import read, tables
from steerdeck_agents.settings.private_file import replace_file

Kind = Literal["text", "yes", "number", "words"]
Value = str | bool | float | tuple[str, ...] | None
OPEN = "theme"
"""The setting whose choices are more than those listed: the developer's own themes."""
_YES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_HEAD = "# Steerdeck's settings; `steerdeck config example` prints all of them, explained.\n"


class Knob(msgspec.Struct, frozen=True):
    """One setting; `choices` are all it can be, where it is one of a few words."""

    name: str
    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    unit: Literal["", "$", "s"] = ""
    zero: bool = True
    """Whether a number may be nothing; none may be below."""
    whole: bool = False
    """Whether a number has no fraction."""


class Set(msgspec.Struct, frozen=True):
    """A setting as it is now; `written` says whether the file says so."""

    name: str
    value: Value
    written: bool
    about: str


KNOBS: tuple[Knob, ...] = (
    Knob("theme", "text", "colours; your own themes too",
         ("dark", "light", "contrast", "cvd", "ansi")),
    Knob("ascii", "yes", "plain letters and signs only"),
    Knob("reduced_motion", "yes", "words arrive once a second, clocks every ten"),
    Knob("pace", "text", "how much is drawn; auto measures the line",
         ("auto", "local", "ssh", "lean")),
    Knob("warm_start", "yes", "a loaded deck is kept for the next start"),
    Knob("keys", "text", "whose keys lists and composer have", ("plain", "vi", "emacs")),
    Knob("default_model", "text", "the model of new sessions"),
    Knob("budget_first", "number",
         "dollars the first session on a new key may spend; 0 is no limit", unit="$"),
    Knob("budget.dollars_per_day", "number", "dollars of all sessions in a day", unit="$",
         zero=False),
    Knob("budget.tokens_per_day", "number", "tokens of all sessions in a day", zero=False,
         whole=True),
    Knob("budget.seconds_per_day", "number", "seconds of requests and calls in a day",
         unit="s", zero=False),
    Knob("budget.turns_per_day", "number", "turns of all sessions in a day", zero=False,
         whole=True),
    Knob("notify.way", "text", "how the terminal tells you that something waits",
         ("auto", "bell", "osc9", "osc777", "osc99", "off")),
    Knob("notify.title", "yes", "the terminal's title says how much waits"),
    Knob("notify.command", "words", "a program that tells you, with its arguments"),
    Knob("notify.delay", "number", "seconds something waits before you are told", unit="s"),
    Knob("notify.away", "number", "seconds without a key that count as away", unit="s"),
    Knob("notify.quiet", "text", "hours without a sound, such as 22:00-07:30"),
)  # fmt: skip


def values(paths: Paths, environ: Mapping[str, str]) -> list[Set]:
    """Every setting as it is now. Raises SettingsError as `load` does."""
    settings = load(paths, environ)
    told = tables(paths.config_file, read(paths.config_file))
    return [
        Set(knob.name, _value(settings, knob.name), _in(told, knob.name), knob.about)
        for knob in KNOBS
    ]


def knob_named(name: str) -> Knob:
    """Raises SettingsError: there is none of that name."""
    for knob in KNOBS:
        if knob.name == name:
            return knob
    names = ", ".join(knob.name for knob in KNOBS)
    raise SettingsError(
        f"There is no setting {name!r} to change by name; there are {names}. "
        "Models and servers are tables: `steerdeck config edit`."
    )


def choices(paths: Paths, name: str) -> tuple[str, ...]:
    """The words a setting can be, the developer's own themes among them; none where any will do."""
    knob = next((one for one in KNOBS if one.name == name), None)
    if knob is None:
        return ()
    if knob.kind == "yes":
        return ("yes", "no")
    own = (paths.config_file.parent / "themes").glob("*.toml") if name == OPEN else ()
    return (*knob.choices, *sorted({file.stem for file in own} - {*knob.choices}))


def parsed(knob: Knob, words: tuple[str, ...]) -> Value:
    """What somebody wrote as a value of that setting. Raises SettingsError: it can't be one."""
    text = " ".join(words)
    match knob.kind:
        case "yes":
            if text.lower() not in _YES:
                raise SettingsError(f"{knob.name} is yes or no, not {text!r}.")
            return _YES[text.lower()]
        case "number":
            return _number(knob, text)
        case "words":
            return tuple(word for word in words if word)
        case "text":
            if knob.choices and knob.name != OPEN and text not in knob.choices:
                raise SettingsError(f"{knob.name} is one of {_listed(knob.choices)}, not {text!r}.")
            if knob.name == "notify.quiet" and text and not HOURS.fullmatch(text):
                raise SettingsError(f"{knob.name} is hours such as 22:00-07:30, not {text!r}.")
            return text


def _number(knob: Knob, text: str) -> float:
    kind = "whole number" if knob.whole else "number"
    try:
        number = float(text.replace("_", ""))
    except ValueError:
        raise SettingsError(f"{knob.name} is a {kind}, not {text!r}.") from None
    if not math.isfinite(number) or (knob.whole and not number.is_integer()):
        raise SettingsError(f"{knob.name} is a {kind}, not {text!r}.")
    if number < 0 or (number == 0 and not knob.zero):
        least = "0 or more" if knob.zero else "more than 0; `unset` takes the limit away"
        raise SettingsError(f"{knob.name} is {least}, not {text!r}.")
    return int(number) if number.is_integer() else number


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def put(paths: Paths, name: str, value: Value) -> Path:
    """Write a setting, leaving every other line as it is; None takes it out. The file's path.

    Raises:
        SettingsError: the file can't be read or written, or the value is none for this setting;
            then the file is as it was.
    """
    import tomlkit
    from tomlkit.items import AbstractTable

    knob = knob_named(name)
    file = paths.config_file
    themes = file.parent / "themes"
    if name == OPEN and value not in (None, *knob.choices) and not _stands(themes, str(value)):
        raise SettingsError(
            f"There is no theme {value!r}; there are {_listed(knob.choices)}, "
            f"and those of yours in {themes}."
        )
    text = read(file)
    if not _in(tables(file, text), name) and value is None:
        return file
    document = tomlkit.parse(text or _HEAD)
    table_name, _, key = name.rpartition(".")
    place: tomlkit.TOMLDocument | AbstractTable = document
    if table_name:
        found = document.get(table_name)
        if not isinstance(found, AbstractTable):
            found = tomlkit.table()
            document[table_name] = found
        place = found
    if value is None:
        place.pop(key)
    else:
        place[key] = list(value) if isinstance(value, tuple) else value
    text = tomlkit.dumps(document)
    check(file, text, os.environ)
    # A dotfiles checkout may hold the file: the link stays, what it points to is replaced.
    target = Path(os.path.realpath(file))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, text.encode())
    except OSError as error:
        raise SettingsError(
            f"{name} was not saved in {target}: {error.strerror}. Make the file writable."
        ) from error
    return target


def _stands(themes: Path, name: str) -> bool:
    return "/" not in name and (themes / f"{name}.toml").is_file()


def shown_value(value: Value) -> str:
    """A value as one writes it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return shlex.join(value)
        case str():
            return value
        case _:
            return str(int(value)) if value == int(value) else str(value)


def measured_value(knob: Knob, value: Value) -> str:
    """A value as one reads it, with its unit: `$2`, `60 s`."""
    shown = shown_value(value)
    if not shown or not knob.unit:
        return shown
    return f"${shown}" if knob.unit == "$" else f"{shown} {knob.unit}"


def _value(settings: Settings, name: str) -> Value:
    table, _, key = name.rpartition(".")
    if table == "budget":
        day: Value = getattr(settings.day, key.removesuffix("_per_day"))
        return day
    found: Value = getattr(getattr(settings, table) if table else settings, key)
    return found


def _in(told: dict[str, object], name: str) -> bool:
    table, _, key = name.rpartition(".")
    inside = told.get(table, {}) if table else told
    return isinstance(inside, dict) and key in inside
