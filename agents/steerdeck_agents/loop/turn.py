"""One turn of our own agent, driven by its state alone.

Each round looks at what the journal says is true and does the one thing that comes next: settle
calls, ask the model, or end. So a turn that a crash cut off is resumed by running the same loop.
"""

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.events import SessionParked, TurnEnded, TurnStatus
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.facts.windows import Reason
from steerdeck_agents.loop import calls, compact, request, sample
from steerdeck_agents.loop.site import Site

_INTERRUPTED = (
    "The developer interrupted the turn. Calls that were running may have done a part of their"
    " work. Wait for what they say next."
)


async def run(site: Site) -> None:
    """Work on the open turn until it ends."""
    while (turn := site.state.turn) is not None:
        if site.stop.is_set():
            await _interrupted(site, turn.id)
            return
        state = site.state
        if state.parked or any(call.unknown for call in state.calls):
            await site.until(lambda s: not s.parked and not any(call.unknown for call in s.calls))
        elif state.calls:
            await calls.settle(site, turn.id)
        elif (reason := compact.due(site)) or turn.owes or sample.deliverable(state):
            if state.budget is not None and state.usage.dollars >= state.budget:
                await _park(site, turn.id, state.budget)
                continue
            if (error := await _ask(site, turn.id, reason)) is not None:
                await _end(site, turn.id, "failed", str(error))
                return
        else:
            await _end(site, turn.id, "completed")
            return


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


async def _park(site: Site, turn: TurnId, budget: float) -> None:
    await site.journal.append(
        SessionParked(
            session=site.session,
            turn=turn,
            reason=f"Its budget of ${budget:.2f} is spent.",
            way_out="Raise the budget, then resume it.",
        ),
        full=True,
    )


async def _interrupted(site: Site, turn: TurnId) -> None:
    """Close every open call, tell the model, and only then say that the turn has ended."""
    await calls.abandon(site, turn)
    await site.ground.settled()
    staged = site.prompt.stage(
        *site.prompt.outputs_owed(site.results),
        (request.message("user", _INTERRUPTED), "harness.interrupted", "message"),
    )
    ended = TurnEnded(session=site.session, turn=turn, status="interrupted")
    await site.journal.append(*staged.events, ended, full=True, enclosed=staged.enclosed)
    site.prompt.keep(staged)
    site.stop.clear()


async def _end(site: Site, turn: TurnId, status: TurnStatus, error: str = "") -> None:
    way_out = "Say something to ask again." if error else ""
    # Whether there is work to review is told by the table of changed files at this moment.
    await site.ground.settled()
    await site.journal.append(
        TurnEnded(session=site.session, turn=turn, status=status, error=error, way_out=way_out),
        full=True,
    )
