"""What Textual and Rich remember of sums they did, forgotten when it is much.

They keep thousands of results for each function over places, sizes, styles and words, and every
size of the window and every screen brings new ones: megabytes after an hour, and something to go
through for each round over all objects. A result that is wanted again is made in a microsecond.
"""

from functools import lru_cache
from typing import Any

from rich import cells
from rich.style import Style
from textual.css.scalar import Scalar
from textual.geometry import Region

_MANY = 64
"""Results of one function that are too few to matter."""
_REMEMBERS = type(lru_cache(len))
_PLACES: tuple[Any, ...] = (Region, Scalar, Style, cells)


def forget_sums() -> int:
    """Forget the results of each function that keeps many; how many results those were."""
    gone = 0
    for place in _PLACES:
        for kept in vars(place).values():
            if isinstance(kept, _REMEMBERS) and (many := kept.cache_info().currsize) > _MANY:
                kept.cache_clear()
                gone += many
    return gone
