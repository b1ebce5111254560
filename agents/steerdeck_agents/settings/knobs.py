"""The settings one changes now and then, each by its name: shown, and written with comments kept.

What takes a table of its own (models, servers) is edited in the file; all else has a name here, as
in `notify.delay`, and a type that says what may be written.
"""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import Settings, check, load
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.place import read
from steerdeck_agents.settings.private_file import replace_file

Kind = Literal["text", "yes", "number", "words"]
Value = str | bool | float | tuple[str, ...] | None
_YES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_HEAD = "# Steerdeck's settings; `steerdeck config example` prints all of them, explained.\n"


class Knob(msgspec.Struct, frozen=True):
    """One setting; `choices` are all it can be, where it is one of a few words."""

    name: str
    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    unit: Literal["", "$", "s"] = ""


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
    Knob("budget_first", "number", "dollars the first session on a new key may spend",
         unit="$"),
    Knob("budget.dollars_per_day", "number", "dollars of all sessions in a day", unit="$"),
    Knob("budget.tokens_per_day", "number", "tokens of all sessions in a day"),
    Knob("budget.seconds_per_day", "number", "seconds of requests and calls in a day",
         unit="s"),
    Knob("budget.turns_per_day", "number", "turns of all sessions in a day"),
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
    import tomllib

    settings = load(paths, environ)
    told = tomllib.loads(read(paths.config_file))
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


def parsed(knob: Knob, words: tuple[str, ...]) -> Value:
    """What somebody wrote as a value of that setting. Raises SettingsError: it can't be one."""
    text = " ".join(words)
    match knob.kind:
        case "yes":
            if text.lower() not in _YES:
                raise SettingsError(f"{knob.name} is yes or no, not {text!r}.")
            return _YES[text.lower()]
        case "number":
            try:
                number = float(text.replace("_", ""))
            except ValueError:
                raise SettingsError(f"{knob.name} is a number, not {text!r}.") from None
            return int(number) if number.is_integer() else number
        case "words":
            return tuple(word for word in words if word)
        case "text":
            return text


def put(paths: Paths, name: str, value: Value) -> Path:
    """Write a setting, leaving every other line as it is; None takes it out. The file's path.

    Raises:
        SettingsError: the file can't be read or written, or the value is none for this setting;
            then the file is as it was.
    """
    import tomlkit
    from tomlkit.items import Table

    knob_named(name)
    file = paths.config_file
    document = tomlkit.parse(read(file) or _HEAD)
    table_name, _, key = name.rpartition(".")
    place: tomlkit.TOMLDocument | Table = document
    if table_name:
        found = document.get(table_name)
        if not isinstance(found, Table):
            found = tomlkit.table()
            document[table_name] = found
        place = found
    if value is None:
        place.pop(key, None)
    else:
        place[key] = list(value) if isinstance(value, tuple) else value
    text = tomlkit.dumps(document)
    check(file, text)
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
