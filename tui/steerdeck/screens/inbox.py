"""The inbox: everything that waits, of all sessions, answered where it is read.

An answer is possible once its card has been in view for 400 ms and its end was seen; until then its
keys are neither shown nor heard. Enter views, Esc leaves: neither ever answers.
"""

import time

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer

from steerdeck.commands import Helm
from steerdeck.keymap import Place
from steerdeck.messages import Open
from steerdeck.model import Dirty, InboxItem
from steerdeck.panes.approval import approval_card
from steerdeck.panes.card import band
from steerdeck.panes.dock import cap
from steerdeck.panes.evidence import claim_card, drift_card
from steerdeck.panes.question import (
    end_card,
    held_card,
    hidden_card,
    list_rows,
    lost_card,
    parked_card,
    question_card,
    shape_of,
    title_of,
)
from steerdeck.panes.wish import verb_of
from steerdeck.screens.answering import Answering
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.state import SessionState

ARM_S = 0.4
"""How long a card must have been in view before a key may answer it."""
_LIST = 36


class InboxScreen(Answering):
    """A list of what waits and the card of the one in hand."""

    def __init__(self, helm: Helm, item: str = "") -> None:
        super().__init__(helm, id="inbox")
        self.header = Rows(id="header")
        self.list = PickList(ground="s0", spaced=True, id="waiting")
        self.band = Rows(id="band", ground="s1")
        self.caps = Rows(id="caps", ground="s1")
        self.foot = Rows(id="footer")
        self._wanted = item
        self._shown: tuple[Line, ...] = ()
        self._timer: Timer | None = None
        self._restless = False
        """Somebody was writing when the card was taken away, and may still be."""

    def compose(self) -> ComposeResult:
        yield self.header
        with Horizontal(id="inbox_middle"):
            yield self.list
            with Vertical(id="card_side"):
                yield self.band
                yield self.body
                yield self.words
                yield self.secret
                yield self.caps
        yield self.foot

    def on_mount(self) -> None:
        self.words.display = self.secret.display = False
        self.list.can_focus = False
        self.body.can_focus = False
        self.set_interval(1.0, lambda: self.show(Dirty(everything=True)))
        self._fit()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def on_screen_resume(self) -> None:
        self._arm_later()

    def _fit(self) -> None:
        wide = self.app.size.width >= 110
        self.list.display = wide
        self.list.styles.width = _LIST
        self.set_class(self.app.size.height < 30, "-low")
        margin = 2 if self.app.size.width > 80 else 1
        self.header.margin = self.foot.margin = margin
        inner = 3 if wide else margin
        self.band.margin = self.body.margin = self.caps.margin = inner
        self.words.margin = self.secret.margin = inner
        self._shown = ()
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        items = self.model.inbox()
        item = self._chosen(items)
        if item is None:
            self.closed()
            return
        now = self.helm.now_ms()
        state = self.model.states[item.session]
        self.header.show([self._head(items, item)])
        self.list.show([self._pick(each, now) for each in items])
        self.list.select(item.id)
        self.list.leads = not self.writing
        if self.item is None or self.item.id != item.id:
            self.item = item
            self._restless = self.writing
            self.stop_writing()
            self._shown = ()
            self._arm_later()
        self.item = item
        self.band.show([self._band(item, state, now)])
        card = tuple(self._card(item, state, now))
        if card != self._shown:
            first = not self._shown
            self._shown = card
            self.body.put("card", card)
            if first:
                self.body.action_scroll_home()
            self._look()
        self._draw_caps()

    def _draw_caps(self) -> None:
        self.caps.show(self._cap_rows())
        self.foot.show([self.footer_line(self.app.size.width)])

    def _chosen(self, items: list[InboxItem]) -> InboxItem | None:
        """The one asked for, the one in hand, or what took its place."""
        wanted = self._wanted or (self.item.id if self.item else "")
        found = next((item for item in items if item.id == wanted), None)
        if found is None and items:
            found = items[0]
        self._wanted = ""
        return found

    def _pick(self, item: InboxItem, now: int) -> Pick:
        lines = list_rows(item, self.model.states[item.session], now)
        return Pick(item.id, lines, group="waiting for you")

    def _head(self, items: list[InboxItem], item: InboxItem) -> Line:
        wide = self.app.size.width >= 110
        place = items.index(item) + 1
        left = [Span("inbox", "t0", bold=True), Span(f"   {place} of {len(items)}", "t2")]
        if wide:
            name = self.model.repository.rstrip("/").rpartition("/")[2] or "steerdeck"
            left = [foreign(name, "t0", bold=True), Span("  ›  ", "t2"), left[0]]
        right: list[Span] = []
        for kind, one, many in _KINDS:
            of_kind = [each for each in items if each.kind == kind]
            if of_kind:
                shape, colour = shape_of(of_kind[0])
                word = one if len(of_kind) == 1 else many
                words = (
                    f"{len(of_kind)} {word}" if wide or kind == "approval" else str(len(of_kind))
                )
                claims = of_kind[0].claims
                right += [
                    Span(f"{shape} ", colour),
                    Span(words, "needs" if claims else "t1", claims),
                ]
                right.append(Span("   "))
        return Line(tuple(left), tuple(right[:-1]))

    def _band(self, item: InboxItem, state: SessionState, now: int) -> Line:
        approval = self.model.approval(item)
        verb = verb_of(approval) if approval is not None else title_of(item, state)
        shape, colour = shape_of(item)
        line = band(verb, state, item.since_ms, now, shape)
        if item.claims:
            return line
        words = (
            Span(f"{shape} ", colour),
            foreign(state.name, "t0", bold=True),
            Span(f" {verb}", "t1"),
        )
        right = tuple(Span(span.text, "t2") for span in line.right)
        return Line(words, right, bg="s2", bleed=True)

    def _card(self, item: InboxItem, state: SessionState, now: int) -> list[Line]:
        width = max(20, self.body.size.width - 2 * self.body.margin)
        gap = [BLANK] if self.app.size.height >= 20 else []
        approval, question = self.model.approval(item), self.model.question(item)
        call = self.model.lost_call(item)
        if approval is not None:
            transcript = self.model.transcripts.get(item.session)
            return [*gap, *approval_card(approval, state, transcript, now, width)]
        if question is not None:
            return [*gap, *question_card(question, state, armed=self.armed)]
        if call is not None:
            return [*gap, *lost_card(call)]
        return [*gap, *self._other_card(item, state, now, width)]

    def _other_card(self, item: InboxItem, state: SessionState, now: int, width: int) -> list[Line]:
        """What is neither asked nor lost."""
        shell, drift, claim = self.model.shell(item), self.model.drift(item), state.verify.claim
        transcript = self.model.transcripts.get(item.session)
        if shell is not None:
            return hidden_card(shell)
        if item.kind == "claim" and claim is not None:
            return claim_card(claim, state, width)
        if drift is not None:
            return drift_card(drift, transcript, now, width)
        if item.kind == "held":
            return held_card(state)
        if item.kind in ("parked", "resting"):
            return parked_card(state, now, transcript, width)
        return end_card(item, state, width)

    def _cap_rows(self) -> list[Line]:
        if self.writing:
            verb = self._entered()
            enter = (Span("Enter", "accent"), Span(f" {verb}   ", "t2"), Span("Esc", "t1"))
            return [Line((*enter, Span(" leave it waiting", "t3")))]
        spans: list[Span] = []
        for key in self.helm.keymap.of("card"):
            verb = self.verb(key)
            if verb and self.can(key):
                spans += [cap(self.helm.keymap.shown(key.id)), Span(f" {verb}", "t1"), Span("   ")]
        hint = "Enter views, it never answers" if self.item and self.item.claims else ""
        below = Line((Span("Esc", "t1"), Span(" leave it waiting", "t3")), (Span(hint, "t3"),))
        low = self.app.size.height < 30
        return [Line(tuple(spans))] if low else [Line(tuple(spans)), BLANK, below]

    def _entered(self) -> str:
        """What Enter does with what is being written."""
        if self.secret.display:
            return "type it, not shown"
        if self.approval():
            return "say no with these words"
        if self.can_raise():
            return "raise it, go on"
        return self.verb_answer() if self._may_say() else "answer"

    # arming

    def _arm_later(self) -> None:
        """From now on the card is in view; its answers come later."""
        self.armed = False
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(ARM_S, self._arm)

    def _arm(self) -> None:
        # A key typed while the loop was busy is handled later; it is judged by when it was typed.
        self.armed_from = time.monotonic()
        self.armed = True
        self._restless = False
        self.show(Dirty(everything=True))

    def on_key(self, event: events.Key) -> None:
        """What was meant for a field that is gone is no key: the card waits for a pause."""
        if self._restless and not self.armed and event.key != "escape":
            self._arm_later()
            event.stop()
            event.prevent_default()
            return
        super().on_key(event)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        self._look()
        self._draw_caps()

    def _look(self) -> None:
        """Whether the end of the card has been in view."""
        self.seen_to_end = self.body.at_tail and self.body.size.height > 0

    # where keys go

    def places(self) -> tuple[Place, ...]:
        if self.writing:
            return ("words", "anywhere")
        return ("card", "inbox", "anywhere")

    def closed(self) -> None:
        """Leave; half a second long Esc interrupts nothing."""
        if self.is_current:
            self.helm.close_screen(self)

    def do_back(self) -> None:
        if self.writing:
            self.stop_writing()
            return
        self.closed()

    def verb_back(self) -> str:
        return "" if self.app.size.height >= 30 else "leave it waiting"

    def can_scroll_down(self) -> bool:
        return len(self.model.inbox()) > 1

    def verb_scroll_down(self) -> str:
        return "move"

    def do_scroll_down(self) -> None:
        self._move(1)

    def do_scroll_up(self) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        items = self.model.inbox()
        ids = [item.id for item in items]
        if self.item is not None and self.item.id in ids:
            place = min(len(ids) - 1, max(0, ids.index(self.item.id) + step))
            self._wanted = ids[place]

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        self._wanted = event.id
        self.show(Dirty(everything=True))

    def do_page_down(self) -> None:
        self.body.action_page_down()

    def do_page_up(self) -> None:
        self.body.action_page_up()

    def can_open(self) -> bool:
        return self.item is not None

    def do_open(self) -> None:
        if self.item is not None:
            self.post_message(Open("zoom", self.item.session))


_KINDS = (
    ("approval", "approval", "approvals"),
    ("question", "question", "questions"),
    ("hidden", "secret", "secrets"),
    ("unknown", "unknown call", "unknown calls"),
    ("parked", "parked", "parked"),
    ("claim", "done", "done"),
    ("held", "goal held", "goals held"),
    ("drift", "drift", "drifts"),
    ("resting", "with a clock", "with a clock"),
    ("failed", "error", "errors"),
    ("done", "to review", "to review"),
)
