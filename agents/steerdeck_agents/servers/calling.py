"""Waiting for the answer to one call: as long as it makes progress, and no longer.

The developer's own time doesn't count: a server that asked them something is not late.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from steerdeck_agents.servers import status
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.life import Life
from steerdeck_agents.servers.result import Result
from steerdeck_agents.settings.server import ServerSettings

LONGEST_S = 1800.0
"""Of one call, however much progress it tells of."""
_CANCEL_S = 1.0
"""For the server to be told that a call is cancelled."""


class Stopped(ServerFault):
    """The developer stopped the call."""


class Late(Exception):
    """No answer and no word of progress for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def answer(
    life: Life,
    settings: ServerSettings,
    tool: str,
    arguments: dict[str, object],
    *,
    stop: asyncio.Event,
    on_progress: Callable[[str], None],
    timeout_s: float,
) -> Result:
    """The answer; raises Late, Stopped, or ServerFault (`dead` when the server ended)."""
    link = life.link
    if link is None:
        raise ServerFault("The server has just ended.", "dead")
    clock = asyncio.get_running_loop().time
    began = heard = clock()

    def progress(text: str) -> None:
        nonlocal heard
        heard = clock()
        on_progress(text)

    asked = asyncio.create_task(link.call(tool, arguments, progress))
    stopped, over = asyncio.create_task(stop.wait()), asyncio.create_task(life.wait())
    life.asking.wanted += 1
    try:
        while True:
            since = max(heard, life.asking.answered_at)
            limit = min(since + timeout_s, max(began, life.asking.answered_at) + LONGEST_S)
            pause = timeout_s if life.asking.open else max(0.0, limit - clock())
            await asyncio.wait(
                {asked, stopped, over}, timeout=pause, return_when=asyncio.FIRST_COMPLETED
            )
            if asked.done():
                return asked.result()
            if over.done():
                raise ServerFault("The server ended during the call.", "dead")
            if stopped.done():
                raise Stopped("The developer stopped the call.", None, "Its effect is not known.")
            waited_for_us = life.asking.open or life.asking.answered_at > since
            if clock() >= limit and heard <= since and not waited_for_us:
                raise Late(clock() - since)
    finally:
        life.asking.wanted -= 1
        stopped.cancel()
        over.cancel()
        await _cancelled(asked, life, settings, tool, timeout_s)


async def fresh(life: Life, stop: asyncio.Event, timeout_s: float) -> None:
    """Until the list of tools is read again after news of another; raises ServerFault."""
    link = life.link
    if link is None or link.fresh.is_set():
        return
    waits = [asyncio.create_task(one) for one in (link.fresh.wait(), stop.wait())]
    over = asyncio.create_task(life.wait())
    try:
        done, _ = await asyncio.wait(
            {*waits, over}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in (*waits, over):
            task.cancel()
    if not done:
        raise ServerFault("Its tools change all the time.", None, "Nothing was called.")


async def either(work: Awaitable[None], stop: asyncio.Event) -> None:
    """Until the work is done or the developer stops; the work goes on or is cancelled."""
    tasks = {asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _cancelled(
    asked: asyncio.Task[Result], life: Life, settings: ServerSettings, tool: str, timeout_s: float
) -> None:
    """See to it that nothing of a call goes on here; a server that takes nothing in is ended."""
    if asked.done():
        with contextlib.suppress(asyncio.CancelledError):
            asked.exception()
        return
    asked.cancel()
    await asyncio.wait({asked}, timeout=_CANCEL_S)
    if not asked.done():
        await life.end(status.slow(settings, tool, timeout_s))
        await asyncio.wait({asked}, timeout=_CANCEL_S)
