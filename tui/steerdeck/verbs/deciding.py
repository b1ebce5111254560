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
from steerdeck_agents.facts.asking import Kind, Scope
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState

_WISHES: dict[Kind, str] = {
    "command": "to run", "patch": "to change files", "network": "for the network",
    "input": "to type into a shell session", "tool": "to call a server's tool",
    "helper": "to start a helper", "server": "to start a server",
    "tools": "to take other tools of a server than those you allowed",
    "setup": "to run a script of its repository",
}  # fmt: skip
_FOR: dict[Scope, str] = {
    "once": "", "session": " for this session", "everywhere": " for every session",
}  # fmt: skip


class Decision(msgspec.Struct, frozen=True):
    """What was decided, as JSON."""

    session: str
    name: str
    approval: str
    decision: Literal["allow", "reject"]
    scope: Scope
    words: str
    what: str
    binding: str


@click.command()
@click.argument("approval", metavar="APPROVAL|ID")
@click.option("--session", "for_session", is_flag=True,
              help="For this session: this exact text, or this tool of a server.")  # fmt: skip
@click.option("--everywhere", is_flag=True,
              help="For every session; only a server, its tools, or a script.")  # fmt: skip
@click.option("--no", "words", is_flag=False, flag_value="", metavar="[WORDS]",
              help="Say no; the words go to the agent.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
def approve(
    approval: str,
    for_session: bool,
    everywhere: bool,
    words: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Allow what a session asks for, or say no.

    Name the approval, or the session when it asks for one thing only. On a terminal you see
    everything that would run before you are asked. What you allow for every session is bound to
    exactly what you saw; `steerdeck consents` lists it.

    \b
    Examples:
      steerdeck approve add-csv
      steerdeck approve add-csv --session --yes
      steerdeck approve add-csv --everywhere
      steerdeck approve add-csv --no "do not touch order.csv"
    """
    if sum((for_session, everywhere, words is not None)) > 1:
        raise click.UsageError("--session, --everywhere and --no exclude each other.")
    scope: Scope = "everywhere" if everywhere else "session" if for_session else "once"
    asyncio.run(_approve(approval, scope, words, yes, as_json))


async def _approve(named: str, scope: Scope, words: str | None, yes: bool, as_json: bool) -> None:
    where = reach.here()
    state, asked = waiting_approval(await reach.listing(where, archived=True), named)
    if is_terminal() and not yes and words is None:
        for line in shown(state, asked):
            err(line)
        if not await confirmed(f"Allow it{_FOR[scope]}?"):
            raise Ending("Nothing was decided; say no with --no.")
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
    out(f"{how}{_FOR[scope]} in {state.name}:\n{asked.what}")


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
    text = chosen(asked.choices, text)
    order = o.Answer(id=reach.new_order(), session=state.id, question=asked.id, text=text)
    await reach.give(where, order)
    out(f"Answered {state.name}: {asked.text}\n{text}")


def chosen(choices: Sequence[str], text: str) -> str:
    """The choice somebody means who writes it in other letters; else what they wrote."""
    return next((one for one in choices if one.casefold() == text.strip().casefold()), text)


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


def wish(asked: OpenApproval) -> str:
    """What an approval is for, after the word `asks`."""
    title = f" ({one_line(asked.title, 60)})" if asked.title else ""
    return f"{_WISHES.get(asked.kind, asked.kind)}{title}"


def shown(state: SessionState, asked: OpenApproval) -> list[str]:
    """Everything that would take effect, in lines."""
    lines = [f"{state.name} asks {wish(asked)}:"]
    lines += [f"    {line}" for line in asked.what.split("\n")]
    lines += [f"because (it says): {asked.why}"] if asked.why else []
    lines += [f"asked since {reason}" for reason in asked.reasons]
    lines.append(f"in {asked.folder}, sandbox: {state.level.title}")
    return lines
