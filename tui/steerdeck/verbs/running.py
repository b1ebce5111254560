"""`run`: one task from its first word to its end, with nobody at a deck.

The agent's last words are the data; everything on the way there is told on the standard error, or
as JSON lines of facts on the standard output.
"""

import asyncio
import os
import sys
from typing import Literal

import click
from msgspec.structs import replace

from steerdeck.verbs import reach
from steerdeck.verbs.budgets import budgets, limits_of
from steerdeck.verbs.completing import ModelName
from steerdeck.verbs.ending import DONE, USAGE, Ending
from steerdeck.verbs.errand import Errand
from steerdeck.verbs.printing import err, is_terminal
from steerdeck.verbs.wishes import (
    Rhythm,
    checked,
    found_by,
    goal_of,
    named,
    needs_check,
    rhythmic,
)
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import OrderRefused, SteerdeckError
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.settings.config import load

INTERRUPT_S = 5
Approve = Literal["ask", "rules", "all"]


@click.command()
@click.argument("prompt")
@click.option("--agent", type=click.Choice(["native"]), default="native", show_default=True)
@click.option("--model", "model_name", default="", metavar="NAME", type=ModelName(),
              help="A name of config.toml, or an id of the server.")  # fmt: skip
@click.option("--mode", type=click.Choice(["auto", "ask", "plan"]), default="auto",
              show_default=True, help="auto: rules decide; ask: every effect asks; "
              "plan: nothing is written.")  # fmt: skip
@click.option("--approve", type=click.Choice(["ask", "rules", "all"]), default="rules",
              show_default=True, help="Who answers approvals: you, rules only, or always yes "
              "(only inside a working sandbox).")  # fmt: skip
@click.option("--name", default="", help="Name of the session.")
@click.option("--base", default="", metavar="COMMIT", help="Branch, tag or commit; HEAD if none.")
@click.option("--carry", is_flag=True, help="Take your uncommitted work along.")
@checked
@click.option("--goal", "objective", metavar="OBJECTIVE",
              help="Go on turn after turn until the checks are green.")  # fmt: skip
@rhythmic
@budgets
@click.option("-C", "folder", metavar="PATH", help="Work in the repository around PATH.")
@click.option("--json", "as_json", is_flag=True, help="Facts as JSON lines, as they are stored.")
def run(
    prompt: str,
    agent: str,
    model_name: str,
    mode: Mode,
    approve: Approve,
    name: str,
    base: str,
    carry: bool,
    told: tuple[str, ...],
    source: str | None,
    objective: str | None,
    rhythm: Rhythm | None,
    waits: bool,
    folder: str | None,
    as_json: bool,
    **limits: float | None,
) -> int:
    """Give one task and follow it to its end, without the deck.

    The work stays in the session's own workspace until you land it. PROMPT `-` is read from the
    standard input. With `--approve rules` what a rule allows runs, and everything else is refused
    with the reason that nobody is there to ask. A question ends the command with 3 and leaves the
    session waiting.

    With checks the agent is done only when they succeed: what fails is sent back to it, three
    times at most, then you are asked. What failed before it began is not held against it. A goal
    is worked for over many turns, and nothing but its checks can complete it; give it a budget.

    \b
    Examples:
      steerdeck run "fix the failing test"
      steerdeck run - --json < task.md | jq -r .type
      steerdeck run "add a CSV export" --approve ask --name add-csv
      steerdeck run "fix the rounding" --check 'pytest -q' --check types='mypy .'
      steerdeck run "start" --goal "no function is over 40 lines" --checks found --turns 60
    """
    if approve == "ask" and not is_terminal():
        raise Ending("--approve ask needs a terminal to ask on; use rules or all.", USAGE)
    if prompt == "-":
        prompt = sys.stdin.read()
    checks = named(told)
    goal = goal_of(objective, rhythm, waits=waits)
    if goal is not None and not checks and source is None:
        raise needs_check()
    where = reach.here()
    stand = reach.whole(folder) if folder else reach.folder_here()
    environ = os.environ
    start = o.Start(
        id=reach.new_order(),
        task=prompt,
        folder=stand,
        name=name,
        model=model_name,
        base=base,
        mode=mode,
        carry=carry,
        limits=limits_of(limits),
        surroundings=reach.surroundings(environ),
        keys=reach.keys(load(where, environ), environ),
        checks=checks,
        goal=goal,
    )
    return asyncio.run(_run(start, source, approve, as_json))


async def _run(start: o.Start, source: str | None, approve: Approve, as_json: bool) -> int:
    async with reach.runtime(reach.here()) as client:
        if approve == "all":
            await _check_sandbox(client)
        start = replace(start, checks=await found_by(client, start.folder, start.checks, source))
        given = await client.give(start)
        errand = Errand(client, given.session, approve=approve, as_json=as_json)
        try:
            code = await errand.follow(given.seq - 1)
        except asyncio.CancelledError:
            await _interrupt(client, errand)
            raise
        if code == DONE and errand.state is not None:
            _what_next(errand.state)
        return code


def _what_next(state: SessionState) -> None:
    """What one does with the work now, and what of it goes on."""
    if state.files:
        files = counted(len(state.files), "file")
        err(f"{files} changed. Look: `steerdeck diff {state.name}`.")
        err(f"Land it: `steerdeck land {state.name} --merge`.")
    for shell in state.shells:
        ports = f" on port {', '.join(map(str, shell.ports))}" if shell.ports else ""
        end = f"`steerdeck shells {state.name} --end {shell.id}` ends it"
        err(f"{shell.id} goes on{ports}: {one_line(shell.title, 80)}; {end}.")


async def _check_sandbox(client: Client) -> None:
    status = await client.ask(wire.RuntimeStatus(), wire.StatusPage)
    if status.sandbox == "NO SANDBOX":
        why = f" ({one_line(status.sandbox_why)})" if status.sandbox_why else ""
        raise Ending(
            f"--approve all works only inside a sandbox, and there is none here{why}. "
            "Use --approve rules, or ask.",
            USAGE,
        )


async def _interrupt(client: Client, errand: Errand) -> None:
    """Ctrl+C means the agent too; what it did stays in its workspace."""
    name = errand.state.name if errand.state else errand.session
    try:
        async with asyncio.timeout(INTERRUPT_S):
            while not await _was_stopped(client, errand):
                await asyncio.sleep(0.05)
    except (SteerdeckError, TimeoutError):
        err(f"{name} was not interrupted; `steerdeck stop {name}` does that.")
    else:
        err(f"Interrupted {name}; `steerdeck say {name} ...` lets it go on.")


async def _was_stopped(client: Client, errand: Errand) -> bool:
    """Whether the order was taken: before its first turn a session has nothing to interrupt."""
    try:
        await client.give(o.Interrupt(id=reach.new_order(), session=errand.session))
    except OrderRefused:
        return False
    return True
