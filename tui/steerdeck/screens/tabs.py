"""The tabs of a zoom that read the model and the journal: transcript, tools, context, events.

Each draws one session from the model; what the model does not hold is asked for when its tab is
seen, and again when the session has moved on.
"""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from steerdeck.commands import Helm
from steerdeck.panes.context import context_lines, event_line
from steerdeck.panes.tools import calls_of, detail, matching, tool_head, tool_row
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.panes.zoomed import side
from steerdeck.text import BLANK, Line, Span, hairline
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called
from steerdeck_agents.runtime import wire
from steerdeck_themes.palettes import Token

_SIDE, _SIDE_MOST, _WORDS = 34, 56, 86
"""Columns beside the transcript, at least and at most, and those of the transcript itself."""
_EVENTS = 300


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


class ToolsTab(Vertical):
    """The calls of the session under a filter, one of them in full."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.filter = Prompt("tool:shell is:failed, or words of the call", id="tool_filter")
        self.hits = Rows(id="tool_hits")
        self.head = Rows(id="tool_head")
        self.list = PickList(ground="s0", id="tool_list")
        self.detail = LineView(id="tool_detail", marker=False)
        self._calls: list[Called] = []
        self._shown: tuple[str, object] = ("", None)

    def compose(self) -> ComposeResult:
        with Horizontal(id="tool_top"):
            yield self.filter
            yield self.hits
        yield self.head
        yield self.list
        yield self.detail

    def sync(self, state: SessionState) -> None:
        self.list.can_focus = self.detail.can_focus = False
        self.list.leads = self.helm.model.face == "deck" and not self.filter.has_focus
        width = self.app.size.width
        every = calls_of(self.helm.model.transcripts.get(state.id))
        self._calls = matching(every, self.filter.text)
        now = self.helm.now_ms()
        slowest = max((call.duration_ms for call in self._calls), default=0)
        ground: Token = "s2" if self.filter.has_focus else "s1"
        hits = Line((), (Span(f"{len(self._calls)} of {len(every)}", "t2"),), bg=ground, bleed=True)
        self.hits.show([hits])
        self.head.show([BLANK, tool_head(width), hairline()])
        picks = [Pick(c.id, (tool_row(c, slowest, now, width),)) for c in self._calls]
        self.list.show(picks)
        self._show_detail()

    def _show_detail(self) -> None:
        chosen = self.list.selected
        call = next((c for c in self._calls if chosen is not None and c.id == chosen.id), None)
        if call is None:
            self.detail.clear()
            self._shown = ("", None)
            return
        if self._shown == (call.id, call):
            return
        moved = self._shown[0] != call.id
        self._shown = (call.id, call)
        self.detail.put("detail", [BLANK, *detail(call, self.helm.now_ms())])
        if moved:
            self.detail.action_scroll_home()
            if call.blob:
                self.helm.go(self._whole(call))

    async def _whole(self, call: Called) -> None:
        """The complete output, when the call's own text holds less."""
        text = await self.helm.bridge.page(wire.Blob(Sha(call.blob)), str)
        if self._shown[0] == call.id:
            self.detail.put("detail", [BLANK, *detail(call, self.helm.now_ms(), text)])

    def move(self, step: int) -> None:
        if step > 0:
            self.list.action_cursor_down()
        else:
            self.list.action_cursor_up()

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        event.stop()
        self._show_detail()

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        event.stop()
        self._show_detail()


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
    """The newest events as they are in the journal."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.view = LineView(id="events_view")
        self._upto = 0
        self._loading = False

    def compose(self) -> ComposeResult:
        yield self.view

    def sync(self, state: SessionState) -> None:
        self.view.can_focus = False
        if state.seq > self._upto and not self._loading:
            self._loading = True
            self.helm.go(self._load(state))

    async def _load(self, state: SessionState) -> None:
        try:
            query = wire.Events(state.id, after=self._upto, limit=_EVENTS, newest=not self._upto)
            for event in await self.helm.bridge.events(query):
                self.view.put(f"event_{event.seq}", [event_line(event)])
                self._upto = max(self._upto, event.seq)
            self._upto = max(self._upto, state.seq)
        finally:
            self._loading = False
