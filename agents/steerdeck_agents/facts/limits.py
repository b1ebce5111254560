"""Budgets: what may be spent, what was spent, and how both are told in words.

A budget never ends a request. It is looked at before the next one, so a turn in hand goes over by
at most the request that crossed it.
"""

from typing import Literal, TypeVar, get_args

import msgspec

from steerdeck_agents.facts.counted import counted

Kind = Literal["dollars", "tokens", "seconds", "turns"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WARNED_SHARE = 0.8
"""Of a budget; when so much is spent it is said once."""

_Number = TypeVar("_Number", int, float)


class Limits(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may be spent in all; None is without limit.

    Where limits are changed, None leaves one as it is and 0 takes it away.
    """

    dollars: float | None = None
    tokens: int | None = None
    """Input and output, as servers count them."""
    seconds: float | None = None
    """Time its requests and calls take; waiting for the developer or in line is none of it."""
    turns: int | None = None

    def of(self, kind: Kind) -> float | None:
        found: float | None = getattr(self, kind)
        return found

    def changed(self, by: "Limits") -> "Limits":
        """These limits with those of `by` that are set; 0 takes one away."""
        return Limits(
            dollars=_changed(self.dollars, by.dollars),
            tokens=_changed(self.tokens, by.tokens),
            seconds=_changed(self.seconds, by.seconds),
            turns=_changed(self.turns, by.turns),
        )

    @property
    def possible(self) -> bool:
        return all((self.of(kind) or 0) >= 0 for kind in KINDS)


class Spent(msgspec.Struct, frozen=True):
    """What was spent, of the same kinds."""

    dollars: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    turns: int = 0

    def of(self, kind: Kind) -> float:
        found: float = getattr(self, kind)
        return found


def reached(limits: Limits, spent: Spent, share: float = 1.0) -> tuple[Kind, ...]:
    """The limits of which that share is spent."""
    return tuple(
        kind
        for kind in KINDS
        if (limit := limits.of(kind)) is not None and spent.of(kind) >= share * limit
    )


def amount(kind: Kind, value: float) -> str:
    """`$0.50`, `12,000 tokens`, `90 s of work`, `3 turns`."""
    match kind:
        case "dollars":
            return f"${value:.2f}" if value >= 0.01 or not value else f"${value:.4f}"
        case "tokens":
            return counted(round(value), "token")
        case "seconds":
            return f"{value:.0f} s of work" if value < 120 else f"{value / 60:.0f} min of work"
        case "turns":
            return counted(round(value), "turn")


def _changed(old: _Number | None, new: _Number | None) -> _Number | None:
    return old if new is None else new or None
