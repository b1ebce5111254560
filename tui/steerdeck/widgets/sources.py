"""What a block of a line view is made of: lines that are there, or made when they are seen."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from steerdeck.text import Line


class Source(Protocol):
    """What a block is made of."""

    def __len__(self) -> int: ...
    def item(self, index: int) -> object:
        """The thing behind a line; another object means that the line must be drawn again."""
        ...

    def line(self, index: int) -> Line: ...


class Later(ABC):
    """A source whose lines are made when one of them is looked at."""

    @abstractmethod
    def about(self) -> int:
        """How many lines it has, about; that costs nothing."""

    @abstractmethod
    def forget(self) -> None:
        """Hold no lines any longer; they are made again when one is looked at."""


def about(source: Source) -> int:
    """How many lines a source has, at least about, without making them."""
    return source.about() if isinstance(source, Later) else len(source)


class Lines:
    """A block of finished lines."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def item(self, index: int) -> Line:
        return self._lines[index]

    line = item
