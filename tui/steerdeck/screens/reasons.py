"""Why an act on the session in hand does nothing now: what a key says that can't act.

An act without a word here says by its title that it is not possible.
"""

from typing import Generic, TypeVar

from steerdeck.screens.keyed import Keyed

T = TypeVar("T")


class Reasons(Keyed[T], Generic[T]):
    """A screen with a session in hand whose acts may not be possible."""

    def _of_hand(self, why: str) -> str:
        state = self.model.hand
        return f"{state.name} {why}." if state is not None else "There is no session in hand."

    def why_diff(self) -> str:
        return self._of_hand("changed nothing yet")

    why_land = why_diff

    def why_plan(self) -> str:
        return self._of_hand("has no plan yet")

    def why_interrupt(self) -> str:
        return self._of_hand("does not work now")

    def why_drop_goal(self) -> str:
        return self._of_hand("has no goal")

    def why_type_shell(self) -> str:
        return self._of_hand("has no shell open")

    why_end_shell = why_type_shell

    def why_mark_seen(self) -> str:
        return self._of_hand("has no news to be marked as seen")

    def why_overlap(self) -> str:
        return self._of_hand("shares no file with another session")

    def why_expand(self) -> str:
        return "No paste stands in the draft as a mark."

    def why_waiting_words(self) -> str:
        return self._of_hand("has no message waiting")

    def why_next_waiting(self) -> str:
        return "Nothing waits for you."

    why_next_needing = why_next_waiting

    def why_undo(self) -> str:
        return "There is nothing to undo."

    def why_repositories(self) -> str:
        return "There are no sessions of other repositories."
