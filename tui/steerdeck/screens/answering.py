"""The answers of the inbox to what is no approval: questions, lost calls, parked sessions, news.

Apart from the drawing, so that what an answer needs can be read on one page.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.budget import UNITS, raised, raised_by, raised_words, spent
from steerdeck.screens.deciding import Deciding
from steerdeck.waiting import plan_of
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.secret import Secret
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.limits import amount
from steerdeck_agents.facts.state import SessionState


class Answering(Deciding):
    """A screen with one thing that waits in hand, of any kind."""

    def _reviews(self) -> bool:
        """Whether looking further means the diff: of work that is said to be done."""
        return bool(self.item and self.item.kind in ("claim", "done") and self.body.at_tail)

    def _is_plan(self) -> bool:
        return bool(self.item and self.item.kind == "plan")

    def can_view(self) -> bool:
        return not self.body.at_tail or self._reviews() or self._is_plan()

    def verb_view(self) -> str:
        if self._reviews():
            return "review diff"
        asks = self.approval() is not None or self._is_plan()
        unseen = self.left if not self.seen_to_end and asks else 0
        if self._is_plan() and not unseen:
            return "change it"
        return counted(unseen, "more line") if unseen else "view all"

    def do_view(self) -> None:
        if self._reviews() and self.item is not None:
            self.post_message(Open("diff", self.item.session))
        elif self._is_plan() and self.item is not None and self.seen_to_end:
            self.post_message(Open("plan", self.item.session))
        else:
            self.body.action_page_down()

    def _may_approve(self) -> bool:
        """A yes to a plan, after its end was seen."""
        return self._of_kind("plan") and self.seen_to_end

    def can_once(self) -> bool:
        return self._may_approve() or super().can_once()

    def verb_once(self) -> str:
        return "approve and go on" if self._is_plan() else super().verb_once()

    def do_once(self) -> None:
        state = self._of_item()
        if self._is_plan() and self.item is not None and state is not None:
            self.helm.go(self.helm.approve_plan(state, plan_of(self.item)))
        else:
            super().do_once()

    def _answerable(self) -> bool:
        """Whether a key answers now: one that was typed, and not only handled, late enough."""
        return self.armed and self.typed_at() >= self.armed_from

    def _may_answer(self) -> bool:
        return bool(self._answerable() and self.item and self.model.question(self.item))

    def _may_say(self) -> bool:
        """Whether words would go to the agent: work sent back, or a way out of a drift."""
        state = self._of_item()
        drifts = state is not None and (
            state.goal is not None or any(drift.pauses for drift in state.drifts)
        )
        return self._of_kind("claim", "done", "drift", "held") or (
            self._of_kind("parked") and drifts and not self.can_raise()
        )

    def can_answer(self) -> bool:
        back = self._may_approve()
        return self._may_answer() or self._may_say() or self._of_kind("hidden") or back

    def verb_answer(self) -> str:
        if self._of_kind("hidden"):
            return "type into it"
        if self._of_kind("claim", "done", "plan"):
            return "send back, with words"
        return "say something" if self._may_say() else "answer"

    def do_answer(self) -> None:
        if self._of_kind("hidden"):
            self.secret.display = True
            self.secret.focus()
        elif self._of_kind("claim", "done"):
            self.write("What is still missing")
        elif self._of_kind("plan"):
            self.write("What should be other")
        else:
            self.write("What it should do" if self._may_say() else "Your answer")

    def can_choice(self, number: int) -> bool:
        question = self.model.question(self.item) if self.item else None
        return self._may_answer() and question is not None and number <= len(question.choices)

    def do_choice(self, number: int) -> None:
        question = self.model.question(self.item) if self.item else None
        if self.item is not None and question is not None:
            self.helm.go(self.helm.answer(self.item, question.choices[number - 1]))

    def _of_kind(self, *kinds: str) -> bool:
        return bool(self._answerable() and self.item and self.item.kind in kinds)

    def can_was_done(self) -> bool:
        return self._of_kind("unknown")

    def do_was_done(self) -> None:
        if self.item is not None:
            self.helm.go(self.helm.resolve(self.item, "done"))

    def can_was_failed(self) -> bool:
        return self._of_kind("unknown")

    def do_was_failed(self) -> None:
        if self.item is not None:
            self.helm.go(self.helm.resolve(self.item, "failed"))

    def can_look_again(self) -> bool:
        return self._of_kind("unknown")

    def do_look_again(self) -> None:
        if self.item is not None:
            self.helm.go(self.helm.resolve(self.item, "again"))

    def can_give_up(self) -> bool:
        """A turn that a crash cut off, and that nobody may want to go on."""
        state = self._of_item()
        cut = state is not None and state.turn is not None and state.cut_off is not None
        return cut and self._of_kind("unknown", "parked")

    def do_give_up(self) -> None:
        if self.item is not None:
            self.helm.go(self.helm.interrupt(self.item.session))

    def _of_item(self) -> SessionState | None:
        return self.model.states.get(self.item.session) if self.item is not None else None

    def can_go_on(self) -> bool:
        """A spent budget would park it again at once."""
        state = self._of_item()
        kinds = ["parked", "resting", "held"]
        if state is not None and state.last_turn != "refused":
            kinds.append("failed")
        return self._of_kind(*kinds) and not (state and spent(state))

    def verb_go_on(self) -> str:
        again = {"resting": "try now", "failed": "try again"}
        return again.get(self.item.kind if self.item else "", "go on")

    def do_go_on(self) -> None:
        if self.item is not None:
            self.helm.go(self.helm.resume(self.item.session))

    def can_raise(self) -> bool:
        state = self._of_item()
        return self._of_kind("parked") and state is not None and bool(spent(state))

    def verb_raise(self) -> str:
        state = self._of_item()
        return f"raise to {raised_words(state)}, go on" if state is not None else ""

    def do_raise(self) -> None:
        state = self._of_item()
        if state is not None:
            self.helm.go(self.helm.raise_budget(state, raised(state)))

    def can_raise_words(self) -> bool:
        return self.can_raise()

    def do_raise_words(self) -> None:
        state = self._of_item()
        if state is not None:
            self.write(f"The new budget in {UNITS[spent(state)[0]]}", tells=False)

    def can_land_it(self) -> bool:
        return self._of_kind("claim", "done")

    def do_land_it(self) -> None:
        if self.item is not None:
            self.post_message(Open("land", self.item.session))

    def can_seen(self) -> bool:
        return self._of_kind("claim", "done", "drift", "held", "failed", "passed")

    def do_seen(self) -> None:
        if self.item is not None:
            self.helm.see(self.item)

    def _raise_to(self, state: SessionState, text: str) -> None:
        limits = raised_by(state, text)
        if limits is None:
            kind = spent(state)[0]
            used = amount(kind, state.spent.of(kind))
            self.helm.say(f"Write a number of {UNITS[kind]}, above the {used} spent.", bad=True)
            return
        self.helm.go(self.helm.raise_budget(state, limits))

    # words

    def taken_away(self) -> None:
        """What was in hand is gone: another deck may have answered it.

        Words for the agent become the draft for its session; of what waits still they stay.
        """
        state, text = self._of_item(), self.words.text
        waits = self.item is not None and self.item.id in {one.id for one in self.model.inbox()}
        tells = self.words.display and self.tells and not waits
        if tells and text.strip() and state is not None:
            self.model.give_back(state.id, text)
            self.helm.say(f"What you wrote is kept as the draft for {state.name}.")
        self.restless = self.writing or (self.item is None and self.restless)
        self.stop_writing(given=tells)

    def emptied(self) -> bool:
        """Nothing waits any more; whether the screen stays, since somebody is writing.

        What is typed on would else be commands of the deck, or a secret that is shown.
        """
        self.taken_away()
        if self.restless:
            self.item = None
            self.body.clear()
            self.disarm()
        return self.restless

    def on_secret_entered(self, event: Secret.Entered) -> None:
        shell = self.model.shell(self.item) if self.item is not None else None
        text = self.secret.take()
        if self.item is not None and shell is not None:
            self.helm.go(self.helm.type_into(self.item.session, shell.id, text, hidden=True))
        self.stop_writing()
        self.show(Dirty(everything=True))

    def _say(self, state: SessionState, text: str) -> None:
        """Words for the agent; one that stands still because of a drift goes on with them."""
        paused = self.item is not None and self.item.kind in ("parked", "held")
        self.helm.go(self.helm.say_to(state.id, text, resume=paused))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if self.item is None:
            return
        state = self._of_item()
        if self.editing is not None:
            self.helm.go(self.helm.edit_command(self.item, self.editing, event.text))
        elif (asked := self.approval()) is not None:
            no = partial(self.helm.decide, self.item, asked, allow=False, words=event.text)
            self.helm.go(self._kept(no, self.item.session, event.text))
        elif state is not None and self._is_plan():
            back = partial(self.helm.send_plan_back, state, plan_of(self.item), event.text)
            self.helm.go(self._kept(back, state.id, event.text))
        elif state is not None and self.item.kind == "parked" and spent(state):
            self._raise_to(state, event.text)
        elif state is not None and self._may_say():
            self._say(state, event.text)
        else:
            answer = partial(self.helm.answer, self.item, event.text)
            self.helm.go(self._kept(answer, self.item.session, event.text))
        self.stop_writing(given=True)
        self.show(Dirty(everything=True))

    async def _kept(self, act: Callable[[], Awaitable[None]], of: SessionId, text: str) -> None:
        """Do it; words that reached nobody become the draft for their session."""
        try:
            await act()
        except (SteerdeckError, OSError):
            self.model.give_back(of, text)
            raise
