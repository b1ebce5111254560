"""`checks`, `goal`, `seen`: what says that a session's work is done."""

import asyncio

import click
import msgspec

from steerdeck.verbs import reach, standing
from steerdeck.verbs.budgets import budgets, limits_of
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.printing import err, out, out_json
from steerdeck.verbs.wishes import (
    Rhythm,
    checked,
    folder_of,
    found_by,
    found_here,
    goal_of,
    named,
    needs_check,
    rhythmic,
)
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check, Verify
from steerdeck_agents.facts.goals import Goal, OpenGoal
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.share import conscience


class CheckLine(msgspec.Struct, frozen=True):
    """One check that was found, as JSON."""

    name: str
    command: str
    timeout_s: float
    source: str


class ChecksPage(msgspec.Struct, frozen=True):
    """How a session stands with its checks, as JSON."""

    session: str
    name: str
    verify: Verify


class GoalPage(msgspec.Struct, frozen=True):
    """The goal of a session and its budgets, as JSON."""

    session: str
    name: str
    goal: OpenGoal | None
    limits: Limits
    verify: Verify


@click.command()
@click.argument("session", metavar="[SESSION]", default="")
@click.option("--set", "told", multiple=True, metavar="[NAME=]COMMAND",
              help="Give the session this check instead; may be given several times.")  # fmt: skip
@click.option("--found", is_flag=True, help="Give it the checks found in its repository.")
@click.option("--none", is_flag=True, help="Take its checks away.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def checks(session: str, told: tuple[str, ...], found: bool, none: bool, as_json: bool) -> None:
    """Show or set what says that work is done.

    Without a SESSION it shows what would be found here: checks its .steerdeck.toml asks for, and
    commands its own files lead to. Nothing of that runs before you give it to a session.

    \b
    Examples:
      steerdeck checks
      steerdeck checks fix-login
      steerdeck checks fix-login --set 'pytest -q' --set types='mypy .'
    """
    changes = bool(told) or none or (found and bool(session))
    if changes and not session:
        raise Ending("Name the session whose checks these are to be.", USAGE)
    if none and (told or found):
        raise Ending("--none excludes --set and --found.", USAGE)
    if changes:
        asyncio.run(_set(session, named(told), "found" if found else None))
    if session:
        _show(asyncio.run(reach.session(reach.here(), session)), as_json)
        return
    here = asyncio.run(found_here(reach.folder_here()))
    if as_json:
        out_json([CheckLine(c.name, c.command, c.timeout_s, c.source) for c in here])
    elif not here:
        err("No check was found here; name one with `steerdeck run ... --check COMMAND`.")
    else:
        out(conscience.checks_words(here))


async def _set(session: str, told: tuple[Check, ...], source: str | None) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    async with reach.runtime(where) as client:
        given = await found_by(client, folder_of(state), told, source)
        order = o.SetChecks(id=reach.new_order(), session=state.id, checks=given)
        await client.give(order)


def _show(state: SessionState, as_json: bool) -> None:
    if as_json:
        out_json(ChecksPage(state.id, state.name, state.verify))
    elif not state.verify.checks:
        err(f"{state.name} carries no checks; give it some with --set COMMAND, or --found.")
    else:
        for line in standing.checks_closely(state.verify):
            out(line)


@click.command()
@click.argument("session", metavar="SESSION")
@click.argument("objective", metavar="[OBJECTIVE]", required=False)
@checked
@rhythmic
@click.option("--drop", is_flag=True, help="Give the goal up; the session stays.")
@budgets
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def goal(
    session: str,
    objective: str | None,
    told: tuple[str, ...],
    source: str | None,
    rhythm: Rhythm | None,
    waits: bool,
    drop: bool,
    as_json: bool,
    **limits: float | None,
) -> None:
    """Show, set or drop the goal of a session.

    The session works for its goal turn after turn, until its checks succeed or a budget is spent;
    the agent's word does not count. A new goal is counted from its first turn on. With an
    OBJECTIVE and no check the checks it has stay.

    \b
    Examples:
      steerdeck goal port-it "all tests pass on Python 3.13" --check 'tox -e py313' --budget 5
      steerdeck goal port-it
      steerdeck goal port-it --drop
    """
    wished = goal_of(objective, rhythm, waits=waits)
    given = limits_of(limits)
    if wished is None and (told or source or given != Limits()):
        raise Ending("Say the objective of the goal these belong to.", USAGE)
    if drop and wished is not None:
        raise Ending("--drop takes no objective.", USAGE)
    if wished is not None:
        asyncio.run(_pursue(session, wished, named(told), source, given))
    elif drop:
        asyncio.run(_drop(session))
    state = asyncio.run(reach.session(reach.here(), session))
    if as_json:
        out_json(GoalPage(state.id, state.name, state.goal, state.limits, state.verify))
    elif state.goal is None:
        err(f"{state.name} has {'no goal any more' if drop else 'no goal'}.")
    else:
        for line in standing.goal_closely(state, state.goal):
            out(line)


async def _pursue(
    session: str, wished: Goal, told: tuple[Check, ...], source: str | None, limits: Limits
) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    if not told and source is None and not state.verify.checks:
        raise needs_check()
    async with reach.runtime(where) as client:
        checks = await found_by(client, folder_of(state), told, source)
        await client.give(
            o.SetGoal(
                id=reach.new_order(), session=state.id, goal=wished, checks=checks, limits=limits
            )
        )


async def _drop(session: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    await reach.give(where, o.SetGoal(id=reach.new_order(), session=state.id, goal=None))


@click.command()
@click.argument("session", metavar="SESSION")
def seen(session: str) -> None:
    """Say that you looked at what a session claims.

    It waits for you no longer; to say more than that, `say` something or `land` the work.

    \b
    Examples:
      steerdeck seen fix-login
    """
    asyncio.run(_seen(session))


async def _seen(session: str) -> None:
    where = reach.here()
    state = await reach.session(where, session)
    await reach.give(where, o.Review(id=reach.new_order(), session=state.id))
    if state.verify.claim is not None:
        out(f"You looked at {state.name}, {standing.claim(state.verify.claim)}.")
