"""The small part of the shell's language that counts as understood, as plain values.

Everything else is `NotUnderstood`, which names what it is. A list and its pipelines stay flat: each
simple command says what stands before it, which is all that judging needs.
"""

import re
from typing import Literal

import msgspec

_SETTING = re.compile(
    r"(?:LANG|LANGUAGE|LC_[A-Z]+)=[A-Za-z0-9_.@-]*"
    r"|TZ=[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z][A-Za-z0-9_+-]*)*|NO_COLOR=[0-9a-z]*"
    r"|(?:CLICOLOR|CLICOLOR_FORCE|FORCE_COLOR)=[0-9]|TERM=(?:dumb|xterm(?:-256color)?|linux|vt100)"
    r"|(?:COLUMNS|LINES)=[0-9]{1,5}|(?:GIT_PAGER|PAGER|MANPAGER)=(?:cat)?"
    r"|GIT_(?:TERMINAL_PROMPT|OPTIONAL_LOCKS)=0"
)

Joint = Literal["start", ";", "&&", "||", "|"]
"""What stands before a simple command; a newline is a `;`."""


class Word(msgspec.Struct, frozen=True):
    """A word as the program gets it, with its place in the bytes of the script."""

    text: str
    start: int
    end: int
    glob: bool = False
    """Unquoted `*`, `?` or `[…]`: the shell puts names of files in its place."""
    bare: bool = True
    """Nothing in it was quoted or escaped."""


class Redirect(msgspec.Struct, frozen=True):
    """Input or output sent elsewhere; `fd` is empty when none was written."""

    operator: Literal["<", ">", ">>", ">&", "&>", "&>>", "<<<"]
    fd: str
    target: Word


class Simple(msgspec.Struct, frozen=True):
    """One program with its words."""

    joint: Joint
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...] = ()
    sets: tuple[Word, ...] = ()
    """Variables set for this program alone, each one that `is_plain_setting`."""


class Script(msgspec.Struct, frozen=True, tag="script"):
    """A wholly understood command text."""

    commands: tuple[Simple, ...]


class NotUnderstood(msgspec.Struct, frozen=True, tag="not understood"):
    """The text holds something else; `why` is a noun that names it."""

    why: tuple[str, ...]


Parsed = Script | NotUnderstood


def is_plain_setting(text: str) -> bool:
    """Whether `NAME=value` sets only how something is written: language, time zone, colour, width.

    No value may be a path: a time zone and a language may be read from a file.
    """
    return _SETTING.fullmatch(text) is not None


def listed(text: str) -> frozenset[str]:
    """Names written one after the other, with blanks between them."""
    return frozenset(text.split())
