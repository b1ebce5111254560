"""What a block of a line view is made of: lines that are there, or made when they are seen."""

from collections.abc import Callable, Sequence
from typing import Protocol

from steerdeck.text import Line


class Source(Protocol):
    """What a block is made of."""

    def __len__(self) -> int: ...
    def item(self, index: int) -> object:
        """The thing behind a line; another object means that the line must be drawn again."""
        ...

    def line(self, index: int) -> Line: ...


class Lines:
    """A block of finished lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def item(self, index: int) -> Line:
        return self._lines[index]

    line = item


class Raw:
    """A block of plain text whose lines are made only when they are seen."""

    def __init__(self, text: str, make: Callable[[str], Line]) -> None:
        self._texts = text.split("\n")
        self._make = make

    def __len__(self) -> int:
        return len(self._texts)

    def item(self, index: int) -> str:
        return self._texts[index]

    def line(self, index: int) -> Line:
        return self._make(self._texts[index])
