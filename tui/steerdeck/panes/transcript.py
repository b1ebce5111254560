"""The transcript of a session as a view: what is new is fed, what is old is read when it is seen.

A line view is kept in step with the model's transcript, so that streamed text costs what it adds,
and an entry far above what it takes to know that it is there. Entries unfold in place.
"""

from collections.abc import Sequence
from itertools import takewhile

from textual.message import Message
from textual.strip import Strip

from steerdeck.model import Told
from steerdeck.output.frames import FRAMES
from steerdeck.panes.changing import apart, is_live, is_open, tick, waiting
from steerdeck.panes.entries import call_row as call_row
from steerdeck.panes.entries import entry_lines as entry_lines
from steerdeck.panes.entries import pending as pending
from steerdeck.panes.entries import result_spans as result_spans
from steerdeck.panes.entries import short as short
from steerdeck.panes.growing import Growing
from steerdeck.panes.unfolded import LEAST, Unfolded, foldable
from steerdeck.text import BLANK, Line
from steerdeck.widgets.caret import CaretView
from steerdeck.widgets.code import Code, CodeLine
from steerdeck.widgets.prose import Finished, Prose
from steerdeck.widgets.sources import Lines, Source
from steerdeck.widgets.strips import text_of
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Entry, Said
from steerdeck_agents.runtime.wire_reading import Ends, Inked

_AT_ONCE = 500
"""Older entries taken in with one drawing; more come with the next."""
_AROUND = 3
"""Rows kept below a hit."""
_WHOLE = 1_000_000_000
"""As the last line of a cursor: all lines of the entry, also those it gets later."""


class TranscriptPane(CaretView):
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

    def __init__(self, *, leaps: bool = False, id: str | None = None, margin: int = 2) -> None:
        """`leaps`: while text streams a full window moves up by a quarter and not row by row."""
        super().__init__(id=id, margin=margin)
        self._leaps = leaps
        self._session = ""
        self._told: Told | None = None
        self._read = 0
        self._seen: dict[str, object] = {}
        self._fed: dict[str, str] = {}
        self._before: dict[str, Entry | None] = {}
        self._gaps: dict[str, bool] = {}
        self._live: set[str] = set()
        self._growing: dict[str, Growing] = {}
        """Calls the model is writing, by the item they arrive as."""
        self._afloat: tuple[str, ...] = ()
        """What stands below all else: the text that is arriving, then words not yet delivered."""
        self._last: Entry | None = None
        self._ends: dict[str, Ends] = {}
        """Of outputs that are kept elsewhere, by call."""
        self._at_ms = 0
        self._shows: SessionState | None = None
        self.unfolded: set[str] = set()
        self.thoughts = False
        """Whether all reasoning is unfolded."""
        self.author = ""
        """Name of the session that started this one, where one did."""

    @property
    def session(self) -> str:
        """Id of the session that is shown."""
        return self._session

    def sync(self, told: Told | None, state: SessionState, now: int) -> None:
        """Draw what changed since the last call; a transcript read anew is drawn anew."""
        if self._session != state.id or self._told is not told:
            self._forget(state.id, told)
        self._shows, self._at_ms = state, now
        if told is None:
            return
        fresh = not self._seen
        if not fresh:
            self._prepend_older(told, state, now)
        changed = told.entries if fresh else dict.fromkeys((*told.log[self._read :], *self._live))
        self._read = len(told.log)
        streams = any(is_open(told.entries[id]) for id in changed)
        self.jump = FRAMES.leap(self.outer_size.height) if self._leaps and streams else 1
        self._float(told, state)
        for id in tuple(changed):
            self._sync_entry(told.entries[id], state, now)
        self._grow(state)
        self._sink(told)

    def renew(self) -> None:
        """Make every line anew with the next sync."""
        self._told = None

    def _float(self, told: Told, state: SessionState) -> None:
        """What came to rest is the end now, below which the next one stands."""
        afloat = (*(item.id for item in state.items),
                  *(said.id for said in state.queue if said.delivery != "first"))  # fmt: skip
        for id in self._afloat:
            if id not in afloat:
                self._last = told.entries.get(id, self._last)
        self._afloat = afloat

    def _sink(self, told: Told) -> None:
        above, order = self._last, list[str]()
        for id in self._afloat:
            order += [f"growing:{id}", f"gap:{id}", id]
            if (entry := told.entries.get(id)) is not None and id in self._seen:
                self._before[id] = above
                self._gap(entry, above, bool(self._lines_of(id)))
                above = entry
        self._roll.sink(order)

    def _grow(self, state: SessionState) -> None:
        """The patch being written, at the end until its call has its row."""
        written = {item.id: item.text for item in state.items if item.kind == "arguments"}
        for id in self._growing.keys() - written.keys():
            self.drop(f"growing:{id}")
            del self._growing[id]
        for id, text in written.items():
            growing = self._growing.setdefault(id, Growing())
            width, height = self.size.width or 80, self.size.height or 40
            if growing.feed(text) and (lines := growing.lines(width, height)):
                self.put(f"growing:{id}", [BLANK, *lines])

    def _key(self, entry: Entry, state: SessionState, now: int) -> object:
        """What the lines of an entry depend on."""
        return entry, waiting(entry, state), tick(entry, now), self._how(entry)

    def _sync_entry(
        self, entry: Entry, state: SessionState, now: int, *, news: bool = True
    ) -> None:
        key = self._key(entry, state, now)
        before = self._seen.get(entry.id)
        if before == key:
            return
        self._seen[entry.id] = key
        self._watch(entry)
        new = entry.id not in self._before
        previous = self._before.setdefault(entry.id, self._last)
        if isinstance(entry, Said) and entry.who == "agent":
            self._gap(entry, previous, True)
            self._prose(entry)
            visible = True
        else:
            source = self._made(entry, state, now)
            visible = bool(len(source))
            self._gap(entry, previous, visible)
            self.put_source(entry.id, source, news=news)
        known = new or (self._last is not None and self._last.id == entry.id)
        if visible and known and entry.id not in self._afloat:
            self._last = entry

    def _watch(self, entry: Entry) -> None:
        if is_live(entry):
            self._live.add(entry.id)
        else:
            self._live.discard(entry.id)

    def _made(self, entry: Entry, state: SessionState, now: int) -> Source:
        """The lines of an entry that is no open text."""
        if isinstance(entry, Said) and entry.who == "agent":
            return Finished(entry.text)
        width = self.size.width or 80
        lines = entry_lines(entry, state, now, width, author=self.author, unfolded=self._how(entry))
        return Lines(lines)

    def _forget(self, session: str, told: Told | None) -> None:
        if self._session != session:
            self.unfolded.clear()
            self._ends.clear()
        self.clear()
        self._session, self._told, self._read, self._last = session, told, 0, None
        self._afloat = ()
        for kept in (self._seen, self._fed, self._before, self._gaps, self._live, self._growing):
            kept.clear()

    def _prepend_older(self, told: Told, state: SessionState, now: int) -> None:
        """Entries of an older page come in front without moving what is read."""
        if next(iter(told.entries)) in self._seen:
            return
        missing = list(takewhile(lambda id: id not in self._seen, told.entries))[-_AT_ONCE:]
        bare = [id for id, before in self._before.items() if before is None]
        blocks: list[tuple[str, Source]] = []
        previous: Entry | None = None
        for id in missing:
            entry = told.entries[id]
            source = self._made(entry, state, now)
            visible = isinstance(source, Finished) or bool(len(source))
            self._before[id] = previous
            self._gaps[id] = apart(entry, previous, visible)
            blocks += [(f"gap:{id}", Lines([BLANK] if self._gaps[id] else [])), (id, source)]
            previous = entry if visible else previous
            self._seen[id] = self._key(entry, state, now)
            self._watch(entry)
        self.prepend(blocks)
        for id in bare if previous is not None else ():
            self._before[id] = previous
            visible = bool(self._lines_of(id))
            self._gap(told.entries[id], previous, visible, news=False)

    def _lines_of(self, id: str) -> int:
        source = self._roll.source(id)
        return 0 if source is None else len(source)

    def _gap(
        self, entry: Entry, previous: Entry | None, wanted: bool, *, news: bool = True
    ) -> None:
        """The empty row between groups; calls stand together."""
        needed = apart(entry, previous, wanted)
        if self._gaps.get(entry.id) != needed:
            self._gaps[entry.id] = needed
            gap = Lines([BLANK] if needed else [])
            self.put_source(f"gap:{entry.id}", gap, news=news)

    def _prose(self, said: Said) -> None:
        fed = self._fed.get(said.id, "")
        streamed = isinstance(self._roll.source(said.id), Prose)
        if (said.open or streamed) and said.text.startswith(fed):
            self.write(said.id, said.text[len(fed) :])
            if not said.open:
                self.close(said.id)
        else:
            self.put_source(said.id, Finished(said.text))
        self._fed[said.id] = said.text
        written = self._roll.source(said.id)
        if isinstance(written, Prose):
            for code in written.codes[-2:]:
                self._ask(said.id, code)
            if not said.open:
                self.put_source(said.id, Finished(said.text, written), news=False)

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

    def _how(self, entry: Entry) -> Unfolded | None:
        """How an entry is unfolded, if it is."""
        thinks = self.thoughts and isinstance(entry, Said) and entry.who == "reasoning"
        if not (thinks or entry.id in self.unfolded):
            return None
        width, height = self.size.width or 80, self.size.height or 24
        return Unfolded(max(LEAST, height - 4), width, self._ends.get(entry.id))

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
