"""A repository of 100,000 files: how far it is can be seen, it can be stopped, nothing is left."""

import asyncio
import os
import signal
import subprocess
import time
from pathlib import Path

from kit.command import PROGRAM, damage, end_runtimes, facts, of_kind, sessions, steerdeck
from kit.playing import playing
from kit.repositories import fingerprint, many
from kit.scene import SURROUNDINGS, home_at, order_id
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

FILES = int(os.environ.get("STEERDECK_FILES", "100000"))


def looking(talk: Conversation) -> Reply:
    if not talk.calls:
        return Reply((Call("search", {"pattern": "hello", "glob": "d000/*"}),))
    return Reply((Say("I have seen enough.", final=True),))


async def _state(client: Client, session: SessionId) -> SessionState:
    return await client.ask(wire.StateAt(session), SessionState)


async def _stopped(where: Paths, repository: Path, tally: Tally) -> None:
    """Start, stop while the workspace is made, look what is left, discard."""
    client = await ensure(where, "0", os.environ)
    given = await client.give(
        o.Start(
            id=order_id(), task="Look.", folder=str(repository), name="stopped", mode="auto",
            surroundings=SURROUNDINGS,
        )
    )  # fmt: skip
    state = await _state(client, given.session)
    until = time.monotonic() + 60
    while not state.progress and not state.workspace.path and time.monotonic() < until:
        await asyncio.sleep(0.01)
        state = await _state(client, given.session)
    tally.see(state.progress, "no progress was seen before the workspace stood")
    begun = time.monotonic()
    await client.give(o.Interrupt(id=order_id(), session=given.session))
    while not state.parked and time.monotonic() < begun + 30:
        await asyncio.sleep(0.01)
        state = await _state(client, given.session)
    tally.see(state.parked, f"it went on: {state.status} {state.reason}")
    tally.notes.append(f"stopped after {time.monotonic() - begun:.2f} s: {state.reason}")
    left = [path for path in where.workspaces.glob("*") if path.is_dir()]
    tally.see(not left, f"left behind: {left}")
    working = subprocess.run(["pgrep", "-f", str(where.data)], capture_output=True, text=True)
    others = set(working.stdout.split()) - {str(client.hello.pid)}
    tally.see(not others, f"processes left: {others}")
    await client.give(o.Resume(id=order_id(), session=given.session))
    until = time.monotonic() + 300
    while state.status not in ("done", "idle", "failed") and time.monotonic() < until:
        await asyncio.sleep(0.05)
        state = await _state(client, given.session)
    tally.see(state.status in ("done", "idle"), f"after going on: {state.status} {state.reason}")
    await client.close()


def hundred_thousand() -> Counted:
    tally = Tally()
    with world() as folder, playing({"looking": looking}) as url:
        repository = many(folder / "many", FILES).resolve()
        before = fingerprint(repository)
        where = home_at(folder / "s", {"looking": url}, {})
        try:
            asyncio.run(_stopped(where, repository, tally))
            begun = time.monotonic()
            done = steerdeck("run", "Look.", "--name", "whole", folder=repository)
            tally.see(done.code == 0, f"run: {done.code} {done.err[-300:]}")
            tally.notes.append(f"a whole session took {time.monotonic() - begun:.1f} s")
            made = of_kind(facts(where), e.WorkspaceMade)[-1]
            count = sum(len(names) for _, _, names in os.walk(Path(made.workspace.path) / "d000"))
            tally.see(count == 100, f"{count} files in the first folder")
            tally.see(_ended_by_ctrl_c(repository), "Ctrl+C did not end `run` with 130")
            tally.see(not damage(where), "the journal is damaged")
            tally.see(sessions(where)["whole"].status in ("done", "idle"), "whole is not done")
        finally:
            end_runtimes(folder / "s")
        tally.see(fingerprint(repository) == before, "the user's repository was touched")
    return tally.done(f"{FILES:,} files")


def _ended_by_ctrl_c(repository: Path) -> bool:
    with subprocess.Popen(
        [PROGRAM, "run", "Look.", "--name", "cut"], cwd=repository, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        assert child.stderr is not None
        child.stderr.readline()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        return child.returncode == 130


CLAIMS = (Claim("big", "100,000 files: progress, cancel, nothing left behind", hundred_thousand),)
