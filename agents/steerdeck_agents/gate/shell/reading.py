"""What was read out of a command's text: may it run unasked, how dangerous, what it would touch."""

import msgspec


class Command(msgspec.Struct, frozen=True):
    """One program of a script, for the approval card; foreign text, so `inert` before a screen."""

    program: str
    words: tuple[str, ...]
    """What it gets; a word that is only known when it runs is shown as it is written."""
    writes: tuple[str, ...] = ()
    network: bool = False


class Outline(msgspec.Struct, frozen=True):
    """The parts of a script, as far as they could be read."""

    commands: tuple[Command, ...] = ()
    whole: bool = False
    """Everything in it was understood; else there may be more than is listed."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    """Programs that reach the network."""


class Reading(msgspec.Struct, frozen=True):
    """The answer of the shell classifier."""

    automatic: bool
    """Wholly understood and read-only; never together with reasons or danger."""
    reasons: tuple[str, ...]
    """Why it must be asked for, each the end of a sentence; empty when automatic."""
    danger: str
    """A sentence when it can destroy what nobody can bring back; no rule may cover it."""
    outline: Outline
