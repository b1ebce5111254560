"""A request's place in line: who is broken off there takes no place of others along."""

import asyncio
import random
from types import SimpleNamespace

import pytest

from kit.storm import PROVIDER
from kit.virtual import VirtualClock, run
from steerdeck_agents.facts.ids import SessionId, TurnId
from steerdeck_agents.loop.line import admitted
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.governor import Cooling, Governor


@pytest.mark.parametrize("later", range(12))
def test_who_is_broken_off_at_any_moment_of_being_let_in_keeps_no_place(later: int) -> None:
    clock = VirtualClock()
    governor = Governor(clock, random.Random(7), Cooling())

    async def never(ready: object) -> bool:
        return await asyncio.get_running_loop().create_future()

    site = SimpleNamespace(
        governor=governor,
        provider=PROVIDER,
        session=SessionId("s"),
        until=never,
        patience=Patience(),
    )

    async def scene() -> None:
        asking = asyncio.create_task(admitted(site, TurnId("t")))
        for _ in range(later):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        (gauge,) = governor.gauges() or [None]
        if not asking.cancelled():
            ticket = asking.result()
            assert ticket is not None
            ticket.give_back()
            (gauge,) = governor.gauges()
        assert gauge is None or gauge.in_flight == 0

    run(clock, scene())
