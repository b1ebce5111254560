"""Whether sessions begin nothing new: a runtime hands over, or its journal can't be written.

Each session stands still at its next safe point, which is before a request or a call; whatever has
begun goes on to its end and its fact. Let go, they go on as if nothing had been.
"""


class Standstill:
    """One for all sessions of a runtime; whoever changes it wakes them."""

    def __init__(self) -> None:
        self.held = False
        """For a newer version."""
        self.stuck = False
        """Since nothing can be kept."""

    @property
    def on(self) -> bool:
        return self.held or self.stuck
