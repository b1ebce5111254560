"""`say`, `stop`, `reopen`, `resume`: words and orders for one session."""

import asyncio
import os
from pathlib import Path
from typing import Literal

import click

from steerdeck.verbs import reach
from steerdeck.verbs.budgets import budgets, limits_of
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import out
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.config import load

Verdict = Literal["done", "failed", "again"]


@click.command()
@click.argument("session", metavar="ID")
@click.argument("text")
@click.option("--queue", is_flag=True, help="After the turn, not at the next safe point.")
@click.option("--now", is_flag=True, help="Interrupt the turn and say it at once.")
def say(session: str, text: str, queue: bool, now: bool) -> None:
    """Say something to a session.

    It reaches the agent with its next request; `show` tells when it has.

    \b
    Examples:
      steerdeck say fix-login "keep the old test as well"
      steerdeck say fix-login --queue "then update the changelog"
    """
    if queue and now:
        raise Ending("--queue and --now exclude each other.", USAGE)
    delivery: Literal["steer", "queue", "now"] = "queue" if queue else "now" if now else "steer"
    asyncio.run(_say(session, text, delivery))


async def _say(session: str, text: str, delivery: Literal["steer", "queue", "now"]) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    keys = reach.keys(load(where, os.environ), os.environ)
    order = o.Say(id=reach.new_order(), session=state.id, text=text, delivery=delivery, keys=keys)
    await reach.give(where, order)
    how = {"steer": "at the next safe point", "queue": "after the turn", "now": "at once"}
    out(f"Kept for {state.name}, to be delivered {how[delivery]}.")


@click.command()
@click.argument("session", metavar="ID")
@click.option("--archive", is_flag=True, help="End it and put it away; its workspace stays.")
@click.option("--discard", is_flag=True, help="End it and move its workspace to the bin.")
def stop(session: str, archive: bool, discard: bool) -> None:
    """Interrupt a session, archive or discard it.

    All of it can be taken back: `say` lets an interrupted one go on, `reopen` brings the others
    back.

    \b
    Examples:
      steerdeck stop fix-login
      steerdeck stop fix-login --discard
    """
    if archive and discard:
        raise Ending("--archive and --discard exclude each other.", USAGE)
    asyncio.run(_stop(session, archive, discard))


async def _stop(session: str, archive: bool, discard: bool) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    if archive or discard:
        await reach.give(where, o.Archive(id=reach.new_order(), session=state.id, discard=discard))
        word = "Discarded" if discard else "Archived"
        out(f"{word} {state.name}; `steerdeck reopen {state.id}` brings it back.")
    else:
        await reach.give(where, o.Interrupt(id=reach.new_order(), session=state.id))
        out(f"Interrupted {state.name}; `steerdeck say {state.name} ...` lets it go on.")


@click.command()
@click.argument("session", metavar="ID")
def reopen(session: str) -> None:
    """Bring back an archived or discarded session."""
    asyncio.run(_reopen(session))


async def _reopen(session: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    await reach.give(where, o.Reopen(id=reach.new_order(), session=state.id))
    out(f"{state.name} is open again.")


@click.command()
@click.argument("session", metavar="ID")
@click.option("--done", is_flag=True, help="You looked: the call in doubt did its work.")
@click.option("--failed", is_flag=True, help="You looked: the call in doubt did not work.")
@click.option("--again", is_flag=True, help="The agent is to look itself, and to ask again.")
@budgets
def resume(session: str, done: bool, failed: bool, again: bool, **limits: float | None) -> None:
    """Let a parked session go on, with the keys of this shell.

    A session that waits for its next try at the model tries at once.

    A call that was running when the runtime was killed stays in doubt until you say with --done or
    --failed what became of it, or with --again that the agent is to look; it is never run again by
    itself. `stop` gives up what was cut off.

    \b
    Examples:
      OPENAI_API_KEY=... steerdeck resume fix-login
      steerdeck resume fix-login --done
      steerdeck resume fix-login --budget 5 --minutes 0
    """
    if done + failed + again > 1:
        raise Ending("--done, --failed and --again exclude each other.", USAGE)
    verdict: Verdict | None = "done" if done else "failed" if failed else "again" if again else None
    asyncio.run(_resume(session, verdict, limits_of(limits)))


async def _resume(session: str, verdict: Verdict | None, limits: Limits) -> None:
    where = reach.here()
    before = await reach.session(where, session)
    # Only the runtime knows what became of a session: it may have to be brought back first.
    async with reach.runtime(where) as client:
        state = reach.find(await client.sessions(archived=True), before.id)
        lost = [call for call in state.calls if call.unknown]
        _check_doubt(state, verdict, [call.title for call in lost])
        waiting = state.turn is not None and bool(state.turn.retry or state.turn.place)
        came_back = before.reason == reach.NOBODY and state.status in ("working", "starting")
        place = state.workspace.path
        gone = bool(place) and not (state.archived or Path(place).is_dir())
        if verdict is None and not (state.parked or waiting or came_back or gone):
            by_words = state.status in ("interrupted", "failed", "done", "idle")
            way = f" `steerdeck say {state.name} ...` lets it go on." if by_words else ""
            raise Ending(
                f"{state.name} is not parked (it is {state.status.replace('_', ' ')}).{way}"
            )
        for call in lost:
            await client.give(
                o.Resolve(
                    id=reach.new_order(),
                    session=state.id,
                    call=call.id,
                    verdict=verdict or "failed",
                )
            )
        if limits != Limits():
            order = o.Configure(id=reach.new_order(), session=state.id, limits=limits)
            await client.give(order)
        if state.parked or came_back or gone:
            keys = reach.keys(load(where, os.environ), os.environ)
            await client.give(o.Resume(id=reach.new_order(), session=state.id, keys=keys))
        elif waiting:
            await client.give(o.TryNow(id=reach.new_order(), session=state.id))
    out(f"{state.name} goes on.")


def _check_doubt(state: SessionState, verdict: Verdict | None, lost: list[str]) -> None:
    """A call whose end nobody saw needs the developer's word, and only such a one takes it."""
    if verdict is not None and not lost:
        raise Ending(f"{state.name} has no call in doubt.")
    if verdict is None and lost:
        raise Ending(
            f"Nobody saw how this ended: {', '.join(lost)}. Look, then add --done, --failed or"
            " --again."
        )
