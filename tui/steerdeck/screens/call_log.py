"""The tool log as a part of a screen: a filter, the calls that pass, the one in hand in full.

Calls are asked for a window at a time, however many there are; what one call printed and how it
came to run is asked for when it is in hand.
"""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from steerdeck.commands import Helm
from steerdeck.panes.tools import (
    BESIDE,
    call_head,
    evidence,
    evidence_in_short,
    filter_help,
    output_lines,
    standing,
    tool_head,
    tool_row,
    totals,
)
from steerdeck.text import BLANK, Line, Span, hairline
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.call_page import CallLine, CallPage, CallsPage, Order
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.sieve import completions
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire_calls import CallOf, Calls
from steerdeck_themes.palettes import Token

WINDOW = 200
"""Calls that are asked for at once."""
UNASKED = ("update_plan",)
"""Tools whose calls stand here only when the filter asks for them: a plan has its own screen."""
_ORDERS: tuple[Order, ...] = ("newest", "slowest", "oldest")


class CallLog(Vertical):
    """The calls of one session, or with an empty id of all, under a filter."""

    class Told(Message):
        """Calls, or what one of them is made of, have come."""

    def __init__(self, helm: Helm, *, whose: bool = False) -> None:
        """`whose` adds the column of sessions."""
        super().__init__(classes="tab")
        self.helm = helm
        self.whose = whose
        self.filter = Prompt(
            "tool:shell is:failed >2s, or words of the call", send={"enter": "steer"},
            id="tool_filter",
        )  # fmt: skip
        self.hits = Rows(id="tool_hits")
        self.head = Rows(id="tool_head")
        self.list = PickList(ground="s0", id="tool_list")
        self.about = Rows(ground="s1", id="tool_about")
        self.detail = LineView(id="tool_detail", marker=False, follows=False)
        self.beside = Rows(ground="s1", id="tool_beside")
        self.page = CallsPage()
        self.order: Order = "newest"
        self.call: CallPage | None = None
        """The call in hand, once it was told."""
        self.names: Mapping[SessionId, str] = {}
        self._session = SessionId("")
        self._first = 0
        self._asked: object = None
        self._told: tuple[CallLine, int] | None = None
        self._asking = self._telling = False
        self._to_last = False

    def compose(self) -> ComposeResult:
        with Horizontal(id="tool_top"):
            yield self.filter
            yield self.hits
        yield self.head
        yield self.list
        yield self.about
        with Horizontal(id="tool_below"):
            yield self.detail
            yield self.beside

    @property
    def line(self) -> CallLine | None:
        """The call in hand as its row tells it."""
        pick = self.list.selected
        return next((x for x in self.page.lines if pick is not None and _id(x) == pick.id), None)

    def sync(self, state: SessionState | None) -> None:
        """Draw the calls of a session, of all without one; ask again when there may be others."""
        session = state.id if state is not None else SessionId("")
        if session != self._session:
            self._session, self._first, self.page, self.call = session, 0, CallsPage(), None
        self.list.can_focus = self.detail.can_focus = False
        self.list.leads = self.helm.model.face == "deck" and not self.filter.has_focus
        states = [state] if state is not None else list(self.helm.model.states.values())
        stamp = tuple(map(_stamp, states))
        key = (session, self.filter.text, self.order, self._first, stamp)
        if key != self._asked:
            self._asked = key
            if not self._asking:
                self._asking = True
                self.helm.go(self._ask())
        self._draw()

    async def _ask(self) -> None:
        """Ask until what is shown is what is wanted: letters come faster than answers."""
        told: object = None
        try:
            while told != self._asked and self.is_attached:
                told = self._asked
                query = Calls(
                    self._session, self.filter.text, self.order, self._first, WINDOW, UNASKED
                )
                self.page = await self.helm.bridge.page(query, CallsPage)
                self._first = self.page.first
                if self.is_attached:
                    self._draw()
                    self.post_message(self.Told())
        finally:
            self._asking = False

    # what is drawn

    def _draw(self) -> None:
        width, now = self.app.size.width, self.helm.now_ms()
        page = self.page
        ground: Token = "s2" if self.filter.has_focus else "s1"
        room = width // 2
        self.hits.styles.width = room
        self.hits.show([Line((), totals(page, room - 4), bg=ground, bleed=True)])
        self.head.show([self._help(), tool_head(width, whose=self.whose), hairline()])
        slowest = max((line.duration_ms for line in page.lines), default=0)
        self.list.show(
            [
                Pick(_id(line), (tool_row(line, slowest, now, width, self._whose(line)),))
                for line in page.lines
            ]
        )
        if self._to_last:
            self._to_last = False
            self.list.action_last()
        self._draw_call(width, now)

    def _whose(self, line: CallLine) -> str | None:
        if not self.whose:
            return None
        state = self.helm.model.states.get(line.session)
        return state.name if state is not None else self.names.get(line.session, line.session)

    def _help(self) -> Line:
        if self.filter.has_focus:
            offers = self.offers()[1]
            return filter_help(offers, self.page.problem, empty=not self.filter.text)
        if self.page.problem:
            return filter_help((), self.page.problem, empty=False)
        return standing(self.page, self.order, UNASKED[0])

    def offers(self) -> tuple[int, list[tuple[str, str]]]:
        """What the word at the caret may become."""
        known = {
            "tool": tuple(one.tool for one in self.page.tools),
            "session": tuple(state.name for state in self.helm.model.states.values()),
            "path": tuple(dict.fromkeys(p for line in self.page.lines[:50] for p in line.paths)),
        }
        return completions(self.filter.text, self.filter.caret, "calls", known)

    def complete(self) -> None:
        """Take the first of the offers."""
        start, offers = self.offers()
        if offers:
            word = offers[0][0]
            more = "" if word.endswith(":") else " "
            self.filter.replace(start, self.filter.caret, f"{word}{more}")

    def _draw_call(self, width: int, now: int) -> None:
        line = self.line
        for part in (self.about, self.detail, self.beside):
            part.display = line is not None and self.app.size.height >= 20
        self.beside.display = self.beside.display and width >= BESIDE
        if line is None:
            self.call = None
            self._told = None
            if not self.page.lines:
                self._draw_none()
            return
        self.beside.styles.width = 44 if width < 160 else 60
        # What a running call prints moves no row: it is asked for again once a second.
        told = (line, now // 1_000 if line.phase == "running" else 0)
        if self._told != told:
            self._told = told
            if not self._telling:
                self._telling = True
                self.helm.go(self._tell())
        call = self.call
        if call is not None and call.line.call == line.call:
            head = call_head(call, now, width)
            short = [] if width >= BESIDE else [evidence_in_short(call)]
            self.about.show([BLANK, *head, *short])
            self.beside.show(evidence(call, now, ruled=True))

    def _draw_none(self) -> None:
        """Why there is nothing, and what to do."""
        words = "No tool was called yet. What agents run, read and write stands here."
        if self.page.total:
            words = "None passes this filter."
        self.about.display = self._asked is not None and not self._asking
        self.about.show([BLANK, Line((Span(words, "t2"),), wrap=True)])

    async def _tell(self) -> None:
        """Read the call in hand; the one that is in hand when that is done, too."""
        shown: tuple[CallLine, int] | None = None
        try:
            while self.is_attached and self._told is not None and shown != self._told:
                shown = self._told
                line = shown[0]
                query = CallOf(line.session, line.call)
                page = await self.helm.bridge.page(query, CallPage)
                if self._told != shown or not self.is_attached:
                    continue
                moved = self.call is None or _id(self.call.line) != _id(line)
                self.call = page
                self.detail.put("output", output_lines(page))
                self._draw_call(self.app.size.width, self.helm.now_ms())
                if page.line.phase == "running" or (moved and page.line.phase == "failed"):
                    self.detail.action_scroll_end()
                elif moved:
                    self.detail.action_scroll_home()
        finally:
            self._telling = False

    # moving

    def move(self, step: int) -> None:
        """To another call; at the end of the window the next one is asked for."""
        before = self.list.selected
        for _ in range(abs(step)):
            if step > 0:
                self.list.action_cursor_down()
            else:
                self.list.action_cursor_up()
        page = self.page
        ends = self.list.selected == before or self._near_end(step)
        if ends and step > 0 and page.first + len(page.lines) < page.matched:
            self._first = page.first + WINDOW // 2
        elif ends and step < 0 and page.first:
            self._first = max(0, page.first - WINDOW // 2)

    def turn(self, step: int) -> None:
        """A page on or back."""
        self.move(step * max(1, self.list.size.height - 1))

    def _near_end(self, step: int) -> bool:
        line = self.line
        edge = self.page.lines[-20:] if step > 0 else self.page.lines[:20]
        return line in edge

    def to_first(self) -> None:
        self._first = 0
        self.list.action_first()

    def to_last(self) -> None:
        self._first = max(0, self.page.matched - WINDOW)
        self._to_last = True

    def next_order(self) -> None:
        self.order = _ORDERS[(_ORDERS.index(self.order) + 1) % len(_ORDERS)]
        self._first = 0

    def narrowed(self) -> None:
        """The filter is another one."""
        self._first = 0

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        event.stop()
        self._draw_call(self.app.size.width, self.helm.now_ms())


def _id(line: CallLine) -> str:
    return f"{line.session}:{line.call}"


def _stamp(state: SessionState) -> object:
    """What differs when the calls of a session do."""
    calls = tuple((call.id, call.started, call.unknown) for call in state.calls)
    hands = tuple((hand.call, hand.started) for hand in state.hands)
    asks = tuple(approval.id for approval in state.approvals)
    return (state.id, state.counts.calls, calls, hands, len(state.hand_notes), asks)
