"""Words for sessions.

A draft leaves the composer when it is sent and comes back when the order was refused, so no word
is lost.
"""

from typing import Literal

import msgspec
from msgspec.structs import replace

from steerdeck.acts.queue import Queueing
from steerdeck.model import Target
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.state import SessionState

_PICTURES = "These are the pictures of the task."

Delivery = Literal["steer", "queue", "now"]
Refused = tuple[SessionState, SteerdeckError | OSError]


class _Draft(msgspec.Struct, frozen=True):
    """What was sent, as it was in the composer."""

    text: str
    name: str
    """Under what name it was kept."""
    target: Target
    beside: str
    """The draft that stood in the composer behind it."""


class Words(Queueing):
    """Say, take back."""

    def speak(
        self,
        text: str,
        targets: list[SessionState],
        delivery: Delivery,
        draft: str,
        pictures: tuple[str, ...] = (),
    ) -> None:
        """Send what was written in the composer, as `send` does; the next goes to one again.

        At once, not when it is answered: what is written meanwhile would go to all of them, too.
        When nobody got it, whom it was for comes back with it, unless one has written on.
        """
        model = self.model
        name, target = model.draft_of, model.target
        if target != "one":
            model.said_together(text)
        else:
            # The same words to one alone are taken back from that one alone.
            model.together = replace(model.together, text="")
        self.go(self._spoken(text, targets, delivery, pictures, _Draft(draft, name, target,
                             model.drafts.get(model.draft_of, ""))))  # fmt: skip

    async def _spoken(
        self,
        text: str,
        targets: list[SessionState],
        delivery: Delivery,
        pictures: tuple[str, ...],
        draft: _Draft,
    ) -> None:
        model, again = self.model, draft.target != "one"
        try:
            refused = await self._reach(text, targets, delivery, pictures)
        except (SteerdeckError, OSError):
            model.give_back(draft.name, draft.text)
            if (
                again
                and model.target == "one"
                and draft.beside == model.drafts.get(model.draft_of, "")
            ):
                model.target = draft.target
            raise
        self._tell(targets, refused, "; to the one in front again" if again else "")

    async def send(
        self, text: str, targets: list[SessionState], delivery: Delivery, draft: str
    ) -> None:
        """Say it to each target; `draft` comes back into the composer when nobody got it.

        Of several the others get it when one refuses: said again it would reach them twice.
        """
        name = self.model.draft_of
        try:
            refused = await self._reach(text, targets, delivery, ())
        except (SteerdeckError, OSError):
            self.model.give_back(name, draft)
            raise
        self._tell(targets, refused, "")

    async def _reach(
        self,
        text: str,
        targets: list[SessionState],
        delivery: Delivery,
        pictures: tuple[str, ...],
    ) -> list[Refused]:
        """Who refused it, of several; to nobody means a new session with it as its task.

        `pictures` are paths, and a new session gets them with words of their own. Raises what
        the first refused with when all did.
        """
        refused: list[Refused] = []
        if not targets:
            started = (await self.start(text)).session
            if pictures:
                await self._say(started, _PICTURES, delivery, pictures)
        for state in targets:
            try:
                await self._say(state.id, text, delivery, pictures)
            except (SteerdeckError, OSError) as error:
                refused.append((state, error))
        if refused and len(refused) == len(targets):
            raise refused[0][1]
        return refused

    def _tell(self, targets: list[SessionState], refused: list[Refused], after: str) -> None:
        if refused:
            whom = "; ".join(f"not to {state.name}: {error}" for state, error in refused)
            self.say(f"said to {len(targets) - len(refused)} of {len(targets)}, {whom}", bad=True)
        elif len(targets) > 1:
            self.say(f"said to {len(targets)} sessions{after}")
        elif after:
            self.say(f"said to {targets[0].name}{after}")

    async def _say(
        self,
        session: SessionId,
        text: str,
        delivery: Delivery,
        pictures: tuple[str, ...],
    ) -> None:
        await self.bridge.give(o.Say(id=self.order_id(), session=session, text=text,
                                     delivery=delivery, pictures=pictures,
                                     keys=self.keys))  # fmt: skip

    async def withdraw(self, session: SessionId, message: MessageId) -> None:
        await self.bridge.give(o.Withdraw(id=self.order_id(), session=session, message=message))

    async def say_to(self, session: SessionId, text: str, *, resume: bool = False) -> None:
        """Words for one session; with `resume` it goes on with them after a pause."""
        await self.bridge.give(
            o.Say(id=self.order_id(), session=session, text=text, keys=self.keys)
        )
        if resume:
            await self.resume(session)
