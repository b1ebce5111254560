"""The inbox: everything that waits, of all sessions, answered where it is read.

An answer is possible once its card has been in view for 400 ms and its end was seen; until then its
keys are neither shown nor heard. Enter views, Esc leaves: neither ever answers.
"""

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.keymap import name_of
from steerdeck.keys.key import Key, Place
from steerdeck.messages import Open
from steerdeck.model import Dirty, InboxItem
from steerdeck.output.frames import paint_now
from steerdeck.panes.approval import BY_RULE
from steerdeck.panes.dock import cap, flowing
from steerdeck.panes.empty import empty_inbox
from steerdeck.panes.items import around, card_of, head, item_band
from steerdeck.panes.question import list_rows
from steerdeck.screens.answering import Answering
from steerdeck.text import BLANK, Line, Span, foreign, within
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import ApprovalId
from steerdeck_agents.facts.places import folder_name

_LIST = 36
_WISH, _ROUND = "wish", "round"
"""Blocks of a card: what is decided on, and what helps to judge it."""


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
        self._order: tuple[str, ...] = ()
        """The things of the list as they stood when it was drawn last."""
        self._shown: tuple[Line, ...] = ()
        self._proposed: set[ApprovalId] = set()

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
        self.set_interval(self.helm.tick_s, lambda: self.show(Dirty(everything=True)))
        self._fit()

    def on_resize(self, event: events.Resize) -> None:
        self._fit()

    def on_screen_resume(self) -> None:
        """What was waiting may have been answered while a dialog lay over it."""
        self.arm_later()
        self.show(Dirty(everything=True))

    def on_unmount(self) -> None:
        self.helm.leave("inbox")

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
        self.arm_later()
        self.show(Dirty(everything=True))

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        items = self.model.inbox()
        item = self._chosen(items)
        if item is None:
            self._show_empty() if self.item is None or self.emptied() else self.closed()
            return
        self.list.display = self.app.size.width >= 110
        self.band.display = self.caps.display = True
        now = self.helm.now_ms()
        state = self.model.states[item.session]
        self.header.show([head(self.model, items, item, wide=self.app.size.width >= 110)])
        alikes = self.model.alikes(items)
        self.list.show([self._pick(each, now, len(alikes.get(each.id, ()))) for each in items])
        self.list.select(item.id)
        self.list.leads = not self.writing
        other = self.item is None or self.item.id != item.id
        if other:
            self.taken_away()
            self.item = item
            self._shown = ()
            self.body.clear()
            self.forget_danger()
            self.arm_later()
            self._learn(item)
        self.item = item
        if self.armed and not {one.id for one in self.model.alike(item)} <= {*self.alike, item.id}:
            # One more would be answered by a key that was meant for fewer.
            self.arm_later()
        self.band.show([item_band(self.model, item, state, now)])
        if other:
            # The card is drawn at once, so its title must not come a frame later.
            paint_now(self.band)
        self._put(item, now)
        self._look()
        self._draw_caps()

    def _show_empty(self) -> None:
        """Opened while nothing waits: what there is to do instead."""
        name = folder_name(self.model.repository) or "steerdeck"
        self.header.show([Line((foreign(name, "t0", bold=True), within(),
                                Span("inbox", "t0", bold=True)))])  # fmt: skip
        self.list.display = self.band.display = self.caps.display = False
        self.body.put(_WISH, empty_inbox(self.model, self.helm.keymap))
        self.foot.show([self.footer_line(self.app.size.width)])

    def _put(self, item: InboxItem, now: int) -> None:
        """The card's two blocks; what comes later stands below and moves nothing above it."""
        gap = (BLANK,) if self.app.size.height >= 20 else ()
        room = self._width()
        card = (*gap, *card_of(self.model, item, now, room, armed=self.armed))
        still = self.body.above == 0
        if card != self._shown:
            self._shown = card
            self.seen_to_end = False
            self.body.put(_WISH, card)
        self.body.put(_ROUND, around(self.model, item, now, room))
        if still:
            self.body.action_scroll_home()

    def _learn(self, item: InboxItem) -> None:
        """Have the session's last steps read, and the rule there could be made."""
        self.helm.watch("inbox", {item.session})
        approval = self.model.approval(item)
        if approval is None or approval.kind not in BY_RULE or approval.danger:
            return
        if approval.id not in self._proposed:
            self._proposed.add(approval.id)
            self.helm.go(self.helm.propose(item.session, approval.id))

    def _draw_caps(self) -> None:
        self.caps.show(self._cap_rows())
        self.foot.show([self.footer_line(self.app.size.width)])

    def _chosen(self, items: list[InboxItem]) -> InboxItem | None:
        """The one asked for, the one in hand, or where that is gone what follows it.

        That is what the same session waits for by now, else the next one below; after an answer
        one that holds an agent up comes before what there is to look at.
        """
        here = {item.id: item for item in items}
        wanted = self._wanted or (self.item.id if self.item else "")
        place = self._order.index(wanted) if wanted in self._order else 0
        same = self.item.session if self.item is not None and self.item.id == wanted else ""
        again = [item for item in items if item.claims and item.session == same]
        follows = [item.id for item in sorted(again, key=lambda one: one.since_ms)]
        near = [*self._order[place:], *reversed(self._order[:place]), *here]
        if self.item is not None and self.item.claims:
            near.sort(key=lambda id: id not in here or not here[id].claims)
        self._wanted, self._order = "", tuple(here)
        return next((here[id] for id in (wanted, *follows, *near) if id in here), None)

    def _pick(self, item: InboxItem, now: int, alike: int) -> Pick:
        lines = list_rows(item, self.model.states[item.session], now, alike)
        return Pick(item.id, lines, group="waiting for you")

    def _width(self) -> int:
        return max(16, self.body.size.width - 2 * self.body.margin)

    def _cap_rows(self) -> list[Line]:
        if self.writing:
            verb = self._entered()
            enter = (Span("Enter", "accent", id="key:enter"),
                     Span(f" {verb}", "t2", id="key:enter"), Span("   "))  # fmt: skip
            esc = (Span("Esc", "t1", id="do:back"), Span(" leave it waiting", "t3", id="do:back"))
            return [Line((*enter, *esc))]
        if self.danger_at is not None:
            return self._danger_caps()
        left = self.item is not None and self.item.claims and not self.body.at_tail
        hint = "Enter views, it never answers" if left else ""
        asks = self.approval() is not None or self._is_plan()
        unseen = asks and self.armed and not self.seen_to_end
        hint = "its end has not been in view yet" if unseen else hint
        esc = (Span("Esc", "t1", id="do:back"), Span(" leave it waiting", "t3", id="do:back"))
        below = Line(esc, (Span(hint, "t1" if unseen else "t3"),))
        rows = self._possible()
        rows += [BLANK] * (self._reserved() - len(rows))
        return rows if self.app.size.height < 30 else [*rows, BLANK, below]

    def _possible(self) -> list[Line]:
        """The keys that answer now."""
        caps: list[tuple[Span, ...]] = []
        for key in self.helm.keymap.of("card"):
            verb = self.verb(key)
            if verb and self.can(key):
                pressed = f"do:{key.id}"
                shown = cap(self.helm.keymap.shown(key.id), pressed)
                caps.append((shown, Span(f" {verb}", "t1", id=pressed), Span("   ")))
        beside = _LIST if self.list.display else 0
        return flowing(caps, max(16, self.app.size.width - beside - 2 * self.caps.margin))

    def _reserved(self) -> int:
        """Rows the keys will need: when they come, nothing above them moves."""
        kept = self.armed, self.seen_to_end
        self.armed = self.seen_to_end = True
        try:
            return max(1, len(self._possible()))
        finally:
            self.armed, self.seen_to_end = kept

    def _danger_caps(self) -> list[Line]:
        """What the second key would do; it is no cap before it works."""
        approval = self.approval()
        danger = approval.danger if approval is not None else ""
        said = Line((Span(f"{glyphs().failed} ", "failed"), foreign(danger, "t0", bold=True)),
                    hang=2, bg="failed_bg", bleed=True, bar="failed", wrap=True)  # fmt: skip
        key = self.helm.keymap.shown("confirm_danger")
        ready = self.can_confirm_danger()
        spans = [cap(key, "do:confirm_danger") if ready else Span(f" {key} ", "t3"),
                 Span(" runs it all the same, within 5 s; no other key does", "t1")]  # fmt: skip
        return [said, Line(tuple(spans), wrap=True)]

    def _entered(self) -> str:
        """What Enter does with what is being written."""
        if self.secret.display:
            return "type it, not shown"
        if self.editing is not None:
            return "ask for this one instead, nothing runs yet"
        if self.approval():
            return "say no with these words"
        if self.can_raise():
            return "raise it, go on"
        return self.verb_answer() if self._may_say() or self._is_plan() else "answer"

    # arming

    def was_armed(self) -> None:
        self.alike = tuple(
            ApprovalId(one.id) for one in (self.model.alike(self.item) if self.item else ())
        )
        self.restless = False
        self.show(Dirty(everything=True))

    def on_key(self, event: events.Key) -> None:
        """What was meant for a field that is gone is no key: the card waits for a pause."""
        self.hold()
        if self.restless and not self.armed and event.key != "escape":
            self.arm_later()
            event.stop()
            event.prevent_default()
            return
        if self.danger_at is not None and not self._second(event):
            self.forget_danger()
            self.show(Dirty(everything=True))
            if event.key == "escape":
                event.stop()
                event.prevent_default()
                return
        super().on_key(event)

    def on_rows_pressed(self, event: Rows.Pressed) -> None:
        """A click on anything else than the second key takes the first one back, as a key does."""
        if event.what != "do:confirm_danger":
            self.forget_danger()

    def on_line_view_picked(self, event: LineView.Picked) -> None:
        """A click on a choice is its key."""
        if event.span.startswith("do:choice_"):
            self.post_message(Rows.Pressed(self.caps, event.span, event.at))

    def _second(self, event: events.Key) -> bool:
        """Whether it is the key that the first one for something dangerous waits for."""
        name = name_of(event.key, event.character)
        mine = name in self.helm.keymap.by_id["confirm_danger"].keys
        self.pressed_at = event.time
        try:
            return mine and self.can_confirm_danger()
        finally:
            self.pressed_at = None

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        self._look()
        self._draw_caps()

    def _look(self) -> None:
        """Whether the end of what is decided on has been in view."""
        self.left = self.body.below(_WISH)
        # Before it is armed the rows around it may still take their places.
        if self.armed and self.left == 0 and self.body.size.height > 0:
            self.seen_to_end = True

    # where keys go

    def places(self) -> tuple[Place, ...]:
        if self.writing:
            return ("words", "anywhere")
        return ("card", "inbox", "anywhere")

    def _find(self, name: str) -> list[Key]:
        """Alt and a digit is a session here too; the digit alone is a choice of the card."""
        if name.startswith("alt+") and name[-1].isdigit() and not self.writing:
            return self.helm.keymap.find(("deck",), name)
        return super()._find(name)

    def can_slot(self, slot: int) -> bool:
        return bool(self._of_slot(slot))

    def do_slot(self, slot: int) -> None:
        """What the session of that slot waits for; again, the next thing of it."""
        ids = self._of_slot(slot)
        at = ids.index(self.item.id) + 1 if self.item is not None and self.item.id in ids else 0
        self._wanted = ids[at % len(ids)]

    def _of_slot(self, slot: int) -> list[str]:
        state = self.model.of_slot(slot)
        return [one.id for one in self.model.inbox() if state and one.session == state.id]

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
        if self.item is None:
            return "back"
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
