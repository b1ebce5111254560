"""Eight lines of Python drive a session to its end."""

import asyncio
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import steerdeck_agents
from kit.repositories import plain
from steerdeck_agents import library
from steerdeck_agents.facts.ids import OrderId
from steerdeck_agents.facts.orders import StopRuntime
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime.lifecycle import attach as attach_client
from steerdeck_agents.settings.paths import paths

COMMAND = "echo by-hand > made.txt"


def script(talk: Conversation) -> Reply:
    if talk.calls:
        return Reply((Say("Done.", final=True),))
    return Reply((Call("shell", {"command": COMMAND, "why": "To show it."}),))


def test_the_example_of_the_docstring_drives_a_session(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    repository = plain(tmp_path / "repository")
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))
    example = textwrap.dedent(library.__doc__.split("\n\n", 1)[1].partition("\n\nIt speaks")[0])
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) == 8
    program = example.replace('"~/src/shop"', repr(str(repository)))

    async def run() -> str:
        server = await serve({"m": script}, pace=0)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        shown = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", program.replace('mode="auto"', 'mode="plan"')],
            capture_output=True,
            text=True,
            check=False,
        )
        await stop()
        await server.close()
        assert shown.returncode == 0, shown.stderr
        return shown.stdout

    printed = asyncio.run(run())
    assert "TurnEnded" in printed.splitlines()[-1]
    assert "plan mode" in printed


def test_an_approval_is_decided_from_a_program(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    repository = plain(tmp_path / "repository")
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))

    async def run() -> None:
        server = await serve({"m": script}, pace=0)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        async with steerdeck_agents.attach(repository) as runtime:
            session = await runtime.start("Do it.")
            seen = [event.seq async for event in runtime.follow(session)]
            assert seen == sorted(set(seen))
            (asked,) = (await runtime.state(session)).approvals
            assert asked.what == COMMAND
            await runtime.decide(session, asked, allow=True)
            async for _ in runtime.follow(session):
                pass
            assert "+by-hand" in await runtime.diff(session)
        await stop()
        await server.close()

    asyncio.run(run())


async def stop() -> None:

    client = await attach_client(paths(os.environ), "0")
    if client is not None:
        await client.give(StopRuntime(id=OrderId("end")))
        async for _ in client.incoming():
            pass
        await client.close()


def test_importing_the_engine_loads_nothing_of_it():
    program = "import sys, steerdeck_agents; print('steerdeck_agents.library' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "False"
