"""An approval as lines of text: what the card of the deck shows, for whoever answers without it.

What would run stands there letter by letter, as on the card. What can't be taken back takes
another answer than a yes, typed out, and never a script's word.
"""

from collections.abc import Awaitable, Callable, Sequence

from steerdeck.verbs.ending import Ending
from steerdeck_agents.facts.asking import WISHES
from steerdeck_agents.facts.call_page import CallLine, CallsPage
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.wire_calls import Calls

SURE = "yes, run it"
"""What is typed for something that can't be taken back."""
_STEPS = 3
_LOOKED_AT = 20
"""Calls among which the last steps are sought: some may still run, or ask beside this one."""
_MOST = 12
"""Programs, files and sources that are named; what is more is counted."""


def wish(asked: OpenApproval) -> str:
    """What an approval is for, after the word `asks`."""
    title = f" ({one_line(asked.title, 60)})" if asked.title else ""
    return f"{WISHES.get(asked.kind, asked.kind)}{title}"


async def steps(client: Client, state: SessionState, asked: OpenApproval) -> list[CallLine]:
    """The last things the session did before it asked; none where no call of its asks."""
    if not asked.call:
        return []
    page = await client.ask(Calls(state.id, limit=_LOOKED_AT), CallsPage)
    done = [one for one in page.lines if one.ended_seq and one.ended_seq < asked.seq]
    return sorted(done[:_STEPS], key=lambda one: one.seq)


def shown(state: SessionState, asked: OpenApproval, before: Sequence[CallLine]) -> list[str]:
    """Everything a yes would let happen, and what there is to know of it, in lines.

    `before` is what it did last.
    """
    # It knows how wide letters are, which most verbs never need.
    from steerdeck.panes.exact import written

    lines = [f"DANGER: {asked.danger}"] if asked.danger else []
    lines.append(f"{state.name} asks {wish(asked)}:")
    lines += [f"    {written(line)}" for line in asked.what.split("\n")]
    lines += [f"because (it says): {asked.why}"] if asked.why else []
    lines += [f"asked since {reason}" for reason in asked.reasons]
    lines += _outline(asked.outline)
    lines += [f"file: {file.path} +{file.added} -{file.removed}" for file in asked.files]
    lines += [f"before: {_step(one)}" for one in before]
    if asked.taint:
        lines.append(f"it had read {_named(asked.taint)}; nobody vouches for what stands in there")
    if asked.offer is not None:
        words = in_words(asked.offer.rule)
        lines.append(
            f"{asked.offer.alike} alike were allowed; --scope session --proposed allows: {words}"
        )
    repository = folder_name(state.workspace.repository)
    of = f" of {repository}" if repository else ""
    return [*lines, f"in {asked.folder}{of}, sandbox: {state.level.title}"]


def _step(call: CallLine) -> str:
    ended = f"{call.phase} ({one_line(call.summary, 60)})" if call.summary else call.phase
    return f"{call.tool} {one_line(call.title, 100)}: {ended}"


def _outline(outline: Outline) -> list[str]:
    """What the text would do, as far as it could be read; nothing where nothing was."""
    if not (outline.commands or outline.network):
        return []
    told = []
    if outline.counted > 1:
        programs = tuple(dict.fromkeys(one.program for one in outline.commands))
        told.append(f"{counted(outline.counted, 'command')}: {_named(programs)}")
    for verb, names in (
        ("reads", outline.reads), ("writes", outline.writes), ("network:", outline.network),
    ):  # fmt: skip
        told += [f"{verb} {_named(names)}"] if names else []
    lines = [f"does: {'; '.join(told)}"] if told else []
    unread = "more than this may happen: not all of it could be read"
    return lines if outline.whole else [*lines, unread]


def _named(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(one_line(name, 200) for name in names[:_MOST])}{more}"


async def sure(asked: OpenApproval, ask: Callable[[str], Awaitable[str]]) -> bool:
    """Whether a yes holds: of what can't be taken back only when the words are typed as well."""
    if not asked.danger:
        return True
    return (await ask(f"This can't be taken back. Type {SURE!r}:")).lower() == SURE


def refuse_unasked(asked: OpenApproval) -> None:
    """Ending where a yes to something that can't be taken back would come from nobody."""
    if asked.danger:
        raise Ending(
            f"Nothing was decided. This can't be taken back: {asked.danger} Say yes on a terminal,"
            " without --yes, or in the inbox of the deck; --no says no from anywhere."
        )
