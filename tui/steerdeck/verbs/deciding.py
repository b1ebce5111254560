"""`approve` and `answer`: what a session waits for, decided from the command line."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.asked import refuse_unasked, shown, steps, sure
from steerdeck.verbs.ending import Ending
from steerdeck.verbs.printing import ask, confirmed, err, is_terminal, out, out_json
from steerdeck.verbs.terms import terms, terms_of
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.asking import Scope
from steerdeck_agents.facts.state import OpenApproval, OpenQuestion, SessionState
from steerdeck_agents.facts.verdict import Terms
from steerdeck_agents.runtime import wire
from steerdeck_agents.settings.paths import Paths

if TYPE_CHECKING:
    # It loads all that judges a command, and most verbs only need words from here.
    from steerdeck_agents.gate.rule_propose import Proposal

_FOR: dict[Scope, str] = {
    "once": "", "turn": " for this turn", "session": " for this session",
    "repository": " in this repository", "everywhere": " for every session",
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
    rule: str = ""
    """What the rule that was made of it matches."""


@click.command()
@click.argument("approval", metavar="APPROVAL|ID")
@click.option("--scope", type=click.Choice(["once", "turn", "session", "repository", "everywhere"]),
              help="How far it holds; all but once make a rule.")  # fmt: skip
@click.option("--session", "for_session", is_flag=True, help="The same as --scope session.")
@click.option("--everywhere", is_flag=True, help="The same as --scope everywhere.")
@click.option("--proposed", is_flag=True,
              help="Allow what is alike too, by the narrowest rule your answers tell.")  # fmt: skip
@terms
@click.option("--no", "words", is_flag=False, flag_value="", metavar="[WORDS]",
              help="Say no; the words go to the agent.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as JSON.")
def approve(
    approval: str,
    scope: Scope | None,
    for_session: bool,
    everywhere: bool,
    proposed: bool,
    uses: int | None,
    seconds: float | None,
    dollars: float | None,
    words: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Allow what a session asks for, or say no.

    Name the approval, or the session when it asks for one thing only. On a terminal you see
    everything that would run before you are asked. With a scope it becomes a rule for exactly
    this text, or with --proposed for its like; `steerdeck rules list` shows what is left of it.
    A server or script you allow is bound to what you saw; `steerdeck consents` lists those.
    What can't be taken back needs a second answer, on a terminal.

    \b
    Examples:
      steerdeck approve add-csv
      steerdeck approve add-csv --session --yes
      steerdeck approve add-csv --scope session --uses 5 --for 30m --proposed
      steerdeck approve add-csv --everywhere
      steerdeck approve add-csv --no "do not touch order.csv"
    """
    if sum((scope is not None, for_session, everywhere, words is not None)) > 1:
        raise click.UsageError("--scope, --session, --everywhere and --no exclude each other.")
    reach_of: Scope = "everywhere" if everywhere else "session" if for_session else scope or "once"
    wish = Wish(reach_of, proposed, terms_of(uses, seconds, dollars), words)
    if reach_of == "once" and (proposed or wish.terms != Terms()):
        raise click.UsageError("--proposed, --uses, --for and --up-to need a --scope.")
    asyncio.run(_approve(approval, wish, yes, as_json))


class Wish(msgspec.Struct, frozen=True):
    """How an approval is to be decided."""

    scope: Scope
    proposed: bool
    terms: Terms
    words: str | None
    """Of a no; None is a yes."""


async def _approve(named: str, wish: Wish, yes: bool, as_json: bool) -> None:
    where = reach.here()
    scope, words = wish.scope, wish.words
    state, asked = waiting_approval(await reach.listing(where, archived=True), named)
    offered = await _proposal(where, state, asked, wish.proposed)
    if wish.proposed and offered.rule is None:
        raise Ending(f"Nothing was decided. {offered.why}")
    if is_terminal() and not yes and words is None:
        async with reach.runtime(where) as client:
            before = await steps(client, state, asked)
        for line in (*shown(state, asked, before), *told(offered)):
            err(line)
        if not (await confirmed(f"Allow it{_FOR[scope]}?") and await sure(asked, ask)):
            raise Ending("Nothing was decided; say no with --no.")
    elif words is None:
        refuse_unasked(asked)
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
            rule=offered.rule,
            rule_shown=offered.sha,
            terms=wish.terms,
        ),
    )
    decided = Decision(
        state.id, state.name, asked.id, "allow" if words is None else "reject", scope, words or "",
        asked.what, asked.binding, offered.words,
    )  # fmt: skip
    if as_json:
        out_json(decided)
        return
    how = "Allowed" if words is None else "Rejected"
    out(f"{how}{_FOR[scope]} in {state.name}:\n{asked.what}")
    if offered.rule is not None:
        out(f"and from now on: {offered.words}")


async def _proposal(
    where: Paths, state: SessionState, asked: OpenApproval, wanted: bool
) -> "Proposal":
    """The rule the runtime would make of the answers so far; an empty one when none is wanted."""
    from steerdeck_agents.gate.rule_propose import Proposal

    if not wanted:
        return Proposal()
    async with reach.runtime(where) as client:
        return await client.ask(wire.Propose(state.id, asked.id), Proposal)


def told(offered: "Proposal") -> list[str]:
    """The rule that would be stored, in lines: first what of your no's it would let pass."""
    if offered.rule is None:
        return []
    lines = [f"the rule: {offered.words}"]
    lines += [f"  would let pass what you rejected: {one.what}" for one in offered.rejected]
    lines += [f"  would have allowed: {one.what}" for one in offered.allowed[:5]]
    lines += [f"  still asks: {one}" for one in offered.near]
    seen = f"tried on {offered.looked} earlier answers"
    older = f", {offered.left_out} older ones left out" if offered.left_out else ""
    return [*lines, f"  {seen}{older}", *([f"  {offered.why}"] if offered.why else [])]


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
