"""`compact`: a new window of a session's prompt."""

import asyncio

import click

from steerdeck.verbs import reach
from steerdeck.verbs.printing import out
from steerdeck_agents.facts import orders as o


@click.command()
@click.argument("session", metavar="ID")
def compact(session: str) -> None:
    """Make a session's prompt short again.

    The agent writes a summary and goes on from it; its task, plan, your last words and its last
    steps stay as they are, and everything stays searchable. What the server had cached is lost.

    \b
    Examples:
      steerdeck compact fix-login
    """
    asyncio.run(_compact(session))


async def _compact(session: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    await reach.give(where, o.Compact(id=reach.new_order(), session=state.id))
    out(f"The window of {state.name} is compacted as soon as no call is open.")
