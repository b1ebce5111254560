"""A turn that is broken off leaves nothing running behind it."""

import asyncio
from types import SimpleNamespace

from steerdeck_agents.loop import turn
from steerdeck_agents.loop.site import Checking


def test_a_baseline_whose_end_is_waited_for_is_dropped_with_who_waits_for_it() -> None:
    async def scene() -> bool:
        # A check that takes its time to end.
        task, halt = asyncio.create_task(asyncio.sleep(3600)), asyncio.Event()
        site = SimpleNamespace(state=SimpleNamespace(turn=None), checking=Checking(task, halt))
        running = asyncio.create_task(turn.run(site))
        await halt.wait()
        running.cancel()
        await asyncio.wait({running})
        return task.cancelled()

    assert asyncio.run(scene())
