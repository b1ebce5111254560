"""The verify loop: an agent that stops is done only when the developer's checks say so.

A baseline is taken beside the first request and before the first change, so that what failed
before is not held against the agent. When it stops after a change, the checks run; while they are
red it is sent back with what failed. Three rounds, or the same failure twice, and the developer is
asked. With a goal each turn is one round, and only the same failure again and again asks.
"""

import asyncio
from typing import Final

from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.checks import Check, CheckResult, Evidence, Verify
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.events import (
    CheckEnded,
    ChecksJudged,
    CheckStarted,
    DoneClaimed,
    DoneRefused,
    GoalEnded,
    KnownEvent,
    QuestionAsked,
    QuestionExpired,
    TurnEnded,
)
from steerdeck_agents.facts.ids import ApprovalId, TurnId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.binding import bind, stand_of
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.loop import goal, request, sample
from steerdeck_agents.loop.prompt import NewText
from steerdeck_agents.loop.site import Checking, Site, first_of
from steerdeck_agents.sandbox.process import environment
from steerdeck_agents.work import check_judge, check_run
from steerdeck_agents.work.marks import changes_of, marks

ASKER: Final = "checks"
ROUNDS = 3
SAME = 2
"""The same failure so often in a row, and the developer is asked."""
IDLE_FOR_GOAL, SAME_FOR_GOAL = 3, 20
"""Turns for a goal with the same failure: without a change, and with."""
TRY, LEAVE, HALT = "Try again", "Leave it as it is", "Stop here"


def begin(site: Site, turn: TurnId) -> None:
    """Take the baseline beside the first request, when there is none.

    On files the agent has changed it would say nothing; without one every failure is its own.
    """
    state = site.state
    verify = state.verify
    untouched = not state.files or (state.carried and not state.counts.calls)
    missing = untouched and len(verify.baseline) < len(verify.checks)
    if missing and state.mode != "plan" and site.checking is None:
        halt = asyncio.Event()
        task = asyncio.create_task(_baseline(site, turn, halt), name="baseline of the checks")
        site.checking = Checking(task, halt)


async def baseline_taken(site: Site) -> None:
    """Wait for the baseline; a change made before it would be in it."""
    if site.checking is not None:
        await first_of(asyncio.shield(site.checking.task), site.stop)


async def leave(site: Site) -> None:
    """End a baseline that is being taken; the turn it belongs to is over."""
    if site.checking is not None:
        site.checking.halt.set()
        await asyncio.shield(site.checking.task)
        site.checking = None


async def abandon(site: Site) -> None:
    """Drop it where it stands, as a crash would; the session is being closed."""
    checking, site.checking = site.checking, None
    if checking is not None:
        checking.task.cancel()
        await asyncio.gather(checking.task, return_exceptions=True)


async def step(site: Site, turn: TurnId) -> bool:
    """The next step before a turn may end well; False when nothing holds it back."""
    state = site.state
    if not state.verify.checks or state.mode == "plan" or site.stop.is_set():
        return False
    if state.verify.question is not None:
        return await _answered(site, turn)
    await site.ground.settled()
    if site.state.verify.settled or (not site.state.files and state.goal is None):
        return False
    await baseline_taken(site)
    state = site.state
    verify = state.verify
    if site.stop.is_set():
        return True
    if verify.judged is None:
        await _round(site, turn)
        return True
    if not _failing(state):
        return False
    if state.goal is not None:
        if verify.idle < IDLE_FOR_GOAL and verify.repeats < SAME_FOR_GOAL:
            return False
        await _ask(site, turn)
    elif verify.refused or verify.round >= ROUNDS or verify.repeats >= SAME:
        await _ask(site, turn)
    else:
        await _refuse(site, turn)
    return True


def claim(state: SessionState) -> list[KnownEvent]:
    """What the end of a turn claims, when checks stand behind it.

    The goal it works for is met then; nothing else completes one."""
    verify = state.verify
    if verify.judged is None or verify.settled or _failing(state):
        return []
    facts: list[KnownEvent] = [DoneClaimed(session=state.id, evidence=evidence(state))]
    if state.goal is not None:
        facts.append(GoalEnded(session=state.id, how="met", turns=state.goal.turns + 1))
    return facts


def evidence(state: SessionState) -> Evidence:
    verify = state.verify
    return Evidence(
        checks=verify.results,
        marks=verify.marks,
        old=verify.old,
        files=len(state.files),
        added=sum(file.added for file in state.files),
        removed=sum(file.removed for file in state.files),
        dollars=state.usage.dollars,
        tokens=state.usage.input + state.usage.output,
        seconds=state.counts.worked_ms / 1000,
        rounds=verify.round,
    )


def _failing(state: SessionState) -> bool:
    """Whether it may not end: what failed before it began is a goal's business, and no other's."""
    return state.verify.judged == "red" or (state.goal is not None and state.verify.judged == "old")


async def _baseline(site: Site, turn: TurnId, halt: asyncio.Event) -> None:
    done = {result.check for result in site.state.verify.baseline}
    for check in site.state.verify.checks:
        if check.name not in done and not halt.is_set():
            await _run(site, turn, check, 0, halt)
    verify = site.state.verify
    if len(verify.baseline) == len(verify.checks):
        # Against itself all that fails is old.
        judged = check_judge.judge(verify.baseline, verify.baseline)
        fact = ChecksJudged(
            session=site.session, turn=turn, round=0, verdict=judged.verdict, old=judged.old
        )
        await site.journal.append(fact, full=True)


async def _round(site: Site, turn: TurnId) -> None:
    number = site.state.verify.round + 1
    before = site.state.verify
    await site.ground.checkpoint("before checks")
    for check in before.checks:
        await _run(site, turn, check, number, site.stop)
        if site.stop.is_set():
            return
    await site.ground.checkpoint("after checks")
    now = site.state.verify
    judged = check_judge.judge(now.baseline, now.results)
    signature = signature_of(now.results)
    changed = [file.path for file in site.state.files]
    found = await changes_of(site.state.workspace, changed)
    weakened = await asyncio.to_thread(marks, found)
    fact = ChecksJudged(
        session=site.session,
        turn=turn,
        round=number,
        verdict=judged.verdict,
        new=judged.new,
        old=judged.old,
        marks=weakened,
        repeated=bool(signature) and signature == before.signature,
    )
    await site.journal.append(fact, full=True)


def signature_of(results: tuple[CheckResult, ...]) -> str:
    return " ".join(result.signature for result in results if not result.good)


async def _run(site: Site, turn: TurnId, check: Check, number: int, stop: asyncio.Event) -> None:
    """One check, its intent first. It was allowed by the order that gave it to the session."""
    state = site.state
    variables = environment(state.surroundings, state.workspace, state.level)
    action = RunCommand(script=check.command, folder=state.workspace.subfolder or ".")
    stand = await asyncio.to_thread(stand_of, action.script, state.workspace, action.folder)
    bound = bind(
        action,
        workspace=state.workspace,
        environment=variables,
        level=state.level,
        stand=stand,
    )
    before = next((one for one in state.verify.baseline if one.check == check.name), None)
    started = CheckStarted(
        session=site.session, turn=turn, check=check.name, round=number, binding=bound.sha()
    )
    await site.journal.append(started, full=True)
    spool = site.spool / f"{site.session}-{site.ids.new('out')}"
    ran = await check_run.run_check(
        check,
        workspace=state.workspace,
        level=state.level,
        surroundings=state.surroundings,
        environment=variables,
        spool=spool,
        stop=stop,
        baseline=before,
    )
    result = ran.result
    blobs = () if result.output is None else (NewBlob(result.output, ran.complete),)
    ended = CheckEnded(session=site.session, turn=turn, round=number, result=result)
    await site.record(ended, enclosed=blobs)


async def _refuse(site: Site, turn: TurnId) -> None:
    """Send the agent back with what failed."""
    verify = site.state.verify
    failed = ", ".join(result.check for result in verify.results if not result.good)
    refused = DoneRefused(
        session=site.session,
        turn=turn,
        round=verify.round,
        reason=f"{failed} failed (round {verify.round} of {ROUNDS})",
    )
    told = request.message("developer", _told(verify))
    await _say(site, turn, refused, (told, ASKER, "message"))


def _told(verify: Verify) -> str:
    parts = [
        f"You stopped, but the developer's checks fail (round {verify.round} of {ROUNDS})."
        " The work is not done. Mend it; do not skip, delete or weaken tests.",
        goal.told_of(verify),
    ]
    if verify.marks:
        marks = "\n".join(f"- {mark.path}:{mark.line}: {mark.text}" for mark in verify.marks)
        parts.append(f"Your change touches tests, which the developer will be shown:\n{marks}")
    return "\n\n".join(parts)


async def _ask(site: Site, turn: TurnId) -> None:
    verify = site.state.verify
    failed = ", ".join(result.check for result in verify.results if not result.good)
    why = (
        "it stopped again without a change"
        if verify.refused
        else f"the same failure came {verify.repeats} times in a row"
        if verify.repeats >= SAME
        else f"{counted(verify.round, 'round')} did not mend it"
    )
    asked = QuestionAsked(
        session=site.session,
        turn=turn,
        question=ApprovalId(site.ids.new("ask")),
        text=f"{failed} still fails: {why}. What now?",
        choices=(TRY, LEAVE, HALT),
        asker=ASKER,
    )
    await site.journal.append(asked, full=True)


async def _answered(site: Site, turn: TurnId) -> bool:
    """Wait for the developer's answer and do as it says; words said instead count as well."""

    def said(state: SessionState) -> bool:
        verify = state.verify
        return verify.answer is not None or verify.question is None or _spoke(state)

    if not await site.until(said):
        return True
    verify = site.state.verify
    if verify.question is None:
        return True
    match verify.answer:
        case None:
            expired = QuestionExpired(
                session=site.session,
                turn=turn,
                question=verify.question,
                reason="you said something else",
            )
            await site.journal.append(expired, full=True)
        case answer if answer == LEAVE:
            claimed = DoneClaimed(
                session=site.session, evidence=evidence(site.state), accepted=True
            )
            await _end(
                site, claimed, TurnEnded(session=site.session, turn=turn, status="completed")
            )
        case answer if answer == HALT:
            why = "Its checks are red, and you said stop."
            ended = TurnEnded(
                session=site.session,
                turn=turn,
                status="failed",
                error=why,
                way_out="Say something to go on.",
            )
            await _end(site, ended)
        case answer:
            refused = DoneRefused(
                session=site.session, turn=turn, round=0, reason=f"you said: {answer}"
            )
            told = f"The checks are still red.\n\n{goal.told_of(verify)}\n\nThe developer says: "
            item = request.message("user", told + answer)
            await _say(site, turn, refused, (item, ASKER, "message"))
    return True


async def _end(site: Site, *facts: KnownEvent) -> None:
    async with site.deciding:
        if not site.stop.is_set():
            await site.journal.append(*facts, full=True)


async def _say(site: Site, turn: TurnId, refused: DoneRefused, item: NewText) -> None:
    async with site.deciding:
        if site.stop.is_set():
            return
        staged = site.prompt.stage(item)
        await site.journal.append(refused, *staged.events, full=True, enclosed=staged.enclosed)
        site.keep(staged)


def _spoke(state: SessionState) -> bool:
    return bool(sample.deliverable(state)) or (state.turn is not None and state.turn.owes)
