"""How a verb ends: a number for scripts and a sentence for people.

Loads nothing: it is what comes first of all, before the deck's first frame.
"""

DONE = 0
FAILED = 1
USAGE = 2
WAITS = 3
"""A session waits for a human."""
INTERRUPTED = 130


class Ending(Exception):
    """Ends the verb with this exit code; the sentence goes to the standard error."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
