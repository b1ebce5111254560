"""The tabs of a zoom that read the model and the journal: transcript, tools, context, events.

Each draws one session from the model; what the model does not hold is asked for when its tab is
seen, and again when the session has moved on.
"""

from collections import deque

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from steerdeck.commands import Helm
from steerdeck.panes.context import context_lines, event_line
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.panes.zoomed import side
from steerdeck.text import BLANK, Line, Span
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_themes.palettes import Token

_SIDE, _SIDE_MOST, _WORDS = 34, 56, 86
"""Columns beside the transcript, at least and at most, and those of the transcript itself."""
_EVENTS, _KEPT = 300, 600
"""Events read at once, and as many as are kept."""


class TranscriptTab(Horizontal):
    """What was said and done, with plan, changes and queue beside it, and a search below."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.view = TranscriptPane(id="zoom_transcript")
        self.sought = Prompt("Words to look for in the whole session", id="sought")
        self.sought.lead = "/"
        self.hits = Rows(id="hits", ground="s2")
        self.side = Rows(id="zoom_side")

    def compose(self) -> ComposeResult:
        with Vertical(id="zoom_reading"):
            yield self.view
            with Horizontal(id="search_row"):
                yield self.sought
                yield self.hits
        yield self.side

    def on_mount(self) -> None:
        self.tell_hits(searching=False)

    def sync(self, state: SessionState) -> None:
        self.view.can_focus = False
        self.view.lead(self.helm.model.face == "deck" and not self.sought.has_focus)
        self.view.follow_key = self.helm.keymap.shown("end") if self.view.leads else ""
        columns = self.app.size.width
        beside = min(_SIDE_MOST, max(_SIDE, columns - _WORDS))
        self.side.display = columns >= 100
        self.side.styles.width = beside
        self.side.show([BLANK, *side(state, beside - 4)])
        transcript = self.helm.model.transcripts.get(state.id)
        self.view.author = self.helm.model.starter_of(state)
        self.view.sync(transcript, state, self.helm.now_ms())

    def tell_hits(self, *, searching: bool, hit: int = -1, hits: int = 0) -> None:
        """Show the row of the search, with which of the hits is in hand."""
        row = self.sought.parent
        if isinstance(row, Horizontal) and row.display != searching:
            row.display = searching
        ground: Token = "s2" if self.sought.has_focus else "s1"
        self.sought.margin = self.hits.margin = self.view.margin
        keys = f"   {self.helm.keymap.shown('next_hit')}" if self.view.leads else ""
        right = (Span(f"{hit + 1} of {hits}", "t1"), Span(keys, "accent")) if hits else ()
        self.hits.show([Line((), right, bg=ground, bleed=True)])


class ContextTab(Vertical):
    """The prompt, item by item, exactly as it is sent."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.view = LineView(id="context_view")
        self._seen: object = None

    def compose(self) -> ComposeResult:
        yield self.view

    def sync(self, state: SessionState) -> None:
        self.view.can_focus = False
        seen = (state.id, state.window, state.prompt_items, state.cached)
        if seen != self._seen:
            self._seen = seen
            self.helm.go(self._load(state))

    async def _load(self, state: SessionState) -> None:
        items = await self.helm.bridge.page(wire.Prompt(state.id), list[wire.PromptLine])
        marks = await self.helm.bridge.page(wire.Windows(state.id), list[wire.WindowMark])
        self.view.clear()
        for block, lines in context_lines(items, marks):
            self.view.put(block, lines)
        if not items:
            self.view.put("none", [Line((Span("Nothing was sent to a model yet.", "t2"),))])


class EventsTab(Vertical):
    """The newest events as they are in the journal, without a hole; the oldest go as more come."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.view = LineView(id="events_view")
        self._session = self._loading = SessionId("")
        self._upto = 0
        self._blocks: deque[str] = deque()

    def compose(self) -> ComposeResult:
        yield self.view

    def sync(self, state: SessionState) -> None:
        self.view.can_focus = False
        if state.id != self._session:
            self._session = state.id
            self._begin()
        # Whoever reads further up keeps what is there, so no more than that comes below it.
        room = self.view.at_tail or len(self._blocks) < _KEPT
        if state.seq > self._upto and room and state.id != self._loading:
            self._loading = state.id
            self.helm.go(self._load(state))

    def _begin(self) -> None:
        self._upto = 0
        self._blocks.clear()
        self.view.clear()

    async def _load(self, state: SessionState) -> None:
        """At the end the newest page, with what is shown before it if they join; else the next."""
        newest = self.view.at_tail
        query = wire.Events(state.id, after=self._upto, limit=_EVENTS, newest=newest)
        try:
            page = await self.helm.bridge.events(query)
            full = len(page) == _EVENTS
            if state.id != self._session or (newest and full and not self.view.at_tail):
                return
            if newest and full:
                self._begin()
            for event in page:
                if event.seq > self._upto:
                    self._blocks.append(f"event_{event.seq}")
                    self.view.put(self._blocks[-1], [event_line(event)])
                    self._upto = event.seq
            if newest or not full:
                self._upto = max(self._upto, state.seq)
            if self.view.at_tail and (over := len(self._blocks) - _KEPT) > 0:
                self.view.drop([self._blocks.popleft() for _ in range(over)])
        finally:
            if self._loading == state.id:
                self._loading = SessionId("")
