"""An agent that runs one command after the other, each of which leaves its number behind.

Behind a runtime that is killed or a line that drops, the numbers tell what ran, and how often.
"""

from pathlib import Path
from typing import NamedTuple

from kit.scene import SURROUNDINGS, order_id
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.client import Client


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
