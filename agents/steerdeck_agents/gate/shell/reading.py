"""What was read out of a command's text: may it run unasked, how dangerous, what it would touch."""

import msgspec

from steerdeck_agents.facts.outline import Outline


class Reading(msgspec.Struct, frozen=True):
    """The answer of the shell classifier."""

    automatic: bool
    """Wholly understood and read-only; never together with reasons or danger."""
    reasons: tuple[str, ...]
    """Why it must be asked for, each the end of a sentence; empty when automatic."""
    danger: str
    """A sentence when it can destroy what nobody can bring back; no rule may cover it."""
    outline: Outline
