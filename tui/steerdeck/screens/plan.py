"""A plan on the whole screen: its steps with their evidence, what the developer makes of it, a yes.

A revised plan is shown against the one that was decided on last. A yes or a no is possible once the
plan has been in view for 400 ms and its end was seen; it is about exactly what was shown.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.dock import cap, flowing
from steerdeck.panes.marks import waits_beside
from steerdeck.panes.plan_head import detail, no_plan, plan_band, plan_title, plan_why
from steerdeck.panes.plan_rows import PlanSheet, head_row
from steerdeck.screens.plan_changes import PlanChanges
from steerdeck.text import BLANK, Line, Span, foreign, hairline
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.review_view import BLOCK, ReviewView
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.plan_diff import rows
from steerdeck_agents.facts.state import SessionState

_DECISIONS = ("approve_plan", "approve_wait", "send_back")
_CHANGES = (
    "edit_step", "add_step", "comment_step", "drop_step_comment", "step_later", "strike_step",
    "plan_outside",
)  # fmt: skip


class PlanScreen(PlanChanges):
    """The plan of one session."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session)
        self.header = Rows(id="header")
        self.band = Rows(ground="s1", id="plan_band")
        self.names = Rows(ground="s1", id="plan_names")
        self.more = Rows(ground="s1", id="plan_more")
        self.caps = Rows(ground="s1", id="plan_caps")
        self.foot = Rows(id="footer")

    def compose(self) -> ComposeResult:
        yield self.header
        with Vertical(id="plan_body"):
            yield self.band
            yield self.names
            yield self.view
            yield self.more
            yield self.told
            yield self.words
            yield self.caps
        yield self.foot

    def on_mount(self) -> None:
        self.view.can_focus = False
        self.told.display = self.words.display = False
        self.set_interval(self.helm.tick_s, lambda: self.show(Dirty(everything=True)))
        self._fit()
        self.call_after_refresh(self._look)

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def on_screen_resume(self) -> None:
        self.arm_later()

    def _fit(self) -> None:
        size = self.app.size
        self.set_class(size.height < 30, "-low")
        margin = 2 if size.width > 80 else 1
        self.header.margin = self.foot.margin = margin
        inner = margin + 1 if size.width > 80 else 1
        for part in (self.band, self.names, self.more, self.caps, self.told, self.words):
            part.margin = inner
        self.view.margin = inner
        self._laid = None
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        state = self.state
        if state is None:
            self.do_leave_plan()
            return
        width, now, low = self.app.size.width, self.helm.now_ms(), self.app.size.height < 30
        elsewhere = waits_beside(self.model.sessions(), state)
        repository = folder_name(state.workspace.repository)
        self.header.show([plan_title(state, repository, elsewhere, now, width)])
        self.rows = rows(state.plan)
        gap = [] if low else [BLANK]
        self.band.show([plan_band(state, self.rows, width), *gap])
        self._put(state, width, gap)
        row = self.row
        key = self.helm.keymap.shown("step_replay") if width >= 100 else ""
        lines = detail(state, row, self.model.states, key, 1 if low else 4) if row else []
        self.more.show([*gap, *lines, *([] if low else [hairline()])])
        self.more.display = bool(row) and not self.words.display
        self.caps.show(self._cap_rows(width))
        self.foot.show([self.footer_line(width)])

    def _put(self, state: SessionState, width: int, gap: list[Line]) -> None:
        """The steps; another plan than was shown before must be seen anew."""
        binding = state.plan.binding
        if binding != self.shown:
            self.shown = binding
            self.seen_to_end = False
            self.arm_later()
        self.keep_cursor()
        high = self.app.size.height
        why = plan_why(state.plan, whole=high >= 30) if high >= 24 else []
        diff = any(row.change != "same" or row.was for row in self.rows)
        if not self.rows:
            self.names.show(no_plan(state))
            self.view.display = False
            return
        self.view.display = True
        head = [head_row(diff=diff, width=width), hairline()] if high >= 24 else []
        self.names.show([*why, *(gap if why else []), *head])
        inner = max(40, self.view.size.width or width)
        leads = not self.words.has_focus
        key = (tuple(self.rows), self.cursor, inner, leads, state.plan, state.status)
        if key != self._laid:
            self._laid = key
            self.view.lay(PlanSheet(state, self.rows, self.cursor, inner, leads=leads))

    def _cap_rows(self, width: int) -> list[Line]:
        if self.words.display:
            enter = (Span("Enter", "accent", id="key:enter"),
                     Span(f" {self.entered()}", "t2", id="key:enter"), Span("   "))  # fmt: skip
            esc = (Span("Esc", "t1", id="do:back"), Span(" leave it", "t3", id="do:back"))
            return [Line((*enter, *esc))]
        room = max(16, width - 2 * self.caps.margin)
        decisions = flowing(self._caps(_DECISIONS), room)
        waiting = self.waiting_words()
        if waiting:
            decisions = [Line((Span(waiting, "t3"),))]
        low = self.app.size.height < 30
        changes = flowing(self._caps(_CHANGES, short=low), room)
        if not self.offered:
            return changes
        return [*decisions, *([] if low else [BLANK]), *changes]

    def _caps(self, ids: tuple[str, ...], *, short: bool = False) -> list[tuple[Span, ...]]:
        caps: list[tuple[Span, ...]] = []
        for id in ids:
            key = self.helm.keymap.by_id[id]
            if self.can(key):
                pressed = f"do:{id}"
                shown = cap(self.helm.keymap.shown(id), pressed)
                verb = self.verb(key)
                verb = verb.removeprefix("in ").partition(" ")[0] if short else verb
                caps.append((shown, foreign(f" {verb}", "t1", id=pressed), Span("   ")))
        return caps

    # where keys go

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.words.has_focus else ("plan", "anywhere")

    def do_back(self) -> None:
        if self.words.display:
            self.close_words()
        else:
            self.do_leave_plan()

    def verb_back(self) -> str:
        if self.words.display:
            return "leave it"
        return "leave it waiting" if self.offered else "back"

    def do_leave_plan(self) -> None:
        if self.is_current:
            self.helm.close_screen(self)

    def verb_leave_plan(self) -> str:
        return ""

    def can_next_waiting(self) -> bool:
        return any(item.session != self.session for item in self.model.claims())

    def do_next_waiting(self) -> None:
        item = next((one for one in self.model.claims() if one.session != self.session), None)
        if item is not None:
            self.open(Open("inbox", item.session, item.id))

    def can_inbox(self) -> bool:
        return bool(self.model.inbox())

    def verb_inbox(self) -> str:
        return ""

    def do_inbox(self) -> None:
        self.open(Open("inbox"))

    # arming and moving

    def was_armed(self) -> None:
        self._look()
        self.show(Dirty(everything=True))

    def on_key(self, event: events.Key) -> None:
        self.hold()
        super().on_key(event)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        self._look()
        self.caps.show(self._cap_rows(self.app.size.width))

    def _look(self) -> None:
        """Whether the end of the plan has been in view."""
        if self.armed and self.rows and self.view.below(BLOCK) == 0:
            self.seen_to_end = True

    def on_review_view_pointed(self, event: ReviewView.Pointed) -> None:
        self.go_to(event.entry)

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        event.stop()

    def do_step_down(self) -> None:
        self.go_to(self.cursor + 1)

    def do_step_up(self) -> None:
        self.go_to(self.cursor - 1)

    def do_page_down(self) -> None:
        self.go_to(self.cursor + self.view.page_rows)

    def do_page_up(self) -> None:
        self.go_to(self.cursor - self.view.page_rows)

    def do_first_step(self) -> None:
        self.go_to(0)

    def do_last_step(self) -> None:
        self.go_to(len(self.rows) - 1)

    def can_step_replay(self) -> bool:
        state, row = self.state, self.row
        return bool(state and row and state.plan.work_of(row.step.id))

    def do_step_replay(self) -> None:
        """What happened while the step was in hand, from its first event on."""
        state, row = self.state, self.row
        work = state.plan.work_of(row.step.id) if state is not None and row is not None else None
        if work is not None:
            self.open(Open("replay", self.session, str(work.first)))
