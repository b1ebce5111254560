"""Words for sessions.

A draft leaves the composer when it is sent and comes back when the order was refused, so no word
is lost.
"""

from typing import Literal

from steerdeck.acts.queue import Queueing
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.state import SessionState

_PICTURES = "These are the pictures of the task."


class Words(Queueing):
    """Say, take back."""

    async def send(
        self,
        text: str,
        targets: list[SessionState],
        delivery: Literal["steer", "queue", "now"],
        draft: str,
        pictures: tuple[str, ...] = (),
    ) -> None:
        """Say it to each target; to nobody means a new session with it as its task.

        `draft` is what comes back into the composer when nobody got it; `pictures` are paths, and
        a new session gets them with words of their own. Of several the others get it when one
        refuses: said again it would reach them twice.
        """
        name = self.model.draft_of
        refused: list[tuple[SessionState, SteerdeckError | OSError]] = []
        try:
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
        except (SteerdeckError, OSError):
            self.model.returned[name] = draft
            raise
        if refused:
            whom = "; ".join(f"not to {state.name}: {error}" for state, error in refused)
            self.say(f"said to {len(targets) - len(refused)} of {len(targets)}, {whom}", bad=True)
        elif len(targets) > 1:
            self.say(f"said to {len(targets)} sessions")

    async def _say(
        self,
        session: SessionId,
        text: str,
        delivery: Literal["steer", "queue", "now"],
        pictures: tuple[str, ...],
    ) -> None:
        await self.bridge.give(o.Say(id=self.order_id(), session=session, text=text,
                                     delivery=delivery, pictures=pictures))  # fmt: skip

    async def withdraw(self, session: SessionId, message: MessageId) -> None:
        await self.bridge.give(o.Withdraw(id=self.order_id(), session=session, message=message))

    async def say_to(self, session: SessionId, text: str, *, resume: bool = False) -> None:
        """Words for one session; with `resume` it goes on with them after a pause."""
        await self.bridge.give(o.Say(id=self.order_id(), session=session, text=text))
        if resume:
            await self.resume(session)
