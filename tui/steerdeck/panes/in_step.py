"""A view kept in step with a transcript: what is new is fed, what is old is read when it is seen.

Streamed text costs what it adds, an entry far above what it takes to know that it is there, and
what was said long ago is let go while nobody reads it.
"""

from itertools import takewhile

from steerdeck.output.frames import FRAMES
from steerdeck.panes.changing import apart, is_live, is_open, tick, waiting
from steerdeck.panes.entries import entry_lines
from steerdeck.panes.growing import Growing
from steerdeck.panes.unfolded import LEAST, Unfolded
from steerdeck.tail import is_large, keep_end
from steerdeck.text import BLANK
from steerdeck.widgets.caret import CaretView
from steerdeck.widgets.code import Code
from steerdeck.widgets.prose import Finished, Prose
from steerdeck.widgets.sources import Lines, Source
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Entry, Said, Transcript
from steerdeck_agents.runtime.wire_reading import Ends

_AT_ONCE = 500
"""Older entries taken in with one drawing; more come with the next."""


class InStep(CaretView):
    """The entries of one session as blocks of lines; `sync` takes over what is new."""

    def __init__(self, *, leaps: bool = False, id: str | None = None, margin: int = 2) -> None:
        """`leaps`: while text streams a full window moves up by a quarter and not row by row."""
        super().__init__(id=id, margin=margin)
        self._leaps = leaps
        self._session = ""
        self._told: Transcript | None = None
        self._read = 0
        self._gone = 0
        """How many entries the transcript had let go."""
        self._weighed = -1
        """Of how many entries it is known that they are not too much."""
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
        self.lets_go = True
        """Whether at its end the front may be let go: nobody reads there in another view."""
        self.author = ""
        """Name of the session that started this one, where one did."""

    @property
    def session(self) -> str:
        """Id of the session that is shown."""
        return self._session

    def sync(self, told: Transcript | None, state: SessionState, now: int) -> None:
        """Draw what changed since the last call; a transcript read anew is drawn anew."""
        if self._session != state.id or self._told is not told:
            self._forget(state.id, told)
        self._shows, self._at_ms = state, now
        if told is None:
            return
        self._keep_end(told)
        self._let_go(told)
        fresh = not self._seen
        if not fresh:
            self._prepend_older(told, state, now)
        changed = told.entries if fresh else self._news(told)
        self._read = told.seq
        streams = any(is_open(told.entries[id]) for id in changed)
        self.jump = FRAMES.leap(self.outer_size.height) if self._leaps and streams else 1
        self._float(told, state)
        for id in changed:
            self._sync_entry(told.entries[id], state, now)
        self._grow(state)
        self._sink(told)

    def _keep_end(self, told: Transcript) -> None:
        """What is large is looked at when it has one more entry, and not with each word."""
        count = len(told.entries)
        if not (self.at_tail and self.lets_go) or self.origin is not None:
            self._weighed = -1
        elif count != self._weighed:
            if is_large(told):
                keep_end(told, self.outer_size.height, self._reach(told))
            self._weighed = len(told.entries)

    def _reach(self, told: Transcript) -> int:
        """How many entries there are from the first in view on."""
        if self._seen and self.outer_size.area:
            self._fresh()
        shown = {row.block for row in self._rows or ()}
        places = [n for n, id in enumerate(reversed(told.entries), 1) if id in shown]
        return max(places, default=0)

    def _news(self, told: Transcript) -> list[str]:
        """Entries that changed or still may, in the order they began: a view may have slept."""
        changed = {*told.since(self._read), *self._live}
        return sorted(changed, key=lambda id: told.entries[id].seq)

    def _let_go(self, told: Transcript) -> None:
        """What the transcript no longer holds, since nobody was there to read it, is not kept."""
        if told.gone == self._gone:
            return
        self._gone = told.gone
        gone = self._seen.keys() - told.entries.keys()
        if len(gone) == len(self._seen):
            self._forget(self._session, told)
            return
        self.drop([block for id in gone for block in (f"gap:{id}", id)])
        for kept in (self._seen, self._fed, self._before, self._gaps, self._ends):
            for id in gone & kept.keys():
                del kept[id]
        self._live -= gone
        self.unfolded -= gone
        if self.selection is not None and self.selection[0] in gone:
            self.deselect()
        for id, before in self._before.items():
            if before is not None and before.id in gone:
                self._before[id] = None
                self._gap(told.entries[id], None, bool(self._lines_of(id)), news=False)

    def renew(self) -> None:
        """Make every line anew with the next sync."""
        self._told = None

    def _float(self, told: Transcript, state: SessionState) -> None:
        """What came to rest is the end now, below which the next one stands."""
        afloat = (*(item.id for item in state.items),
                  *(said.id for said in state.queue if said.delivery != "first"))  # fmt: skip
        for id in self._afloat:
            if id not in afloat:
                self._last = told.entries.get(id, self._last)
        self._afloat = afloat

    def _sink(self, told: Transcript) -> None:
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
            self.drop([f"growing:{id}"])
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

    def _forget(self, session: str, told: Transcript | None) -> None:
        if self._session != session:
            self.unfolded.clear()
            self._ends.clear()
        self.clear()
        self._session, self._told, self._read, self._last = session, told, 0, None
        self._gone, self._weighed = told.gone if told is not None else 0, -1
        self._afloat = ()
        for kept in (self._seen, self._fed, self._before, self._gaps, self._live, self._growing):
            kept.clear()

    def _prepend_older(self, told: Transcript, state: SessionState, now: int) -> None:
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

    def _how(self, entry: Entry) -> Unfolded | None:
        """How an entry is unfolded, if it is."""
        thinks = self.thoughts and isinstance(entry, Said) and entry.who == "reasoning"
        if not (thinks or entry.id in self.unfolded):
            return None
        width, height = self.size.width or 80, self.size.height or 24
        return Unfolded(max(LEAST, height - 4), width, self._ends.get(entry.id))

    def _ask(self, block: str, code: Code) -> None:
        """A block of code is there whose syntax nobody told yet."""
