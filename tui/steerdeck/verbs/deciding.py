"""`approve` and `answer`: what a session waits for, decided from the command line."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.printing import confirmed, err, is_terminal, out, out_json
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState


class Decision(msgspec.Struct, frozen=True):
    """What was decided, as JSON."""

    session: str
    name: str
    approval: str
    decision: Literal["allow", "reject"]
    scope: Literal["once", "session"]
    words: str
    what: str
    binding: str


@click.command()
@click.argument("approval", metavar="APPROVAL|ID")
@click.option("--session", "for_session", is_flag=True, help="This exact text, for the session.")
@click.option("--no", "words", is_flag=False, flag_value="", metavar="[WORDS]",
              help="Say no; the words go to the agent.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
def approve(approval: str, for_session: bool, words: str | None, yes: bool, as_json: bool) -> None:
    """Allow what a session asks for, or say no.

    Name the approval, or the session when it asks for one thing only. On a terminal you see
    everything that would run before you are asked.

    \b
    Examples:
      steerdeck approve add-csv
      steerdeck approve add-csv --session --yes
      steerdeck approve add-csv --no "do not touch order.csv"
    """
    if for_session and words is not None:
        raise click.UsageError("--session and --no exclude each other.")
    asyncio.run(_approve(approval, for_session, words, yes, as_json))


async def _approve(
    named: str, for_session: bool, words: str | None, yes: bool, as_json: bool
) -> None:
    where = reach.here()
    state, asked = waiting_approval(await reach.listing(where, archived=True), named)
    if is_terminal() and not yes and words is None:
        for line in shown(state, asked):
            err(line)
        if not await confirmed("Allow it?"):
            raise Ending("Nothing was decided; say no with --no.")
    scope: Literal["once", "session"] = "session" if for_session else "once"
    await reach.give(
        where,
        o.Decide(
            id=reach.new_order(),
            session=state.id,
            approval=asked.id,
            allow=words is None,
            shown=asked.binding,
            scope=scope,
            words=words or "",
        ),
    )
    decided = Decision(
        state.id, state.name, asked.id, "allow" if words is None else "reject", scope, words or "",
        asked.what, asked.binding,
    )  # fmt: skip
    if as_json:
        out_json(decided)
        return
    how = "Allowed" if words is None else "Rejected"
    out(f"{how}{' for this session' if for_session else ''} in {state.name}:\n{asked.what}")


@click.command()
@click.argument("question", metavar="QUESTION|ID")
@click.argument("text")
def answer(question: str, text: str) -> None:
    """Answer the question of a session.

    \b
    Examples:
      steerdeck answer currency EUR
    """
    asyncio.run(_answer(question, text))


async def _answer(named: str, text: str) -> None:
    where = reach.here()
    state, asked = waiting_question(await reach.listing(where, archived=True), named)
    order = o.Answer(id=reach.new_order(), session=state.id, question=asked.id, text=text)
    await reach.give(where, order)
    out(f"Answered {state.name}: {asked.text}\n{text}")


def waiting_approval(
    states: Sequence[SessionState], named: str
) -> tuple[SessionState, OpenApproval]:
    """The open approval of that id, or the only one of that session."""
    for state in states:
        for asked in state.approvals:
            if asked.id == named:
                return state, asked
    state = reach.find(states, named)
    if not state.approvals:
        raise Ending(f"{state.name} asks for nothing now.")
    if len(state.approvals) > 1:
        ids = ", ".join(asked.id for asked in state.approvals)
        raise Ending(f"{state.name} asks for several things; name one of {ids}.")
    return state, state.approvals[0]


def waiting_question(
    states: Sequence[SessionState], named: str
) -> tuple[SessionState, OpenQuestion]:
    """The open question of that id, or the oldest one of that session."""
    for state in states:
        for asked in state.questions:
            if asked.id == named:
                return state, asked
    state = reach.find(states, named)
    if not state.questions:
        raise Ending(f"{state.name} asks no question now.")
    return state, state.questions[0]


def shown(state: SessionState, asked: OpenApproval) -> list[str]:
    """Everything that would take effect, in lines."""
    lines = [f"{state.name} asks to {'run' if asked.kind == 'command' else 'change files'}:"]
    lines += [f"    {line}" for line in asked.what.split("\n")]
    lines += [f"because (it says): {asked.why}"] if asked.why else []
    lines += [f"asked since {reason}" for reason in asked.reasons]
    lines.append(f"in {asked.folder}, sandbox: {state.level.title}")
    return lines
