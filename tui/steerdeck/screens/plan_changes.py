"""What the developer makes of a plan: other words, steps and order, comments, a yes or a no."""

import re
from typing import Literal

from steerdeck.commands import Helm
from steerdeck.model import Dirty
from steerdeck.outside import EditorError, edit
from steerdeck.screens.arming import Arming
from steerdeck.screens.keyed import Keyed
from steerdeck.text import Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.review_view import ReviewView
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.plan_diff import PlanRow
from steerdeck_agents.facts.plan_orders import (
    AddStep,
    CommentStep,
    MoveStep,
    Placed,
    PlanChange,
    Rearrange,
    Reword,
    StrikeStep,
)
from steerdeck_agents.facts.state import SessionState

Purpose = Literal["", "edit", "add", "comment", "back"]
_ENTERED: dict[Purpose, str] = {
    "edit": "change the step", "add": "add the step", "comment": "keep the comment",
    "back": "send the plan back with these words",
}  # fmt: skip
_NUMBERED = re.compile(r"(\d{1,4})\.\s+(.*)")


class PlanChanges(Arming, Keyed[None]):
    """A screen with a plan, and a step of it in hand."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, id="plan")
        self.session = session
        self.model.take(session)
        self.view = ReviewView(id="plan_view")
        self.told = Rows(ground="s2", id="plan_told")
        self.words = Prompt("", send={"enter": "steer"}, id="plan_words")
        self.rows: list[PlanRow] = []
        self.cursor = 0
        self.shown = Sha("")
        """Binding of the plan as it is on the screen."""
        self.seen_to_end = False
        self._laid: object = None
        self._purpose: Purpose = ""
        self._subject = 0
        """The step the cursor is on."""
        self._about = 0
        """The step that is written about, wherever the cursor is put meanwhile."""
        self._back = Sha("")
        """The plan that was on the screen when words to send it back were begun."""

    @property
    def state(self) -> SessionState | None:
        return self.model.states.get(self.session)

    @property
    def row(self) -> PlanRow | None:
        """What the cursor is on."""
        return self.rows[self.cursor] if self.rows else None

    def about(self) -> object:
        """A yes that was begun for one plan must not answer another."""
        return self.session, self.shown

    # the cursor

    def keep_cursor(self) -> None:
        """The cursor stays with its step, wherever that stands now."""
        here = next((at for at, row in enumerate(self.rows) if row.step.id == self._subject), None)
        at = self.cursor if here is None else here
        self.cursor = max(0, min(len(self.rows) - 1, at))
        if self.rows and not self._subject:
            state = self.state
            hand = state.plan.in_hand if state is not None else None
            ids = [row.step.id for row in self.rows]
            self.cursor = ids.index(hand.id) if hand is not None and hand.id in ids else 0
        self._subject = self.rows[self.cursor].step.id if self.rows else 0

    def go_to(self, at: int) -> None:
        if not self.rows:
            return
        self.cursor = max(0, min(len(self.rows) - 1, at))
        self._subject = self.rows[self.cursor].step.id
        self.show(Dirty(everything=True))
        self.view.bring(self.cursor)

    # a yes or a no

    @property
    def offered(self) -> bool:
        """Whether a yes or a no is possible at all: in plan mode, while the agent stands still."""
        state = self.state
        if state is None or not state.plan.live or state.archived:
            return False
        return state.mode == "plan" and state.turn is None

    def _may_decide(self) -> bool:
        """Whether a key may answer: one that was typed late enough, and the end was seen."""
        typed = self.pressed_at is None or self.pressed_at >= self.armed_from
        same = self.state is not None and self.state.plan.binding == self.shown
        return self.offered and self.armed and typed and same and self.seen_to_end

    def waiting_words(self) -> str:
        """Why no yes is possible yet, once it is not only too early."""
        if self.offered and self.armed and not self.seen_to_end:
            return "its end has not been in view yet"
        return ""

    can_approve_plan = can_approve_wait = _may_decide

    def do_approve_plan(self) -> None:
        if self.state is not None:
            self.helm.go(self.helm.approve_plan(self.state, self.shown))

    def do_approve_wait(self) -> None:
        if self.state is not None:
            self.helm.go(self.helm.approve_plan(self.state, self.shown, wait=True))

    def can_send_back(self) -> bool:
        return self._may_decide()

    def do_send_back(self) -> None:
        self._back = self.shown
        self._write("back", "What should be other", "")

    # changes

    def _open(self) -> bool:
        """Whether the step in hand is in the plan and not struck."""
        row = self.row
        return row is not None and row.change not in ("dropped", "struck")

    can_edit_step = can_step_later = can_step_sooner = _open

    def do_edit_step(self) -> None:
        if self.row is not None:
            self._write("edit", "The step in other words", self.row.step.text)

    def can_add_step(self) -> bool:
        return bool(self.rows)

    def do_add_step(self) -> None:
        self._write("add", "A step of yours", "")

    def can_comment_step(self) -> bool:
        return self.row is not None and self.row.change != "dropped"

    def verb_comment_step(self) -> str:
        return "edit comment" if self.row is not None and self.row.step.comment else "comment"

    def do_comment_step(self) -> None:
        if self.row is not None:
            self._write("comment", "What the agent should know of it", self.row.step.comment)

    def can_drop_step_comment(self) -> bool:
        return self.row is not None and bool(self.row.step.comment) and self.can_comment_step()

    def do_drop_step_comment(self) -> None:
        if self.row is not None:
            self._change(CommentStep(self.row.step.id, ""))

    def do_step_later(self) -> None:
        self._move(1)

    def do_step_sooner(self) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        """Past the neighbour on the screen that is a step of the plan."""
        state, row = self.state, self.row
        if state is not None and row is not None:
            self._change(MoveStep(row.step.id, step))

    def can_strike_step(self) -> bool:
        return self.row is not None and self.row.change != "dropped"

    def verb_strike_step(self) -> str:
        struck = self.row is not None and self.row.change == "struck"
        return "take it back in" if struck else "strike step"

    def do_strike_step(self) -> None:
        if self.row is not None:
            self._change(StrikeStep(self.row.step.id, struck=not self.row.step.struck))

    def can_plan_outside(self) -> bool:
        return bool(self.rows)

    def do_plan_outside(self) -> None:
        """All steps as numbered lines in $EDITOR: a number is a step, a line without one is new."""
        state = self.state
        if state is None:
            return
        live = [step for step in state.plan.steps if not step.struck]
        try:
            text = edit(self.app, "\n".join(f"{at}. {s.text}" for at, s in enumerate(live, 1)))
        except EditorError as error:
            self.helm.say(str(error), bad=True)
            return
        placed: list[Placed] = []
        for line in filter(None, map(str.strip, text.splitlines())):
            found = _NUMBERED.fullmatch(line)
            number = int(found[1]) if found else 0
            known = found is not None and 1 <= number <= len(live)
            words = found[2] if found is not None and known else line
            placed.append(Placed(live[number - 1].id if known else 0, words))
        struck = [Placed(step.id, step.text) for step in live] == placed
        if not struck:
            self._change(Rearrange(tuple(placed)))

    def _change(self, change: PlanChange) -> None:
        self.helm.go(self.helm.edit_plan(self.session, change))

    # words

    def _write(self, purpose: Purpose, placeholder: str, text: str, step: int = 0) -> None:
        """Begin to write about the step the cursor is on, or about another."""
        self._purpose, self._about = purpose, step or self._subject
        row = next((one for one in self.rows if one.step.id == self._about), None)
        about = [Span("send the plan back", "t2")]
        if purpose != "back":
            verb = {"edit": "reword", "add": "a step below"}.get(purpose, "comment on")
            words = one_line(row.step.text, 60) if row is not None else "a step that is gone"
            about = [Span(f"{verb} ", "t2"), foreign(words, "t0", bold=True)]
        self.told.show([Line(tuple(about), bg="s2", bleed=True, bar="accent")])
        self.words.placeholder = placeholder
        self.words.text = text
        self.told.display = self.words.display = True
        self.words.focus()

    def entered(self) -> str:
        """What Enter does with what is being written."""
        return _ENTERED.get(self._purpose, "")

    def close_words(self) -> None:
        """Leave it unwritten."""
        self._purpose = ""
        self.told.display = self.words.display = False
        self.words.text = ""
        self.set_focus(None)
        self.arm_later()
        self.show(Dirty(everything=True))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        purpose, step = self._purpose, self._about
        self.close_words()
        if purpose:
            self.helm.go(self._keep(purpose, step, event.text))

    async def _keep(self, purpose: Purpose, step: int, text: str) -> None:
        """Carry out what was written; words that were refused stand in the field again.

        Where that is in use, or the plan was left meanwhile, they become the draft for its session.
        """
        try:
            await self._carry_out(purpose, step, text)
        except (SteerdeckError, OSError):
            if self.is_attached and not self.words.display:
                self._write(purpose, "", text, step)
            else:
                self.model.give_back(self.session, text)
            raise

    def _behind(self, step: int) -> int:
        """The step of the plan that a new one stands behind: one that is gone is none."""
        last = 0
        for row in self.rows:
            last = last if row.change == "dropped" else row.step.id
            if row.step.id == step:
                break
        return last

    async def _carry_out(self, purpose: Purpose, step: int, text: str) -> None:
        state = self.state
        match purpose:
            case "edit":
                await self.helm.edit_plan(self.session, Reword(step, text))
            case "add":
                await self.helm.edit_plan(self.session, AddStep(text, self._behind(step)))
            case "comment":
                await self.helm.edit_plan(self.session, CommentStep(step, text))
            case "back" if state is not None:
                await self.helm.send_plan_back(state, self._back, text)
