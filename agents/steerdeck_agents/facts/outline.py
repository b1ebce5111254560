"""What a command would do, as far as its text could be read: for the approval card."""

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
