"""The answers to an approval: each possible only while its card is armed and was seen to its end.

A yes is one letter that means nothing else, never Enter and never Esc. What can't be taken back
takes a second, different key, which has a wait and an end of its own.
"""

import time

from steerdeck.commands import Helm
from steerdeck.messages import Open
from steerdeck.model import Dirty, InboxItem
from steerdeck.panes.approval import BY_RULE
from steerdeck.panes.exact import SECRET
from steerdeck.panes.wish import CONSENTS
from steerdeck.screens.arming import ARM_S, Arming
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.secret import Secret
from steerdeck_agents.facts.asking import Scope
from steerdeck_agents.facts.ids import ApprovalId
from steerdeck_agents.facts.state import OpenApproval

CONFIRM_S = 5.0
"""How long the first key for something that can't be taken back holds."""


class Deciding(Arming, Keyed[None]):
    """A screen with one thing that waits in hand."""

    def __init__(self, helm: Helm, *, id: str) -> None:
        super().__init__(helm, id=id)
        self.item: InboxItem | None = None
        self.body = LineView(follows=False, id="card")
        self.words = Prompt("", send={"enter": "steer"}, id="words")
        self.secret = Secret(id="secret")
        self.seen_to_end = False
        """The end of what is decided on has been in view."""
        self.left = 0
        """Lines of it that are still below."""
        self.alike: tuple[ApprovalId, ...] = ()
        """The approvals that were shown as the same when the card was armed."""
        self.editing: OpenApproval | None = None
        """The approval whose command is being written anew."""
        self.restless = False
        """Somebody was writing when the card was taken away, and may still be."""
        self.tells = False
        """Whether what is being written are words for the agent."""
        self._words_for: tuple[str, str] | None = None
        """Under which name what is being written is kept, and what the field held at first."""
        self.danger_at: float | None = None
        """When the first key for something dangerous was pressed."""
        self.danger_seen: float | None = None
        """When what that key says was painted."""

    def approval(self) -> OpenApproval | None:
        return self.model.approval(self.item) if self.item is not None else None

    def about(self) -> object:
        """The exact thing that waits: what was chosen for one must not answer another."""
        approval = self.approval()
        return self.item.id if self.item else "", approval.binding if approval else None

    def typed_at(self) -> float:
        """When the key in hand was typed; now, where none is: then it is asked what is possible."""
        return time.monotonic() if self.pressed_at is None else self.pressed_at

    def _may_decide(self) -> bool:
        """Whether a key may answer: one that was typed, and not only handled, late enough."""
        typed = self.pressed_at is None or self.pressed_at >= self.armed_from
        return self.armed and typed and self.approval() is not None

    def _may_allow(self) -> bool:
        return self._may_decide() and self.seen_to_end

    # once

    def can_once(self) -> bool:
        """A consent is never for once: the session goes on with what it started."""
        approval = self.approval()
        return self._may_allow() and approval is not None and approval.kind not in CONSENTS

    def verb_once(self) -> str:
        approval = self.approval()
        return "run it, asks again" if approval is not None and approval.danger else "once"

    def do_once(self) -> None:
        approval = self.approval()
        if approval is not None and approval.danger:
            self.danger_at, self.danger_seen = self.typed_at(), None
            self.call_after_refresh(self._danger_painted, self.danger_at)
            return
        self.decide(allow=True)

    def _danger_painted(self, of: float) -> None:
        if self.danger_at == of:
            self.danger_seen = time.monotonic()
            self.set_timer(ARM_S, self._danger_shown)
            self.set_timer(CONFIRM_S + 0.05, self._danger_shown)

    def _danger_shown(self) -> None:
        """The second key works from now on, or not any more."""
        if self.danger_seen is not None and time.monotonic() > self.danger_seen + CONFIRM_S:
            self.danger_at = None
        self.show(Dirty(everything=True))

    def can_confirm_danger(self) -> bool:
        """The second key: late enough to have read what the first one said, and soon enough."""
        if self.danger_at is None or self.danger_seen is None or not self.can_once():
            return False
        return ARM_S <= self.typed_at() - self.danger_seen <= CONFIRM_S

    def do_confirm_danger(self) -> None:
        self.danger_at = None
        self.decide(allow=True)

    def forget_danger(self) -> bool:
        """Any other key takes the first one back; whether there was one."""
        pending, self.danger_at = self.danger_at is not None, None
        return pending

    # more than once

    def can_session(self) -> bool:
        approval = self.approval()
        return self._may_allow() and approval is not None and approval.kind in CONSENTS

    def do_session(self) -> None:
        self.decide(allow=True, scope="session")

    def can_always(self) -> bool:
        """A consent is remembered by its hash; of all else a rule is made, in a dialog."""
        approval = self.approval()
        if approval is None or approval.danger or not self._may_allow():
            return False
        if approval.kind in CONSENTS:
            return True
        proposal = self.model.proposals.get(approval.id)
        possible = proposal is None or proposal.rule is not None
        return approval.kind in BY_RULE and possible

    def verb_always(self) -> str:
        approval = self.approval()
        return "remember" if approval is not None and approval.kind in CONSENTS else "scope…"

    def do_always(self) -> None:
        approval = self.approval()
        if approval is not None and approval.kind in CONSENTS:
            self.decide(allow=True, scope="everywhere")
        elif self.item is not None:
            # What is typed until the dialog is there was meant for it.
            self.disarm()
            self.post_message(Open("scope", self.item.session, self.item.id))

    def can_all_alike(self) -> bool:
        return self._may_allow() and len(self._same_still()) > 1

    def verb_all_alike(self) -> str:
        return f"once, all {len(self._same_still())}"

    def do_all_alike(self) -> None:
        """Each with its own binding, as all of them stood on the card."""
        for item in self._same_still():
            approval = self.model.approval(item)
            if approval is not None:
                self.helm.go(self.helm.decide(item, approval, allow=True))

    def _same_still(self) -> list[InboxItem]:
        if self.item is None:
            return []
        return [item for item in self.model.alike(self.item) if item.id in self.alike]

    # no, or another command

    def can_no(self) -> bool:
        return self._may_decide()

    def do_no(self) -> None:
        self.decide(allow=False)

    def can_no_words(self) -> bool:
        return self._may_decide()

    def do_no_words(self) -> None:
        self.write("Why not, or what instead")

    def can_edit(self) -> bool:
        """A command may be written anew; what was edited is asked for like any other."""
        approval = self.approval()
        if approval is None or approval.kind != "command" or not approval.call:
            return False
        return self._may_decide() and SECRET.search(approval.what) is None

    def do_edit(self) -> None:
        approval = self.approval()
        if approval is not None:
            self.editing = approval
            self.write("The command to run instead", approval.what, tells=False)

    def decide(self, *, allow: bool, scope: Scope = "once", words: str = "") -> None:
        approval = self.approval()
        if self.item is not None and approval is not None:
            act = self.helm.decide(self.item, approval, allow=allow, scope=scope, words=words)
            self.helm.go(act)

    # words

    def write(self, placeholder: str, text: str = "", *, tells: bool = True) -> None:
        """Have words written; those that were begun for the same thing before are there again."""
        if self.item is None:
            return
        name = f"{self.item.session}:{self.item.id}:{'words' if tells else 'other'}"
        self.tells = tells
        self.words.placeholder = placeholder
        self.words.display = True
        self.words.text = self.model.drafts.get(name) or text
        self._words_for = name, text
        self.words.focus()

    @property
    def writing(self) -> bool:
        """Whether keys are text: words for somebody, or a secret."""
        return bool(self.words.display or self.secret.display)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        if event.prompt is self.words and self._words_for is not None:
            self._keep_words()
            self.keep_soon()

    def on_unmount(self) -> None:
        self._keep_words()

    def _keep_words(self) -> None:
        """What is half written outlives a look elsewhere, and the deck."""
        if self._words_for is not None:
            name, at_first = self._words_for
            self.model.drafts[name] = "" if self.words.text == at_first else self.words.text

    def stop_writing(self, *, given: bool = False) -> None:
        """`given`: the words are on their way, and nobody's draft any longer."""
        self._keep_words()
        if self._words_for is not None:
            if given:
                self.model.drafts[self._words_for[0]] = ""
            self.keep_now()
        self._words_for = None
        self.words.display = self.secret.display = False
        self.editing = None
        self.words.text = ""
        self.secret.wipe()
        self.set_focus(None)
