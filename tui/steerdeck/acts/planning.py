"""What the developer orders about a plan: changes to its steps, a yes, a no."""

from steerdeck.acts.ground import Acts
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.plan_orders import DecidePlan, EditPlan, PlanChange
from steerdeck_agents.facts.state import SessionState


class Plans(Acts):
    """Orders about plans."""

    async def edit_plan(self, session: SessionId, change: PlanChange) -> None:
        """Change a plan; the agent is told at the next safe point."""
        await self.bridge.give(EditPlan(id=self.order_id(), session=session, change=change))

    async def approve_plan(self, state: SessionState, shown: Sha, *, wait: bool = False) -> None:
        """A yes to exactly the plan that was on the screen."""
        await self._decide(state, shown, approve=True, wait=wait)
        mode = state.plan.leads_to
        how = "it waits for a word of yours" if wait else "it goes to work"
        self.say(f"approved the plan of {state.name}; mode {mode}, {how}")

    async def send_plan_back(self, state: SessionState, shown: Sha, words: str) -> None:
        """A no, with words; changes and comments go with them."""
        await self._decide(state, shown, approve=False, words=words)
        self.say(f"sent the plan back to {state.name}; a revised one needs its own approval")

    async def _decide(
        self, state: SessionState, shown: Sha, *, approve: bool, words: str = "", wait: bool = False
    ) -> None:
        await self.bridge.give(
            DecidePlan(
                id=self.order_id(),
                session=state.id,
                approve=approve,
                shown=shown,
                words=words,
                wait=wait,
            )
        )
