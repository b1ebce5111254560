"""Clocks that jump while sessions work, and machines that sleep for hours.

What is true is ordered by seq and what is waited for is counted by the monotonic clock; only what
a developer or a server named as a time of day hangs on the wall clock.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from kit import shifted
from kit.bad_days import BEGUN
from kit.command import damage, end_runtimes, facts, losses
from kit.faulty import Fault, faulty
from kit.repositories import plain
from kit.scene import SURROUNDINGS, Scene, home_at, order_id, scene
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule, Terms
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import attach

JUMPS = int(os.environ.get("STEERDECK_CLOCK_JUMPS", "100"))
SLEEPS = int(os.environ.get("STEERDECK_SLEEPS", "20"))
SEED = 20261120
HOUR_MS = 3_600_000
YEAR_MS = 365 * 24 * HOUR_MS
ASKED, RULED = "echo asked >> ran.txt", "echo ruled >> ran.txt"
PATIENCE_S = 60.0
ASLEEP_S = 2.5
"""Longer than what the loop takes for a busy machine."""


class JumpingClock:
    """The machine's clock, but for the time of day."""

    def __init__(self) -> None:
        self.shift_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.shift_ms

    def monotonic(self) -> float:
        return time.monotonic()


def asking(talk: Conversation) -> Reply:
    """In turn a command that asks and one that a temporary rule lets pass, each with a number."""
    done = sum(call.output is not None for call in talk.calls)
    text = (ASKED, RULED)[done % 2]
    return Reply((Say(f"Step {done}."), Call("shell", {"command": text, "why": "So."})))


async def jumps(count: int, seed: int) -> Tally:
    """One session at work while the clock jumps so often; the tally of what must hold."""
    dice, tally, clock = random.Random(seed), Tally(), JumpingClock()
    with tempfile.TemporaryDirectory(prefix="sdp-", dir="/tmp", ignore_cleanup_errors=True) as name:
        repository = plain(Path(name) / "repository").resolve()
        async with scene(Path(name) / "s", {"m": asking}, clock=clock, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m", mode="ask")
            for number in range(count):
                await _one_jump(playing, session, clock, dice, tally, number)
            await playing.give(o.Interrupt, session)
            await playing.status(session, "interrupted")
            heard = [fact.seq for fact in playing.events]
            tally.see(heard == list(range(heard[0], heard[0] + len(heard))), "not in order of seq")
            began = Counter(fact.call for fact in playing.of(session, e.CallStarted))
            tally.see(max(began.values()) == 1, "a call began twice")
            state = playing.state(session)
            tally.see(state.counts.worked_ms < PATIENCE_S * 1000 * count, "time made of a jump")
            tally.see(not playing.of(session, e.ApprovalExpired)[:-1], "an approval expired")
            tally.see(not playing.runtime.fleet.reader.check(), "the journal is damaged")
            tally.lost, tally.twice = losses(playing.events, playing.paths)
    return tally


async def _one_jump(
    playing: Scene,
    session: SessionId,
    clock: JumpingClock,
    dice: random.Random,
    tally: Tally,
    number: int,
) -> None:
    """A jump while an approval is open: it stays, and its answer counts once."""
    state = await playing.status(session, "needs_you")
    (asked,) = state.approvals
    rule = asked.what == RULED and number % 4 == 1
    jump = dice.choice((-YEAR_MS, YEAR_MS, -HOUR_MS, HOUR_MS, dice.randrange(-YEAR_MS, YEAR_MS)))
    clock.shift_ms += jump
    await asyncio.sleep(0)
    same = playing.state(session).approvals
    tally.see(same == (asked,), f"jump {jump}: the approval did not stay")
    if rule:
        # A yes for five minutes, by the clock of now; at the next jump its time is over or unknown.
        await playing.decide(session, allow=True, scope="session", terms=Terms(seconds=300))
        rules = playing.state(session).rules
        clock.shift_ms += jump or HOUR_MS
        tally.see(_none_holds(playing, session, rules), f"jump {jump}: a rule lives on")
    else:
        await playing.decide(session, allow=True)
    await playing.until(lambda: asked not in playing.state(session).approvals)


def _none_holds(playing: Scene, session: SessionId, rules: tuple[Rule, ...]) -> bool:
    from steerdeck_agents.gate.rule_terms import of_session

    now_ms = playing.runtime.fleet.clock.now_ms()
    return bool(rules) and not of_session(playing.state(session), now_ms)


def clocks() -> Counted:
    tally = asyncio.run(jumps(JUMPS, SEED))
    return tally.done(f"{JUMPS} jumps, seed {SEED}").of(JUMPS)


def ran_then_says(talk: Conversation) -> Reply:
    """One command that only a temporary rule lets pass, then the end."""
    if any(call.output is not None for call in talk.calls):
        return Reply((Say("Whole.", final=True),))
    return Reply((Call("shell", {"command": RULED, "why": "So."}),))


async def sleeps(folder: Path, count: int, asleep_s: float = ASLEEP_S) -> Tally:
    """Suspend a runtime in the middle of an answer whose server is gone when it wakes."""
    tally = Tally()
    repository = plain(folder / "repository").resolve()
    cut = Fault((*BEGUN, asleep_s / 2), ending="reset")
    async with faulty(ran_then_says) as server:
        where = home_at(folder / "s", {"m": server.url}, {})
        child = shifted.start(where)
        try:
            client = await _attached(where, child.pid)
            heard: list[e.Event] = []
            for number in range(count):
                server.faults[:] = [cut]
                shifted.shift(where, 8 * number * HOUR_MS)
                given = await client.give(_start(repository, number))
                await client.give(_rule())
                await _until(client, given.session, lambda state: any(state.items))
                os.kill(child.pid, signal.SIGSTOP)
                shifted.shift(where, 8 * (number + 1) * HOUR_MS)
                heard += facts(where)
                await asyncio.sleep(asleep_s)
                os.kill(child.pid, signal.SIGCONT)
                await _woken(client, JournalReader(where.journal), given.session, tally)
            await client.give(o.StopRuntime(id=order_id()))
            await client.close()
            tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
            tally.lost, tally.twice = losses(heard, where)
        finally:
            os.kill(child.pid, signal.SIGCONT)
            await asyncio.to_thread(end_runtimes, folder / "s")
            await asyncio.to_thread(child.wait, PATIENCE_S)
    return tally


async def _attached(where: object, pid: int) -> Client:
    async with asyncio.timeout(PATIENCE_S):
        while (client := await attach(where, "0")) is None:
            await asyncio.sleep(0.02)
    assert client.hello.pid == pid
    return client


def _start(repository: Path, number: int) -> o.Start:
    return o.Start(id=order_id(), task="Run it.", folder=str(repository), name=f"sleeper-{number}",
                   mode="ask", surroundings=SURROUNDINGS)  # fmt: skip


def _rule() -> o.AddRule:
    """A yes to the command for five minutes, in every session."""
    rule = Rule(id="", command=RULED, everywhere=True)
    return o.AddRule(id=order_id(), rule=rule, terms=Terms(seconds=300))


async def _until(
    client: Client, session: SessionId, ready: Callable[[SessionState], object]
) -> SessionState:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            state = await client.ask(wire.StateAt(session), SessionState)
            if ready(state):
                return state
            await asyncio.sleep(0.02)


async def _woken(client: Client, reader: JournalReader, session: SessionId, tally: Tally) -> None:
    """Asked again once, no server blamed for silence, and what was allowed for minutes asks."""
    state = await _until(client, session, lambda state: state.approvals)
    facts = [e.decode(text) for text in reader.events(session, limit=10_000)]
    again = [fact for fact in facts if isinstance(fact, e.RetryPlanned)]
    silent = [fact for fact in facts if isinstance(fact, e.StreamSilent)]
    tally.see(len(again) == 1, f"{session}: asked again {len(again)} times")
    tally.see(not silent, f"{session}: {len(silent)} times called silent")
    halves = [fact for fact in facts if isinstance(fact, e.ItemEnded) and not fact.complete]
    tally.see(halves, f"{session}: what had arrived is not kept")
    (asked,) = state.approvals
    order = o.Decide(id=order_id(), session=session, approval=asked.id, allow=True,
                     shown=asked.binding)  # fmt: skip
    await client.give(order)
    state = await _until(client, session, lambda state: state.status in ("done", "idle"))
    ran = (Path(state.workspace.path) / "ran.txt").read_text().splitlines()
    tally.see(ran == ["ruled"], f"{session}: ran {ran}")


def asleep() -> Counted:
    with world() as folder:
        tally = asyncio.run(sleeps(folder, SLEEPS))
    return tally.done(f"{SLEEPS} sleeps of 8 h").of(SLEEPS)


CLAIMS = (
    Claim("clocks", "the clock jumps: nothing is out of order, nothing expires wrongly", clocks),
    Claim(
        "asleep", "a machine that slept: one retry, no silence, what was for minutes asks", asleep
    ),
)
