"""One session full screen: transcript, tool log, the model's context, raw events.

Among its tabs stands the diff, which is a screen of its own: the review.
"""

import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.chips import chip_rows
from steerdeck.panes.composer import Composer
from steerdeck.panes.marks import waits_beside
from steerdeck.panes.zoomed import counted_tabs, tab_rows, zoom_head
from steerdeck.screens.call_acts import LogActs
from steerdeck.screens.call_log import CallLog
from steerdeck.screens.perusing import Perusing
from steerdeck.screens.tab_names import CHECKS, CONTEXT, DIFF, EVENTS, SHELLS, TOOLS, tab_named
from steerdeck.screens.tabs import ContextTab, EventsTab, TranscriptTab
from steerdeck.screens.work_tabs import ChecksTab, ShellsTab, Tab, scrolled
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.call_page import CallLine
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState


class ZoomScreen(Perusing[None], LogActs[None]):
    """The session in hand on the whole screen."""

    def __init__(
        self, helm: Helm, session: SessionId, tab: int = 0, hit: tuple[int, str] = (0, "")
    ) -> None:
        """`hit` is an event of it and words in that, to begin there."""
        super().__init__(helm, id="zoom")
        self.model.take(session)
        # Whoever looks at one session speaks to that one.
        self.model.target = "one"
        self.header = Rows(id="header")
        self.chips = Rows(id="zoom_chips")
        self.names = Rows(id="tabs")
        self.transcript = TranscriptTab(helm)
        self.tools = CallLog(helm)
        self.checks = ChecksTab(helm)
        self.shells = ShellsTab(helm)
        self.tabs: tuple[Tab, ...] = (
            self.transcript,
            self.tools,
            self.checks,
            self.shells,
            ContextTab(helm),
            EventsTab(helm),
        )
        self.active = tab
        self.composer = Composer("Say what should change")
        self.foot = Rows(id="footer")
        self._session = session
        self._begin = hit

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.chips
        yield self.names
        with Vertical(id="tab_space"):
            yield from self.tabs
        yield self.composer
        yield self.foot

    def on_mount(self) -> None:
        self.helm.watch("zoom", {self._session})
        self.helm.readers["zoom"] = self._reads
        self.set_interval(self.helm.tick_s, self.on_screen_resume)
        self._fit()
        if self._begin[1]:
            self.search(self._begin[1], self._begin[0])
        if self.model.face == "composer":
            self.composer.prompt.focus()

    def on_unmount(self) -> None:
        self.helm.leave("zoom")

    def on_screen_resume(self) -> None:
        """What came while another screen lay over it is in the first frame."""
        if not self.covered:
            self.show(Dirty(everything=True))

    def _reads(self) -> tuple[SessionId, ...]:
        """The session whose transcript is kept as long as its reader, or a search, wants it."""
        shown = self.active == 0 and not self.covered
        kept = shown or bool(self.sought) or not self.text.at_tail
        return (SessionId(self.text.session),) if kept else ()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def _fit(self) -> None:
        size = self.app.size
        self.set_class(size.height < 30, "-low")
        margin = 2 if size.width > 80 else 1
        for part in (self.header, self.chips, self.names, self.foot):
            part.margin = margin
        self.composer.set_margin(margin)
        for tab in self.tabs:
            scrolled(tab).margin = margin
        self.show(Dirty(everything=True))

    @property
    def tab(self) -> Tab:
        return self.tabs[self.active]

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        state = self.hand
        if state is None:
            self.do_leave()
            return
        if state.id != self._session:
            self._session = state.id
            self.leave_marking()
            self.leave_search()
            self.helm.watch("zoom", {state.id})
        width, now = self.app.size.width, self.helm.now_ms()
        self.header.show([zoom_head(state, waits_beside(self.model.sessions(), state), now, width)])
        inner = width - 2 * self.names.margin
        low = self.app.size.height < 30
        lasting = self.model.lasting_of(state)
        rows = chip_rows(state, self.model.states, now, inner, low=low, lasting=lasting)
        self.chips.show(rows)
        self.chips.display = bool(rows)
        self.names.show(tab_rows(counted_tabs(state), self.active + (self.active >= DIFF), inner))
        self.text.lets_go = not (self.sought or self.helm.is_read(state.id, beside="zoom"))
        searching = bool(self.sought) or self.transcript.sought.has_focus
        self.transcript.tell_hits(searching=searching, hit=self.hit, hits=len(self.hits))
        for number, tab in enumerate(self.tabs):
            tab.display = number == self.active
            if tab.display:
                tab.sync(state)
        write = self.helm.keymap.shown("write") if self.model.face == "deck" else ""
        self.composer.sync(self.model, self.helm.keymap, width, leading=self.leading, write=write)
        self.foot.show([self.footer_line(width)])

    # where keys go

    def perused(self) -> SessionState | None:
        return self.hand if self.active == 0 else None

    @property
    def typing(self) -> Prompt | None:
        """The field of a filter or a search, while one writes there."""
        fields = (self.tools.filter, self.transcript.sought)
        return next((field for field in fields if field.has_focus), None)

    def places(self) -> tuple[Place, ...]:
        if self.typing is not None:
            return ("words", "anywhere")
        if self.marking and self.model.face == "deck":
            return ("mark", "anywhere")
        if self.model.face == "deck" and self.active == TOOLS:
            return ("tools", "zoom", "anywhere")
        return ("composer" if self.model.face == "composer" else "zoom", "anywhere")

    def letter_places(self) -> tuple[Place, ...]:
        return ("tools", "zoom") if self.active == TOOLS else ("zoom",)

    def on_descendant_focus(self) -> None:
        if self.composer.prompt.has_focus:
            self.model.face = "composer"
        self.show(Dirty(everything=True))

    def on_descendant_blur(self) -> None:
        self.show(Dirty(everything=True))

    def do_lanes(self) -> None:
        self.model.face = "deck"
        self.set_focus(None)

    def verb_lanes(self) -> str:
        return "tabs"

    def do_write(self) -> None:
        self.model.face = "composer"
        self.composer.prompt.focus()

    def do_back(self) -> None:
        """Esc: out of what is open in the tab; else interrupt while it works; else to the deck."""
        if self._leaves():
            self._leave_what_is_open()
        elif self.escape_interrupts():
            self.do_interrupt()
        else:
            self.do_leave()

    def _leave_what_is_open(self) -> None:
        if self.tools.filter.has_focus:
            self.set_focus(None)
            self.model.face = "deck"
        elif self.marking:
            self.leave_marking()
        elif self.transcript.sought.has_focus or self.sought:
            self.transcript.sought.clear()
            self.leave_search()
            self.do_lanes()
        else:
            self.text.unmark()
            self.text.let_go()
        self.helm.closed_at = time.monotonic()

    def _leaves(self) -> str:
        """What Esc leaves in a tab, in words; empty where nothing is open."""
        if self.tools.filter.has_focus:
            return "leave the filter"
        if self.marking:
            return "end marking"
        if self.transcript.sought.has_focus:
            return "end search"
        if self.perused() is None or self.model.face != "deck":
            return ""
        if self.sought:
            return "end search"
        return "let go" if self.text.hand is not None or self.text.caret is not None else ""

    def verb_back(self) -> str:
        if words := self._leaves():
            return words
        return "interrupt" if self.escape_interrupts() else "deck"

    def do_leave(self) -> None:
        if self.is_current:
            self.composer.put_away(self.model)
            self.helm.close_screen(self)

    def verb_replay(self) -> str:
        return ""

    def verb_leave(self) -> str:
        return "deck" if self._goes_on() else ""

    # tabs

    def _go(self, tab: int) -> None:
        self.leave_marking()
        self.active = tab % len(self.tabs)

    def do_tab_left(self) -> None:
        self._go(self.active - 1)

    def do_tab_right(self) -> None:
        self._go(self.active + 1)

    def do_tab_transcript(self) -> None:
        self._go(0)

    def do_tab_diff(self) -> None:
        self.open(Open("diff", self._session))

    def do_tab_tools(self) -> None:
        self._go(TOOLS)

    def do_tab_checks(self) -> None:
        self._go(CHECKS)

    def do_tab_shells(self) -> None:
        self._go(SHELLS)

    def shell_in_hand(self) -> OpenShell | None:
        """In the tab of shells the one that is selected there."""
        if self.active == SHELLS and self.shells.shell is not None:
            return self.shells.shell
        return super().shell_in_hand()

    def verb_type_shell(self) -> str:
        return "type" if self.active == SHELLS else ""

    def verb_end_shell(self) -> str:
        return "end it" if self.active == SHELLS else ""

    def do_tab_context(self) -> None:
        self._go(CONTEXT)

    def do_tab_events(self) -> None:
        self._go(EVENTS)

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        if event.span.startswith("tab:"):
            self.open(Open("zoom", self._session, event.span.removeprefix("tab:")))

    def open(self, where: Open) -> None:
        """A part of this session is a tab away."""
        if (where.where, where.session) != ("zoom", self._session):
            super().open(where)
        elif where.item == str(DIFF):
            self.do_tab_diff()
        else:
            self._go(tab_named(where.item))
            self.show(Dirty(everything=True))

    def can_filter(self) -> bool:
        return self.active != TOOLS

    def verb_filter(self) -> str:
        """Named where it takes no room from what waits, and leads to no other tab."""
        return "" if self.active or self.can_next_waiting() else "search"

    def do_filter(self) -> None:
        if self.active:
            self._go(0)
            self.show(Dirty(everything=True))
        self.transcript.tell_hits(searching=True)
        self.transcript.sought.focus()

    # calls

    def line_in_hand(self) -> CallLine | None:
        return self.tools.line if self.active == TOOLS else None

    def call_log(self) -> CallLog:
        return self.tools

    # scrolling

    def verb_scroll_down(self) -> str:
        """Among shells the keys that do something to one are worth more room."""
        return "" if self.active == SHELLS else "item" if self.active == 0 else "scroll"

    def can_scroll_down(self) -> bool:
        return self.active != TOOLS

    def can_scroll_up(self) -> bool:
        return self.active != TOOLS

    def do_scroll_down(self) -> None:
        if self.active == SHELLS:
            self.shells.move(1)
        elif self.active == 0:
            self.text.move(1)
        else:
            scrolled(self.tab).action_scroll_down()

    def do_scroll_up(self) -> None:
        if self.active == SHELLS:
            self.shells.move(-1)
            return
        if self.active == 0:
            self.text.move(-1)
        else:
            scrolled(self.tab).action_scroll_up()
        self._read_older()

    def do_page_down(self) -> None:
        scrolled(self.tab).action_page_down()

    def do_page_up(self) -> None:
        scrolled(self.tab).action_page_up()
        self._read_older()

    def do_top(self) -> None:
        scrolled(self.tab).action_scroll_home()
        self._read_older()

    def do_end(self) -> None:
        if self.active == 0:
            self.text.let_go()
        scrolled(self.tab).action_scroll_end()

    def _read_older(self) -> None:
        if self.active == 0 and self.text.above == 0:
            self.helm.go(self.helm.older(self._session))
        elif self.active == CHECKS and self.checks.view.above == 0:
            self.helm.go(self.checks.older())

    # the composer

    def composer_empty(self) -> bool:
        return not self.composer.prompt.text

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        if event.prompt is self.transcript.sought:
            self.seek(event.text)
        if event.prompt is self.tools.filter:
            self.tools.narrowed()
        if event.prompt is self.composer.prompt:
            self.composer.keep(self.model)
        self.show(Dirty(everything=True))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """The composer keeps its own: this is the filter, or the search."""
        event.prompt.text = event.text
        if event.prompt is self.transcript.sought:
            self.search(event.text)
        self.model.face = "deck"
        self.set_focus(None)
