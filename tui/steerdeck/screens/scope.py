"""How far a yes may reach: a rule in words, its end, and what it would have meant until now.

It is stored by one letter, once all that was said of it has been in view; Enter only reads on.
"""

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import Dirty, InboxItem
from steerdeck.panes.scoped import FIELDS, Field, Reach, field_rows, past_rows, reach_of
from steerdeck.screens.arming import Arming
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import OpenApproval
from steerdeck_agents.facts.verdict import Rule

_PAST = "past"
_LAID_S = 0.05
"""By then a height that was asked for is laid out."""


class ScopeDialog(SessionDialog, Arming):
    """Rows of choices, the past below them, one letter that stores the rule and runs."""

    def __init__(self, helm: Helm, session: SessionId, item: str) -> None:
        super().__init__(helm, session, id="scope_dialog")
        self.past = LineView(id="scope_past", ground="s2", follows=False)
        self.foot = Rows(id="scope_foot", ground="s2")
        self.parts = (self.body, self.past, self.foot)
        self._item = item
        self._reach: Reach | None = None
        self._field: Field = "rule"
        self._near: dict[Rule, tuple[str, ...]] = {}
        self._shown: tuple[Line, ...] = ()
        self._highest = 0

    def on_mount(self) -> None:
        self.past.can_focus = False
        super().on_mount()
        approval = self.approval
        if approval is not None and approval.id not in self.model.proposals:
            self.helm.go(self.helm.propose(self.session, approval.id))

    # what it is about

    @property
    def waits(self) -> InboxItem | None:
        return next((item for item in self.model.inbox() if item.id == self._item), None)

    @property
    def approval(self) -> OpenApproval | None:
        item = self.waits
        return self.model.approval(item) if item is not None else None

    def _begin(self) -> Reach | None:
        """The choices, once the rule is there; from then on its key waits."""
        approval, state = self.approval, self.state
        proposal = self.model.proposals.get(approval.id) if approval is not None else None
        if self._reach is None and proposal is not None and state is not None:
            self._reach = reach_of(proposal, state)
            if self._reach is not None:
                self._near[self._reach.rule] = proposal.near
                self.arm_later()
        return self._reach

    def was_armed(self) -> None:
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        approval, state = self.approval, self.state
        if approval is None or state is None:
            self.close_it()
            return
        reach, proposal = self._begin(), self.model.proposals.get(approval.id)
        title = Line((Span("Allow without asking", "t0", bold=True),),
                     (Span("nothing is stored yet", "t2"),))  # fmt: skip
        rows = field_rows(reach, state, self._field) if reach is not None else []
        self.body.show([BLANK, title, BLANK, *rows, BLANK])
        past: list[Line] = [Line((Span("asking what the past says", "t3"),))]
        if proposal is not None and reach is not None:
            near = self._near.get(reach.rule, ())
            width = self.app.size.width
            past = past_rows(reach, proposal, near, self.helm.now_ms(), width)
        elif proposal is not None:
            past = [Line((foreign(proposal.why, "t0"),), wrap=True)]
        if tuple(past) != self._shown:
            self._shown = tuple(past)
            self.past.put(_PAST, past)
            self.past.action_scroll_home()
        self._stretch(len(rows))
        self.set_timer(_LAID_S, lambda: self._grow(len(rows)))
        self.foot.show([*self.notice_lines(), BLANK, self._caps(), BLANK])

    def _stretch(self, fields: int) -> None:
        """As high as the longest past so far, as far as the terminal goes, so that nothing jumps"""
        room = max(2, self.app.size.height - fields - 10)
        self._highest = max(self._highest, 2 + len(self._shown))
        self.past.styles.height = min(room, self._highest)

    def _grow(self, fields: int) -> None:
        """Lines that were wrapped need more rows, which is known once they are laid out."""
        room = self.app.size.height - fields - 10
        if self._left() and self.past.size.height == self._highest < room:
            self._highest = min(room, self._highest + self._left())
            self._stretch(fields)
            self.set_timer(_LAID_S, lambda: self._grow(fields))

    def _caps(self) -> Line:
        caps = []
        if self.can_store():
            caps.append((self.helm.keymap.shown("store"), "store and run"))
        elif self._reach is not None and self._left():
            caps.append((self.helm.keymap.shown("view_past"), counted(self._left(), "more line")))
        if self._reach is not None:
            caps.append(("h l", "change"))
        if self._reach is not None and self.app.size.width >= 70:
            caps.append(("j k", "field"))
        return self.caps_line(tuple(caps), "store nothing")

    def _left(self) -> int:
        return self.past.below(_PAST)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        self.foot.show([*self.notice_lines(), BLANK, self._caps(), BLANK])

    # keys

    def took(self, name: str) -> bool:
        self.hold()
        return super().took(name)

    def places(self) -> tuple[Place, ...]:
        return ("scope", "anywhere")

    def can_store(self) -> bool:
        """Armed, typed late enough, and all of what the rule means was in view."""
        typed = self.pressed_at is None or self.pressed_at >= self.armed_from
        return self._reach is not None and self.armed and typed and not self._left()

    def do_store(self) -> None:
        item, approval, reach = self.waits, self.approval, self._reach
        if item is None or approval is None or reach is None:
            return
        act = self.helm.decide(
            item, approval, allow=True, scope=reach.scope, rule=reach.rule, terms=reach.terms
        )
        self.helm.go(act)
        self.close_it()

    def row_clicked(self, name: str) -> None:
        """A click on a choice takes it; on the words of a rule, the next wider one."""
        self.hold()
        field, _, place = name.partition(":")
        found = next((one for one in FIELDS if one == field), None)
        if found is None or self._reach is None:
            return
        self._field = found
        if place:
            self._change(int(place) - self._reach.place_of(found))

    def do_field_up(self) -> None:
        self._to_field(-1)

    def do_field_down(self) -> None:
        self._to_field(1)

    def _to_field(self, step: int) -> None:
        if self._reach is not None:
            place = FIELDS.index(self._field)
            self._field = FIELDS[min(len(FIELDS) - 1, max(0, place + step))]

    def do_less(self) -> None:
        self._change(-1)

    def do_more(self) -> None:
        self._change(1)

    def _change(self, step: int) -> None:
        if self._reach is None:
            return
        before = self._reach
        self._reach = before.moved(self._field, step)
        if (self._reach.rule, self._reach.scope) != (before.rule, before.scope):
            # Another past is in view now, which is to be read before the rule is stored.
            self.arm_later()
        if self._reach.rule not in self._near:
            self.helm.go(self._look_near(self._reach.rule))

    async def _look_near(self, rule: Rule) -> None:
        approval, state = self.approval, self.state
        if approval is not None and state is not None:
            self._near[rule] = await self.helm.near(rule, approval, state)
            self.show(Dirty(everything=True))

    def can_view_past(self) -> bool:
        return bool(self._left())

    def do_view_past(self) -> None:
        self.past.action_page_down()
