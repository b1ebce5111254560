"""A command floods its output while somebody types: the deck answers each key at once."""

import asyncio
import os
import sys
import time
from pathlib import Path

from bench.harbour import environment
from bench.rows import median, share
from bench.terminal import RARE, Terminal
from kit.command import end_runtimes
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from prove.claim import Claim, Counted, Tally, world
from prove.floods import FLOODS
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

KEYS = int(os.environ.get("STEERDECK_FLOOD_KEYS", "100"))
"""Typed during each flood, or fewer where it ends before."""
MOST_MS = 100.0
NAMES = ("100 MB on stdout", "1 GB on stderr", "yes", "binary", "one endless line")
PATIENCE_S = 60.0


def _again(name: str) -> str:
    """The flood, one after the other, for as long as it is looked at; one at its cap ends it."""
    return f"for _ in $(seq 1000); do {FLOODS[name].script}; done"


def flooding(talk: Conversation) -> Reply:
    """Runs the flood whose number it is told last."""
    if talk.calls and talk.calls[-1].output is None:
        return Reply((Say("It goes on.", final=True),))
    number = int(talk.said[-1])
    if len(talk.calls) > number:
        return Reply((Say("It has ended.", final=True),))
    return Reply((Call("shell", {"command": _again(NAMES[number]), "why": "To flood."}),))


def flood_keys() -> Counted:
    tally, every = Tally(), list[float]()
    with world() as folder, playing({"flooding": flooding}) as url:
        repository = plain(folder / "repository").resolve()
        allowed = {_again(name): repository for name in NAMES}
        where = home_at(folder / "s", {"flooding": url}, allowed)
        surroundings = environment(folder / "s")
        argv = [sys.executable, "-m", "steerdeck", "-C", str(repository)]
        try:
            session = asyncio.run(_begin(where, surroundings, repository))
            with Terminal(argv, surroundings) as deck:
                tally.see(deck.wait_for("floods", timeout_s=PATIENCE_S), "the deck never came")
                for number, name in enumerate(NAMES):
                    asyncio.run(_flood(where, surroundings, session, number))
                    time.sleep(0.5)
                    took = deck.echoes(RARE[at % len(RARE)] for at in range(KEYS))
                    every += took
                    late = share(took, 99)
                    print(
                        f"{name}: {len(took)} keys, {median(took):.1f} / {late:.1f} ms", flush=True
                    )
                    tally.see(late < MOST_MS, f"{name}: a key was answered after {late:.0f} ms")
                    asyncio.run(_stop(where, surroundings, session))
        finally:
            end_runtimes(folder / "s")
    told = f"{len(every)} keys, p50 {median(every):.1f} ms, p99 {share(every, 99):.1f} ms"
    return tally.done(told).of(len(NAMES))


async def _begin(where: Paths, environ: dict[str, str], repository: Path) -> SessionId:
    client = await ensure(where, "0", environ)
    order = o.Start(
        id=order_id(), task="0", folder=str(repository), name="floods", mode="auto",
        surroundings=SURROUNDINGS,
    )  # fmt: skip
    given = await client.give(order)
    await client.close()
    return given.session


async def _flood(where: Paths, environ: dict[str, str], session: SessionId, number: int) -> None:
    """See to it that a flood runs; the first one came with the task."""
    client = await ensure(where, "0", environ)
    if number:
        await client.give(o.Say(id=order_id(), session=session, text=str(number)))
    async with asyncio.timeout(PATIENCE_S):
        while not any(call.started for call in _state(await client.sessions(), session).calls):
            await asyncio.sleep(0.02)
    await client.close()


async def _stop(where: Paths, environ: dict[str, str], session: SessionId) -> None:
    client = await ensure(where, "0", environ)
    async with asyncio.timeout(PATIENCE_S):
        while _state(await client.sessions(), session).turn is not None:
            await client.give(o.Interrupt(id=order_id(), session=session))
            await asyncio.sleep(0.1)
    await client.close()


def _state(states: list[SessionState], session: SessionId) -> SessionState:
    return next(state for state in states if state.id == session)


CLAIMS = (Claim("flood-keys", "A key is answered at once while a command floods", flood_keys),)
