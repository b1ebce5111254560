"""The ends of a command's input and output: nothing and a pipe, two pipes, or a terminal.

A terminal is ours, made for this one command; the developer's own is never given to anybody.
"""

import contextlib
import fcntl
import os
import struct
import termios
from typing import Literal, NamedTuple

Wiring = Literal["closed", "pipe", "tty"]
"""What the command reads from: nothing, a pipe we write to, or a terminal for both directions."""


class Size(NamedTuple):
    """Of a terminal, in characters."""

    columns: int = 100
    rows: int = 30


class Wires:
    """Our ends, and until `handed_over` those of the command."""

    def __init__(self, wiring: Wiring, size: Size) -> None:
        self.tty = ""
        """The path of the terminal as this process sees it; empty when there is none."""
        self.input: int | None = None
        """Where to write what the command shall read; never blocks."""
        if wiring == "tty":
            self.output, theirs = os.openpty()
            self.tty = os.ttyname(theirs)
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            self.input = os.dup(self.output)
            self.stdin, self.stdout = theirs, os.dup(theirs)
        else:
            self.output, self.stdout = os.pipe()
            if wiring == "pipe":
                self.stdin, self.input = os.pipe()
            else:
                self.stdin = os.open(os.devnull, os.O_RDONLY)
        if self.input is not None:
            os.set_blocking(self.input, False)
        status = os.fstat(self.stdin)
        self.source = (status.st_dev, status.st_ino)
        """What the command's standard input is, to recognise who reads from it."""

    def handed_over(self) -> None:
        """The command has its ends, so ours alone stay open."""
        os.close(self.stdin)
        os.close(self.stdout)

    def close(self) -> None:
        """Give back what the pump does not: after the end of the command."""
        if self.input is not None:
            os.close(self.input)
            self.input = None

    def drop(self) -> None:
        """Give back everything: the command could not be started."""
        self.close()
        with contextlib.suppress(OSError):
            os.close(self.output)
