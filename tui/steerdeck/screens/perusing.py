"""A transcript full screen: a cursor on its items, a search through all of it, ways out of it."""

import asyncio
import re
from typing import Generic, TypeVar

from steerdeck.model import Dirty
from steerdeck.outside import EditorError, Program, editor, pager, read, to_read
from steerdeck.panes.told_text import entry_text
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.screens.marking import Marking
from steerdeck.screens.steering import Steering
from steerdeck.screens.tabs import TranscriptTab
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import OUTPUT_KEPT, Called, Entry
from steerdeck_agents.runtime.wire_reading import Match

T = TypeVar("T")


class Perusing(Marking[T], Steering[T], Generic[T]):
    """A screen that reads one transcript."""

    transcript: TranscriptTab
    hits: tuple[Match, ...] = ()
    hit = -1
    """Which of them is in hand."""
    sought = ""
    """The words they were found by; empty while nobody searches."""

    def perused(self) -> SessionState | None:
        """The session whose transcript is in view, if it is."""
        raise NotImplementedError

    @property
    def text(self) -> TranscriptPane:
        return self.transcript.view

    # the item in hand

    def can_unfold(self) -> bool:
        return self.perused() is not None and self.text.can_unfold()

    def do_unfold(self) -> None:
        if (hand := self.text.hand) is not None:
            self.text.unfold(hand.id)

    def verb_unfold(self) -> str:
        hand = self.text.hand
        return "fold" if hand is not None and hand.id in self.text.unfolded else "unfold"

    def can_thoughts(self) -> bool:
        return self.perused() is not None

    def do_thoughts(self) -> None:
        self.text.unfold_thoughts()

    def can_mark_text(self) -> bool:
        return self.perused() is not None

    def can_copy(self) -> bool:
        marked = self.text.origin is not None
        return self.perused() is not None and (marked or self.text.hand is not None)

    def do_copy(self) -> None:
        """What the mouse marked, else the item in hand."""
        if marked := self.text.marked_text():
            self.copy(marked)
        elif (hand := self.text.hand) is not None and _is_cut(hand):
            self.helm.go(self._copy_whole(hand))
        elif hand is not None:
            self.copy(entry_text(hand))

    async def _copy_whole(self, entry: Entry) -> None:
        self.copy(await self._whole_entry(entry))

    async def _whole_entry(self, entry: Entry) -> str:
        """An entry as text, of a call with all it printed."""
        state = self.perused()
        if state is not None and isinstance(entry, Called) and _is_cut(entry):
            called = await self.helm.whole_call(state.id, entry)
            return await asyncio.to_thread(entry_text, called, whole=called is not entry)
        return entry_text(entry)

    # the search

    def seek(self, words: str) -> None:
        """Draw in accent where the words stand, as far as it is in view."""
        self.text.find(re.compile(re.escape(words), re.IGNORECASE) if words.strip() else None)

    def search(self, words: str, seq: int = 0) -> None:
        """Look for the words in all of the session; go to the last place up to an event.

        Without one that is up to the end of what is in view.
        """
        state = self.perused()
        self.leave_search()
        if state is not None and words.strip():
            self.sought = words
            self.seek(words)
            self.helm.go(self._search(state.id, words, seq))

    def leave_search(self) -> None:
        self.hits, self.hit, self.sought = (), -1, ""
        self.seek("")

    async def _search(self, session: SessionId, words: str, seq: int) -> None:
        found = tuple(await self.helm.matching(session, words))
        if self.sought != words:
            return
        self.hits = found
        if not found:
            self.helm.say(f"Nothing in this session has {words!r}.")
            return
        seen = seq or self.text.last_seen_seq()
        self.hit = max((n for n, one in enumerate(found) if one.seq <= seen), default=0)
        await self._show_hit()

    def can_next_hit(self) -> bool:
        return self.perused() is not None and bool(self.hits)

    def do_next_hit(self) -> None:
        self._go_hit(1)

    def can_last_hit(self) -> bool:
        return self.can_next_hit()

    def do_last_hit(self) -> None:
        self._go_hit(-1)

    def _go_hit(self, step: int) -> None:
        self.hit = (self.hit + step) % len(self.hits)
        self.helm.go(self._show_hit())

    async def _show_hit(self) -> None:
        """Bring a hit into view, reading as many older pages as that takes."""
        wanted = self.hits[self.hit]
        state = self.perused()
        if state is None:
            return
        told = self.model.transcripts.get(state.id)
        if told is not None and told.first > wanted.seq:
            await self.helm.bridge.older(state.id, wanted.seq)
        while self._is_perused(state.id) and self.text.lacks(wanted.entry):
            self.show(Dirty(everything=True))
            await asyncio.sleep(0)
        if self._is_perused(state.id) and self.hits and self.hits[self.hit] == wanted:
            self.text.show_hit(wanted.entry)
        self.show(Dirty(everything=True))

    def _is_perused(self, session: SessionId) -> bool:
        """Whether its transcript is in view: what is in none takes nothing in."""
        state = self.perused()
        return self.is_attached and state is not None and state.id == session

    # out of the deck

    def can_pager_item(self) -> bool:
        return self.perused() is not None and self.text.hand is not None

    def do_pager_item(self) -> None:
        self._read_item(pager)

    def can_editor_item(self) -> bool:
        return self.can_pager_item()

    def do_editor_item(self) -> None:
        self._read_item(editor)

    def can_pager(self) -> bool:
        return self.perused() is not None

    def do_pager(self) -> None:
        self.helm.go(self._read_whole(pager))

    def can_editor_whole(self) -> bool:
        return self.perused() is not None

    def do_editor_whole(self) -> None:
        self.helm.go(self._read_whole(editor))

    def _read_item(self, program: Program) -> None:
        if (hand := self.text.hand) is not None:
            self.helm.go(self._read_entry(hand, program))

    async def _read_entry(self, entry: Entry, program: Program) -> None:
        await self._read(await self._whole_entry(entry) + "\n", program)

    async def _read_whole(self, program: Program) -> None:
        if (state := self.perused()) is not None:
            await self._read(await self.helm.whole_text(state), program)

    async def _read(self, text: str, program: Program) -> None:
        try:
            command = program()
            folder = await asyncio.to_thread(to_read, text)
            read(self.app, folder, command)
        except EditorError as error:
            self.helm.say(str(error), bad=True)


def _is_cut(entry: Entry) -> bool:
    """Whether it printed more than an entry keeps."""
    return isinstance(entry, Called) and (bool(entry.blob) or len(entry.output) >= OUTPUT_KEPT)
