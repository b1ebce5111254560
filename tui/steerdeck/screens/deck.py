"""The deck: all sessions in the rail, some of them as lanes, what waits, and where one writes.

Keys go to one of two places: to the composer, where letters are text, or to the lanes, where they
are commands. Nothing of one session moves what is shown of another.
"""

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.output.frames import FRAMES
from steerdeck.panes.composer import Composer
from steerdeck.panes.dock import Caps, dock
from steerdeck.panes.empty import empty_lines
from steerdeck.panes.ground import Across, Down, Lanes
from steerdeck.panes.header import header
from steerdeck.panes.lane import Lane, fill_lane
from steerdeck.panes.rail import rail, session_in, session_of, strip
from steerdeck.panes.room import Room, beside, room, shared
from steerdeck.panes.status import folded_heads, folded_of
from steerdeck.panes.target import Verbs
from steerdeck.screens.arranging import room_for
from steerdeck.screens.leafing import Leafing
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState


class DeckScreen(Leafing[None]):
    """The home of the app."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="deck")
        self.header = Rows(id="header")
        self.strip = Rows(id="strip", margin=1)
        self.rail = Rows(id="rail")
        self.folded = Rows(id="folded")
        self.rows = (Lanes(id="lanes", classes="lanes"), Lanes(id="lanes_below", classes="lanes"))
        self.pools = ([], [])
        self.empty = Rows(id="empty", ground="s1")
        self.dock = Rows(id="dock")
        self.composer = Composer("Say what should change", spared=self.dock)
        self.foot = Rows(id="footer")
        self.room = room(80, 24)
        self._fitted = self.model.arrangement

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.strip
        with Across(id="middle"):
            yield self.rail
            with Down(id="desk"):
                yield self.folded
                yield from self.rows
                yield self.empty
                yield self.dock
                yield self.composer
                yield self.foot
        self.parts = (self.strip, self.folded, *self.rows, self.empty, self.dock, self.composer,
                      self.foot)  # fmt: skip

    def on_mount(self) -> None:
        self.helm.readers["deck"] = self.read_above
        self.set_interval(self.helm.tick_s, self._tick)
        self._fit()
        if self.model.face == "composer":
            self.composer.prompt.focus()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def on_screen_resume(self) -> None:
        """Another screen may have moved the keys; what came meanwhile is in the first frame."""
        self.composer.take_up(self.model)
        if self.model.face == "composer":
            self.composer.prompt.focus()
        else:
            self.set_focus(None)
        self.show(Dirty(everything=True))

    def _fit(self) -> None:
        """Lay the screen out for the terminal's size."""
        size = self.app.size
        self.room = fits = room_for(size.width, size.height, self.model.arrangement)
        self._fitted = self.model.arrangement
        self.rail.display = bool(fits.rail)
        self.rail.styles.width = max(1, fits.rail)
        self.strip.display = not fits.rail
        self.wear({"-low": not fits.gaps, "-lower": size.height < 20, "-rail": bool(fits.rail)})
        for part in (self.header, self.strip, self.rail, self.dock, self.foot, self.folded):
            part.margin = fits.margin
        self.composer.set_margin(fits.margin)
        for row, pool in zip(self.rows[: fits.stacked], self.pools, strict=False):
            new = [Lane() for _ in range(fits.lanes - len(pool))]
            if new:
                pool += new
                row.mount(*new)
        self.show(Dirty(everything=True))

    def fit_anew(self) -> None:
        self._fit()

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted or self.covered:
            return
        if not (dirty.everything or dirty.sessions):
            self._stream(dirty.text)
            return
        model, now = self.model, self.helm.now_ms()
        if model.arrangement != self._fitted:
            self._fit()
            return
        fits = self.room
        shown = model.lanes(fits.lanes * fits.stacked)
        folded = model.folded() if fits.lanes > 1 else []
        seen = {state.id for state in shown}
        if model.attached:
            self.helm.watch("deck", seen)
            self.helm.bridge.look_at(model.in_hand)
        many, its = beside(fits, len(shown)), shared(fits, len(shown))
        for number, (row, pool) in enumerate(zip(self.rows, self.pools, strict=True)):
            part = shown[number * many : (number + 1) * many]
            row.display = bool(part)
            wide = self.lane_widths(part, model.arrangement) if len(part) == many else []
            same = [its.lane] * len(part) if many < len(shown) else []
            self._show_row(pool, part, wide or same, its, dirty, now)
        self.empty.display = not shown and not folded
        if not shown and not folded:
            self.empty.show(empty_lines(model, self.helm.keymap, fits))
        heads = folded_heads(
            folded, now, fits.columns - fits.rail - 2 * fits.margin, hand=model.in_hand,
            keys_here=model.face == "deck",
        )  # fmt: skip
        self.folded.display = bool(heads)
        self.wear({"-folded": bool(heads)})
        self.folded.show(heads)
        self._around(seen | {state.id for state in folded}, fits, now)

    def _show_row(
        self,
        pool: list[Lane],
        shown: list[SessionState],
        wide: list[int],
        fits: Room,
        dirty: Dirty,
        now: int,
    ) -> None:
        """Lanes beside each other, as `wide` as told or evenly; only what changed is drawn."""
        model = self.model
        for place, lane in enumerate(pool):
            lane.display = place < len(shown)
            lane.set_class(place == len(shown) - 1, "-last")
            if not lane.display:
                continue
            state = shown[place]
            cells = wide[place] if wide else 0
            if lane.cells != cells:
                lane.cells = cells
                lane.styles.width = cells or "1fr"
            if dirty.everything or lane.session != state.id or state.id in dirty.sessions:
                its = replace(fits, lane=cells) if cells else fits
                fill_lane(lane, state, model, its, now, keys_here=model.face == "deck")
            elif state.id in dirty.text:
                lane.transcript.sync(model.transcripts.get(state.id), state, now)

    def _stream(self, sessions: set[SessionId]) -> None:
        """Text alone has arrived: nothing but its transcripts is looked at."""
        now = self.helm.now_ms()
        for lane in self.lanes:
            state = self.model.states.get(lane.session)
            if lane.display and state is not None and lane.session in sessions:
                lane.transcript.sync(self.model.transcripts.get(lane.session), state, now)

    def _around(self, seen: set[SessionId], fits: Room, now: int) -> None:
        model = self.model
        self.header.show([header(model, fits.columns, now)])
        if fits.rail:
            self.rail.show(rail(model, fits.rail, max(1, fits.rows - 3), seen, now))
        else:
            several = fits.columns >= 80 and len(model.sessions()) > 1
            hint = ("Alt+1…9" if model.face == "composer" else "1…9") if several else ""
            self.strip.show(strip(model, fits.columns - 2 * fits.margin, hint))
        waiting = dock(model, fits.dock, self._caps(), now)
        self.dock.display = bool(waiting)
        self.dock.show(waiting)
        self._foot()

    def _foot(self) -> None:
        """What typing may change: the composer's verbs and the footer."""
        width = self.room.columns - self.room.rail
        write = self.helm.keymap.shown("write") if self.model.face == "deck" else ""
        self.composer.sync(
            self.model, self.helm.keymap, width,
            leading=self.leading, write=write, again=self._again(),
        )  # fmt: skip
        self.foot.show([self.footer_line(width)])

    def _again(self) -> Verbs:
        """While several are spoken to: what picks them, and in the lanes what ends it."""
        if self.model.target == "one":
            return ()
        picks = (("Alt+1…9", "pick", ""),) if self.model.target == "several" else ()
        if self.model.face == "composer":
            return picks
        id = self.model.target
        return ((self.helm.keymap.shown(id), "one again", f"do:{id}"), *picks)

    def below_digest(self) -> int:
        """What waits stays in view, too."""
        top = self.dock.region.y if self.dock.display else 0
        return self.app.size.height - top if top else self.below_follows()

    def _caps(self) -> Caps:
        keymap = self.helm.keymap
        if self.model.face == "composer":
            return ((keymap.shown("next_waiting", "composer"), "answer"),)
        return ((keymap.shown("next_waiting"), "answer"), (keymap.shown("inbox"), "inbox"))

    def _tick(self) -> None:
        self.helm.bridge.look_at_line()
        if self.covered:
            self.keep_ready()
            return
        moving = any(s.status not in ("done", "failed", "idle") for s in self.model.sessions())
        if moving and FRAMES.moves():
            self.show(Dirty(everything=True))

    # where keys go

    def places(self) -> tuple[Place, ...]:
        return (self.model.face, "anywhere")

    def do_lanes(self) -> None:
        self.model.face = "deck"
        self.set_focus(None)

    def do_write(self) -> None:
        self.model.face = "composer"
        self.composer.prompt.focus()

    def on_descendant_focus(self) -> None:
        self.model.face = "composer" if self.composer.prompt.has_focus else "deck"
        self.show(Dirty(everything=True))

    def on_descendant_blur(self) -> None:
        self.show(Dirty(everything=True))

    def do_back(self) -> None:
        """Esc: interrupt the session in hand while it works, else go to the lanes.

        In the lanes it ends speaking to several.
        """
        if self.model.face == "deck":
            self.model.target = "one"
        elif self.escape_interrupts():
            self.do_interrupt()
        else:
            self.do_lanes()

    def can_back(self) -> bool:
        return self.model.face == "composer" or self.model.target != "one"

    def verb_back(self) -> str:
        if self.model.face == "deck":
            return "one again"
        return "interrupt" if self.escape_interrupts() else "lanes"

    def can_lanes(self) -> bool:
        return self.model.face == "composer"

    def verb_lanes(self) -> str:
        return "" if self.verb_back() == "lanes" else "lanes"

    # lanes

    def can_lane_left(self) -> bool:
        return len(self.model.sessions()) > 1

    def do_lane_left(self) -> None:
        self.model.move(-1)

    def can_lane_right(self) -> bool:
        return len(self.model.sessions()) > 1

    def do_lane_right(self) -> None:
        self.model.move(1)

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        """A click takes in hand, a second one at once zooms; a folded head opens."""
        session = session_of(event.span) or folded_of(event.span)
        if event.rows is self.rail and event.line < len(self.rail.lines):
            session = session_in(self.rail.lines[event.line])
        if folded_of(event.span) is not None and session in self.plan.folded:
            self.model.take(session)
            self.do_fold()
        elif session is not None:
            self._take(session, event.times)
        elif event.rows is self.dock:
            self.do_next_waiting()
        self.show(Dirty(everything=True))

    def on_lane_clicked(self, event: Lane.Clicked) -> None:
        self._take(event.session, event.times)
        self.show(Dirty(everything=True))

    def _take(self, session: SessionId, times: int) -> None:
        self.model.take(session)
        if times == 2:
            self.do_zoom()

    # the composer

    def composer_empty(self) -> bool:
        return not self.composer.prompt.text

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        self.composer.keep(self.model)
        self._foot()

    def do_send(self) -> None:
        self._press("enter")

    def do_queue(self) -> None:
        self._press("tab")

    def do_now(self) -> None:
        self._press("ctrl+s")

    def _press(self, key: str) -> None:
        """The same as the key in the composer, for palette and mouse."""
        self.composer.prompt.post_message(events.Key(key, None))

    def verb_next_waiting(self) -> str:
        """The dock shows it already."""
        return ""

    def verb_inbox(self) -> str:
        return "" if self.model.claims() else super().verb_inbox()

    # other screens

    def can_zoom(self) -> bool:
        return self.model.hand is not None

    def do_zoom(self) -> None:
        self.post_message(Open("zoom", self.model.in_hand))

    def can_diff(self) -> bool:
        return bool(self.model.hand and self.model.hand.files)

    def do_diff(self) -> None:
        self.post_message(Open("diff", self.model.in_hand))

    def do_new(self) -> None:
        self.post_message(Open("new"))
