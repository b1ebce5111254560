"""The fact of a stall or a drift: something in the journal says that the work goes wrong."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact

DriftKind = Literal[
    "repeated_call", "back_and_forth", "outside_plan", "no_change", "fewer_tests", "bad_calls"
]


class Drift(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen, and where."""

    kind: DriftKind
    text: str
    """One sentence."""
    pauses: bool = False
    events: tuple[int, ...] = ()
    """The events that show it."""
    paths: tuple[str, ...] = ()
    key: str = ""
    """Names the case, so that it is said once."""


class DriftFound(Fact, frozen=True, kw_only=True, tag="drift.found"):
    drift: Drift
