"""Where in config.toml something is wrong, and the sentence that says so."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from steerdeck_agents.facts.errors import SettingsError

_T = TypeVar("_T")
_TABLES = ("models", "local", "budget", "servers", "notify")


def read(file: Path) -> str:
    """The text of a file, empty when there is none.

    Raises:
        SettingsError: it is no text, or can't be read.
    """
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SettingsError(
            f"{file} can't be read: {error.strerror}. Make it readable, or move it away."
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{file} is not UTF-8 text (byte {error.start}). Save it as UTF-8, or move it away."
        ) from error


def tables(file: Path, text: str) -> dict[str, object]:
    """What a configuration file says, whatever that is. Raises SettingsError: it is no TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{file} is not valid TOML: {error}. Correct that line, or move the file away."
        ) from error


def parse(file: Path, text: str, shape: type[_T]) -> _T:
    """The text of a configuration file as a value of `shape`.

    Raises:
        SettingsError: names the line that is wrong.
    """
    data = tables(file, text)
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        index = re.search(r"\$\.models\[(\d+)\]", place)
        named = re.search(r"(?:un|missing required )?(?:known )?field `(\w+)`", problem)
        path = re.search(r"\.(\w+)`?(?:\[\.\.\.\])?`?$", place)
        inside = path.group(1) if path else "models"
        key = named.group(1) if named and not (path and "missing" in problem) else inside
        table = int(index.group(1)) if index else None
        raise wrong(file, text, key, table, _plain(problem)) from error


def convert(file: Path, text: str, data: object, shape: type[_T], table: str) -> _T:
    """What stands in one named table, such as `servers.git`, as a value of `shape`.

    Raises:
        SettingsError: names the line that is wrong.
    """
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        named = re.search(r"unknown field `(\w+)`", problem) or re.search(r"\$\.(\w+)", place)
        key = named.group(1) if named else table
        raise wrong(file, text, key, table, _plain(problem)) from error


def wrong(file: Path, text: str, key: str, table: int | str | None, problem: str) -> SettingsError:
    return SettingsError(
        f"{file}, line {line_of(text, key, table)}: {key}: {problem}. "
        "Correct the line, or remove it."
    )


def line_of(text: str, key: str, table: int | str | None) -> int:
    """Line of a key, in the `table`-th [[models]], a named table or at the top.

    Else where that part begins: tomllib tells no positions, and a guess by the eye of a reader is
    all an error needs.
    """
    lines = text.splitlines()
    if isinstance(table, str):
        return _line_in(lines, key, table)
    heads = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*models\s*\]\]", line)]
    first = 0
    last = heads[0] if heads else len(lines)
    if table is not None and table < len(heads):
        first = heads[table]
        last = heads[table + 1] if table + 1 < len(heads) else len(lines)
    wanted = re.compile(
        rf"""\s*(?:\[?(?:{"|".join(_TABLES)})\.)?["']?{re.escape(key)}["']?\s*[=\]]"""
    )
    places: list[int] = list(range(first, last))
    if table is None:
        # What belongs to no model may stand below the models, in a table of its own.
        places += range(last, len(lines))
    for number in places:
        if wanted.match(lines[number]):
            return number + 1
    return first + 1


def _line_in(lines: list[str], key: str, table: str) -> int:
    """Line of a key in a named table and the tables below it, or of the table's head."""
    head = [re.escape(part) for part in table.split(".")]
    opening = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(rf"[\"']?{part}[\"']?" for part in head))
    wanted = re.compile(rf"""\s*(?:\[.*\.\s*)?["']?{re.escape(key)}["']?\s*[=\]]""")
    first, inside = 0, False
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*\[", line):
            begins = opening.match(line)
            inside = begins is not None and line[begins.end() :].lstrip()[:1] in (".", "]")
            first = first or (number if inside else 0)
        if inside and wanted.match(line):
            return number
    return first or 1


def _plain(problem: str) -> str:
    """msgspec's words, shorter: "expected str, got int"."""
    problem = problem.replace("`", "").replace("Object contains unknown field", "unknown setting")
    problem = problem.replace("Object missing required field", "missing setting")
    return problem[0].lower() + problem[1:]
