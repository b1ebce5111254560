"""kill -9 of the runtime and of the deck at random points, while four sessions work."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

from kit.command import PROGRAM, damage, end_runtimes, facts, left_of, lives, of_kind, runtime_pid
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
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

RUNTIME_KILLS = int(os.environ.get("STEERDECK_KILLS", "100"))
DECK_KILLS = int(os.environ.get("STEERDECK_DECK_KILLS", "20"))
SESSIONS, STEPS = 4, 30
SEED = 20261120
PATIENCE_S = 60.0


def command(step: int) -> str:
    """Leaves its number behind each time it runs; slow enough to be killed within."""
    return f"echo {step} >> ran.txt; sleep 0.03; echo {step} >> done.txt"


def counting(talk: Conversation) -> Reply:
    done = sum(call.output is not None for call in talk.calls)
    if done >= STEPS:
        return Reply((Say("All steps are done.", final=True),))
    return Reply((Say(f"Step {done}."), Call("shell", {"command": command(done), "why": "Count."})))


class Witness:
    """Keeps every fact a client was sent: what was shown may never be lost."""

    def __init__(self) -> None:
        self.seen: dict[int, str] = {}

    async def listen(self, client: Client) -> None:
        await client.watch(SessionId(""), "status")
        async for frame in client.incoming():
            if isinstance(frame, wire.Facts):
                for raw in frame.events:
                    text = bytes(raw).decode()
                    self.seen[e.decode(text).seq] = text


async def _round(where: Paths, repository: Path, kills: int, dice: random.Random) -> Tally:
    """Four sessions from start to end with some kills on the way."""
    tally, witness = Tally(), Witness()
    client = await ensure(where, "0", os.environ)
    listening = asyncio.create_task(witness.listen(client))
    answered: dict[OrderId, int] = {}
    for number in range(SESSIONS):
        order = o.Start(
            id=order_id(), task="Count.", folder=str(repository), name=f"count-{number}",
            mode="auto", surroundings=SURROUNDINGS,
        )  # fmt: skip
        given = await client.give(order)
        answered[order.id] = given.seq
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(0.0, 0.8))
        os.kill(client.hello.pid, signal.SIGKILL)
        while lives(client.hello.pid):
            await asyncio.sleep(0.005)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await client.close()
        client = await ensure(where, "0", os.environ)
        tally.see(True, "")
        listening = asyncio.create_task(witness.listen(client))
        await _settle(client, answered)
    until = time.monotonic() + PATIENCE_S
    while any(s.status not in ("done", "idle") for s in await client.sessions()):
        await _settle(client, answered)
        await asyncio.sleep(0.05)
        if time.monotonic() > until:
            break
    states = await client.sessions()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await client.close()
    _look(where, states, witness, answered, tally)
    return tally


def _look(
    where: Paths,
    states: list[SessionState],
    witness: Witness,
    answered: dict[OrderId, int],
    tally: Tally,
) -> None:
    """Hold the journal and the workspaces to what was shown and answered."""
    reader = JournalReader(where.journal)
    stored = {e.decode(text).seq: text for text in _all(reader)}
    lost = [seq for seq, text in witness.seen.items() if stored.get(seq) != text]
    tally.see(not lost, f"{len(lost)} facts that were shown are not in the journal")
    gone = [order for order, seq in answered.items() if reader.order_answer(order) != seq]
    tally.see(not gone, f"{len(gone)} orders that were answered are not in the journal")
    tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
    tally.see(len(states) == SESSIONS, f"{len(states)} sessions")
    for state in states:
        tally.see(state.status in ("done", "idle"), f"{state.name}: {state.status} {state.reason}")
        ran = (Path(state.workspace.path) / "ran.txt").read_text().split()
        tally.see(len(ran) == len(set(ran)), f"{state.name}: a command ran twice: {ran}")


def _all(reader: JournalReader) -> list[str]:
    found: list[str] = []
    while page := reader.events(None, after=e.decode(found[-1]).seq if found else 0, limit=5000):
        found += page
    return found


async def _settle(client: Client, answered: dict[OrderId, int]) -> None:
    """What the developer would say: lost calls are done, parked sessions go on."""
    for state in await client.sessions():
        orders: list[o.Order] = [
            o.Resolve(id=order_id(), session=state.id, call=call.id, verdict="done")
            for call in state.calls
            if call.unknown
        ]
        if state.parked:
            orders.append(o.Resume(id=order_id(), session=state.id))
        for order in orders:
            try:
                answered[order.id] = (await client.give(order)).seq
            except SteerdeckError as refused:
                print("refused:", refused)


def runtime_kills() -> Counted:
    dice = random.Random(SEED)
    tally = Tally()
    left = RUNTIME_KILLS
    while left > 0:
        with world() as folder, playing({"counting": counting}) as url:
            repository = plain(folder / "repository").resolve()
            before = fingerprint(repository)
            allowed = {command(step): repository for step in range(STEPS)}
            where = home_at(folder / "s", {"counting": url}, allowed)
            kills = min(left, 10)
            try:
                part = asyncio.run(_round(where, repository, kills, dice))
            finally:
                end_runtimes(folder / "s")
            left -= kills
            tally.counted += part.counted
            tally.wanted += part.wanted
            tally.notes += part.notes
            tally.see(fingerprint(repository) == before, "the user's repository was touched")
            tally.see(not (stuck := left_of(folder)), f"{len(stuck)} processes left: {stuck[:1]}")
            print(left, "kills left", part.notes, flush=True)
    return tally.done(f"{RUNTIME_KILLS} kills, {SESSIONS} sessions, seed {SEED}")


def asking(talk: Conversation) -> Reply:
    """Streams for a while, then asks to run something no rule names."""
    done = len(talk.calls)
    words = " ".join(f"word{n}" for n in range(40))
    return Reply((Say(words), Call("shell", {"command": f"touch ask-{done}", "why": "Ask."})))


def deck_kills() -> Counted:
    dice = random.Random(SEED)
    tally = Tally()
    with world() as folder, playing({"asking": asking}, pace=100) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"asking": url}, {})
        try:
            with Terminal([PROGRAM], folder=repository) as deck:
                deck.wait_for("Nothing is running")
                deck.press("ask me", "enter")
                deck.wait_for("ask-me")
                runtime = runtime_pid(where)
            for _ in range(DECK_KILLS):
                with Terminal([PROGRAM], folder=repository) as deck:
                    time.sleep(dice.uniform(0.05, 1.5))
                    deck.signal(signal.SIGKILL)
                    deck.wait_end()
                same = runtime_pid(where) == runtime
                answers = of_kind(facts(where), e.ApprovalDecided, e.ApprovalExpired)
                tally.see(same and not answers, f"runtime the same: {same}, answered: {answers}")
            with Terminal([PROGRAM], folder=repository) as deck:
                deck.wait_for("asks to run")
                asked = of_kind(facts(where), e.ApprovalRequested)
                tally.see(len({fact.approval for fact in asked}) == 1, f"asked: {len(asked)}")
                deck.press("ctrl+c")
                deck.wait_for("Ctrl+C again")
                deck.press("ctrl+c")
                tally.see(deck.wait_end() == 0 and not deck.left_on(), "the last deck")
            tally.see(not damage(where), "the journal is damaged")
        finally:
            end_runtimes(folder / "s")
    return tally.done(f"{DECK_KILLS} kills, seed {SEED}")


CLAIMS = (
    Claim(
        "runtime",
        "kill -9 of the runtime: nothing shown is lost, nothing runs twice, the journal is whole",
        runtime_kills,
    ),
    Claim("deck", "kill -9 of the deck: agents go on, nothing is answered", deck_kills),
)
