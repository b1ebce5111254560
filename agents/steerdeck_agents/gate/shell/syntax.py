"""The small part of the shell's language that counts as understood, as plain values.

Everything else is `NotUnderstood`, which names what it is. A list and its pipelines stay flat: each
simple command says what stands before it, which is all that judging needs.
"""

from typing import Literal

import msgspec

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


class Script(msgspec.Struct, frozen=True, tag="script"):
    """A wholly understood command text."""

    commands: tuple[Simple, ...]


class NotUnderstood(msgspec.Struct, frozen=True, tag="not understood"):
    """The text holds something else; `why` is a noun that names it."""

    why: tuple[str, ...]


Parsed = Script | NotUnderstood


def listed(text: str) -> frozenset[str]:
    """Names written one after the other, with blanks between them."""
    return frozenset(text.split())
