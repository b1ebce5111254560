"""How a verb ends: a number for scripts and a sentence for people."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
WAITS: Final = 3
"""A session waits for a human."""
INTERRUPTED: Final = 130


class Ending(Exception):
    """Ends the verb with this exit code; the sentence goes to the standard error."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
