"""What conftest promises every test."""

import asyncio
import os
import socket
import subprocess
from functools import partial
from pathlib import Path

import pytest

REFUSED = partial(pytest.raises, AssertionError, match="only talk to this machine")


def test_a_test_can_not_leave_this_machine():
    with socket.socket() as tcp, REFUSED():
        tcp.connect(("192.0.2.1", 80))
    with socket.socket() as tcp, REFUSED():
        tcp.connect_ex(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as udp, REFUSED():
        udp.sendto(b"", ("192.0.2.1", 53))
    with REFUSED():
        socket.getaddrinfo("example.invalid", 80)


def test_asyncio_can_not_leave_this_machine_either():
    async def leave() -> None:
        await asyncio.open_connection("192.0.2.1", 80)

    with REFUSED():
        asyncio.run(leave())


def test_loopback_and_unix_sockets_work(short_folder: Path):
    async def talk() -> list[bytes]:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readline())
            writer.close()

        path = short_folder / "socket"
        heard = []
        async with (
            await asyncio.start_server(answer, "127.0.0.1", 0) as tcp,
            await asyncio.start_unix_server(answer, path),
        ):
            port = tcp.sockets[0].getsockname()[1]
            for way in (
                asyncio.open_connection("localhost", port),
                asyncio.open_unix_connection(path),
            ):
                reader, writer = await way
                writer.write(b"hello\n")
                heard.append(await reader.read())
                writer.close()
                await writer.wait_closed()
        return heard

    assert asyncio.run(talk()) == [b"hello\n", b"hello\n"]


@pytest.mark.parametrize("address", ["10.0.0.1", "0.0.0.0", "localhost.example.com"])
def test_only_loopback_is_near(address: str):
    with socket.socket() as tcp, REFUSED():
        tcp.connect((address, 9))


def test_the_home_is_empty_but_for_a_git_identity(home: Path, tmp_path: Path):
    assert [path.name for path in home.iterdir()] == [".gitconfig"]
    assert Path.home() == home
    assert not list(tmp_path.iterdir())
    assert os.environ["TEXTUAL_ANIMATIONS"] == "none"
    assert not [name for name in os.environ if name.startswith(("GIT_", "OPENAI_"))]
    named = subprocess.run(
        ["git", "config", "user.name"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert named.stdout == "Deck Hand\n"


def test_a_socket_path_has_room_in_the_short_folder(short_folder: Path):
    assert len(bytes(short_folder / "runtime.sock")) < 60
