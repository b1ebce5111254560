"""Says stalls and drifts before each request, with their evidence; pauses for the worst."""

from steerdeck_agents.facts.events import DriftFound, KnownEvent, SessionParked
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.loop.site import Site


async def look(site: Site, turn: TurnId) -> bool:
    """Say what was found since the last look; whether the session was paused for it."""
    found = site.watching.found()
    if not found:
        return False
    facts: list[KnownEvent] = [
        DriftFound(session=site.session, turn=turn, drift=drift) for drift in found
    ]
    worst = next((drift for drift in found if drift.pauses), None)
    if worst is not None:
        facts.append(
            SessionParked(
                session=site.session,
                turn=turn,
                reason=worst.text,
                way_out="Resume it to let it go on, or tell it what to do.",
            )
        )
    await site.journal.append(*facts, full=True)
    return worst is not None
