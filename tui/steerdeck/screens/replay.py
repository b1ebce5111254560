"""Replay: past sessions on the same lanes, with a timeline; words, plan, calls and files as then.

It is made from the journal's own events by the runtime's own fold. `replay` stands top left as a
chip, so that it is never taken for what happens now.
"""

import asyncio

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import Dirty, ShownDiff
from steerdeck.panes.dock import cap
from steerdeck.panes.lane import Lane
from steerdeck.panes.room import LANE, WIDEST, Room, room
from steerdeck.panes.tape import Tape
from steerdeck.panes.timeline import clock
from steerdeck.screens.keyed import Keyed
from steerdeck.screens.recording import read_tape
from steerdeck.screens.ruling import Ruler
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.text import clock as running
from steerdeck.widgets.diff_view import DiffView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck.widgets.unified import parse
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

SPEEDS = (1, 2, 4, 8, 16, 32, 50)
_FRAME_S = 0.1
_IDLE_MS = 2_000
"""A pause of the recording longer than this, at the speed of play, is passed over."""
_FILES_S = 0.15
_AT_ONCE = 400
"""Events folded at one stretch: some milliseconds."""


class ReplayScreen(Keyed[None]):
    """Lanes over a timeline."""

    def __init__(self, helm: Helm, session: SessionId, seq: int = 0) -> None:
        """`seq` is the event before which it begins; 0 is the first of all."""
        super().__init__(helm, id="replay")
        self._begin = seq
        self.in_hand = session
        self.tape = Tape(())
        self.header = Rows(id="header")
        self.row = Horizontal(id="lanes")
        self.lanes: list[Lane] = []
        self.files = DiffView(id="files_then")
        self.time = Rows(id="timeline")
        self.caps = Rows(id="replay_caps")
        self.jump = Prompt("time, such as 10:36", send={"enter": "steer"}, id="jump")
        self.foot = Rows(id="footer")
        self.playing = False
        self.speed = 8
        self.reading = "reading the journal"
        self._at_ms = 0.0
        self.ruler = Ruler(helm, lambda: self.show(Dirty(everything=True)))
        self._goal: int | None = None
        """Where it is on the way to, while that is far."""
        self._diff = ShownDiff("", -1, "")
        self._files_timer: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="replay_middle"):
            yield self.row
            yield self.files
        yield self.time
        yield self.jump
        yield self.caps
        yield self.foot

    def on_mount(self) -> None:
        self.files.display = self.jump.display = False
        self.files.can_focus = False
        self.set_interval(_FRAME_S, self._frame)
        self._fit()
        self.helm.go(self._read())

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    async def _read(self) -> None:
        try:
            self.tape = await read_tape(self.helm, self.in_hand, lambda: self.is_attached)
            if not self.is_attached:
                return
            self.ruler.forget()
            self.reading = "" if len(self.tape) else "nothing was recorded of this session"
        except SteerdeckError as error:
            self.reading = str(error)
        past = sum(event.seq < self._begin for event in self.tape.events)
        self.seek(past or self.tape.first_words(self.in_hand))

    @property
    def room(self) -> Room:
        """Lanes over the full width: the timeline names the sessions."""
        size = self.app.size
        fits = room(size.width, size.height, rail_hidden=True)
        count = max(1, (size.width + 1) // (LANE + 1))
        hunk = 9 if size.height >= 45 else 0
        return msgspec.structs.replace(fits, lanes=count, hunk=hunk)

    def _fit(self) -> None:
        margin = 2 if self.app.size.width > 80 else 1
        self.ruler.forget()
        self.set_class(self.app.size.height < 30, "-low")
        for part in (self.header, self.time, self.caps, self.foot):
            part.margin = margin
        self.jump.margin = margin
        missing = self.room.lanes - len(self.lanes)
        if missing > 0:
            new = [Lane() for _ in range(missing)]
            self.lanes += new
            self.row.mount(*new)
        self.show(Dirty(everything=True))

    # what is drawn

    def sessions(self) -> list[SessionState]:
        """Sessions of the recording that exist by now, by slot."""
        return sorted(self.tape.states.values(), key=lambda state: (state.slot, state.id))

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted or not dirty.everything:
            return
        size = self.app.size
        self.header.show([self._head()])
        shown = self._shown()
        for place, lane in enumerate(self.lanes):
            lane.display = place < len(shown) and not self.files.display
            lane.set_class(place == len(shown) - 1, "-last")
            if lane.display:
                self._fill(lane, shown[place], len(shown))
        events, width = self.tape.events, size.width - 2 * self.time.margin
        named = self._named()[: max(1, size.height // 4)] if self.ruler.line is None else []
        self.ruler.rule(events, named, width, low=size.height < 30)
        if self.ruler.line is not None:
            self.time.show(self.ruler.line.at(self.tape.now_ms, self.in_hand))
        else:
            self.time.show([Line((foreign(self.reading, "t1"),))])
        self.caps.show(self._cap_row())
        self.foot.show([self.footer_line(size.width)])

    def _named(self) -> list[SessionState]:
        """All sessions of the recording by their latest name, also those yet to begin."""
        known = {**self.model.states, **self.tape.states}
        ids = {event.session for event in self.tape.events if event.session}
        found = [known[id] for id in ids if id in known]
        return sorted(found, key=lambda state: (state.slot, state.id))

    def _shown(self) -> list[SessionState]:
        """Lanes beside each other, the one in hand among them."""
        every = self.sessions()
        count = self.room.lanes
        place = next((n for n, state in enumerate(every) if state.id == self.in_hand), 0)
        first = max(0, min(place - count + 1, len(every) - count)) if place >= count else 0
        return every[first : first + count]

    def _fill(self, lane: Lane, state: SessionState, lanes: int) -> None:
        fits = self.room
        width = (fits.columns - lanes + 1) // max(1, lanes)
        in_hand = state.id == self.in_hand
        lane.sync(
            state,
            self.tape.transcripts.get(state.id),
            self._diff if in_hand and self._diff.path else None,
            msgspec.structs.replace(fits, lane=min(WIDEST, width), rail=1),
            self.tape.now_ms,
            in_hand=in_hand,
            keys_here=True,
        )

    def _head(self) -> Line:
        name = self.model.repository.rstrip("/").rpartition("/")[2] or "steerdeck"
        left = [Span(" replay ", "ink", bold=True, bg="accent"), Span("   ")]
        left.append(foreign(name, "t0", bold=True))
        if not len(self.tape):
            return Line(tuple(left))
        first, last = self.tape.events[0].at_ms, self.tape.events[-1].at_ms
        right = [Span(clock(self.tape.now_ms), "t0", bold=True)]
        if self.app.size.width >= 80:
            left.append(Span(f"   {clock(first)[:5]} – {clock(last)[:5]}", "t2"))
            words = f"   event {self.tape.at:,} of {len(self.tape):,}"
            right.append(Span(words, "t2"))
        if self.app.size.width >= 100:
            right.append(Span(f"    end in {running(last - self.tape.now_ms)}", "t2"))
        return Line(tuple(left), tuple(right))

    def _cap_row(self) -> list[Line]:
        spans: list[Span] = []
        for id in ("play", "event_left", "next_error", "next_approval", "files_then"):
            key = self.helm.keymap.by_id[id]
            if self.can(key):
                spans += [cap(self.helm.keymap.shown(id)), Span(f" {self.verb(key)}", "t1")]
                spans.append(Span("   "))
        line = Line(tuple(spans))
        return [line] if self.app.size.height < 30 else [BLANK, line]

    # moving

    def seek(self, at: int) -> None:
        """Go to just after that many events."""
        if self._goal is not None:
            self._goal = at
        elif self.tape.near(at, _AT_ONCE):
            self._arrive()
        else:
            self._goal = at
            self.helm.go(self._travel())

    async def _travel(self) -> None:
        while self._goal is not None and not self.tape.near(self._goal, _AT_ONCE):
            await asyncio.sleep(0)
        self._goal = None
        if self.is_attached:
            self._arrive()

    def _arrive(self) -> None:
        self._at_ms = float(self.tape.now_ms)
        self._files_later()
        self.show(Dirty(everything=True))

    def _frame(self) -> None:
        if not self.playing or self._goal is not None:
            return
        if self.tape.at >= len(self.tape):
            self.playing = False
            self.show(Dirty(everything=True))
            return
        self._at_ms += _FRAME_S * 1000 * self.speed
        following = self.tape.events[self.tape.at].at_ms
        if following - self._at_ms > _IDLE_MS * self.speed:
            self._at_ms = float(following)
        at = self.tape.at
        while at < len(self.tape) and self.tape.events[at].at_ms <= self._at_ms:
            at += 1
        if at != self.tape.at:
            self.tape.seek(at)
            self._files_later()
            self.show(Dirty(everything=True))

    def _files_later(self) -> None:
        """The files of then are asked for once one stops moving."""
        if self._files_timer is not None:
            self._files_timer.stop()
        self._files_timer = self.set_timer(_FILES_S, lambda: self.helm.go(self._read_files()))

    async def _read_files(self) -> None:
        state = self.tape.states.get(self.in_hand)
        seq = state.seq if state is not None else 0
        if state is None or not state.files or self._diff.seq == seq:
            if state is None or not state.files:
                self._diff = ShownDiff("", -1, "")
                self.files.show("")
            return
        text = await self.helm.bridge.page(wire.FilesAt(state.id, seq), str)
        self._diff = ShownDiff(state.newest_file or "files", seq, text)
        large = len(text) > wire.FRAME_LIMIT
        self.files.show(await asyncio.to_thread(parse, text) if large else parse(text))
        self.show(Dirty(everything=True))

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.jump.display else ("replay", "anywhere")

    def do_back(self) -> None:
        if self.jump.display:
            self.jump.display = False
            self.set_focus(None)
        elif self.files.display:
            self.do_files_then()
        else:
            self.helm.close_screen(self)

    def verb_back(self) -> str:
        return "lanes" if self.files.display else "back to now"

    def do_play(self) -> None:
        if self.tape.at >= len(self.tape):
            self.tape.seek(0)
        self.playing = not self.playing
        self._at_ms = float(self.tape.now_ms)

    def verb_play(self) -> str:
        return "pause" if self.playing else "play"

    def do_event_left(self) -> None:
        self.seek(self.tape.at - 1)

    def do_event_right(self) -> None:
        self.seek(self.tape.at + 1)

    def _to(self, place: int | None, what: str) -> None:
        if place is None:
            self.helm.say(f"no more {what} in this direction")
        else:
            self.seek(place)

    def do_next_error(self) -> None:
        self._to(self.tape.error(1), "errors")

    def do_previous_error(self) -> None:
        self._to(self.tape.error(-1), "errors")

    def do_next_approval(self) -> None:
        self._to(self.tape.find(1, e.ApprovalRequested, e.QuestionAsked), "approvals")

    def do_previous_approval(self) -> None:
        self._to(self.tape.find(-1, e.ApprovalRequested, e.QuestionAsked), "approvals")

    def do_first(self) -> None:
        self.seek(0)

    def do_last(self) -> None:
        self.seek(len(self.tape))

    def _faster(self, step: int) -> None:
        place = min(len(SPEEDS) - 1, max(0, SPEEDS.index(self.speed) + step))
        self.speed = SPEEDS[place]

    def do_faster(self) -> None:
        self._faster(1)

    def do_slower(self) -> None:
        self._faster(-1)

    def verb_faster(self) -> str:
        return f"speed {self.speed}×"

    def can_next_lane(self) -> bool:
        return len(self.sessions()) > 1

    def do_next_lane(self) -> None:
        every = [state.id for state in self.sessions()]
        place = every.index(self.in_hand) if self.in_hand in every else -1
        self.in_hand = every[(place + 1) % len(every)]
        self._diff = ShownDiff("", -1, "")
        self._files_later()

    def do_files_then(self) -> None:
        """The files as they were then, as a diff against the base."""
        self.files.display = not self.files.display
        self.row.display = not self.files.display

    def can_files_then(self) -> bool:
        state = self.tape.states.get(self.in_hand)
        return self.files.display or bool(state and state.files)

    def verb_files_then(self) -> str:
        return "lanes" if self.files.display else "files then"

    def do_scroll_down(self) -> None:
        self._scroll("action_scroll_down")

    def do_scroll_up(self) -> None:
        self._scroll("action_scroll_up")

    def do_page_down(self) -> None:
        self._scroll("action_page_down")

    def do_page_up(self) -> None:
        self._scroll("action_page_up")

    def _scroll(self, action: str) -> None:
        lane = next((lane for lane in self.lanes if lane.session == self.in_hand), None)
        view = self.files if self.files.display else lane.transcript if lane else None
        if view is not None:
            getattr(view, action)()

    def do_jump(self) -> None:
        self.jump.display = True
        self.jump.focus()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.jump.display = False
        self.set_focus(None)
        wanted = event.text.strip()
        place = next(
            (n for n, each in enumerate(self.tape.events) if clock(each.at_ms) >= wanted), None
        )
        if place is None:
            self.helm.say(f"the recording has nothing at {wanted} or later")
        else:
            self.seek(place + 1)

    def do_export(self) -> None:
        self.helm.say(f"steerdeck export {self.in_hand} --format jsonl -o FILE")
