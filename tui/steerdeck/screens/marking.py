"""Marking text in a transcript with the keyboard: a caret that moves as in vi and less."""

from typing import Generic, TypeVar

from steerdeck.panes.transcript import TranscriptPane
from steerdeck.screens.reading import Reads

T = TypeVar("T")


class Marking(Reads[T], Generic[T]):
    """A screen with a transcript in which text is marked."""

    marking = False
    """Whether keys move the caret."""

    @property
    def text(self) -> TranscriptPane:
        """The transcript that is read."""
        raise NotImplementedError

    def do_mark_text(self) -> None:
        self.text.start_caret()
        self.marking = self.text.caret is not None

    def leave_marking(self) -> None:
        """The caret goes, and what was marked with it."""
        self.marking = False
        self.text.unmark()

    do_mark_leave = leave_marking

    def do_mark_left(self) -> None:
        self.text.step_letter(-1)

    def do_mark_right(self) -> None:
        self.text.step_letter(1)

    def do_mark_down(self) -> None:
        self.text.step_row(1)

    def do_mark_up(self) -> None:
        self.text.step_row(-1)

    def do_mark_word(self) -> None:
        self.text.step_word(1)

    def do_mark_back(self) -> None:
        self.text.step_word(-1)

    def do_mark_begin(self) -> None:
        self.text.step_edge(-1)

    def do_mark_end(self) -> None:
        self.text.step_edge(1)

    def do_mark_first(self) -> None:
        self.text.step_far(-1)

    def do_mark_last(self) -> None:
        self.text.step_far(1)

    def do_mark_letters(self) -> None:
        self.text.begin_mark(whole=False)

    def do_mark_lines(self) -> None:
        self.text.begin_mark(whole=True)

    def can_mark_copy(self) -> bool:
        return self.text.origin is not None

    def why_mark_copy(self) -> str:
        return f"{self.helm.keymap.shown('mark_letters')} marks from here."

    def do_mark_copy(self) -> None:
        self.copy(self.text.marked_text())
        self.leave_marking()
