"""Two that want to be one: a hundred starts at once, and a writer that was suspended.

A start is a whole process on one home. The suspended one is taken over as it can be where locks
don't reach (its lock is gone, its machine another), and wakes up with its sessions in hand.
"""

import asyncio
import os
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

from kit.command import damage, end_runtimes, facts, left_of, lives, losses, of_kind
from kit.counting import Counting, start
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at, order_id
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import TAKEN, attach, ensure, spawn
from steerdeck_agents.settings.paths import Paths

STARTS = int(os.environ.get("STEERDECK_STARTS", "100"))
SUSPENDED_S = float(os.environ.get("STEERDECK_SUSPENDED_S", "60"))
PATIENCE_S = 120.0
COUNTING = Counting(200, "echo {} >> ran.txt; sleep 0.05")


def started_at_once(folder: Path, count: int) -> Tally:
    """So many runtimes of one home at the same moment: one writes, the others say so and end."""
    tally = Tally()
    where = home_at(folder / "s", {}, {})
    children = [spawn(where, os.environ) for _ in range(count)]
    codes = _ended(children, but=1)
    tally.see(codes == Counter({TAKEN: count - 1}), f"{count} starts ended as {dict(codes)}")
    left = [child for child in children if child.poll() is None]
    client = asyncio.run(_pid(where))
    one = [child.pid for child in left] == [client]
    tally.see(one, f"{client} answers, {len(left)} are left")
    end_runtimes(folder / "s")
    for child in left:
        child.wait(PATIENCE_S)
    tally.see(len(of_kind(facts(where), e.RuntimeStarted)) == 1, "more than one wrote")
    tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
    return tally


def _ended(children: "list[subprocess.Popen[bytes]]", but: int) -> Counter[int]:
    """How those ended that did, once no more than so many are left."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        codes = [code for child in children if (code := child.poll()) is not None]
        if len(codes) >= len(children) - but:
            break
        time.sleep(0.05)
    return Counter(code for child in children if (code := child.poll()) is not None)


async def _pid(where: Paths) -> int | None:
    async with asyncio.timeout(PATIENCE_S):
        while (client := await attach(where, "0")) is None:
            await asyncio.sleep(0.05)
    await client.close()
    return client.hello.pid


def instances() -> Counted:
    with world() as folder:
        tally = started_at_once(folder, STARTS)
    return tally.done(f"{STARTS} starts").of(STARTS)


async def suspended(folder: Path, url: str, seconds: float) -> Tally:
    """A runtime at work is suspended, taken over, and woken while the other one works."""
    tally = Tally()
    repository = plain(folder / "repository").resolve()
    where = home_at(folder / "s", {"counting": url}, COUNTING.allowed(repository))
    first = await ensure(where, "0", os.environ)
    session = await start(first, repository, "count")
    pid = first.hello.pid
    await _steps(first, session, 5)
    os.kill(pid, signal.SIGSTOP)
    try:
        await first.close()
        heard = facts(where)
        tally.see(await _is_named(where, pid), "it is not said that it is suspended")
        _taken_from(where)
        await _other(where, session, pid, seconds, tally)
    finally:
        if lives(pid):
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGKILL)
        await asyncio.to_thread(end_runtimes, folder / "s")
    tally.lost, tally.twice = losses(heard, where)
    ended = of_kind(facts(where), e.RuntimeEnded)
    tally.see(len(ended) == 1, f"{len(ended)} runtimes wrote that they end")
    tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
    tally.see(not (stuck := left_of(folder)), f"{len(stuck)} processes left: {stuck[:1]}")
    return tally


async def _other(where: Paths, session: SessionId, pid: int, seconds: float, tally: Tally) -> None:
    """The one that takes over, from its start until the first has woken and gone."""
    second = await ensure(where, "0", os.environ)
    for call in (await second.sessions())[0].calls:
        if call.unknown:
            done = o.Resolve(id=order_id(), session=session, call=call.id, verdict="done")
            await second.give(done)
    await asyncio.sleep(seconds)
    os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(PATIENCE_S):
        while lives(pid):
            await asyncio.sleep(0.05)
    await _steps(second, session, 10)
    tally.see(await _pid(where) == second.hello.pid, "the second one does not answer any more")
    state = (await second.sessions())[0]
    tally.see(state.status == "working", f"the session is {state.status}: {state.reason}")
    await second.give(o.Interrupt(id=order_id(), session=session))
    await second.close()
    ran = (Path(state.workspace.path) / "ran.txt").read_text().split()
    tally.see(len(ran) == len(set(ran)), f"a command ran twice: {ran}")


async def _steps(client: Client, session: SessionId, count: int) -> None:
    """Wait until so many more calls of a session have ended."""
    begun: int | None = None
    async with asyncio.timeout(PATIENCE_S):
        while True:
            (state,) = [one for one in await client.sessions() if one.id == session]
            begun = state.counts.calls if begun is None else begun
            if state.counts.calls >= begun + count:
                return
            await asyncio.sleep(0.05)


async def _is_named(where: Paths, pid: int) -> bool:
    try:
        await attach(where, "0")
    except WireError as error:
        return f"process {pid}) is suspended" in str(error)
    return False


def _taken_from(where: Paths) -> None:
    """As another machine sees a home whose locks and processes are not its own."""
    where.journal.with_name("journal.lock").unlink()
    with sqlite3.connect(where.journal) as other:
        other.execute("update lease set boot = 'another machine'")
    other.close()
    where.socket.unlink()


def fenced() -> Counted:
    with world() as folder, playing({"counting": COUNTING}) as url:
        tally = asyncio.run(suspended(folder, url, SUSPENDED_S))
    return tally.done(f"suspended for {SUSPENDED_S:.0f} s").of(1)


CLAIMS = (
    Claim("instances", "many starts at once: one writer, the others say who writes", instances),
    Claim("fenced", "a writer that was suspended and taken over writes nothing more", fenced),
)
