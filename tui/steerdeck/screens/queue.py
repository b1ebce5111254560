"""What waits to be said to a session: in the order it will be, to be changed or taken back.

Steered words go before queued ones whatever was said first, so they stand there and only words
that go in the same way change places.
"""

from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.model import Dirty
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import Message, SessionState

_WHEN = {
    "first": "with the first request",
    "steer": "at the next safe point",
    "queue": "after the turn",
    "now": "now: the turn is being interrupted",
}
_SHOWN = 120


class QueueDialog(SessionDialog):
    """The messages of one session that its model has not got."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="queue_dialog")
        self.list = PickList(ground="s2", margin=3, id="palette_list")
        self.words = Prompt("what it says", send={"enter": "steer"}, id="queue_words")
        self.words.chips = helm.written.chips
        self.foot = Rows(ground="s2")
        self.parts = (self.body, self.list, self.words, self.foot)
        self._changed: MessageId | None = None

    def fit(self) -> None:
        """However many there are, the row of keys below stays in sight."""
        super().fit()
        self.list.styles.max_height = max(3, self.app.size.height - 12)

    def on_mount(self) -> None:
        self.words.display = False
        self.list.focus()

    @property
    def message(self) -> Message | None:
        """The one in hand."""
        state, pick = self.state, self.list.selected
        queue = state.queue if state is not None else ()
        return next((one for one in queue if pick is not None and one.id == pick.id), None)

    def show(self, dirty: Dirty) -> None:
        if self.state is not None and not self.state.queue and self._changed is None:
            self.close_it()
            return
        super().show(dirty)

    def draw(self, state: SessionState) -> None:
        count = Span(counted(len(state.queue), "message"), "t2")
        title = (Span("Waits for ", "t0", bold=True), foreign(state.name, "t0", bold=True))
        self.body.show([BLANK, Line(title, (count,)), BLANK])
        self.list.show([_pick(one) for one in state.in_turn])
        self.list.refresh(layout=True)
        gone = [Line((Span("It waits no longer.", "t0"),))] if self._is_gone() else []
        if self._changed is not None:
            verb, leave = ("keep as a draft", "throw away") if gone else (
                "keep it so", "leave it as it was")  # fmt: skip
            caps = self.caps_line((("Enter", verb),), leave)
        else:
            move = (("K J", "move"),) if len(state.queue) > 1 else ()
            caps = self.caps_line((("e", "change"), ("s", "send now"), ("x", "take back"), *move))
        self.foot.show([*gone, *self.notice_lines(), BLANK, caps, BLANK])

    def _is_gone(self) -> bool:
        """Whether what is being changed waits no longer; its field stays until it is left."""
        queue = self.state.queue if self.state is not None else ()
        return self._changed is not None and self._changed not in {one.id for one in queue}

    # acts

    def can_message_change(self) -> bool:
        return self.message is not None and self._changed is None

    def do_message_change(self) -> None:
        message = self.message
        if message is not None:
            self._changed = message.id
            self.words.text = message.text
            self.words.display = True
            self.words.focus()

    def can_message_now(self) -> bool:
        return self.can_message_change()

    def do_message_now(self) -> None:
        message, state = self.message, self.state
        if message is not None and state is not None:
            way = "now" if state.turn is not None else "steer"
            self.helm.go(
                self.helm.change_message(self.session, message.id,
                                         delivery="now" if way == "now" else "steer")
            )  # fmt: skip

    def can_message_back(self) -> bool:
        return self.can_message_change()

    def do_message_back(self) -> None:
        """Its words come into the draft of the session, once that is empty."""
        if (message := self.message) is not None:
            self.helm.go(self._take_back(message))

    async def _take_back(self, message: Message) -> None:
        await self.helm.withdraw(self.session, message.id)
        self.model.give_back(self.session, message.text)
        self.helm.say("Its pictures were let go; drop them again." if message.pictures else "")

    def can_message_up(self) -> bool:
        return self.can_message_change()

    def do_message_up(self) -> None:
        self._move(-1)

    def can_message_down(self) -> bool:
        return self.can_message_change()

    def do_message_down(self) -> None:
        self._move(1)

    def _move(self, step: int) -> None:
        message, state = self.message, self.state
        if message is not None and state is not None:
            self.helm.go(self.helm.move_message(state, message.id, step))

    def took(self, name: str) -> bool:
        """`j` and `k`, as in every list that takes no letters."""
        step = {"j": 1, "k": -1}.get(name, 0)
        if step and self._changed is None:
            (self.list.action_cursor_down if step > 0 else self.list.action_cursor_up)()
        return bool(step) and self._changed is None

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        self.do_message_change()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if self._is_gone():
            self.model.give_back(self.session, event.text)
        elif self._changed is not None:
            self.helm.go(self._change(self._changed, event.text))
        self._leave_words()
        self.show(Dirty(everything=True))

    async def _change(self, message: MessageId, text: str) -> None:
        try:
            await self.helm.change_message(self.session, message, text=text)
        except (SteerdeckError, OSError):
            self.model.give_back(self.session, text)
            raise

    def do_back(self) -> None:
        if self._changed is None:
            self.close_it()
            return
        self._leave_words()

    def _leave_words(self) -> None:
        self._changed = None
        self.words.display = False
        self.list.focus()


def _pick(message: Message) -> Pick:
    words = foreign(one_line(message.text, _SHOWN), "t0")
    when = Span(_WHEN[message.delivery], "t2")
    return Pick(message.id, (Line((words,), (when,), gutter=Span(glyphs().queued, "t2"),
                                  indent=2),), message.text)  # fmt: skip
