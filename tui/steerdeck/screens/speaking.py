"""To whom one speaks, and how words get there or come back: what deck and zoom share of writing."""

from typing import Generic, TypeVar

from steerdeck.model import Together
from steerdeck.outside import EditorError, edit
from steerdeck.panes.composer import Composer
from steerdeck.screens.dialog import Dialog
from steerdeck.screens.offering import Offering
from steerdeck.screens.queue import QueueDialog
from steerdeck.screens.recipients import RecipientsDialog
from steerdeck.widgets.prompt import How, Prompt
from steerdeck_agents.facts.state import SessionState

T = TypeVar("T")


class Speaking(Offering[T], Generic[T]):
    """A screen with a composer whose words go to the session in hand, to several or to all."""

    @property
    def hand(self) -> SessionState | None:
        return self.model.hand

    def on_composer_said(self, event: Composer.Said) -> None:
        """Send a draft; who does not work gets it at once, in whatever way it was sent."""
        if event.draft_of != self.model.draft_of:
            # By no key, for those come in their turn: it is gone, or a new one has just begun.
            self.model.give_back(event.draft_of, event.draft)
            self.helm.say("Another session came to the front: nothing was sent.", bad=True)
            return
        text, how = event.text, self.meant(event)
        targets = self.model.targets()
        self.model.drafts[self.model.draft_of] = ""
        if how is None:
            return
        if text.startswith("!"):
            self._run_by_hand(text, how, targets)
            return
        working = any(state.turn is not None for state in targets)
        if not targets and self.model.target != "one":
            self.model.give_back(self.model.draft_of, event.draft)
            self.helm.say("Pick somebody to speak to first: Alt+1…9.", bad=True)
            return
        told = self.helm.with_sessions(text)
        delivery = how if working else "steer"
        self.helm.speak(told, targets, delivery, event.draft, event.pictures)
        self.composer.follow(self.model)

    def _run_by_hand(self, text: str, how: How, targets: list[SessionState]) -> None:
        """A line behind `!`: for one session, in whose workspace it runs."""
        if len(targets) != 1:
            self.model.give_back(self.model.draft_of, text)
            self.helm.say("! runs a command in the workspace of one session: pick it.", bad=True)
            return
        self.helm.go(self.helm.run_by_hand(targets[0], text, sure=how == "now"))

    def take_back(self, prompt: Prompt) -> None:
        """The newest message that has not reached the model comes back into the composer.

        What was said to several is taken back from all whose models have not got it.
        """
        waiting = [state.queue[-1] for state in self.model.targets() if state.queue]
        if not waiting:
            return
        newest = max(waiting, key=lambda message: message.seq)
        prompt.text = prompt.hold(newest.text)
        if newest.pictures:
            self.helm.say("Its pictures were let go; drop them here again.")
        for state in self.model.who_heard(newest.text):
            if state.queue and state.queue[-1].text == newest.text:
                self.helm.go(self.helm.withdraw(state.id, state.queue[-1].id))

    def edit_outside(self, prompt: Prompt) -> None:
        """Write the draft in $EDITOR; the deck waits for it."""
        try:
            prompt.edited_outside(edit(self.app, prompt.text))
        except EditorError as error:
            self.helm.say(str(error), bad=True)

    def below_follows(self) -> int:
        """The composer and the row above it stay free."""
        return max(2, self.app.size.height - self.composer.region.y)

    def do_editor(self) -> None:
        self.edit_outside(self.composer.prompt)

    def can_waiting_words(self) -> bool:
        return bool(self.hand and self.hand.queue)

    def do_waiting_words(self) -> None:
        self.push(QueueDialog(self.helm, self.model.in_hand))

    def can_recipients(self) -> bool:
        return len(self.model.sessions()) > 1

    def do_recipients(self) -> None:
        self.push(RecipientsDialog(self.helm))

    def push(self, dialog: Dialog) -> None:
        """Open a dialog, unless one is open."""
        if self.is_current:
            self.app.push_screen(dialog)

    def can_expand(self) -> bool:
        return self.composer.prompt.holds

    def do_expand(self) -> None:
        self.composer.prompt.open_held()

    def do_recall(self) -> None:
        self.composer.prompt.focus()
        self.composer.recall()

    def can_take_back(self) -> bool:
        return self.composer.prompt.take_back and self.composer_empty()

    def do_take_back(self) -> None:
        self.take_back(self.composer.prompt)

    def do_slot(self, slot: int) -> None:
        state = self.model.of_slot(slot)
        if state is None:
            return
        if self.model.target == "several":
            self.model.picked ^= {state.id}
            return
        self.model.target = "one"
        self.model.take(state.id)

    def can_slot(self, slot: int) -> bool:
        return self.model.of_slot(slot) is not None

    def can_several(self) -> bool:
        return len(self.model.sessions()) > 1

    def do_several(self) -> None:
        """From one to several and back; who was spoken to last is picked again until then."""
        if self.model.target == "several":
            self.model.target, self.model.together = "one", Together()
        else:
            self.model.pick_several()

    def can_all(self) -> bool:
        return len(self.model.sessions()) > 1

    def do_all(self) -> None:
        """To all, and straight to writing: on the lanes the first letters would be commands."""
        self.model.target = "one" if self.model.target == "all" else "all"
        if self.model.target == "all":
            self.composer.prompt.focus()
