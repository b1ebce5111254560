"""Checks, goals and shell sessions of a session."""

from steerdeck.acts.ground import Acts
from steerdeck.waiting import program
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import SessionId, ShellId
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError


class Conscience(Acts):
    """What says that work is done, and what goes on beside it."""

    async def find_checks(self, folder: str, host: str = "") -> tuple[Check, ...]:
        """What could be checked in a folder; nothing, where that can't be said."""
        try:
            return (await self.bridge.page(wire.ChecksFound(folder, host), wire.FoundChecks)).checks
        except PageError:
            return ()

    async def set_checks(self, state: SessionState, checks: tuple[Check, ...]) -> None:
        await self.bridge.give(o.SetChecks(id=self.order_id(), session=state.id, checks=checks))
        names = ", ".join(check.name for check in checks)
        self.say(f"{state.name}: {names or 'no checks'}")

    async def set_goal(
        self, state: SessionState, goal: Goal | None, checks: tuple[Check, ...] = ()
    ) -> None:
        """A goal, with other checks where some are given; None drops the one it has."""
        await self.bridge.give(
            o.SetGoal(id=self.order_id(), session=state.id, goal=goal, checks=checks)
        )
        self.say(f"{state.name}: " + ("the goal is dropped" if goal is None else "goal set"))

    async def type_into(
        self, session: SessionId, shell: ShellId, text: str, *, hidden: bool = False
    ) -> None:
        """Type a line and press Enter; of hidden text nothing is kept, here or by the runtime."""
        order = o.TypeInto(
            id=self.order_id(), session=session, shell=shell, text=text + "\n", hidden=hidden
        )
        await self.bridge.give(order)

    async def end_shell(self, session: SessionId, shell: OpenShell) -> None:
        await self.bridge.give(o.EndShell(id=self.order_id(), session=session, shell=shell.id))
        self.say(f"asked {program(shell)} to end")
