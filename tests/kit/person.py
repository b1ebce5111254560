"""Somebody at a terminal who answers each question once it stands there, and not before."""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

Done = TypeVar("Done")


class Person(io.StringIO):
    """The messages of a terminal; a text that ends with a blank is a question."""

    def __init__(self, keyboard: int) -> None:
        super().__init__()
        self.keyboard = keyboard
        self.answers: list[bytes] = []

    def write(self, text: str) -> int:
        if text.endswith(" ") and self.answers:
            os.write(self.keyboard, self.answers.pop(0) + b"\n")
        return super().write(text)

    def at(self, work: Callable[[], Done]) -> Done:
        """Do it where this person sits."""
        with contextlib.redirect_stderr(self):
            return work()


@contextlib.contextmanager
def somebody() -> Iterator[Person]:
    """A terminal as the standard input, with somebody at it."""
    master, slave = os.openpty()
    person, before = Person(master), sys.stdin
    with os.fdopen(slave) as sys.stdin:
        yield person
    sys.stdin = before
    os.close(master)
