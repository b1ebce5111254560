"""Commands of one session reach each other's servers, and nothing else gets any wider."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from prove.floods import gone, overlook
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.sandbox.live import Live, start_live
from steerdeck_agents.sandbox.loopback import Loopback, open_loopback
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

AROUND = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
SERVER = (
    "python3 -ISc 'import socket\n"
    'server = socket.create_server(("127.0.0.1", 8000)); print("up", flush=True)\n'
    'while True: server.accept()[0].send(b"hello\\n")\''
)
CLIENT = "exec 3<>/dev/tcp/127.0.0.1/8000 && head -1 <&3"


class Site:
    """Runs commands in a shared loopback."""

    def __init__(self, workspace: Workspace, level: Level, folder: Path) -> None:
        self.loopback: Loopback | None = None
        self._folder = folder
        self._spawn = Spawn(
            script="",
            workspace=workspace,
            level=level,
            environment=environment(AROUND, workspace, level),
            surroundings=AROUND,
            timeout_s=20,
        )

    @contextlib.asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        self.loopback = await open_loopback()
        try:
            yield
        finally:
            await self.loopback.close()
            self.loopback = None

    def spawn(self, script: str) -> Spawn:
        holder = self.loopback.holder if self.loopback else None
        return msgspec.structs.replace(self._spawn, script=script, loopback=holder)

    async def run(self, script: str) -> Finished:
        spool = self._folder / "spool"
        stop = asyncio.Event()
        return await run(self.spawn(script), on_output=lambda _: None, stop=stop, spool=spool)

    async def server(self, script: str = SERVER) -> Live:
        up = asyncio.Event()
        live = start_live(
            self.spawn(script), tty=False, on_output=lambda _: up.set(), spool=self._folder / "out"
        )
        await up.wait()
        return live


@pytest.fixture
def site(workspace: Workspace, confined: Level, tmp_path: Path) -> Site:
    return Site(workspace, confined, tmp_path)


def open_files() -> list[str]:
    return sorted(entry.name for entry in Path("/proc/self/fd").iterdir())


def play(scene: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(scene(), 30))


def test_a_server_is_reached_from_the_next_command_and_from_nowhere_else(site: Site) -> None:
    async def scene() -> None:
        async with site.shared():
            live = await site.server()
            assert live.ports() == (8000,)
            assert (await site.run(CLIENT)).head_tail == "hello\n"
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", 8000), timeout=1)
            shared, site.loopback = site.loopback, None
            assert (await site.run(CLIENT)).exit_code == 1  # with a network of its own
            site.loopback = await open_loopback()  # of another session
            assert (await site.run(CLIENT)).exit_code == 1
            await site.loopback.close()
            site.loopback = shared
            await live.stop()
            assert (await site.run(CLIENT)).exit_code == 1

    play(scene)


def test_who_shares_a_loopback_gets_no_further_than_before(site: Site, tmp_path: Path) -> None:
    """The attempts that a private network and private namespaces hold back, all in one command."""
    (tmp_path / "canary").write_text("canary")

    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as outside:
            port = outside.getsockname()[1]
            async with site.shared():
                assert site.loopback is not None
                holder = site.loopback.holder.pid
                attempts = (
                    f"exec 3<>/dev/tcp/127.0.0.1/{port}", "exec 3<>/dev/tcp/198.51.100.1/53",
                    "unshare --user true", "unshare --net true", "ip link add x type dummy",
                    f"nsenter --target {holder} --user true", f"kill -0 {holder}",
                    f"kill -9 {os.getpid()}", f"cat {tmp_path}/canary", "mount -t tmpfs x /mnt",
                    "python3 -ISc 'import socket; socket.socket(socket.AF_UNIX)'",
                    "python3 -ISc 'import socket; socket.socket(socket.AF_PACKET)'",
                    "python3 -ISc 'import socket; socket.socket(2, 3, 1)'",
                    "python3 -ISc 'import socket; socket.create_server((\"127.0.0.1\", 80))'",
                    "echo x >/usr/x", "echo 1 >/proc/sys/net/ipv4/ip_forward",
                    "echo 9 >/proc/sys/user/max_user_namespaces",
                )  # fmt: skip
                script = "\n".join(f"({one}) >/dev/null 2>&1 && echo '{i} worked'"
                                   for i, one in enumerate(attempts))  # fmt: skip
                ends = (
                    "cut -f2 <(grep Cap /proc/self/status) | sort -u; ls /proc/self/fd | xargs\n"
                    "tail -n +3 /proc/net/dev | cut -d: -f1 | xargs; ls /proc | grep -c '^[0-9]'"
                )
                done = await site.run(f"{script}\n{ends}")
        capabilities, files, networks, processes = done.head_tail.splitlines()
        assert (capabilities, files, networks) == ("0" * 16, "0 1 2 3", "lo")
        assert int(processes) < 10

    play(scene)


def test_the_holder_goes_with_its_leash(site: Site) -> None:
    async def scene() -> None:
        await site.run("true")
        before = open_files()
        children = descendants.children(os.getpid())
        async with site.shared():
            assert site.loopback is not None
            gone = site.loopback
        assert descendants.look(gone.holder.pid) is None
        assert descendants.children(os.getpid()) == children
        assert open_files() == before
        site.loopback = gone
        with pytest.raises(SteerdeckError, match="loopback of this session is gone"):
            await site.run("true")

    play(scene)


def test_where_none_can_be_made_a_sentence_says_so() -> None:
    before = open_files()
    with pytest.raises(SteerdeckError, match="network"):
        asyncio.run(open_loopback("/bin/false"))
    with pytest.raises(SteerdeckError, match="network"):
        asyncio.run(open_loopback("/bin/cat"))
    assert open_files() == before


async def fetched(port: int) -> bytes:
    """What a browser of the developer gets on this machine."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    said = await reader.readline()
    writer.close()
    return said


def test_the_developer_reaches_a_server_inside_through_a_port_that_is_opened_on_order(
    site: Site,
) -> None:
    before = open_files()

    async def main() -> None:
        async with site.shared():
            assert site.loopback is not None
            with pytest.raises(SteerdeckError, match="Nothing listens on port 8000"):
                await site.loopback.relay(8000)
            live = await site.server()
            relay = await site.loopback.relay(8000)
            assert (
                await asyncio.gather(*(fetched(relay.port) for _ in range(8))) == [b"hello\n"] * 8
            )
            await relay.close()
            with pytest.raises(ConnectionRefusedError):
                await fetched(relay.port)
            again = await site.loopback.relay(8000)
            await live.stop()
            assert await fetched(again.port) == b"", "its server has ended"
        with pytest.raises(ConnectionRefusedError):
            await fetched(again.port)

    asyncio.run(main())
    assert open_files() == before


def test_an_ask_that_is_called_off_leaves_no_socket_and_its_answer_to_nobody(site: Site) -> None:
    before = open_files()

    async def main() -> None:
        async with site.shared():
            assert site.loopback is not None
            await site.server()
            for _ in range(3):
                asking = asyncio.create_task(site.loopback.envoy().connect(8000))
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                asking.cancel()
                with pytest.raises(SteerdeckError, match="Nothing listens on port 8001"):
                    await site.loopback.envoy().connect(8001)
                with pytest.raises(asyncio.CancelledError):
                    await asking

    asyncio.run(main())
    assert open_files() == before


def test_a_server_on_the_other_loopback_address_is_reached_too(site: Site) -> None:
    async def main() -> None:
        async with site.shared():
            assert site.loopback is not None
            live = await site.server(SERVER.replace("127.0.0.1", "::1").replace(
                "create_server(", "create_server(family=socket.AF_INET6, address="))  # fmt: skip
            relay = await site.loopback.relay(8000)
            assert await fetched(relay.port) == b"hello\n"
            await live.stop()

    asyncio.run(main())


def test_a_relay_does_not_open_a_way_out_for_commands(site: Site) -> None:
    async def main() -> None:
        async with site.shared():
            assert site.loopback is not None
            live = await site.server()
            relay = await site.loopback.relay(8000)
            with socket.create_server(("127.0.0.1", 0)) as other:
                port = other.getsockname()[1]
                done = await site.run(f"exec 3<>/dev/tcp/127.0.0.1/{port}")
                assert done.exit_code != 0
            if relay.port != 8000:
                done = await site.run(f"exec 3<>/dev/tcp/127.0.0.1/{relay.port}")
                assert done.exit_code != 0
            await live.stop()

    asyncio.run(main())


CODE = """
import asyncio, pathlib, sys
from steerdeck_agents.facts.places import *
from steerdeck_agents.sandbox.live import start_live
from steerdeck_agents.sandbox.loopback import open_loopback
from steerdeck_agents.sandbox.process import Spawn, environment
async def main():
    path, name = sys.argv[1:]
    workspace, level = Workspace(path=path, repository="", branch="", base=""), Level(name=name)
    shared = (await open_loopback()).holder if name == "bubblewrap" else None
    script = "trap '' TERM HUP; (setsid sleep 600 &); touch up; while :; do sleep 1; done"
    for tty in (False, True):
        start_live(
            Spawn(script=script, workspace=workspace, level=level, loopback=shared,
                  environment=environment(Surroundings(), workspace, level)),
            tty=tty, on_output=print, spool=pathlib.Path(path) / "spool",
        )
    print(shared.pid if shared else 0, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_the_death_of_the_runtime_ends_shells_and_what_they_share(
    level: Level, workspace: Workspace
) -> None:
    overlook()
    command = [sys.executable, "-c", CODE, workspace.path, level.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as runtime:
        assert runtime.stdout is not None
        holder = int(runtime.stdout.readline())
        up = Path(workspace.path, "up")
        while not up.exists():
            assert runtime.poll() is None
        runtime.kill()
    while descendants.end_leftovers():  # one may just have started another
        pass
    # This process adopts orphans, so it has to collect the ended ones as init would.
    until = time.monotonic() + 5
    while (left := descendants.descendants(os.getpid())) and time.monotonic() < until:
        descendants.reap(left)
    assert asyncio.run(gone(workspace))
    assert not holder or not Path(f"/proc/{holder}/cwd").exists()
