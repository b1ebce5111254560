"""An agent that runs one command after the other, each of which leaves its number behind.

Behind a runtime that is killed or a line that drops, the numbers tell what ran, and how often.
"""

import asyncio
from pathlib import Path
from typing import NamedTuple

from kit.scene import SURROUNDINGS, order_id
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.client import Client

PATIENCE_S = 60.0


class Counting(NamedTuple):
    """The script of such an agent."""

    steps: int
    text: str
    """A command, with `{}` for its number."""

    def command(self, step: int) -> str:
        return self.text.format(step)

    def allowed(self, repository: Path) -> dict[str, Path]:
        """Every command, with the repository where a rule allows it."""
        return {self.command(step): repository for step in range(self.steps)}

    def __call__(self, talk: Conversation) -> Reply:
        done = sum(call.output is not None for call in talk.calls)
        if done >= self.steps:
            return Reply((Say("All steps are done.", final=True),))
        call = Call("shell", {"command": self.command(done), "why": "Count."})
        return Reply((Say(f"Step {done}."), call))


async def start(client: Client, repository: Path, name: str = "") -> SessionId:
    """A session at this work, asking nobody."""
    order = o.Start(
        id=order_id(), task="Count.", folder=str(repository), name=name, mode="auto",
        surroundings=SURROUNDINGS,
    )  # fmt: skip
    return (await client.give(order)).session


async def at_work(client: Client) -> None:
    """Have the sessions somebody began on a deck ask nobody: what one waits for now is allowed."""
    for state in await client.sessions():
        await client.give(o.Configure(id=order_id(), session=state.id, mode="auto"))
    async with asyncio.timeout(PATIENCE_S):
        # The first call is counted while it waits.
        while any(state.counts.calls < 2 for state in await client.sessions()):
            for state in await client.sessions():
                for asked in state.approvals:
                    await client.give(
                        o.Decide(id=order_id(), session=state.id, approval=asked.id, allow=True,
                                 shown=asked.binding)
                    )  # fmt: skip
            await asyncio.sleep(0.1)
