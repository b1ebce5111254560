"""`fork`: a session that goes on from where another one stands."""

import asyncio

import click

from steerdeck.verbs import reach
from steerdeck.verbs.printing import out
from steerdeck_agents.facts import orders as o


@click.command()
@click.argument("session", metavar="ID")
@click.option("--name", default="", help="Name of the fork; else after the session's.")
def fork(session: str, name: str) -> None:
    """Copy a session as it stands; both go on by themselves.

    The fork has the same words, plan and files on a branch of its own, and waits for what you say.
    Its budgets count from zero, and the server's cache of the prompt serves both. Files that git
    ignores, words that wait and rules of the session stay behind; a session with an open call is
    not forked.

    \b
    Examples:
      steerdeck fork fix-login
      steerdeck fork fix-login --name other-way
    """
    asyncio.run(_fork(session, name))


async def _fork(session: str, name: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    given = await reach.give(where, o.Fork(id=reach.new_order(), session=state.id, name=name))
    copy = await reach.session(where, given.session)
    out(f"Forked {state.name}; `steerdeck say {copy.name} ...` lets {copy.name} go on.")
