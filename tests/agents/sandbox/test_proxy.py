"""The network on request: allowed hosts through a proxy that looks at addresses, and logs."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import hosts, proxy, relay
from steerdeck_agents.sandbox.process import Spawn, environment, run
from steerdeck_agents.sandbox.proxy import Proxy, Use, online
from steerdeck_agents.sandbox.relay import Carried, carry


@pytest.mark.parametrize(
    ("given", "host", "port", "covered"),
    [
        ("pypi.org", "pypi.org", 443, True),
        ("PyPI.org.", "pypi.org", 80, True),
        ("pypi.org", "pypi.org", 22, False),
        ("pypi.org", "evil-pypi.org", 443, False),
        ("pypi.org", "files.pypi.org", 443, False),
        ("*.pypi.org", "files.pypi.org", 443, True),
        ("*.pypi.org", "pypi.org", 443, False),
        ("*.pypi.org", "evilpypi.org", 443, False),
        ("example.org:8443", "example.org", 8443, True),
        ("example.org:8443", "example.org", 443, False),
    ],
)
def test_a_host_covers_itself_and_nothing_else(
    given: str, host: str, port: int, covered: bool
) -> None:
    (one,) = hosts.read([given])
    assert one.covers(host, port) is covered


@pytest.mark.parametrize(
    "given",
    ["", "*", "*.org", "org", "127.0.0.1", "[::1]", "0x7f.1", "a b.org", "pypi.org:0", "pypi.org:x",
     "https://pypi.org", "user@pypi.org", "pypi.org/simple", "p\u0443pi.org", "localhost", "a..b.c",
     "pypi.org:99999", "2130706433", "*.*.org"],
)  # fmt: skip
def test_what_is_no_host_can_not_be_asked_for(given: str) -> None:
    with pytest.raises(BadArguments, match="no host"):
        hosts.read([given])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True), ("2606:2800:220:1::1", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("192.168.0.1", False), ("172.16.0.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("255.255.255.255", False), ("240.0.0.1", False),
        ("::1", False), ("::", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("::ffff:127.0.0.1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False), ("2002:7f00:1::", False), ("ff02::1", False), ("x", False),
    ],
)  # fmt: skip
def test_this_machine_and_its_neighbours_are_not_public(address: str, public: bool) -> None:
    assert hosts.is_public(address) is public


class Stage:
    """A server that stands for one out in the world, and a proxy before it."""

    def __init__(self, *allowed: str, addresses: Sequence[str] = ("127.0.0.1",)) -> None:
        self.allowed = allowed
        self.addresses = addresses
        self.uses: list[Use] = []
        self.heads: list[bytes] = []
        self.port = 0

    async def play(self, *asks: str) -> list[bytes]:
        """The answers of the proxy to these texts, each on a connection of its own."""
        server = await asyncio.start_server(self._world, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        names = [f"{name}:{self.port}" for name in self.allowed]
        one = Proxy(
            hosts.read(names),
            self.uses.append,
            resolve=self._resolve,
            is_public=lambda address: address == "127.0.0.1",
        )
        listening = socket.create_server(("127.0.0.1", 0))
        await one.start(listening)
        try:
            return [await self._ask(listening, ask) for ask in asks]
        finally:
            await one.close()
            server.close()

    async def _ask(self, listening: socket.socket, ask: str) -> bytes:
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(ask.replace("PORT", str(self.port)).encode())
        writer.write_eof()
        try:
            return await reader.read()
        finally:
            writer.close()

    async def _resolve(self, name: str, port: int) -> Sequence[str]:
        if name == "gone.example.org":
            raise OSError("unknown name")
        return self.addresses

    async def _world(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.read())
        writer.write(b"the world\n")
        await writer.drain()
        writer.close()


def test_an_allowed_host_is_reached_both_ways_and_each_use_is_told() -> None:
    stage = Stage("example.org")
    plain = "GET http://example.org:PORT/a?b=1 HTTP/1.1\r\nHost: x\r\nProxy-Auth: s\r\nX: y\r\n\r\n"
    tunnel, page = asyncio.run(stage.play("CONNECT example.org:PORT HTTP/1.1\r\n\r\nhello", plain))
    assert tunnel == b"HTTP/1.1 200 Connection established\r\n\r\nthe world\n"
    assert page == b"the world\n"
    head = f"GET /a?b=1 HTTP/1.1\r\nHost: example.org:{stage.port}\r\nConnection: close\r\nX: y\r\n"
    assert stage.heads == [b"hello", f"{head}\r\n".encode()]
    assert [use.allowed for use in stage.uses] == [True, True]
    assert stage.uses[0][:2] == ("example.org", stage.port)
    assert (stage.uses[0].sent, stage.uses[0].received) == (5, 10)


@pytest.mark.parametrize(
    ("ask", "status", "why"),
    [
        ("CONNECT other.org:443 HTTP/1.1", b"403", "was not allowed"),
        ("CONNECT example.org:22 HTTP/1.1", b"403", "was not allowed"),
        ("CONNECT 127.0.0.1:PORT HTTP/1.1", b"403", "not a host name"),
        ("CONNECT [::1]:PORT HTTP/1.1", b"403", "not a host name"),
        ("CONNECT gone.example.org:PORT HTTP/1.1", b"502", "has no address"),
        ("GET / HTTP/1.1", b"400", "not a request"),
        ("GET ftp://example.org/ HTTP/1.1", b"400", "not a request"),
        ("GET http://a@example.org:PORT/ HTTP/1.1", b"400", "not a request"),
        ("CONNECT example.org:x HTTP/1.1", b"400", "not a request"),
        ("nonsense", b"400", "not a request"),
    ],
)
def test_everything_else_is_refused_and_told(ask: str, status: bytes, why: str) -> None:
    stage = Stage("example.org", "gone.example.org")
    (answer,) = asyncio.run(stage.play(f"{ask}\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert why.encode() in answer
    assert len(stage.uses) == 1 and why in stage.uses[0].why
    assert stage.heads == []


def test_a_name_that_leads_home_is_refused_and_only_looked_at_addresses_are_used() -> None:
    ask = "CONNECT example.org:PORT HTTP/1.1\r\n\r\nx"
    home = Stage("example.org", addresses=["10.0.0.1", "::1"])
    (answer,) = asyncio.run(home.play(ask))
    assert b"leads to this machine or its neighbours" in answer
    assert (home.uses[0].allowed, home.heads) == (False, [])

    mixed = Stage("example.org", addresses=["10.0.0.1", "127.0.0.1"])
    (answer,) = asyncio.run(mixed.play(ask))
    assert answer.endswith(b"the world\n")


def test_a_side_that_was_reset_ends_the_other_which_may_be_silent_for_ever() -> None:
    async def play() -> bytes:
        silent: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def world(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            silent.set_result(await reader.read())
            writer.close()

        server = await asyncio.start_server(world, "127.0.0.1", 0)
        listening = socket.create_server(("127.0.0.1", 0))
        browser = socket.create_connection(listening.getsockname())
        inside = await asyncio.open_connection(sock=listening.accept()[0])
        outside = await asyncio.open_connection(*server.sockets[0].getsockname())
        carrying = asyncio.create_task(carry(inside, outside, Carried()))
        browser.sendall(b"hello")
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        browser.close()
        async with asyncio.timeout(10):
            await carrying
            heard = await silent
        server.close()
        listening.close()
        return heard

    assert asyncio.run(play()) in (b"", b"hello")


def test_a_host_that_takes_nothing_in_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "FLUSH_S", 0.05)

    async def play() -> None:
        deaf = asyncio.Event()

        async def world(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await deaf.wait()
            writer.close()

        server = await asyncio.start_server(world, "127.0.0.1", 0, limit=1024)
        listening = socket.create_server(("127.0.0.1", 0))
        command = socket.create_connection(listening.getsockname())
        command.setblocking(False)
        inside = await asyncio.open_connection(sock=listening.accept()[0])
        outside = await asyncio.open_connection(*server.sockets[0].getsockname())
        carrying = asyncio.create_task(carry(inside, outside, Carried()))
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await loop.sock_sendall(command, bytes(64 * 1024 * 1024))
        command.close()
        carrying.cancel()
        async with asyncio.timeout(10):
            await asyncio.wait({carrying})
        deaf.set()
        server.close()
        listening.close()

    asyncio.run(play())


def test_a_head_without_end_is_let_go() -> None:
    stage = Stage("example.org")
    assert asyncio.run(stage.play("GET " + "x" * 40_000)) == [b""]
    assert stage.uses == []


async def go(spawn: Spawn, folder: Path, uses: list[Use]) -> str:
    async with online(spawn, uses.append) as ready:
        done = await run(
            ready, on_output=lambda _: None, stop=asyncio.Event(), spool=folder / "spool"
        )
    return done.head_tail


def test_a_confined_command_reaches_what_it_was_allowed_and_nothing_else(
    confined: Level, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses: list[Use] = []

    async def resolve(name: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async def world(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nworld\n")
        await writer.drain()
        writer.close()

    async def main() -> str:
        server = await asyncio.start_server(world, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        code = (
            "import urllib.request as u\n"
            f"for host in ('example.org:{port}', 'other.org:{port}'):\n"
            "    try: print(u.urlopen(f'http://{host}/', timeout=5).read().decode(), end='')\n"
            "    except OSError as error: print(error)\n"
        )
        spawn = Spawn(
            script=f'python3 -IS -c "{code}"; exec 3<>/dev/tcp/127.0.0.1/{port} || echo shut',
            workspace=workspace,
            environment=environment(Surroundings(), workspace, confined),
            level=confined,
            hosts=(f"example.org:{port}",),
        )
        said = await go(spawn, tmp_path, uses)
        server.close()
        return said

    monkeypatch.setattr(proxy, "_resolved", resolve)
    monkeypatch.setattr(hosts, "is_public", lambda address: address == "127.0.0.1")
    lines = asyncio.run(main()).splitlines()
    assert lines[0] == "world"
    assert "403" in lines[1]
    assert lines[-1] == "shut"
    assert {(use.host, use.allowed) for use in uses} == {
        ("example.org", True), ("other.org", False),
    }  # fmt: skip


def test_hosts_are_let_through_in_bubblewrap_only(workspace: Workspace, tmp_path: Path) -> None:
    spawn = Spawn(
        script="true", workspace=workspace, environment={}, level=Level(), hosts=("pypi.org",)
    )
    with pytest.raises(SteerdeckError, match="in bubblewrap only"):
        asyncio.run(go(spawn, tmp_path, []))
    with pytest.raises(BadArguments, match="no host"):
        asyncio.run(go(msgspec.structs.replace(spawn, hosts=("10.0.0.1",)), tmp_path, []))
