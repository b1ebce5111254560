"""What deck and zoom share: acts on the session in hand, and the way to what waits."""

from typing import Generic, TypeVar

from steerdeck.messages import Open
from steerdeck.model import InboxItem
from steerdeck.panes.composer import CLEARED
from steerdeck.panes.waits import Wait, wait_of
from steerdeck.screens.reading import Reads
from steerdeck.screens.reasons import Reasons
from steerdeck.screens.speaking import Speaking
from steerdeck_agents.facts.shells import OpenShell

T = TypeVar("T")
_RESTS = ("interrupted", "paused", "parked", "failed")


class Steering(Speaking[T], Reads[T], Reasons[T], Generic[T]):
    """A screen with a session in hand and a composer to speak to it."""

    # the session in hand

    def can_interrupt(self) -> bool:
        return bool(self.hand and (self.hand.turn is not None or self.hand.hands))

    def _goes_on(self) -> bool:
        """Whether it works and waits for no answer: a key that leaves decides nothing."""
        asked = (self.hand.approvals or self.hand.questions) if self.hand is not None else ()
        return self.can_interrupt() and not asked

    def escape_interrupts(self) -> bool:
        return self._goes_on() and self.helm.settled()

    def do_interrupt(self) -> None:
        """What the developer runs by hand there is stopped first, the agent's turn after it."""
        if self.hand is not None and self.hand.hands:
            self.helm.go(self.helm.stop_by_hand(self.hand))
            return
        self.helm.go(self.helm.interrupt(self.model.in_hand))

    def do_quit_by_steps(self) -> None:
        if self.composer.prompt.text and self.model.face == "composer":
            self.composer.prompt.clear()
            self.helm.say(CLEARED)
        elif not self._goes_on():
            self.quit_step()
        elif not self.quit_step("this agent is interrupted, the others go on"):
            self.do_interrupt()

    def _wait(self) -> Wait | None:
        return wait_of(self.hand, self.helm.now_ms()) if self.hand is not None else None

    def verb_interrupt(self) -> str:
        """Named in the footer only where there is something to wait for; Esc is named always."""
        wait = self._wait()
        return "cancel" if wait is not None and wait.hastens else ""

    def can_try_now(self) -> bool:
        wait = self._wait()
        return wait is not None and wait.hastens

    def do_try_now(self) -> None:
        self.helm.go(self.helm.try_now(self.model.in_hand))

    def can_model(self) -> bool:
        return bool(self.hand and self.model.outlook.models)

    def do_model(self) -> None:
        self.post_message(Open("model", self.model.in_hand))

    def can_compact(self) -> bool:
        """As the runtime sees it: something to compact, nothing running, not twice."""
        state = self.hand
        return (
            state is not None
            and not (state.archived or state.parked or state.compaction or state.fresh_window)
            and bool(state.prompt_items)
            and not any(call.started for call in state.calls)
        )

    def do_compact(self) -> None:
        self.post_message(Open("compact", self.model.in_hand))

    def can_resume(self) -> bool:
        state = self.hand
        if state is None:
            return False
        held = state.goal is not None and bool(state.goal.held) and state.turn is None
        return state.status in _RESTS or (held and not state.archived)

    def do_resume(self) -> None:
        self.helm.go(self.helm.resume(self.model.in_hand))

    def can_mode(self) -> bool:
        return self.hand is not None

    def do_mode(self) -> None:
        if self.hand is not None:
            self.helm.go(self.helm.next_mode(self.hand))

    def can_fork(self) -> bool:
        """As the runtime sees it: files to copy, and no call that would be halved."""
        state = self.hand
        return (
            state is not None
            and bool(state.workspace.path)
            and not (state.archived or state.calls or state.approvals or state.questions)
            and state.copying is None
        )

    def do_fork(self) -> None:
        if self.hand is not None:
            self.helm.go(self.helm.fork(self.hand))

    def can_set_checks(self) -> bool:
        return self.hand is not None

    def do_set_checks(self) -> None:
        self.post_message(Open("checks", self.model.in_hand))

    def can_set_goal(self) -> bool:
        return self.hand is not None

    def do_set_goal(self) -> None:
        self.post_message(Open("goal", self.model.in_hand))

    def do_rules(self) -> None:
        self.post_message(Open("rules"))

    def can_drop_goal(self) -> bool:
        return bool(self.hand and self.hand.goal)

    def do_drop_goal(self) -> None:
        if self.hand is not None:
            self.helm.go(self.helm.set_goal(self.hand, None))

    def shell_in_hand(self) -> OpenShell | None:
        """The shell session that asks for something, else the newest."""
        shells = self.hand.shells if self.hand is not None else ()
        asking = [shell for shell in shells if shell.prompt]
        return next(reversed(asking or shells), None)

    def can_type_shell(self) -> bool:
        return self.shell_in_hand() is not None

    def do_type_shell(self) -> None:
        shell = self.shell_in_hand()
        if shell is not None:
            self.post_message(Open("type", self.model.in_hand, shell.id))

    def verb_type_shell(self) -> str:
        """Named in the footer only where shells are looked at."""
        return ""

    def verb_end_shell(self) -> str:
        return ""

    def can_end_shell(self) -> bool:
        return self.shell_in_hand() is not None

    def do_end_shell(self) -> None:
        shell = self.shell_in_hand()
        if shell is not None:
            self.post_message(Open("end_shell", self.model.in_hand, shell.id))

    def _news(self) -> list[InboxItem]:
        """What can be put aside: no claim on the developer, and nothing that goes on by itself."""
        return [
            item
            for item in self.model.inbox()
            if item.session == self.model.in_hand and not item.claims and item.kind != "resting"
        ]

    def can_mark_seen(self) -> bool:
        return bool(self._news())

    def do_mark_seen(self) -> None:
        for item in self._news():
            self.helm.see(item)

    def can_land(self) -> bool:
        return bool(self.hand and self.hand.files)

    def do_land(self) -> None:
        self.post_message(Open("land", self.model.in_hand))

    def do_tool_log(self) -> None:
        self.open(Open("tools"))

    def do_search(self) -> None:
        self.open(Open("search"))

    def can_overlap(self) -> bool:
        return bool(self.hand and self.hand.overlaps)

    def do_overlap(self) -> None:
        self.post_message(Open("overlap", self.model.in_hand))

    def can_archive(self) -> bool:
        return self.hand is not None

    def do_archive(self) -> None:
        self.post_message(Open("archive", self.model.in_hand))

    def can_discard(self) -> bool:
        return self.hand is not None

    def do_discard(self) -> None:
        self.post_message(Open("discard", self.model.in_hand))

    def can_undo(self) -> bool:
        return bool(self.model.undoable)

    def do_undo(self) -> None:
        self.helm.go(self.helm.reopen())

    def can_rename(self) -> bool:
        return self.hand is not None

    def do_rename(self) -> None:
        self.post_message(Open("rename", self.model.in_hand))

    def can_repositories(self) -> bool:
        return bool(self.model.elsewhere)

    def do_repositories(self) -> None:
        self.model.look_elsewhere()

    def can_plan(self) -> bool:
        return bool(self.hand and self.hand.plan.steps)

    def do_plan(self) -> None:
        self.post_message(Open("plan", self.model.in_hand))

    def can_replay(self) -> bool:
        return self.hand is not None

    def do_replay(self) -> None:
        self.post_message(Open("replay", self.model.in_hand))

    # what waits

    def verb_inbox(self) -> str:
        """Named in the footer only while something is in it."""
        return "inbox" if self.model.inbox() else ""

    def do_inbox(self) -> None:
        self.post_message(Open("inbox"))

    def next_item(self) -> InboxItem | None:
        """What waits longest; beyond the session in hand, when it was shown last."""
        claims = self.model.claims()
        return claims[0] if claims else None

    def can_next_waiting(self) -> bool:
        return self.next_item() is not None

    def do_next_waiting(self) -> None:
        item = self.next_item()
        if item is not None:
            self.post_message(Open("inbox", item.session, item.id))
