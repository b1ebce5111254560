"""The tool log across sessions, and one call on the whole screen."""

import msgspec
from textual import events
from textual.app import ComposeResult

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.tools import (
    bytes_words,
    call_head,
    card_lines,
    evidence,
    log_head,
    output_lines,
)
from steerdeck.panes.zoomed import tab_rows
from steerdeck.screens.call_acts import CallActs, LogActs
from steerdeck.screens.call_log import CallLog
from steerdeck.text import BLANK, Line, Span
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.call_page import CallLine, CallPage, OutputPart
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_calls import CallOf, OutputOf

LINES = 500
"""Lines of output that are shown at once."""


class ToolLogScreen(LogActs[None]):
    """The calls of all sessions."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="tool_log")
        self.header = Rows(id="header")
        self.calls = CallLog(helm, whose=True)
        self.foot = Rows(id="footer")

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.calls
        yield self.foot

    def on_mount(self) -> None:
        self.set_interval(self.helm.tick_s, lambda: self.show(Dirty(everything=True)))
        self._fit()
        self.helm.go(self._read_names())

    async def _read_names(self) -> None:
        """Archived sessions have calls too."""
        states = await self.helm.bridge.page(wire.Sessions(archived=True), list[SessionState])
        self.calls.names = {state.id: state.name for state in states}
        self.show(Dirty(everything=True))

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        size = self.app.size
        self.set_class(size.height < 30, "-low")
        margin = 2 if size.width > 80 else 1
        log = self.calls
        for part in (self.header, self.foot, log.hits, log.head, log.about, log.beside):
            part.margin = margin
        log.filter.margin = log.list.margin = log.detail.margin = margin
        self.show(Dirty(everything=True))

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        name = folder_name(self.model.repository) or "steerdeck"
        self.calls.list.leads = not self.calls.filter.has_focus
        self.header.show([log_head(self.calls.page, name)])
        self.calls.sync(None)
        self.calls.list.leads = not self.calls.filter.has_focus
        self.foot.show([self.footer_line(self.app.size.width)])

    def line_in_hand(self) -> CallLine | None:
        return self.calls.line

    def places(self) -> tuple[Place, ...]:
        if self.calls.filter.has_focus:
            return ("words", "anywhere")
        return ("tools", "anywhere")

    def do_back(self) -> None:
        """Esc: out of the filter, then out of what it filters, then back."""
        log = self.calls
        if log.filter.has_focus:
            self.set_focus(None)
        elif log.filter.text:
            log.filter.text = ""
            log.narrowed()
        else:
            self.helm.close_screen(self)

    def verb_back(self) -> str:
        if self.calls.filter.has_focus:
            return "leave the filter"
        return "clear the filter" if self.calls.filter.text else "back"

    # moving

    def call_log(self) -> CallLog:
        return self.calls

    def do_page_down(self) -> None:
        self.calls.turn(1)

    def do_page_up(self) -> None:
        self.calls.turn(-1)

    def can_call_session(self) -> bool:
        line = self.line_in_hand()
        return line is not None and line.session in self.model.states

    def do_call_session(self) -> None:
        if (line := self.line_in_hand()) is not None:
            self.model.face = "deck"
            self.open(Open("zoom", line.session))

    def on_descendant_focus(self) -> None:
        self.show(Dirty(everything=True))

    def on_descendant_blur(self) -> None:
        self.show(Dirty(everything=True))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        self.calls.narrowed()
        self.show(Dirty(everything=True))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.calls.filter.text = event.text
        self.set_focus(None)

    def on_pick_list_chosen(self) -> None:
        self.do_call_open()


_VIEWS = ("output", "input and card")


class CallScreen(CallActs[None]):
    """One call: its whole output a page at a time, its input, and the card as it was shown."""

    def __init__(self, helm: Helm, session: SessionId, call: CallId) -> None:
        super().__init__(helm, id="call")
        self.header = Rows(id="header")
        self.names = Rows(id="tabs")
        self.view = LineView(marker=False, follows=False, id="call_view")
        self.foot = Rows(id="footer")
        self.page: CallPage | None = None
        self.active = 0
        self._session, self._call = session, call
        self._asked: OutputOf | None = None
        """The page of output that was asked for last."""

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.names
        yield self.view
        yield self.foot

    def on_mount(self) -> None:
        self.view.can_focus = False
        self._fit()
        self.helm.go(self._read())
        self.set_interval(self.helm.tick_s, self._follow)

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        margin = 2 if self.app.size.width > 80 else 1
        for part in (self.header, self.names, self.foot, self.view):
            part.margin = margin
        self.set_class(self.app.size.height < 30, "-low")
        self.show(Dirty(everything=True))

    async def _read(self) -> None:
        self.page = await self.helm.bridge.page(CallOf(self._session, self._call), CallPage)
        self._put()
        if self.page.line.phase in ("failed", "running") and not self.active:
            self.view.action_scroll_end()

    def _follow(self) -> None:
        """A call that runs prints on: whoever is at the end of it sees that."""
        page = self.page
        at_end = not self.active and self.view.at_tail and not self.can_next_part()
        if page is not None and page.line.phase == "running" and at_end:
            self.helm.go(self._read())

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        size, now = self.app.size, self.helm.now_ms()
        if self.page is not None:
            self.header.show(call_head(self.page, now, size.width)[:1])
            part = self.page.part
            last = part.first + len(part.lines)
            told = f"lines {part.first + 1:,}–{last:,} of {part.total:,}   {bytes_words(part.size)}"
            if part.cut:
                told = f"long lines are cut   {told}"
            inner = size.width - 2 * self.names.margin
            rows = tab_rows([(name, "") for name in _VIEWS], self.active, inner)
            right = (Span(told if part.total and not self.active else "", "t2"),)
            self.names.show([Line(rows[0].spans, right), *rows[1:]])
        self.foot.show([self.footer_line(size.width)])

    def _put(self) -> None:
        page = self.page
        if page is None or not self.is_attached:
            return
        lines = output_lines(page)
        if self.active:
            lines = [*evidence(page, self.helm.now_ms()), BLANK, *card_lines(page)]
        self.view.put("call", lines)
        self.view.action_scroll_home()
        self.show(Dirty(everything=True))

    def line_in_hand(self) -> CallLine | None:
        return self.page.line if self.page is not None else None

    def places(self) -> tuple[Place, ...]:
        return ("call", "anywhere")

    def do_back(self) -> None:
        self.helm.close_screen(self)

    def verb_back(self) -> str:
        return "back"

    def do_call_view(self) -> None:
        self.active = 1 - self.active
        self._put()

    def verb_call_view(self) -> str:
        return _VIEWS[1 - self.active]

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        if event.span.startswith("tab:"):
            self.active = int(event.span.removeprefix("tab:"))
            self._put()

    # pages of the output

    def can_next_part(self) -> bool:
        page = self.page
        return (
            page is not None
            and not self.active
            and page.part.first + len(page.part.lines) < page.part.total
        )

    def do_next_part(self) -> None:
        if self.page is not None:
            self._turn(self.page.part.first + len(self.page.part.lines))

    def can_last_part(self) -> bool:
        return self.page is not None and not self.active and self.page.part.first > 0

    def do_last_part(self) -> None:
        if self.page is not None:
            self._turn(max(0, self.page.part.first - LINES))

    def _turn(self, first: int) -> None:
        self.helm.go(self._read_part(first))

    async def _read_part(self, first: int, *, to_end: bool = False) -> None:
        self._asked = query = OutputOf(self._session, self._call, first, LINES)
        part = await self.helm.bridge.page(query, OutputPart)
        if self.page is not None and self._asked is query:
            self.page = msgspec.structs.replace(self.page, part=part)
            self._put()
            if to_end:
                self.view.action_scroll_end()

    def do_part_down(self) -> None:
        self.view.action_scroll_down()

    def do_part_up(self) -> None:
        self.view.action_scroll_up()

    def do_page_down(self) -> None:
        self.view.action_page_down()

    def do_page_up(self) -> None:
        self.view.action_page_up()

    def do_part_first(self) -> None:
        if self.can_last_part():
            self._turn(0)
        self.view.action_scroll_home()

    def do_part_end(self) -> None:
        if self.can_next_part():
            self.helm.go(self._read_part(-LINES, to_end=True))
        self.view.action_scroll_end()
