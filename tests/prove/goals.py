"""A goal of sixty turns, killed with kill -9 at fifty seeded points: the same files in the end."""

import asyncio
import hashlib
import os
import random
import signal
import time
from pathlib import Path

from kit.command import damage, end_runtimes, left_of, lives
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.models.scripted import Asked, Call, Conversation, Reply, Say
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

TURNS = 60
KILLS = int(os.environ.get("STEERDECK_GOAL_KILLS", "50"))
A_RUN = 5
BUDGET = 40
"""Turns, raised when it is reached."""
SEED = 20261120
PATIENCE_S = 300.0
CHECK = Check(name="sixty", command=f"cat steps; test $(cat steps 2>/dev/null | wc -l) -ge {TURNS}")


def command(step: int) -> str:
    return f"echo step {step} >> steps"


def stepping(talk: Conversation) -> Reply:
    """One step a turn; a step that is said to have failed is taken again."""
    done = sum(map(_worked, talk.calls))
    if talk.calls and not talk.note.startswith("Turn") and len(talk.messages) < len(talk.calls):
        return Reply((Say(f"Step {done} is done.", id=f"msg_{len(talk.calls)}", final=True),))
    arguments = {"command": command(done + 1), "why": "The next step."}
    return Reply((Call("shell", arguments, f"call_{talk.salt}_{len(talk.calls)}"),))


def _worked(call: Asked) -> bool:
    return call.output is not None and ("exit code: 0" in call.output or "is done" in call.output)


async def _run(where: Paths, repository: Path, points: list[float], tally: Tally) -> float:
    """One goal from its start to its end, killed at these times (seconds); how long it took."""
    client = await ensure(where, "0", os.environ)
    order = o.Start(
        id=order_id(), task="Sixty steps.", folder=str(repository), name="goal", mode="auto",
        surroundings=SURROUNDINGS, checks=(CHECK,), goal=Goal("Sixty steps."),
        limits=Limits(turns=BUDGET),
    )  # fmt: skip
    await client.give(order)
    began, most = time.monotonic(), 0
    for point in points:
        while time.monotonic() - began < point:
            most = max(most, await _go_on(client))
            await asyncio.sleep(0.05)
        os.kill(client.hello.pid, signal.SIGKILL)
        while lives(client.hello.pid):
            await asyncio.sleep(0.005)
        await client.close()
        client = await ensure(where, "0", os.environ)
        tally.see(True, "")
    while time.monotonic() - began < PATIENCE_S:
        most = max(most, await _go_on(client))
        (state,) = await client.sessions()
        if state.goal is None and state.status == "done":
            break
        await asyncio.sleep(0.05)
    (state,) = await client.sessions()
    await client.close()
    took = time.monotonic() - began
    tally.see(state.goal is None and state.status == "done", f"{state.status}: {state.reason}")
    tally.see(most <= BUDGET + 1, f"{most} turns on a budget of {BUDGET}")
    steps = (Path(state.workspace.path) / "steps").read_text().splitlines()
    wanted = [f"step {number}" for number in range(1, TURNS + 1)]
    tally.twice = (tally.twice or 0) + len(steps) - len(set(steps))
    tally.see(steps == wanted, f"{len(steps)} steps, {len(steps) - len(set(steps))} of them twice")
    return took


async def _go_on(client: Client) -> int:
    """Say what a developer would, who looks before he speaks; turns used when the budget ended."""
    (state,) = await client.sessions()
    for call in state.calls:
        if call.unknown:
            await client.give(
                o.Resolve(
                    id=order_id(), session=state.id, call=call.id, verdict=_seen(state, call.title)
                )
            )
    if not state.parked:
        return 0
    spent = 0
    if state.reason.startswith("Its budget"):
        spent = state.counts.turns
        raised = Limits(turns=0)
        await client.give(o.Configure(id=order_id(), session=state.id, limits=raised))
    await client.give(o.Resume(id=order_id(), session=state.id))
    return spent


def _seen(state: SessionState, title: str) -> str:
    steps = Path(state.workspace.path) / "steps"
    line = title.removeprefix("echo ").removesuffix(" >> steps")
    there = steps.exists() and line in steps.read_text().splitlines()
    return "done" if there else "failed"


def _tree(where: Paths) -> str:
    (workspace,) = where.workspaces.iterdir()
    told = hashlib.sha256()
    for file in sorted(workspace.rglob("*")):
        if file.is_file() and ".git" not in file.parts:
            told.update(str(file.relative_to(workspace)).encode() + b"\0" + file.read_bytes())
    return told.hexdigest()


def goals() -> Counted:
    dice = random.Random(SEED)
    tally = Tally()
    whole, took = "", 0.0
    left = KILLS
    while left > 0 or not whole:
        with world() as folder, playing({"stepping": stepping}) as url:
            repository = plain(folder / "repository").resolve()
            allowed = {command(step): repository for step in range(1, TURNS + 1)}
            where = home_at(folder / "s", {"stepping": url}, allowed)
            kills = min(left, A_RUN) if whole else 0
            points = sorted(dice.uniform(0.02, 0.98) * took for _ in range(kills))
            try:
                lasted = asyncio.run(_run(where, repository, points, tally))
            finally:
                end_runtimes(folder / "s")
            tree = _tree(where)
            if not whole:
                whole, took = tree, lasted
            left -= kills
            tally.see(tree == whole, "the files differ from those of the uninterrupted run")
            tally.see(not (found := damage(where)), f"the journal: {found[:3]}")
            tally.see(not (stuck := left_of(folder)), f"{len(stuck)} processes left: {stuck[:1]}")
            print(left, "kills left", f"{lasted:.1f} s", tally.notes, flush=True)
    return tally.done(f"{KILLS} kills, a goal of {TURNS} turns, seed {SEED}").of(KILLS)


CLAIMS = (
    Claim(
        "goals",
        "a goal killed at seeded points: the files of the uninterrupted run, no tool twice",
        goals,
    ),
)
