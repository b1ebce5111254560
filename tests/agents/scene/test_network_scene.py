"""A command with hosts of the network: asked for by name, let through, told, and foreign."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.transcript import Marked, Transcript
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.sandbox import hosts, proxy
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.share.why_call import Effect, Record

FETCH = """python3 -ISc '
import urllib.request as u
for host in ("example.org:PORT", "other.org:PORT", "other.org:PORT"):
    try: print(u.urlopen(f"http://{host}/", timeout=5).read().decode(), end="")
    except OSError as error: print(error)
'"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name leads to this machine, which counts as one out in the world."""

    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr(proxy, "_resolved", resolve)
    monkeypatch.setattr(hosts, "is_public", lambda address: address == "127.0.0.1")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nworld\n")
    await writer.drain()
    writer.close()


def fetching(port: int) -> Script:
    arguments = {
        "command": FETCH.replace("PORT", str(port)),
        "why": "Fetch.",
        "network": [f"example.org:{port}"],
    }

    def script(talk: Conversation) -> Reply:
        if talk.calls and talk.calls[-1].output is not None:
            return Reply((Say("Done.", final=True),))
        return Reply((Call("shell", arguments),))

    return script


@pytest.mark.usefixtures("world")
def test_an_allowed_host_is_reached_another_is_not_and_both_are_on_record(tmp_path: Path) -> None:
    level = asyncio.run(probe())
    if level.name != "bubblewrap":
        pytest.skip(level.why)
    repository = plain(tmp_path / "repository")
    told: list[e.Event] = []
    effects: list[Effect | None] = []

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with scene(tmp_path / "home", {"m": fetching(port)}, level=level) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "needs_you")
            (asked,) = playing.state(session).approvals
            assert asked.kind == "network"
            assert asked.what.split("\n")[:2] == [
                f"network: example.org:{port}",
                FETCH.split("\n")[0],
            ]
            assert f"it asks for the network: example.org:{port}" in asked.reasons
            await playing.decide(session, allow=True, scope="session")
            await playing.status(session, "idle", "done")
            state = playing.state(session)
            assert [(rule.kind, rule.command) for rule in state.rules] == [
                ("network", f"example.org:{port}")
            ]
            assert {(one.host, one.times, one.refused) for one in state.network} == {
                ("example.org", 1, 0), ("other.org", 0, 2),
            }  # fmt: skip
            assert playing.state(session).taint == ("the host example.org",)
            told.extend(playing.of(session))
            effects.append(_effect(playing.paths.journal, session, asked.call))
        server.close()

    asyncio.run(run())
    (ended,) = (event for event in told if isinstance(event, e.CallEnded))
    assert "world\n" in ended.result and ended.result.count("403") == 2
    uses = [event for event in told if isinstance(event, e.NetworkUsed)]
    assert sorted((use.host, use.allowed) for use in uses) == [
        ("example.org", True), ("other.org", False), ("other.org", False),
    ]  # fmt: skip
    assert all(use.call == ended.call and use.seq < ended.seq for use in uses)
    transcript = Transcript()
    for event in told:
        transcript.add(event)
    marks = [entry.text for entry in transcript.entries.values() if isinstance(entry, Marked)]
    assert [text for text in marks if "other.org" in text and "was not allowed" in text]
    assert effects[0] is not None and len(effects[0].network) == 3
    assert any(line.startswith("example.org:") for line in effects[0].network)


def _effect(journal: Path, session: SessionId, call: str) -> Effect | None:
    return Record(JournalReader(journal), session).effect(call)


def test_without_a_sandbox_the_hosts_a_command_names_are_sources_said_with_a_perhaps(
    tmp_path: Path,
) -> None:
    command = "true || curl https://docs.example/api"
    repository = plain(tmp_path / "repository").resolve()

    def script(talk: Conversation) -> Reply:
        if talk.calls and talk.calls[-1].output is not None:
            return Reply((Say("Done.", final=True),))
        return Reply((Call("shell", {"command": command, "why": "Read."}),))

    async def run() -> None:
        allowed = {command: repository}
        async with scene(tmp_path / "home", {"m": script}, allowed=allowed) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "idle", "done")
            assert playing.state(session).taint == ("perhaps the host docs.example",)

    asyncio.run(run())
