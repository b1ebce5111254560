"""What the doctor says: one thing it looked at, how it stands, and the way out when it is bad."""

from typing import Literal

import msgspec

Level = Literal["ok", "note", "bad"]


class Row(msgspec.Struct, frozen=True):
    """One line of a table below a finding."""

    level: Level
    text: str


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the doctor."""

    name: str
    level: Level
    """`note`: works, but you may want to know; `bad`: something will not work."""
    text: str
    rows: tuple[Row, ...] = ()
    """What it rests on, line by line."""


def ok(name: str, text: str) -> Finding:
    return Finding(name, "ok", text)


def note(name: str, text: str) -> Finding:
    return Finding(name, "note", text)


def bad(name: str, text: str) -> Finding:
    return Finding(name, "bad", text)
