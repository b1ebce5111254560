"""What a command would do, as far as its text could be read: for the approval card."""

import msgspec


class Command(msgspec.Struct, frozen=True):
    """One program of a script, for the approval card; foreign text, so `inert` before a screen."""

    program: str
    words: tuple[str, ...]
    """What it gets; a word that is only known when it runs is shown as it is written."""
    writes: tuple[str, ...] = ()
    network: bool = False
    danger: bool = False
    """It has a part in what can't be brought back."""

    @property
    def harmless(self) -> bool:
        """Whether it may stand behind others where not all can be listed."""
        return not (self.network or self.danger)


class Outline(msgspec.Struct, frozen=True):
    """The parts of a script, as far as they could be read."""

    commands: tuple[Command, ...] = ()
    """In the order of the text; of very many those that reach the network or are dangerous, and
    the first of the others."""
    total: int = 0
    """Commands of the text, those that are not listed too; 0 where it was not counted."""
    whole: bool = False
    """Everything in it was understood; else there may be more than is listed."""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    """Programs that reach the network, of all commands."""

    @property
    def counted(self) -> int:
        """How many commands there are, as far as they could be read."""
        return max(self.total, len(self.commands))
