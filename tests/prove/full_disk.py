"""A disk that fills up at random moments, while sessions work: said, waited for, nothing lost."""

import asyncio
import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kit.command import damage, end_runtimes, facts, lives
from kit.full_disks import full, may_mount, small_disks
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

POINTS = int(os.environ.get("STEERDECK_FULL_DISKS", "200"))
SESSIONS, STEPS = 2, 1500
PATIENCE_S = 40.0
SEED = 20261121
WHERE = ("journal", "spool and log", "workspace", "all of them")


def command(step: int) -> str:
    """Leaves its number behind each time it runs, and prints enough for the spool to notice."""
    return f"echo {step} >> ran.txt; seq 1 {200 + step % 7 * 900}"


def counting(talk: Conversation) -> Reply:
    done = sum(call.output is not None for call in talk.calls)
    if done >= STEPS:
        return Reply((Say("Done.", final=True),))
    return Reply((Say(f"Step {done}."), Call("shell", {"command": command(done), "why": "Go."})))


class Watch:
    """Everything one client was told: what it was shown may never be lost."""

    def __init__(self) -> None:
        self.seen: dict[int, str] = {}
        self.storage = wire.Storage()
        self.troubles = 0
        self.beside = 0
        """Facts that came while it was said that none can be kept."""
        self.gone = ""
        self._heard = asyncio.Event()

    async def listen(self, client: Client) -> None:
        await client.watch(SessionId(""), "full")
        async for frame in client.incoming():
            match frame:
                case wire.Facts(events):
                    self.beside += len(events) if self.storage.problem else 0
                    for raw in events:
                        text = bytes(raw).decode()
                        self.seen[e.decode(text).seq] = text
                case wire.Storage():
                    self.troubles += bool(frame.problem) and not self.storage.problem
                    self.storage = frame
                case wire.Bye(reason):
                    self.gone = reason
            self._heard.set()

    async def until(self, ready: Callable[[], bool]) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while not ready():
                    self._heard.clear()
                    await self._heard.wait()
        return ready()


async def one_home(folder: Path, url: str, points: int, dice: random.Random, tally: Tally) -> None:
    """Sessions at work in one home whose disks fill up so many times."""
    repository = plain(folder / "repository").resolve()
    allowed = {command(step): repository for step in range(STEPS)}
    where = home_at(folder / "s", {"counting": url}, allowed)
    disks = {where.data: 24, where.state: 4, where.workspaces: 16}
    with small_disks(disks):
        try:
            client = await ensure(where, "0", os.environ)
            watch = Watch()
            listening = asyncio.create_task(watch.listen(client))
            names = [await _start(client, repository, number) for number in range(SESSIONS)]
            for point in range(points):
                await _point(where, watch, names, dice, point, tally)
            states = {state.id: state for state in await client.sessions()}
            told = [f"{states[name].status} {states[name].reason}" for name in names]
            tally.see(all(one.startswith("working") for one in told), f"sessions: {told}")
            tally.see(lives(client.hello.pid) and not watch.gone, f"the runtime: {watch.gone}")
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await client.close()
        finally:
            await asyncio.to_thread(end_runtimes, folder / "s")
        _look(where, watch, tally)


async def _start(client: Client, repository: Path, number: int) -> SessionId:
    given = await client.give(
        o.Start(
            id=order_id(),
            task="Count.",
            folder=str(repository),
            name=f"count-{number}",
            mode="auto",
            surroundings=SURROUNDINGS,
        )
    )
    return given.session


async def _point(
    where: Paths,
    watch: Watch,
    names: list[SessionId],
    dice: random.Random,
    point: int,
    tally: Tally,
) -> None:
    kind = WHERE[(point + dice.randrange(4)) % len(WHERE)]
    await asyncio.sleep(dice.uniform(0.0, 0.4))
    leave = dice.choice((0, 0, 4096, 20_000))
    places = {
        "journal": [where.data],
        "spool and log": [where.state],
        "workspace": [where.workspaces],
        "all of them": [where.data, where.state, where.workspaces],
    }[kind]
    hurts = where.data in places
    filled = [full(place, leave) for place in places]
    for disk in filled:
        disk.__enter__()
    said = True
    if hurts:
        said = await watch.until(lambda: bool(watch.storage.problem))
    else:
        await asyncio.sleep(dice.uniform(0.1, 0.5))
    await asyncio.sleep(0.2 if hurts else 0.0)
    before = max(watch.seen, default=0)
    for disk in filled:
        disk.__exit__(None, None, None)
    goes = await watch.until(
        lambda: _all_went_on(watch, names, before) and not watch.storage.problem
    )
    tally.see(said and goes, f"{kind} at {point}: said {said}, goes on {goes}")


def _all_went_on(watch: Watch, names: list[SessionId], before: int) -> bool:
    went = {e.decode(text).session for seq, text in watch.seen.items() if seq > before}
    return set(names) <= went


def _look(where: Paths, watch: Watch, tally: Tally) -> None:
    """Hold the journal and the workspaces to what was shown."""
    stored = facts(where)
    by_seq = {fact.seq: fact for fact in stored}
    lost = [seq for seq, text in watch.seen.items() if by_seq.get(seq) != e.decode(text)]
    tally.see(not lost, f"{len(lost)} facts that were shown are lost")
    tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
    twice = 0
    for place in where.workspaces.iterdir():
        ran = place / "ran.txt"
        steps = [line for line in ran.read_text().split("\n") if line] if ran.exists() else []
        twice += len(steps) - len(set(steps))
    tally.see(not twice, f"{twice} commands ran twice")
    tally.lost, tally.twice = (tally.lost or 0) + len(lost), (tally.twice or 0) + twice
    tally.see(not watch.beside, f"{watch.beside} facts while none could be kept")
    tally.notes.append(
        f"{len(watch.seen):,} facts shown, {len(lost)} lost, {twice} commands run twice,"
        f" the banner came {watch.troubles} times"
    )


async def _homes(root: Path, url: str, tally: Tally) -> None:
    homes = min(4, POINTS)
    share = [POINTS // homes + (number < POINTS % homes) for number in range(homes)]
    await asyncio.gather(
        *(
            one_home(root / str(number), url, points, random.Random(SEED + number), tally)
            for number, points in enumerate(share)
        )
    )


def full_disk() -> Counted:
    tally = Tally()
    with world() as folder:
        if why := may_mount(folder):
            return Counted(skipped=f"no small disks here: {why}")
        with playing({"counting": counting}) as url:
            asyncio.run(_homes(folder, url, tally))
    return tally.done(f"{POINTS} points in {', '.join(WHERE)}; seed {SEED}").of(POINTS)


CLAIMS = (
    Claim(
        "full-disk",
        "a disk full at random moments: said, paused, nothing lost, goes on when there is room",
        full_disk,
    ),
)
