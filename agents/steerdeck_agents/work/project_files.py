"""A project's files as those who look for checks see them: read once, parsed without trust."""

import configparser
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

_UNREADABLE = (ValueError, RecursionError, msgspec.DecodeError)


class Proposal(NamedTuple):
    """A check somebody found; `rank` orders those of one kind, the smallest first."""

    name: str
    command: str
    from_file: str
    why: str
    kind: Literal["test", "check", "types", "lint"]
    rank: int


class Folder:
    """One folder of a project: what lies in it and below, and what its files say."""

    def __init__(self, files: Sequence[str], read: Callable[[str], bytes | None]) -> None:
        self.files = files
        self._read = read
        self._texts: dict[str, str] = {}

    @cached_property
    def top(self) -> frozenset[str]:
        """Names of the files directly in it."""
        return frozenset(path for path in self.files if "/" not in path)

    def first(self, *names: str) -> str | None:
        """The first of these names that is a file here."""
        return next((name for name in names if name in self.top), None)

    def text(self, path: str) -> str:
        """What a file says; empty when it is not there, too large or not text."""
        if path not in self._texts:
            data = self._read(path)
            self._texts[path] = (
                "" if data is None or b"\0" in data else data.decode(errors="replace")
            )
        return self._texts[path]

    def json(self, path: str) -> Mapping[str, object]:
        """A JSON object; empty when it is none."""
        try:
            return table(msgspec.json.decode(self.text(path)))
        except _UNREADABLE:
            return {}

    def toml(self, path: str) -> Mapping[str, object]:
        try:
            return tomllib.loads(self.text(path).replace("\r\n", "\n"))
        except _UNREADABLE:
            return {}

    def ini(self, path: str) -> frozenset[str]:
        """The names of the sections of an ini file."""
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read_string(self.text(path))
        except (configparser.Error, *_UNREADABLE):
            return frozenset()
        return frozenset(parser.sections())


def table(value: object, *names: str) -> Mapping[str, object]:
    """The table at these names inside a parsed file; empty when there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}
