"""Acts of the way home: landing at once or in line, handing back, pushing."""

from typing import Literal

from steerdeck.acts.ground import Acts
from steerdeck.pushing import Pushed
from steerdeck_agents.facts import shore_orders as s
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.shore import Onto
from steerdeck_agents.facts.shore_page import ShorePage
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.wire import StateAt
from steerdeck_agents.runtime.wire_shore import ShoreOf


class Shore(Acts):
    """What is done with work that is there."""

    async def look_ashore(self, session: SessionId) -> ShorePage:
        """What a landing would come to, tried now."""
        return await self.bridge.page(ShoreOf(session), ShorePage)

    async def land(
        self,
        session: SessionId,
        how: Literal["merge", "rebase", "squash", "branch", "patch"],
        path: str = "",
    ) -> None:
        await self.bridge.give(s.Land(id=self.order_id(), session=session, how=how, path=path))

    async def queue_landing(self, state: SessionState, how: Onto) -> None:
        await self.bridge.give(s.QueueLanding(id=self.order_id(), session=state.id, how=how))
        self.say(f"{state.name} is queued to land ({how}); the transcript says what came of it")

    async def leave_queue(self, state: SessionState) -> None:
        await self.bridge.give(s.LeaveQueue(id=self.order_id(), session=state.id))
        self.say(f"{state.name} is no longer queued to land")

    async def hand_back(self, state: SessionState) -> None:
        await self.bridge.give(s.HandBack(id=self.order_id(), session=state.id))
        self.say(f"handed back to {state.name}: it has both sides, and your branch")

    async def begin_push(
        self, state: SessionState, remote: str, *, pull_request: bool
    ) -> tuple[OrderId, str]:
        """Put the branch into the repository, record the intent; its order, the commit to push.

        OrderRefused when it was taken back meanwhile.
        """
        order = self.order_id()
        await self.bridge.give(
            s.BeginPush(id=order, session=state.id, remote=remote, pull_request=pull_request)
        )
        now = await self.bridge.page(StateAt(state.id), SessionState)
        if now.landing is None:
            raise OrderRefused("The push was taken back meanwhile; nothing was pushed.")
        return order, now.landing.result

    async def end_push(self, state: SessionState, begun: OrderId, ended: Pushed) -> None:
        """Record how the push of an order ended, and say it."""
        await self.bridge.give(
            s.EndPush(
                id=self.order_id(),
                session=state.id,
                push=begun,
                problem=ended.problem,
                url=ended.url,
            )
        )
        said = ended.problem or f"pushed {state.name}{f': {ended.url}' if ended.url else ''}"
        self.say(said, bad=bool(ended.problem))
