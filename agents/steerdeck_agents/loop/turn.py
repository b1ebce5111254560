"""One turn of our own agent, driven by its state alone.

Each round looks at what the journal says is true and does the one thing that comes next: settle
calls, ask the model, or end. So a turn that a crash cut off is resumed by running the same loop.
"""

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.events import (
    CallEnded,
    RequestEnded,
    TurnEnded,
    TurnStatus,
)
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.facts.state import OpenTurn
from steerdeck_agents.facts.windows import Reason
from steerdeck_agents.loop import (
    budget,
    calls,
    compact,
    drift,
    endings,
    planning,
    request,
    sample,
    verify,
)
from steerdeck_agents.loop.site import Memory, Site

_INTERRUPTED = (
    "The developer interrupted the turn. Calls that were running may have done a part of their"
    " work. Wait for what they say next."
)


async def run(site: Site) -> None:
    """Work on the open turn until it ends, or its next request is one for another model.

    Then the turn is still open: it is to be run again, in a place made for that model.
    """
    try:
        await _work(site)
        await verify.leave(site)
    except BaseException:
        await verify.abandon(site)
        raise


async def _work(site: Site) -> None:
    while (turn := site.state.turn) is not None:
        verify.begin(site, turn.id)
        if site.stop.is_set():
            await interrupted(site, turn)
            return
        await budget.warn(site, turn.id)
        if not await site.may_begin():
            continue
        state = site.state
        if state.parked or any(call.unknown for call in state.calls):
            await site.until(lambda s: not s.parked and not any(call.unknown for call in s.calls))
        elif state.calls:
            await calls.settle(site, turn.id)
        elif (reason := compact.due(site)) or turn.owes or sample.deliverable(state):
            if site.stale:
                return
            if await budget.spent(site, turn.id) or await drift.look(site, turn.id):
                continue
            if (error := await _ask(site, turn.id, reason)) is not None:
                await _end(site, turn.id, "failed", str(error))
        else:
            status, problem = endings.outcome(turn)
            if status == "completed" and await verify.step(site, turn.id):
                continue
            await _end(site, turn.id, status, problem)


async def _ask(site: Site, turn: TurnId, reason: Reason | None) -> ModelError | None:
    """The next request, or a compaction where one is due; what can't be helped is returned."""
    try:
        if reason is not None:
            await compact.once(site, turn, reason)
        else:
            await sample.once(site, turn)
    except ModelError as error:
        if error.cause != "window":
            return error
        await compact.overflowed(site, turn)
    return None


async def interrupted(memory: Memory, turn: OpenTurn) -> None:
    """Close every open call, tell the model, and say that the turn has ended: all or nothing."""
    await memory.ground.settled()
    async with memory.deciding:
        facts = calls.abandoned(memory.state, turn.id)
        results = memory.results | {
            fact.call: fact.result for fact in facts if isinstance(fact, CallEnded) and fact.call
        }
        if turn.request is not None:
            facts.append(
                RequestEnded(
                    session=memory.session,
                    turn=turn.id,
                    request=turn.request,
                    status="interrupted",
                    compacts=turn.compacts,
                )
            )
        staged = memory.prompt.stage(
            *memory.prompt.outputs_owed(results),
            (request.message("user", _INTERRUPTED), "harness.interrupted", "message"),
        )
        ended = TurnEnded(session=memory.session, turn=turn.id, status="interrupted")
        await memory.journal.append(
            *facts, *staged.events, ended, full=True, enclosed=staged.enclosed
        )
    memory.keep(staged)


async def _end(site: Site, turn: TurnId, status: TurnStatus, error: str = "") -> None:
    """End the turn so, unless an interrupt was accepted meanwhile: then that is how it ends."""
    way_out = "Say something to ask again." if error else ""
    # Whether there is work to review is told by the table of changed files at this moment.
    await site.ground.settled()
    ended = TurnEnded(session=site.session, turn=turn, status=status, error=error, way_out=way_out)
    async with site.deciding:
        if not site.stop.is_set():
            state = site.state
            completed = status == "completed"
            claimed = verify.claim(state) if completed else []
            asked = planning.offer(state) if completed else []
            await site.journal.append(*claimed, ended, *asked, full=True)
