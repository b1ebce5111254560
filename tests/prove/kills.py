"""kill -9 of the runtime, of a command, and of deck and runtime together, while sessions work.

Half of the kills of the runtime come at a step of its own (a commit, a spawn, a rename: before or
after it), the others at any time.
"""

import asyncio
import os
import random
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from kit import failpoints
from kit.command import PROGRAM, damage, end_runtimes, facts, left_of, lives, of_kind
from kit.counting import Counting
from kit.playing import playing
from kit.repositories import fingerprint, plain
from kit.scene import SURROUNDINGS, home_at, order_id
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.settings.paths import Paths

RUNTIME_KILLS = int(os.environ.get("STEERDECK_KILLS", "1000"))
BOTH_KILLS = int(os.environ.get("STEERDECK_BOTH_KILLS", "300"))
SESSIONS = 5
COUNTING = Counting(30, "echo {0} >> ran.txt; sleep 0.03; echo {0} >> done.txt")
"""Slow enough to be killed within."""
A_ROUND = 40
"""Kills of one round of sessions, which then go on to their end."""
STEPS_OF_A_LIFE = 120
SEED = 20261120
PATIENCE_S = 60.0
USABLE_S = 2.0
OLDEST_S = 5.0


SAID, LOST, DONE = "say killed", "were lost with their runtime", "had come to their end"
HOW = (SAID, LOST, DONE)
"""What may become of a command that is killed alone."""
LEAST_SAID = 0.8


class Killed(NamedTuple):
    """A command that was killed alone: its workspace, its text and its number."""

    folder: str
    command: str
    step: str


class Witness:
    """Keeps every fact a client was sent, and every answer: what was shown may never be lost."""

    def __init__(self) -> None:
        self.seen: dict[int, str] = {}
        self.answered: dict[OrderId, int] = {}
        self._listening: asyncio.Task[None] | None = None

    async def follow(self, client: Client) -> None:
        await self.leave()
        self._listening = asyncio.create_task(self._listen(client))

    async def leave(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self, client: Client) -> None:
        await client.watch(SessionId(""), "status")
        async for frame in client.incoming():
            if isinstance(frame, wire.Facts):
                for raw in frame.events:
                    text = bytes(raw).decode()
                    self.seen[e.decode(text).seq] = text


@dataclass
class Losses:
    """What is counted of all rounds."""

    points: int = 0
    lost: int = 0
    twice: int = 0
    usable_s: list[float] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)


@dataclass
class Round:
    """Sessions from start to end, with deaths on the way."""

    where: Paths
    dice: random.Random
    losses: Losses
    tally: Tally
    witness: Witness = field(default_factory=Witness)
    at: int = 0
    """At which of its steps the next runtime is killed."""

    async def begin(self, repository: Path) -> Client:
        client = await self.alive()
        for number in range(SESSIONS):
            order = o.Start(
                id=order_id(), task="Count.", folder=str(repository), name=f"count-{number}",
                mode="auto", surroundings=SURROUNDINGS,
            )  # fmt: skip
            self.witness.answered[order.id] = (await client.give(order)).seq
        return client

    async def alive(self) -> Client:
        """A client of a runtime, however often one dies while it starts."""
        for _ in range(20):
            try:
                client = await ensure(self.where, "0", os.environ)
                await client.sessions()
                await self.witness.follow(client)
            except SteerdeckError as error:
                print("died early:", error)
                self.losses.points += 1
                self.at = 0
            else:
                return client
        raise AssertionError("no runtime comes up")

    async def again(self, client: Client) -> Client:
        """The next runtime; how long it takes until it answers is noted."""
        pid = client.hello.pid
        while lives(pid):
            await asyncio.sleep(0.005)
        await self.witness.leave()
        await client.close()
        died, early = time.monotonic(), self.losses.points
        client = await self.alive()
        if self.losses.points == early:
            self.losses.usable_s.append(time.monotonic() - died)
        self.losses.points += 1
        return client

    async def settle(self, client: Client) -> bool:
        """What the developer would say: lost calls are done, parked sessions go on.

        Whether all is done.
        """
        states = await client.sessions()
        for state in states:
            orders: list[o.Order] = [
                o.Resolve(id=order_id(), session=state.id, call=call.id, verdict="done")
                for call in state.calls
                if call.unknown
            ]
            if state.parked:
                orders.append(o.Resume(id=order_id(), session=state.id))
            for order in orders:
                try:
                    self.witness.answered[order.id] = (await client.give(order)).seq
                except SteerdeckError as refused:
                    print("refused:", refused)
        return all(state.status in ("done", "idle") for state in states)

    async def until_dead(self, client: Client, within_s: float) -> bool:
        """Be its developer until the runtime dies or all is done; it is killed then. Which?"""
        until = time.monotonic() + within_s
        done = False
        try:
            while lives(client.hello.pid) and not done and time.monotonic() < until:
                done = await self.settle(client)
                await asyncio.sleep(0.02)
        except SteerdeckError:
            # It has died in the middle of an answer.
            return False
        if lives(client.hello.pid):
            os.kill(client.hello.pid, signal.SIGKILL)
        return done

    async def to_the_end(self, client: Client) -> list[SessionState]:
        until = time.monotonic() + PATIENCE_S
        while not await self.settle(client) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        states = await client.sessions()
        await self.witness.leave()
        await client.close()
        return states

    def look(self, states: list[SessionState]) -> None:
        """Hold the journal and the workspaces to what was shown and answered."""
        tally, reader = self.tally, JournalReader(self.where.journal)
        stored = {e.decode(text).seq: text for text in _all(reader)}
        lost = [seq for seq, text in self.witness.seen.items() if stored.get(seq) != text]
        tally.see(not lost, f"{len(lost)} facts that were shown are not in the journal")
        answered = self.witness.answered.items()
        gone = [order for order, seq in answered if reader.order_answer(order) != seq]
        tally.see(not gone, f"{len(gone)} orders that were answered are not in the journal")
        self.losses.lost += len(lost) + len(gone)
        tally.see(not (found := damage(self.where)), f"the journal: {found[:3]}")
        tally.see(len(states) == SESSIONS, f"{len(states)} sessions")
        for state in states:
            well = state.status in ("done", "idle")
            tally.see(well, f"{state.name}: {state.status} {state.reason}")
            file = Path(state.workspace.path) / "ran.txt"
            ran = file.read_text().split() if file.exists() else []
            tally.see(len(ran) == len(set(ran)), f"{state.name}: a command ran twice: {ran}")
            self.losses.twice += len(ran) - len(set(ran))


Play = Callable[[Round, Path, int], Coroutine[None, None, None]]


def _all(reader: JournalReader) -> list[str]:
    found: list[str] = []
    while page := reader.events(None, after=e.decode(found[-1]).seq if found else 0, limit=5000):
        found += page
    return found


async def _killed(a_round: Round, repository: Path, kills: int) -> None:
    """A round in which the runtime is killed so often, at its own steps or at any time."""
    dice, losses = a_round.dice, a_round.losses
    wanted = losses.points + kills
    client = await a_round.begin(repository)
    done = False
    while losses.points < wanted and not done:
        # One that was given a step dies there, if it comes so far.
        within_s = 5.0 if a_round.at else dice.uniform(0.0, 0.6)
        done = await a_round.until_dead(client, within_s)
        last = losses.points + 1 >= wanted or done
        a_round.at = 0 if last or dice.random() < 0.4 else dice.randrange(1, STEPS_OF_A_LIFE)
        client = await a_round.again(client)
    a_round.look(await a_round.to_the_end(client))


def _rounds(points: int, play: Play) -> tuple[Tally, Losses]:
    """Rounds in worlds of their own until so many points were tried."""
    dice, tally, losses = random.Random(SEED), Tally(), Losses()
    while losses.points < points:
        with world() as folder, playing({"counting": COUNTING}) as url:
            repository = plain(folder / "repository").resolve()
            before = fingerprint(repository)
            where = home_at(folder / "s", {"counting": url}, COUNTING.allowed(repository))
            a_round = Round(where, dice, losses, tally)
            try:
                with failpoints.dying(lambda one=a_round: one.at):
                    kills = min(points - losses.points, A_ROUND)
                    asyncio.run(play(a_round, repository, kills))
            finally:
                end_runtimes(folder / "s")
            deaths = where.state / failpoints.DEATHS
            losses.deaths.update(deaths.read_text().splitlines() if deaths.exists() else [])
            tally.see(fingerprint(repository) == before, "the user's repository was touched")
            tally.see(not (stuck := left_of(folder)), f"{len(stuck)} processes left: {stuck[:1]}")
            print(losses.points, "of", points, tally.notes, flush=True)
    return tally, losses


def runtime_kills() -> Counted:
    tally, losses = _rounds(RUNTIME_KILLS, _killed)
    usual = statistics.median(losses.usable_s)
    tally.see(usual < USABLE_S, f"the next runtime took {usual:.2f} s until it could be used")
    steps = ", ".join(f"{count} {name}" for name, count in losses.deaths.most_common())
    tally.lost, tally.twice = losses.lost, losses.twice
    return tally.done(
        f"{SESSIONS} sessions, seed {SEED}; of the kills {steps or 'none at a step'}",
        f"usable after {usual:.2f} s, at most {max(losses.usable_s):.2f} s",
    ).of(losses.points)


async def _both(a_round: Round, repository: Path, kills: int) -> None:
    """A round in which deck and runtime die together, or a command alone."""
    dice, tally = a_round.dice, a_round.tally
    wanted, killed = a_round.losses.points + kills, list[Killed]()
    client = await a_round.begin(repository)
    while a_round.losses.points < wanted and not await a_round.settle(client):
        if dice.random() < 0.5:
            killed += (one := await _a_command(client))
            a_round.losses.points += len(one)
            await asyncio.sleep(dice.uniform(0.0, 0.1))
            continue
        with Terminal([PROGRAM], folder=repository) as deck:
            await asyncio.sleep(dice.uniform(0.05, 1.2))
            runtime = client.hello.pid
            left = [one.pid for one in descendants.descendants(runtime)]
            os.kill(runtime, signal.SIGKILL)
            deck.signal(signal.SIGKILL)
            deck.wait_end()
        client = await a_round.again(client)
        until = time.monotonic() + OLDEST_S
        while (old := [pid for pid in left if lives(pid)]) and time.monotonic() < until:
            await asyncio.sleep(0.05)
        tally.see(not old, f"{len(old)} commands outlived their runtime")
    states = await a_round.to_the_end(client)
    a_round.look(states)
    for one in killed:
        how = _ended(one, states, a_round.where)
        a_round.losses.deaths[how] += 1
        tally.see(how in HOW, f"{one}: killed, and its result says {how}")


def _ended(one: Killed, states: list[SessionState], where: Paths) -> str:
    """What became of a command that was killed alone, as the journal and its files tell it."""
    (session,) = [state.id for state in states if state.workspace.path == one.folder]
    told = [fact for fact in facts(where) if fact.session == session]
    asked = [fact.call for fact in of_kind(told, e.CallRequested) if fact.title == one.command]
    ended = [fact for fact in of_kind(told, e.CallEnded) if fact.call in asked]
    if any("signal 9" in fact.result or "exit code: 137" in fact.result for fact in ended):
        return SAID
    if any(fact.call in asked for fact in of_kind(told, e.CallLost)):
        return LOST
    done = Path(one.folder) / "done.txt"
    if done.exists() and one.step in done.read_text().split():
        return DONE
    return "; ".join(fact.result for fact in ended) or "nothing"


async def _a_command(client: Client) -> list[Killed]:
    """Kill one command the runtime has running; which, and none when none ran for a while."""
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        running = [one for one in descendants.descendants(client.hello.pid) if one.state != "Z"]
        for one in running:
            if (found := _command_of(one.pid)) is None:
                continue
            try:
                os.kill(one.pid, signal.SIGKILL)
            except ProcessLookupError:
                return []
            return [found]
        await asyncio.sleep(0.005)
    return []


def _command_of(pid: int) -> Killed | None:
    """The command of the script whose shell a process is, if it is one."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        folder = str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return None
    for step in range(COUNTING.steps):
        text = COUNTING.command(step)
        if words[0].endswith(b"bash") and any(text.encode() in word for word in words):
            return Killed(folder, text, str(step))
    return None


def both_kills() -> Counted:
    tally, losses = _rounds(BOTH_KILLS, _both)
    alone, said = sum(losses.deaths[how] for how in HOW), losses.deaths[SAID]
    tally.see(said > alone * LEAST_SAID, f"{said} of {alone} results say that it was killed")
    tally.lost, tally.twice = losses.lost, losses.twice
    each = ", ".join(f"{losses.deaths[how]} {how}" for how in HOW)
    told = f"{SESSIONS} sessions, seed {SEED}; of {alone} commands killed alone {each}"
    return tally.done(told).of(losses.points)


CLAIMS = (
    Claim(
        "runtime",
        "kill -9 of the runtime: nothing shown is lost, nothing runs twice, the journal is whole",
        runtime_kills,
    ),
    Claim("both", "kill -9 of deck and runtime at once, or of a command alone", both_kills),
)
