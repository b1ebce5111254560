"""Replay: past sessions on the same lanes, with a timeline; words, plan, calls and files as then.

It is made from the journal's own events by the runtime's own fold. `replay` stands top left as a
chip, so that it is never taken for what happens now.
"""

import asyncio
from collections.abc import Iterable

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
from steerdeck.panes.tape import States, Tape
from steerdeck.panes.timeline import clock
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.screens.recording import LEAST, read_course, read_older
from steerdeck.screens.unrolled import Unrolled
from steerdeck.screens.winding import FRAME_S, Winding
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.text import clock as running
from steerdeck.widgets.diff_view import DiffView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck.widgets.unified import parse
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

_REST_S = 0.15
"""How long one stands still until more is read than what is needed at once."""


class ReplayScreen(Winding[None]):
    """Lanes over a timeline."""

    def __init__(self, helm: Helm, session: SessionId, seq: int = 0) -> None:
        """`seq` is the event before which it begins; 0 is the first of all."""
        super().__init__(helm, id="replay")
        self._begin = seq
        self.in_hand = session
        self.header = Rows(id="header")
        self.row = Horizontal(id="lanes")
        self.lanes: list[Lane] = []
        self.files = DiffView(id="files_then")
        self.time = Rows(id="timeline")
        self.caps = Rows(id="replay_caps")
        self.jump = Prompt("time, such as 10:36", send={"enter": "steer"}, id="jump")
        self.foot = Rows(id="footer")
        self.reading = "reading the journal"
        self.unrolled = Unrolled(helm, lambda: self.show(Dirty(everything=True)))
        self._diff = ShownDiff("", -1, "")
        self._rest_timer: Timer | None = None

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
        self.set_interval(FRAME_S, self.play_on)
        self._fit()
        self.helm.go(self._read())

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    async def _read(self) -> None:
        try:
            course = await read_course(self.helm, self.in_hand, lambda: self.is_attached)
            if not self.is_attached:
                return
            self.tape = Tape(course)
            self.unrolled.forget()
            self.reading = "" if len(self.tape) else "nothing was recorded of this session"
        except SteerdeckError as error:
            self.reading = str(error)
        past = self.tape.course.upto(self._begin - 1)
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
        self.unrolled.forget()
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
        self.seek(self.tape.at)

    # what is drawn

    def sessions(self) -> list[SessionState]:
        """Sessions of the recording that exist by now, by slot."""
        return _by_slot(self.tape.states.values())

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted or not dirty.everything:
            return
        size = self.app.size
        self.header.show([self._head()])
        shown = self._shown(self.tape.states)
        for place, lane in enumerate(self.lanes):
            lane.display = place < len(shown) and not self.files.display
            lane.set_class(place == len(shown) - 1, "-last")
            if lane.display:
                self._fill(lane, shown[place], len(shown))
        width = size.width - 2 * self.time.margin
        self.unrolled.make(self.tape.course, self._named, width, low=size.height < 30)
        if self.unrolled.line is not None:
            self.time.show(self.unrolled.line.at(self.tape.now_ms, self.in_hand))
        else:
            self.time.show([Line((foreign(self.reading, "t1"),))])
        self.caps.show(self._cap_row())
        self.foot.show([self.footer_line(size.width)])

    def _named(self) -> list[SessionState]:
        """Sessions of the recording by their latest name, also those yet to begin.

        The first of them: a row of the timeline each.
        """
        known = {**self.model.states, **self.tape.states}
        every = _by_slot(known[id] for id in self.tape.course.born if id in known)
        return every[: max(1, self.app.size.height // 4)]

    def _shown(self, states: States) -> list[SessionState]:
        """Lanes beside each other, the one in hand among them."""
        every = _by_slot(states.values())
        count = self.room.lanes
        place = next((n for n, state in enumerate(every) if state.id == self.in_hand), 0)
        first = max(0, min(place - count + 1, len(every) - count)) if place >= count else 0
        return every[first : first + count]

    def looked_at(self, states: States) -> list[SessionId]:
        return [state.id for state in self._shown(states)]

    def arrived(self) -> None:
        self._later()
        self.show(Dirty(everything=True))

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
        name = folder_name(self.model.repository) or "steerdeck"
        left = [Span(" replay ", "ink", bold=True, bg="accent"), Span("   ")]
        left.append(foreign(name, "t0", bold=True))
        if not len(self.tape):
            return Line(tuple(left))
        first, last = self.tape.course.times[0], self.tape.course.times[-1]
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
                act = f"do:{id}"
                spans += [cap(self.helm.keymap.shown(id), act)]
                spans.append(Span(f" {self.verb(key)}", "t1", id=act))
                spans.append(Span("   "))
        line = Line(tuple(spans))
        return [line] if self.app.size.height < 30 else [BLANK, line]

    # what comes late

    def _later(self) -> None:
        """The files of then and more words are asked for once one stops moving."""
        if self._rest_timer is not None:
            self._rest_timer.stop()
        self._rest_timer = self.set_timer(_REST_S, lambda: self.helm.go(self._rest()))

    async def _rest(self) -> None:
        at = self.tape.at
        for session in self.looked_at(self.tape.states):
            told = self.tape.transcripts.get(session)
            while told is not None and len(told.entries) < LEAST and at == self.tape.at:
                if not await read_older(self.helm, self.tape, session):
                    break
                self.show(Dirty(everything=True))
        await self._read_files()

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

    # where keys go

    def places(self) -> tuple[Place, ...]:
        if self.jump.display:
            return ("words", "anywhere")
        return ("mark" if self.marking else "replay", "anywhere")

    def do_back(self) -> None:
        if self.jump.display:
            self.jump.display = False
            self.set_focus(None)
        elif self.marking:
            self.leave_marking()
        elif self.files.display:
            self.do_files_then()
        else:
            self.helm.close_screen(self)

    def verb_back(self) -> str:
        if self.marking:
            return "end marking"
        return "lanes" if self.files.display else "back to now"

    def can_next_lane(self) -> bool:
        return len(self.sessions()) > 1

    def on_click(self, event: events.Click) -> None:
        """A place of the timeline is a time."""
        super().on_click(event)
        if self.unrolled.line is not None and event.widget is self.time:
            at_ms = self.unrolled.line.time_at(event.x - self.time.margin)
            if at_ms is not None:
                self.seek(self.tape.course.until(at_ms) + 1)

    def on_lane_clicked(self, event: Lane.Clicked) -> None:
        self._take(event.session)

    def do_next_lane(self) -> None:
        every = [state.id for state in self.sessions()]
        place = every.index(self.in_hand) if self.in_hand in every else -1
        self._take(every[(place + 1) % len(every)])

    def _take(self, session: SessionId) -> None:
        self.in_hand = session
        self._diff = ShownDiff("", -1, "")
        self.seek(self.tape.at)

    @property
    def text(self) -> TranscriptPane:
        """The transcript of the session in hand."""
        found = (lane for lane in self.lanes if lane.session == self.in_hand)
        return next(found, self.lanes[0]).transcript

    def can_mark_text(self) -> bool:
        told = self.tape.transcripts.get(self.in_hand)
        return told is not None and bool(told.entries) and not self.files.display

    def do_mark_text(self) -> None:
        """What is marked stands still."""
        self.playing = False
        super().do_mark_text()

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
        view = self.files if self.files.display else self.text
        getattr(view, action)()

    def do_jump(self) -> None:
        self.jump.display = True
        self.jump.focus()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.jump.display = False
        self.set_focus(None)
        wanted = event.text.strip()
        if not self.to_time(wanted):
            self.helm.say(f"the recording has nothing at {wanted} or later")

    def do_export(self) -> None:
        self.helm.say(f"steerdeck export {self.in_hand} --format jsonl -o FILE")


def _by_slot(states: Iterable[SessionState]) -> list[SessionState]:
    return sorted(states, key=lambda state: (state.slot, state.id))
