"""The runtime as a process of its own: started, shared, killed, and back from the journal."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from kit.counting import Counting, start
from kit.repositories import plain
from kit.scene import home_at, order_id
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import attach, ensure
from steerdeck_agents.sandbox.background import NICE
from steerdeck_agents.settings.paths import Paths

COUNTING = Counting(6, "echo {0} >> ran.txt; sleep 0.1; echo {0} >> done.txt")
"""Slow enough to be killed within."""
KILLS = int(os.environ.get("STEERDECK_KILLS", "3"))
PATIENCE_S = 30.0


async def until(ready: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await ready():
            await asyncio.sleep(0.01)


async def state_of(client: Client, session: SessionId) -> SessionState:
    return await client.ask(wire.StateAt(session), SessionState)


async def stop(where: Paths) -> None:
    """End the runtime of a home, if one runs, and wait until it is gone."""
    client = await attach(where, "0")
    if client is not None:
        pid = client.hello.pid
        await client.give(o.StopRuntime(id=order_id()))
        await client.close()
        await until(lambda: gone(pid))


async def gone(pid: int) -> bool:
    """Whether a process has ended, collected by us or not."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository").resolve()


def test_kill_nine_loses_no_fact_and_runs_no_call_twice(short_folder: Path, repository: Path):
    asyncio.run(killed_again_and_again(short_folder, repository))


async def killed_again_and_again(home: Path, repository: Path) -> None:
    server = await serve({"counting": COUNTING}, pace=0)
    where = home_at(home, {"counting": server.url}, COUNTING.allowed(repository))
    try:
        client = await ensure(where, "0", os.environ)
        session = await start(client, repository)
        for kill in range(KILLS):
            await until(partial(started, where, session, kill + 1))
            await asyncio.sleep(0.03 * kill)
            os.kill(client.hello.pid, signal.SIGKILL)
            await until(partial(gone, client.hello.pid))
            await client.close()
            client = await ensure(where, "0", os.environ)
            state = await state_of(client, session)
            for call in (call for call in state.calls if call.unknown):
                await client.give(
                    o.Resolve(id=order_id(), session=session, call=call.id, verdict="done")
                )

        async def finished() -> bool:
            return (await state_of(client, session)).status in ("done", "idle")

        await until(finished)
        workspace = Path((await state_of(client, session)).workspace.path)
        ran = (workspace / "ran.txt").read_text().split()
        assert len(ran) == len(set(ran)), "a command ran twice"
        await client.close()
        await stop(where)
        reader = JournalReader(where.journal)
        assert reader.check() == []
        facts = [e.decode(text) for text in reader.events(session, limit=100_000)]
        starts = [fact.call for fact in facts if isinstance(fact, e.CallStarted)]
        assert len(starts) == len(set(starts)) == COUNTING.steps
        ended = [fact.call for fact in facts if isinstance(fact, e.CallEnded)]
        assert sorted(ended) == sorted(starts)
    finally:
        await stop(where)
        await server.close()


async def started(where: Paths, session: SessionId, count: int) -> bool:
    texts = JournalReader(where.journal).events(session, limit=100_000)
    facts = [e.decode(text) for text in texts]
    calls = sum(isinstance(fact, e.CallStarted) for fact in facts)
    return calls >= min(count, COUNTING.steps)


def test_many_starts_at_once_make_one_runtime(short_folder: Path):
    asyncio.run(many_starts(short_folder))


async def many_starts(home: Path) -> None:
    where = home_at(home, {}, {})
    try:
        clients = await asyncio.gather(*(ensure(where, "0", os.environ) for _ in range(6)))
        assert len({client.hello.pid for client in clients}) == 1
        for client in clients:
            await client.close()
    finally:
        await stop(where)


def test_the_runtime_outlives_its_client_and_holds_no_key_of_it(
    short_folder: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    asyncio.run(outlives(short_folder, repository))


async def outlives(home: Path, repository: Path) -> None:
    server = await serve({"counting": COUNTING}, pace=0)
    where = home_at(home, {"counting": server.url}, COUNTING.allowed(repository))
    try:
        client = await ensure(where, "0", os.environ)
        environ = Path(f"/proc/{client.hello.pid}/environ").read_bytes()
        assert b"sk-canary" not in environ
        assert b"GIT_DIR" not in environ
        assert os.getsid(client.hello.pid) == client.hello.pid
        group = Path(f"/proc/{client.hello.pid}/autogroup")
        if group.exists() and os.geteuid() == 0:  # of others the kernel takes but ten a second
            assert group.read_text().endswith(f"nice {NICE}\n")
        session = await start(client, repository)
        await client.close()
        second = await ensure(where, "0", os.environ)
        assert second.hello.pid == client.hello.pid

        async def finished() -> bool:
            return (await state_of(second, session)).status == "done"

        await until(finished)
        await second.close()
    finally:
        await stop(where)
        await server.close()


def test_another_protocol_is_named_with_the_way_out(short_folder: Path):
    asyncio.run(other_protocol(short_folder))


async def other_protocol(home: Path) -> None:
    where = home_at(home, {}, {})
    where.socket.parent.mkdir(parents=True, mode=0o700)

    ended = asyncio.Event()

    async def newer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(wire.line(wire.Hello(99, 1, "9.9", 1)))
        await writer.drain()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_unix_server(newer, str(where.socket))
    with pytest.raises(WireError, match=r"9\.9.*steerdeck runtime stop"):
        await attach(where, "0.1")
    await ended.wait()
    server.close()
    where.socket.unlink(missing_ok=True)
