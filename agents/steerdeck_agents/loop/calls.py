"""The calls of one response, each to its one result: read, judged, allowed, performed.

Reads run side by side, everything else in the order the model asked for it, so that a later call
sees what an earlier one did. Helpers start in that order, too, and then work side by side with all
that follows.
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext

import msgspec

from steerdeck_agents.facts.action import (
    Action,
    ApplyPatch,
    AskDeveloper,
    Delegate,
    RunCommand,
    SetPlan,
)
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.events import (
    ApprovalExpired,
    CallEnded,
    CallStatus,
    KnownEvent,
    QuestionAsked,
    QuestionExpired,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId, TurnId, sha_of
from steerdeck_agents.facts.state import OpenCall, SessionState
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.loop import delegating, perform, planning, recover, request
from steerdeck_agents.loop.site import Site
from steerdeck_agents.tools.delegate import Delegation
from steerdeck_agents.tools.outcome import Outcome, fit


async def settle(site: Site, turn: TurnId) -> None:
    """Bring every open call to its result, or return early when an interrupt came."""
    tasks: list[asyncio.Task[None]] = []
    before: tuple[asyncio.Future[None], ...] = ()
    starting: tuple[asyncio.Future[None], ...] = ()
    for call in site.state.calls:
        tool = site.toolbox.by_name(call.tool)
        if tool is not None and tool.parallel:
            tasks.append(asyncio.create_task(_one(site, turn, call.id)))
        elif isinstance(tool, Delegation):
            begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            tasks.append(asyncio.create_task(_one(site, turn, call.id, before, begun)))
            starting = (*starting, begun)
        else:
            after = (*before, *starting)
            tasks.append(asyncio.create_task(_one(site, turn, call.id, after)))
            before, starting = (tasks[-1],), ()
    try:
        # One that fails must not cancel the command of another, whose end would be lost.
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for problem in ended:
        if problem is not None:
            raise problem


def abandoned(state: SessionState, turn: TurnId) -> list[KnownEvent]:
    """Every open call with the result of an interrupt, and what was asked withdrawn."""
    facts: list[KnownEvent] = [
        ApprovalExpired(
            session=state.id, turn=turn, call=a.call, approval=a.id, reason="interrupted"
        )
        for a in state.approvals
    ]
    facts += [
        QuestionExpired(
            session=state.id, turn=turn, call=q.call, question=q.id, reason="interrupted"
        )
        for q in state.questions
    ]
    facts += [
        CallEnded(
            session=state.id,
            turn=turn,
            call=call.id,
            status="interrupted",
            result="interrupted by the developer; it may have done a part of its work"
            if call.started
            else "interrupted by the developer before it ran",
            summary="interrupted",
        )
        for call in state.calls
    ]
    return facts


async def _one(
    site: Site,
    turn: TurnId,
    call_id: CallId,
    after: Sequence[asyncio.Future[None]] = (),
    begun: asyncio.Future[None] | None = None,
) -> None:
    """Bring one call to its result; `begun` is told when those that wait for its start may go."""
    try:
        for one in after:
            await one
        await _settled(site, turn, call_id, begun)
    finally:
        if begun is not None and not begun.done():
            begun.set_result(None)


async def _settled(
    site: Site, turn: TurnId, call_id: CallId, begun: asyncio.Future[None] | None
) -> None:
    call = open_call(site.state, call_id)
    if call is None or call.unknown or (site.stop.is_set() and call.helper is None):
        return
    if call.started and call.helper is None:
        # It was begun before and its end was not kept, so it must not be begun again (law 7).
        await site.journal.append(recover.lost(site.session, turn, call_id), full=True)
        return
    tool = site.toolbox.by_name(call.tool)
    if tool is None:
        unknown = f"There is no tool {call.tool!r}; use one of those you were given."
        await end(site, turn, call_id, "failed", Outcome("failed", unknown, "no such tool"))
        return
    try:
        exact = site.redactor.exact(call.arguments)
        action = await asyncio.to_thread(tool.read, exact, site.state.workspace)
    except (BadArguments, PatchError) as error:
        await end(site, turn, call_id, "failed", Outcome("failed", str(error), "not applied"))
        return
    match action:
        case SetPlan():
            # The developer may be changing the same plan.
            async with site.deciding:
                made = await planning.merged(site, action)
                updated, said = planning.updated(site, turn, call_id, action, made)
                await end(site, turn, call_id, "done", Outcome("done", said, ""), updated)
        case AskDeveloper():
            await _question(site, turn, call_id, action)
        case Delegate():
            answer = await delegating.answer(site, turn, call, action, begun)
            if answer is not None:
                # Its time is in the helper's own counts, so the wait for it is none of its own.
                await end(site, turn, call_id, answer.status, answer.outcome, *answer.facts)
        case _:
            await _effect(site, turn, call_id, action)


async def _question(site: Site, turn: TurnId, call_id: CallId, action: AskDeveloper) -> None:
    state = site.state
    if not any(q.call == call_id for q in state.questions) and _answer(state, call_id) is None:
        asked = QuestionAsked(
            session=site.session,
            turn=turn,
            call=call_id,
            actor="agent",
            question=ApprovalId(site.ids.new("ask")),
            text=action.question,
            choices=action.choices,
        )
        await site.journal.append(asked, full=True)
    if await site.until(lambda s: _answer(s, call_id) is not None):
        answer = _answer(site.state, call_id) or ""
        await end(site, turn, call_id, "done", Outcome("done", answer, "answered"))


async def _effect(site: Site, turn: TurnId, call_id: CallId, action: Action) -> None:
    """An action that reads or changes something: through the gate, then performed."""
    allowed = await perform.permission(site, turn, call_id, action)
    match allowed:
        case None:
            return
        case perform.Refusal(reason, told):
            await end(site, turn, call_id, "rejected", Outcome("failed", reason, told))
        case perform.Permit():
            if not await site.may_begin():
                return
            started = site.clock.monotonic()
            writes = isinstance(action, RunCommand | ApplyPatch)
            async with site.ground.hands if writes else nullcontext():
                outcome = await perform.carry_out(site, turn, call_id, allowed)
            if outcome is None:
                # What allowed it holds no more and nothing has begun: it is judged anew.
                await _effect(site, turn, call_id, action)
                return
            took = round((site.clock.monotonic() - started) * 1000)
            if allowed.action != action and isinstance(allowed.action, RunCommand):
                outcome = _of_another(outcome, allowed.action.script)
            status: CallStatus = outcome.status
            if site.stop.is_set():
                call = open_call(site.state, call_id)
                if call is None or not call.started:
                    return
                # What it did and printed until it was stopped is told as it is.
                status = "interrupted" if status == "failed" else status
            await end(site, turn, call_id, status, outcome, duration_ms=took)


def _of_another(outcome: Outcome, script: str) -> Outcome:
    """The result as the model gets it when the developer ran something else."""
    told = f"The developer edited your command. This ran instead of it:\n{script}\n\n"
    return msgspec.structs.replace(outcome, text=told + outcome.text)


async def end(
    site: Site,
    turn: TurnId,
    call_id: CallId,
    status: CallStatus,
    outcome: Outcome,
    *before: KnownEvent,
    duration_ms: int = 0,
) -> None:
    """Commit the one result of a call; what it did can't be repeated, so this waits for a disk."""
    outcome = await asyncio.to_thread(_cleaned, site, call_id, outcome)
    blob = None if outcome.complete is None else NewBlob(sha_of(outcome.complete), outcome.complete)
    given = _given(site, call_id, outcome)
    ended = CallEnded(
        session=site.session,
        turn=turn,
        call=call_id,
        status=status,
        result=outcome.text,
        summary=outcome.summary,
        exit_code=outcome.exit_code,
        duration_ms=duration_ms,
        output=None if blob is None else blob.sha,
        level=site.state.level.name,
        given=None if given is None else given.sha,
    )
    await site.record(*before, ended, enclosed=[one for one in (blob, given) if one is not None])


def _cleaned(site: Site, call_id: CallId, outcome: Outcome) -> Outcome:
    """Without secrets, but those the developer allowed this call to show."""
    redactor = site.redactor
    allowed = redactor.allowed(site.session, call_id)
    complete = outcome.complete
    return msgspec.structs.replace(
        outcome,
        text=fit(redactor.text(outcome.text, allowed)),
        complete=None if complete is None else redactor.data(complete, allowed),
    )


def _given(site: Site, call_id: CallId, outcome: Outcome) -> NewBlob | None:
    """The prompt item of a result with a picture, made once: the next request takes it as it is."""
    call = next((call for call in site.prompt.unanswered() if call.id == call_id), None)
    if not outcome.picture or call is None:
        return None
    item = request.call_output(
        call.wire_id, outcome.text, kind=call.answer, picture=outcome.picture
    )
    site.prompt.ready[call_id] = item
    return NewBlob(sha_of(item.encode()), item.encode())


def open_call(state: SessionState, call_id: CallId) -> OpenCall | None:
    return next((call for call in state.calls if call.id == call_id), None)


def _answer(state: SessionState, call_id: CallId) -> str | None:
    call = open_call(state, call_id)
    return None if call is None else call.answered
