"""The order to fork: a session that goes on from where another one stands.

First the source's files are recorded, then one append makes the fork true, prompt and all; its
workspace is made from what that append names. So a crash leaves no fork, or one that finishes
itself. Nothing of the source changes but that one checkpoint.
"""

import asyncio
from pathlib import Path

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import CheckEnded, ChecksJudged, ChecksSet, KnownEvent, Noticed
from steerdeck_agents.facts.forks import Copying
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.orders import Fork
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.fleet import Fleet
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.loop import fork as forks
from steerdeck_agents.loop import recover
from steerdeck_agents.loop.prompt import Prompt
from steerdeck_agents.session import Session
from steerdeck_agents.work.check_judge import judge


async def fork(fleet: Fleet, session: Session, order: Fork) -> tuple[SessionId, int]:
    """Start a copy of a session; its id and the seq of its creation."""
    await _check(fleet, session)
    if session.ground.hands.locked():
        raise OrderRefused(
            f"The files of {session.state.name} are being changed; interrupt its call or wait for"
            " its end, then fork."
        )
    async with session.ground.hands:
        await session.ground.settled()
        await session.ground.checkpoint("before fork")
        head = await session.ground.head()
        source, prompt, results = await _moment(fleet, session)
    copying = Copying(source=source.id, at=source.seq, head=head, path=source.workspace.path)
    copy = SessionId(fleet.ids.new("ses"))
    items, texts = forks.window(copy, prompt, results)
    notes = _left_out(copy, session.ground.not_covered)
    seq = await fleet.admit(
        order.name or source.name,
        lambda name, slot: (
            *forks.born(copy, source, copying, fleet.level, name, slot),
            *_checks(copy, source),
            *notes,
            *items,
        ),
        keys=session.keys,
        enclosed=(*texts, OrderAnswered(order.id, copy)),
    )  # fmt: skip
    return copy, seq


def _checks(copy: SessionId, source: SessionState) -> list[KnownEvent]:
    """The checks the copy carries, with what failed before the work it takes over began.

    Its own baseline would be taken of changed files. The goal stays with the source.
    """
    verify = source.verify
    if not verify.checks:
        return []
    facts: list[KnownEvent] = [ChecksSet(session=copy, actor="developer", checks=verify.checks)]
    facts += [CheckEnded(session=copy, round=0, result=result) for result in verify.baseline]
    if len(verify.baseline) == len(verify.checks):
        judged = judge(verify.baseline, verify.baseline)
        facts.append(ChecksJudged(session=copy, round=0, verdict=judged.verdict, old=judged.old))
    return facts


def _left_out(copy: SessionId, paths: str) -> tuple[Noticed, ...]:
    text = f"not copied, since they look like secrets, are large or no files: {paths}"
    return (Noticed(session=copy, level="warning", text=text),) if paths else ()


async def _check(fleet: Fleet, session: Session) -> None:
    state = session.state
    if state.archived:
        raise OrderRefused(f"{state.name} is archived; reopen it, then fork it.")
    _closed(state)
    place = state.workspace.path
    if place and not await asyncio.to_thread(Path(place).is_dir):
        raise OrderRefused(f"The workspace {place} of {state.name} is gone, so nothing was forked.")
    if not place or not await asyncio.to_thread(fleet.reader.checkpoints, state.id):
        raise OrderRefused(f"{state.name} is still being made; fork it when it works.")


def _closed(state: SessionState) -> None:
    """Half a call can't be copied: what it does is done for one session."""
    if state.approvals or state.questions or any(call.unknown for call in state.calls):
        raise OrderRefused(f"{state.name} waits for your answer; give it, then fork.")
    if state.calls:
        raise OrderRefused(
            f"A call of {state.name} is open; interrupt it or wait for its end, then fork."
        )


async def _moment(fleet: Fleet, session: Session) -> tuple[SessionState, Prompt, dict[CallId, str]]:
    """A state with the very prompt that belongs to it, and the results not in that prompt."""
    while True:
        state = session.state
        _closed(state)
        prompt = await asyncio.to_thread(recover.load_prompt, fleet.reader, state)
        prompt.clean = fleet.redactor.item
        now = session.state
        place = (state.window, state.prompt_items, state.calls)
        if place == (now.window, now.prompt_items, now.calls) and len(prompt) == state.prompt_items:
            results = await asyncio.to_thread(recover.load_results, fleet.reader, state, prompt)
            return state, prompt, results
