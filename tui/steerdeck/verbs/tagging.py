"""`tag`: the developer's own words for a session."""

import asyncio

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.tags import changed, told


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("session", metavar="ID")
@click.argument("words", nargs=-1, metavar="[+TAG | -TAG]...", type=click.UNPROCESSED)
def tag(session: str, words: tuple[str, ...]) -> None:
    """Tag a session with words of yours, or take tags away; without words, list them.

    The deck shows them beside the name; several sessions are picked by a tag.

    \b
    Examples:
      steerdeck tag fix-login +urgent +auth
      steerdeck tag fix-login -urgent
    """
    if unknown := next((word for word in words if word.startswith("--")), None):
        raise Ending(f"There is no option {unknown}; -TAG takes a tag away.", USAGE)
    asyncio.run(_tag(session, " ".join(words)))


async def _tag(session: str, words: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    add, remove = told(words)
    if add or remove:
        order = o.Tag(id=reach.new_order(), session=state.id, add=add, remove=remove)
        await reach.give(where, order)
    out(" ".join(changed(state.tags, add, remove)) or f"{state.name} has no tags.")
