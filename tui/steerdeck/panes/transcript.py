"""The transcript of a session as a reader has it: code in colours, an entry in hand, unfolded."""

from collections.abc import Sequence

from textual.message import Message
from textual.strip import Strip

from steerdeck.panes.in_step import InStep
from steerdeck.panes.unfolded import LEAST, foldable
from steerdeck.text import Line
from steerdeck.widgets.code import Code, CodeLine
from steerdeck.widgets.prose import Finished, Prose
from steerdeck.widgets.strips import text_of
from steerdeck_agents.facts.transcript import Called, Entry, Said
from steerdeck_agents.runtime.wire_reading import Ends, Inked

_AROUND = 3
"""Rows kept below a hit."""
_WHOLE = 1_000_000_000
"""As the last line of a cursor: all lines of the entry, also those it gets later."""


class TranscriptPane(InStep):
    """The transcript of one session; `sync` takes over what is new in the model."""

    class CodeSeen(Message):
        """A finished block of code is seen, whose syntax nobody told yet."""

        def __init__(self, pane: "TranscriptPane", block: str, code: Code) -> None:
            super().__init__()
            self.pane, self.block, self.code = pane, block, code

    class EndsWanted(Message):
        """A call was unfolded whose output is kept elsewhere."""

        def __init__(self, pane: "TranscriptPane", call: Called, lines: int) -> None:
            super().__init__()
            self.pane, self.call, self.lines = pane, call, lines

    # code in colours

    def _draw(self, line: Line, block: str, index: int) -> list[Strip]:
        if isinstance(line, CodeLine) and line.code is not None:
            line.code.seen = True
            self._ask(block, line.code)
        return super()._draw(line, block, index)

    def _ask(self, block: str, code: Code) -> None:
        if code.wanted:
            code.asked = True
            self.post_message(self.CodeSeen(self, block, code).set_sender(self))

    def colour(self, block: str, code: Code, inked: Inked) -> None:
        """Draw a block of code as its syntax is; nothing when its text is gone."""
        source = self._roll.source(block)
        prose = source.prose if isinstance(source, Finished) else source
        if isinstance(prose, Prose) and any(one is code for one in prose.codes):
            prose.colour(code, inked.lines, inked.kinds)
            self._roll.grown(block, code.start)
            self._changed()

    # the item in hand, and what is unfolded

    @property
    def hand(self) -> Entry | None:
        """The entry under the cursor."""
        if self._told is None or self.selection is None:
            return None
        return self._told.entries.get(self.selection[0])

    def take(self, id: str) -> None:
        """Put the cursor on an entry and bring its beginning into view."""
        long = self._lines_of(id) != 1
        self.select(id, 0, _WHOLE if long else 0)

    def let_go(self) -> None:
        """No entry is in hand any more."""
        if self.selection is not None:
            self.deselect()

    def move(self, step: int) -> None:
        """To the next entry, or with −1 to the one before; one that is longer is read first."""
        shown = self._in_view()
        hand = self.hand
        if hand is None or hand.id not in shown:
            entries = [id for id in shown if self._told and id in self._told.entries]
            if entries:
                self.take(entries[-1 if step < 0 else 0])
            return
        source = self._roll.source(hand.id)
        lines = [row.line for row in self._rows or () if row.block == hand.id]
        last = 0 if source is None else len(source) - 1
        if (step > 0 and lines[-1] < last) or (step < 0 and lines[0] > 0):
            self._scroll(step * max(1, self.outer_size.height // 3))
            return
        beside = self._roll.beside(hand.id, last if step > 0 else 0, step)
        while beside is not None and self._told and beside[0] not in self._told.entries:
            beside = self._roll.beside(*beside, step)
        if beside is None:
            self._scroll(step)
            return
        self.take(beside[0])
        if step < 0:
            self._show_end(beside)

    def _show_end(self, place: tuple[str, int]) -> None:
        """Going up one comes to the end of a long entry first."""
        self._roll.show(*place)
        self._redraw()

    def _in_view(self) -> list[str]:
        self._fresh()
        return list(dict.fromkeys(row.block for row in self._rows or ()))

    def last_seen_seq(self) -> int:
        """The event with which the last entry in the window began."""
        entries = self._told.entries if self._told is not None else {}
        return max((entries[id].seq for id in self._in_view() if id in entries), default=0)

    def lacks(self, id: str) -> bool:
        """Whether an entry of the transcript has yet to be taken in."""
        return self._told is not None and id in self._told.entries and id not in self._seen

    def show_hit(self, id: str) -> None:
        """Take an entry that a search found, and bring its first hit into view."""
        if self._line_found(id) is None:
            self.unfold(id, fold=False)
        self.take(id)
        self._roll.show(id, self._line_found(id) or 0, _AROUND)
        self._redraw()

    def _line_found(self, id: str) -> int | None:
        source, pattern = self._roll.source(id), self.pattern
        if source is None or pattern is None:
            return None
        lines = (line for line in range(len(source)) if pattern.search(text_of(source.line(line))))
        return next(lines, None)

    def can_unfold(self) -> bool:
        return self.hand is not None and foldable(self.hand)

    def unfold(self, id: str, *, fold: bool = True) -> None:
        """Show what is folded away of an entry, or fold it again."""
        entry = self._told.entries.get(id) if self._told is not None else None
        if entry is None or not foldable(entry) or (id in self.unfolded and not fold):
            return
        self.unfolded ^= {id}
        if isinstance(entry, Called) and entry.blob and id not in self._ends:
            rows = max(LEAST, self.size.height - 4)
            self.post_message(self.EndsWanted(self, entry, rows).set_sender(self))
        self._again([entry])
        if self.selection is not None and self.selection[0] == id:
            self.take(id)
        else:
            self._roll.show(id, 0)

    def unfold_thoughts(self) -> None:
        """Show all reasoning whole, or fold it again."""
        self.thoughts = not self.thoughts
        told = self._told.entries.values() if self._told is not None else ()
        self._again([one for one in told if isinstance(one, Said) and one.who == "reasoning"])

    def tell_ends(self, call: str, ends: Ends) -> None:
        """Both ends of the output of an unfolded call."""
        self._ends[call] = ends
        if self._told is not None and (entry := self._told.entries.get(call)) is not None:
            self._again([entry])

    def _again(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._shows is not None:
                self._sync_entry(entry, self._shows, self._at_ms, news=False)
