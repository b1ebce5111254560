"""A request's wait for its turn at the provider, said when it lasts."""

import asyncio
from typing import Any

from steerdeck_agents.facts.events import RequestQueued
from steerdeck_agents.facts.ids import TurnId
from steerdeck_agents.loop.site import Site
from steerdeck_agents.models.governor import Place, Ticket


async def admitted(site: Site, turn: TurnId) -> Ticket | None:
    """The right to send one request, to be given back; None when an interrupt or another model
    came first.

    Raises:
        ModelError: `usage`, the account's limit is met and its reset is still to come.
    """
    waiting = asyncio.create_task(site.governor.turn(site.provider, site.session))
    leaving = asyncio.create_task(site.until(lambda _: site.stale))
    telling = asyncio.create_task(_tell(site, turn))
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
        let_in = waiting.done()
        await _called_off(waiting, leaving, telling)
    except asyncio.CancelledError:
        if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
            # Nobody will send anything in this place, and others wait for it.
            waiting.result().give_back()
        await _called_off(waiting, leaving, telling)
        raise
    return waiting.result() if let_in else None


async def _called_off(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _tell(site: Site, turn: TurnId) -> None:
    """Say the place in line when it differs from what was said, and not too often."""
    said: Place | None = None
    pause_s = site.patience.line_s
    while True:
        await asyncio.sleep(pause_s)
        place = site.governor.place(site.session)
        pause_s = site.patience.line_again_s
        if place is None or (said is not None and not _differs(place, said, pause_s)):
            continue
        said = place
        cooling_ms = round(place.cooling_s * 1000)
        await site.journal.append(
            RequestQueued(
                session=site.session,
                turn=turn,
                place=place.place,
                waiting=place.waiting,
                until_ms=site.clock.now_ms() + cooling_ms if cooling_ms else None,
            )
        )


def _differs(place: Place, said: Place, since_s: float) -> bool:
    """Whether it stands elsewhere, or the end of a cool-down has moved."""
    moved = place.cooling_s - max(0.0, said.cooling_s - since_s)
    return place.place != said.place or abs(moved) > 1.0
