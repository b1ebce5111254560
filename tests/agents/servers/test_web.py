"""Servers by address: a real one of the library on loopback, and bad ones of our own."""

import asyncio
import gzip
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

import pytest

from kit.server_stage import Play, Stage
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.question import Answer, Question

HI = '{"text":"hi"}'
ADDRESS = {"command": "", "args": ()}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a server made with the library's own classes."""
    import uvicorn
    from mcp.server.mcpserver import Context, Elicit, MCPServer, Resolve
    from pydantic import BaseModel

    class Name(BaseModel):
        name: str

    made = MCPServer("real")

    @made.tool()
    def say(text: str) -> str:
        """Repeats a text."""
        return text

    @made.tool()
    def structured() -> dict[str, int]:
        return {"n": 1}

    @made.tool()
    def key(ctx: Context) -> str:
        return str(ctx.headers.get("authorization")) + str(ctx.headers.get("x-team"))

    @made.tool()
    async def late() -> str:
        await asyncio.sleep(30)
        return ""

    @made.tool()
    async def ask(
        name: Annotated[Name, Resolve(lambda: Elicit("Who?", Name))], ctx: Context
    ) -> str:
        await ctx.report_progress(1, 2, "asked")
        return name.name

    @made.tool()
    async def change(ctx: Context) -> str:
        made.add_tool(say, name="new")
        await ctx.notify_tools_changed()
        return "changed"

    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        made.streamable_http_app(), log_config=None, lifespan="on", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([door])))
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}/mcp"
    server.should_exit = True
    thread.join()


def test_a_server_by_its_address_answers_like_any_other(play: Play, stage: Stage, address: str):
    stage.keys = {"DOCS_KEY": "k-1"}

    async def answer(question: Question) -> Answer:
        return Answer("accept", {"name": "Ada"})

    async def scene(stage: Stage) -> None:
        stage.answer = answer
        stage.servers.begin()
        await stage.servers.settled()
        assert stage.now.shown == f"{address}\nsends: X-Team\nsends your key: DOCS_KEY"
        await stage.start()
        assert stage.now.name == "ready", stage.now
        assert await stage.text("say", HI) == "hi"
        assert json.loads(await stage.text("structured")) == {"n": 1}
        assert await stage.text("key") == "Bearer k-1tools"
        assert await stage.text("ask") == "Ada"
        assert stage.heard == ["1 of 2 asked"]
        with pytest.raises(ServerFault, match="did not answer late"):
            await stage.call("late", timeout_s=0.1)
        assert (await stage.call("say", '{"no":1}')).failed

    play(scene, **ADDRESS, url=address, key_variable="DOCS_KEY", headers=(("X-Team", "tools"),))


def test_news_of_other_tools_is_heard_over_http_too(play: Play, address: str):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert await stage.text("change") == "changed"
        await stage.until("changed")
        assert "+new  (sha256" in stage.now.shown
        with pytest.raises(ServerFault, match="not those you allowed"):
            await stage.call("say", HI)

    play(scene, **ADDRESS, url=address)


def test_a_missing_key_is_named_before_anything_is_sent(play: Play):
    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "dead"
        assert stage.now.reason == "DOCS_KEY is not set for this session."

    play(scene, **ADDRESS, url="http://127.0.0.1:1/mcp", key_variable="DOCS_KEY")


def test_an_address_where_nobody_listens_is_dead(play: Play):
    door = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{door.getsockname()[1]}/mcp"
    door.close()

    async def scene(stage: Stage) -> None:
        await stage.start()
        assert stage.now.name == "dead"
        assert "can't be used" in stage.now.reason

    play(scene, **ADDRESS, url=url)


Reply = Callable[[str, bytes], bytes]


@asynccontextmanager
async def answering(reply: Reply, asked: list[str]) -> AsyncIterator[str]:
    """A web server that answers every request with the bytes `reply` makes of it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            asked.append(head)
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1]) if length else 0)
            writer.write(reply(head, body))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"


def page(status: str, body: bytes, kind: str = "application/json", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{more}"
    return f"{head}connection: close\r\n\r\n".encode() + body


def packed(head: str, body: bytes) -> bytes:
    return page("200 OK", gzip.compress(bytes(1 << 24)), more="content-encoding: gzip\r\n")


def endless(head: str, body: bytes) -> bytes:
    event = b"data: " + b"x" * (5 << 20)
    return page("200 OK", event, kind="text/event-stream")


BAD: dict[str, tuple[Reply, str, str]] = {
    "refuses the key": (lambda h, b: page("401 No", b"{}"), "dead", "HTTP 401"),
    "is no such server": (lambda h, b: page("200 OK", b"", "text/html"), "dead", "text/html"),
    "packs a bomb": (packed, "flooding", "compressed answers"),
    "has no end": (lambda h, b: page("200 OK", b" " * (5 << 20)), "flooding", "4 MB"),
    "has an endless event": (endless, "flooding", "4 MB"),
    "has many parts": (lambda h, b: page("200 OK", b"[1]," * 99_000), "flooding", "50,000"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_answer_is_a_state_with_a_name(play: Play, kind: str):
    reply, name, words = BAD[kind]

    async def scene(stage: Stage) -> None:
        async with answering(reply, []) as url:
            stage.open(stage.settings(**ADDRESS, url=url))
            await stage.start()
            assert (stage.now.name, words in stage.now.reason) == (name, True), stage.now
            await stage.servers.close()

    play(scene, **ADDRESS, url="http://127.0.0.1:1/unused")


def test_a_redirect_to_another_host_is_not_followed_and_gets_no_key(play: Play, stage: Stage):
    stage.keys = {"DOCS_KEY": "k-1"}

    async def scene(stage: Stage) -> None:
        caught: list[str] = []
        async with answering(lambda h, b: page("200 OK", b"{}"), caught) as other:
            to = f"location: {other}\r\n"
            asked: list[str] = []
            async with answering(lambda h, b: page("307 Go", b"", more=to), asked) as url:
                stage.open(stage.settings(**ADDRESS, url=url, key_variable="DOCS_KEY"))
                await stage.start()
                assert stage.now.name == "dead"
                assert "not followed" in stage.now.reason
                await stage.servers.close()
        assert asked
        assert caught == []

    play(scene, **ADDRESS, url="http://127.0.0.1:1/unused")
