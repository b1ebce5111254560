"""The terminal given back for a deck that can't do so any more: it was killed.

Everything a deck may have switched on is switched off, in the order its driver does so; what was
not on stays so. The keyboard is given back before the other screen is left, which has its own.
"""

import os
import termios
from typing import Any

_OFF = (
    "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[0m\x1b[<u\x1b[?1049l\x1b[?25h"
)


def give_back(descriptor: int, before: list[Any]) -> None:
    """Set the terminal as `before` says, the attributes of tcgetattr; nothing where it is gone."""
    try:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
        termios.tcflush(descriptor, termios.TCIFLUSH)
        os.write(descriptor, _OFF.encode())
    except (OSError, termios.error):
        return
