"""Every mark of the deck by its meaning, one cell each, with an ASCII stand-in.

The set is chosen once at start: `glyphs()` gives it, `choose(ascii=True)` switches to ASCII where
the terminal draws one of the ambiguous marks two cells wide or cannot show them at all.
"""

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple

import msgspec

Ts = TypeVarTuple("Ts")
T = TypeVar("T")


class Glyphs(msgspec.Struct, frozen=True):
    """One cell for each meaning; a state never changes its shape while it lasts."""

    working: str = "●"
    needs: str = "▲"
    asks: str = "?"
    done: str = "✓"
    failed: str = "✗"
    queued: str = "○"
    paused: str = "■"
    parked: str = "◔"
    unknown: str = "◌"
    archived: str = "▫"
    shell: str = "$"
    patch: str = "±"
    read: str = "≡"
    search: str = "/"
    you: str = "›"
    reached: str = "»"
    within: str = "›"
    checkpoint: str = "◆"
    goal: str = "◇"
    helper: str = "└"
    rule: str = "§"
    overlap: str = "≈"
    other: str = "∙"
    step_done: str = "✓"
    step_now: str = "▸"
    step_later: str = "·"
    step_failed: str = "✗"
    folder_open: str = "▾"
    added: str = "+"
    removed: str = "−"
    changed: str = "~"
    moved: str = "↑"
    bar: str = "▌"
    hairline: str = "─"
    column: str = "│"
    meter: str = "━"
    arriving: str = "▏"
    write: str = "▪"
    rate: str = "▁▂▃▄▅▆▇"
    cut: str = "…"
    above: str = "↑"
    below: str = "↓"


UNICODE = Glyphs()
ASCII = Glyphs(
    working="*",
    needs="!",
    done="+",
    failed="x",
    queued="o",
    paused="#",
    parked="@",
    unknown="~",
    archived="-",
    patch="%",
    read="=",
    you=">",
    reached=">",
    within=">",
    checkpoint="&",
    goal="G",
    helper="\\",
    rule="S",
    overlap="~",
    other=".",
    step_done="+",
    step_now=">",
    step_later=".",
    step_failed="x",
    folder_open="v",
    removed="-",
    moved="^",
    bar="|",
    hairline="-",
    column="|",
    meter="=",
    arriving="_",
    write="#",
    rate="1234567",
    cut="~",
    above="^",
    below="v",
)

AMBIGUOUS = "●▲○■◆◇└±≡§≈·↑…─━│▌▏▅"
"""The marks whose width is the terminal's choice: measured once at start with a cursor report."""

SIGNS = {
    "…": "~", "−": "-", "–": "-", "→": ">", "←": "<", "↑": "^", "↓": "v", "·": ".", "×": "x",
    "≈": "~", "“": '"', "”": '"',
}  # fmt: skip
"""Signs of sentences, the deck's own and the engine's, with what stands for them in ASCII."""
_SIGNS = str.maketrans(SIGNS)
_RANGE = re.compile(r"(?<=\d)…(?=\d)")

_chosen = UNICODE


def choose(*, ascii_only: bool) -> None:
    """Fix the set for this process, before the first frame."""
    global _chosen
    _chosen = ASCII if ascii_only else UNICODE


def glyphs() -> Glyphs:
    """The set this process draws with."""
    return _chosen


def drawn(text: str) -> str:
    """The text as this process draws it: beside ASCII marks stand ASCII signs, a cell for a cell.

    A text that is decided on has its signs written as numbers before (`panes.exact`).
    """
    if _chosen is UNICODE or text.isascii():
        return text
    return _RANGE.sub("-", text).translate(_SIGNS)


def kept(most: int) -> Callable[[Callable[[*Ts], T]], Callable[[*Ts], T]]:
    """Keep what a function made last, for each set apart: so many results of each."""

    def around(make: Callable[[*Ts], T]) -> Callable[[*Ts], T]:
        wide, plain = lru_cache(most)(make), lru_cache(most)(make)

        @wraps(make)
        def made(*args: *Ts) -> T:
            return (wide if _chosen is UNICODE else plain)(*args)

        return made

    return around
