"""Two more tabs of a zoom: what the checks said, and the shell sessions that live."""

from textual.app import ComposeResult
from textual.containers import Vertical

from steerdeck.commands import Helm
from steerdeck.panes.checked import Told, standing, story, story_lines
from steerdeck.panes.shells import shell_lines, shell_row
from steerdeck.screens.call_log import CallLog
from steerdeck.screens.tabs import ContextTab, EventsTab, TranscriptTab
from steerdeck.text import BLANK, Line, Span, hairline
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

_PAGE = 1_000
"""Events read at once; a round is four or five of them."""


class ChecksTab(Vertical):
    """How the checks and the goal stand, above all rounds, the newest first."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.head = Rows(id="checks_head", ground="s1")
        self.view = LineView(id="checks_view")
        self._session = SessionId("")
        self._events: list[e.Event] = []
        self._first = self._upto = 0
        self._loading = False
        self._seen: object = None
        self._shown: object = None

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.view

    def sync(self, state: SessionState) -> None:
        self.view.can_focus = False
        self.head.margin = self.view.margin
        if state.id != self._session:
            self._session, self._events, self._first, self._upto = state.id, [], 0, 0
            self._shown = None
            self.view.clear()
        now = self.helm.now_ms()
        told = standing(state, now, self.helm.keymap.shown("set_checks"))
        self.head.show([BLANK, *told, BLANK, hairline()])
        self._draw(now)
        seen = (state.id, state.verify, state.goal, state.drifts)
        if seen != self._seen and not self._loading:
            self._seen = seen
            self._loading = True
            self.helm.go(self._load(state))

    def _draw(self, now: int) -> None:
        key = (len(self._events), now // 60_000)
        if key == self._shown:
            return
        first = self._shown is None
        self._shown = key
        told = story(self._events)
        self.view.clear()
        self.view.put("gap", [BLANK])
        for block, lines in story_lines(told, now):
            self.view.put(block, lines)
        if not told:
            words = "No check has run yet."
            if self._first > 1:
                words = "No check has run lately; what was before is read with PgUp."
            self.view.put("none", [Line((Span(words, "t2"),), wrap=True)])
        if first or self.view.at_tail:
            self.view.action_scroll_home()

    async def _load(self, state: SessionState) -> None:
        """The newest page at first, later all that came since."""
        try:
            while state.id == self._session:
                first = not self._upto
                query = wire.Events(state.id, after=self._upto, limit=_PAGE, newest=first)
                page = await self.helm.bridge.events(query)
                if state.id != self._session or not page:
                    return
                self._events += [event for event in page if isinstance(event, Told)]
                self._first = self._first or page[0].seq
                self._upto = page[-1].seq
                self._draw(self.helm.now_ms())
                if first or len(page) < _PAGE:
                    return
        finally:
            self._loading = False

    async def older(self) -> None:
        """Read the page before the oldest event looked at."""
        if self._loading or self._first <= 1:
            return
        self._loading = True
        try:
            query = wire.Events(self._session, before=self._first, limit=_PAGE, newest=True)
            page = await self.helm.bridge.events(query)
            self._events[:0] = [event for event in page if isinstance(event, Told)]
            self._first = page[0].seq if page else 0
            self._draw(self.helm.now_ms())
        finally:
            self._loading = False


class ShellsTab(Vertical):
    """The shell sessions that live, one of them with the end of its output."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(classes="tab")
        self.helm = helm
        self.list = PickList(ground="s0", id="shell_list")
        self.detail = LineView(id="shell_detail", marker=False)
        self._shells: tuple[OpenShell, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.list
        yield self.detail

    @property
    def shell(self) -> OpenShell | None:
        """The shell session in hand."""
        chosen = self.list.selected
        return next((s for s in self._shells if chosen is not None and s.id == chosen.id), None)

    def sync(self, state: SessionState) -> None:
        self.list.can_focus = self.detail.can_focus = False
        self.list.leads = self.helm.model.face == "deck"
        self._shells = state.shells
        now = self.helm.now_ms()
        self.list.display = bool(state.shells)
        self.list.styles.height = min(6, len(state.shells)) or 1
        self.list.show([Pick(shell.id, (shell_row(shell, now),)) for shell in state.shells])
        self._show_detail(now)

    def _show_detail(self, now: int) -> None:
        if self.shell is None:
            words = "No shell session is open. A command that goes on between calls stands here."
            self.detail.put("detail", [BLANK, Line((Span(words, "t2"),), wrap=True)])
            return
        self.detail.put("detail", [BLANK, *shell_lines(self.shell, now), BLANK])

    def move(self, step: int) -> None:
        if step > 0:
            self.list.action_cursor_down()
        else:
            self.list.action_cursor_up()

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        event.stop()
        self._show_detail(self.helm.now_ms())
        self.detail.action_scroll_end()

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        event.stop()
        self._show_detail(self.helm.now_ms())


Tab = TranscriptTab | CallLog | ChecksTab | ShellsTab | ContextTab | EventsTab


def scrolled(tab: Tab) -> LineView:
    """The view of a tab that scroll keys move."""
    return tab.detail if isinstance(tab, CallLog | ShellsTab) else tab.view
