"""A loop whose clock stands still: what waits for a moment can be told from what does not."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class StillLoop(asyncio.SelectorEventLoop):
    """Its clock only moves when `now` is set."""

    now = 100.0

    def time(self) -> float:
        return self.now


def standing_still(story: Coroutine[Any, Any, None], loop: StillLoop) -> None:
    """Run the story on that loop."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(story)


async def settle() -> None:
    """Let everything run that is due."""
    for _ in range(4):
        await asyncio.sleep(0)
