"""Ending work that may not end when it is told to: told again, and not waited for without end.

A cancellation can get lost: `asyncio.wait_for` of Python 3.11 drops it when what it waits for comes
at the same moment, and an error that takes its place looks like one of the work. Whoever closes
would then wait for ever. What does not end in time is left where it stands, as a crash would leave
it: all that was acknowledged is in the journal, and the next runtime goes on from there.
"""

import asyncio
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

AGAIN_S: Final = 3.0
"""Until work is told once more; its own tidying up must not be cut short by that."""


async def ended(*tasks: asyncio.Task[None], within_s: float) -> bool:
    """Cancel these until they have ended; False when one has not after so many seconds."""
    loop = asyncio.get_running_loop()
    until_s = loop.time() + within_s
    left = {task for task in tasks if not task.done()}
    while left and (left_s := until_s - loop.time()) > 0:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=min(AGAIN_S, left_s))
    for task in left:
        log.error("%s does not end and is left: %s", task.get_name(), where(task))
    for task in tasks:
        if task.done() and not task.cancelled():
            # What went wrong in it was said there; unlooked at, it would be said once more.
            task.exception()
    return not left


async def finished(work: Coroutine[None, None, object], what: str, *, within_s: float) -> bool:
    """Run a part of closing to its end; False when it failed or hangs, which is logged."""
    task = asyncio.create_task(work, name=what)
    try:
        await asyncio.wait({task}, timeout=within_s)
        if not task.done():
            log.error("%s takes longer than %g s and is left: %s", what, within_s, where(task))
    finally:
        task.cancel()
    if not task.done() or task.cancelled():
        return False
    if (error := task.exception()) is not None:
        log.error("%s failed: %s", what, error, exc_info=error)
    return error is None


def where(task: asyncio.Task[None] | asyncio.Task[object]) -> str:
    """The lines at which a task waits, from its own code to the innermost."""
    found: list[str] = []
    waits: object = task.get_coro()
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "gi_frame", None)
        if frame is not None:
            code = frame.f_code
            found.append(f"{Path(code.co_filename).name}:{frame.f_lineno} {code.co_name}")
        waits = getattr(waits, "cr_await", None) or getattr(waits, "gi_yieldfrom", None)
    return " > ".join(found)
