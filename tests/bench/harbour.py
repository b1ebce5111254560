"""A home with a runtime, a model and sessions, each a real process: what a deck is measured on."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bench.terminal import COLUMNS, ROWS, Terminal
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from steerdeck.warm import standing
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.lifecycle import attach, ensure
from steerdeck_agents.settings.paths import Paths

T = TypeVar("T")
PATIENCE_S = 60.0
APPS = Path(__file__).with_name("apps")
_PASSED = ("PATH", "PYTHONPATH")


def environment(home: Path) -> dict[str, str]:
    """A small environment of its own, so that nothing of the developer's takes part."""
    passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
    tests = str(Path(__file__).parents[1])
    return {**passed, "PYTHONPATH": tests, "HOME": str(home), "STEERDECK_HOME": str(home)}


class Harbour:
    """One home below a short folder in /tmp."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.repository = plain(folder / "shop").resolve()
        self.paths: Paths = home_at(folder, {"bench": url}, {})

    def ask(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Do something with a client of the runtime, which is started when it does not run."""

        async def done() -> T:
            client = await ensure(self.paths, "0", environment(self.folder))
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(done())

    def start(self, *sessions: tuple[str, str]) -> None:
        """Start sessions of these names on these tasks."""

        async def give(client: Client) -> None:
            for name, task in sessions:
                await client.give(
                    o.Start(
                        id=order_id(), task=task, folder=str(self.repository), name=name,
                        model="bench", mode="auto", surroundings=SURROUNDINGS,
                    )
                )  # fmt: skip

        self.ask(give)

    def say(self, session: SessionId, text: str) -> None:
        async def give(client: Client) -> None:
            await client.give(o.Say(id=order_id(), session=session, text=text))

        self.ask(give)

    def archive(self) -> None:
        """End all sessions, so that the next deck has none and what is typed starts one."""

        async def give(client: Client) -> None:
            for state in await client.sessions():
                await client.give(o.Archive(id=order_id(), session=state.id))

        self.ask(give)

    def wait(self, ready: Callable[[list[SessionState]], bool]) -> list[SessionState]:
        async def look(client: Client) -> list[SessionState]:
            async with asyncio.timeout(PATIENCE_S):
                while not ready(states := await client.sessions()):
                    await asyncio.sleep(0.02)
            return states

        return self.ask(look)

    def wait_idle(self) -> list[SessionState]:
        return self.wait(lambda states: all(s.status in ("idle", "done") for s in states))

    def wait_streaming(self, count: int) -> None:
        self.wait(lambda states: sum(bool(state.items) for state in states) == count)

    @property
    def runtime(self) -> int:
        """The runtime's process id."""

        async def pid(client: Client) -> int:
            return client.hello.pid

        return self.ask(pid)

    def stop_runtime(self) -> None:
        """End the runtime, if one runs, and wait until its socket is gone."""

        async def stop() -> None:
            client = await attach(self.paths, "0")
            if client is not None:
                await client.give(o.StopRuntime(id=order_id()))
                await client.close()

        asyncio.run(stop())
        until = time.perf_counter() + PATIENCE_S
        lock = self.paths.journal.with_name("journal.lock")
        while time.perf_counter() < until and (self.paths.socket.exists() or _held(lock)):
            time.sleep(0.02)

    def keep_warm(self) -> int:
        """Leave a process beside the runtime that has the deck loaded; its id."""
        config = self.paths.config_file
        config.write_text("warm_start = true\n" + config.read_text())
        # As a deck leaves it, whose terminal has a locale.
        standing.leave(self.paths, self.environ(LANG="C.UTF-8"))
        until = time.perf_counter() + PATIENCE_S
        while (kept := standing.found(self.paths)) is None:
            if time.perf_counter() > until:
                raise RuntimeError(f"no warm start: {self.paths.log.read_text()[-2000:]}")
            time.sleep(0.05)
        return kept.pid

    def end_warm(self) -> None:
        """End it, and let no deck leave another."""
        config = self.paths.config_file
        config.write_text(config.read_text().removeprefix("warm_start = true\n"))
        standing.end(self.paths)

    @property
    def argv(self) -> list[str]:
        """The deck as a person starts it."""
        return [sys.executable, "-m", "steerdeck", "-C", str(self.repository)]

    def environ(self, **more: str) -> dict[str, str]:
        return {**environment(self.folder), **more}

    def deck(self, columns: int = COLUMNS, rows: int = ROWS, **more: str) -> Terminal:
        """A deck; `more` stands in its environment."""
        return Terminal(self.argv, self.environ(**more), columns=columns, rows=rows)


def _held(lock: Path) -> bool:
    """Whether a process that lives holds the journal, as its lock file names it."""
    try:
        about = Path(f"/proc/{int(lock.read_text())}/stat").read_text()
    except (OSError, ValueError):
        return False
    return about.rpartition(")")[2].split()[0] != "Z"


def app(name: str, *arguments: str, columns: int = COLUMNS, rows: int = ROWS) -> Terminal:
    """One of the programs to measure against."""
    argv = [sys.executable, str(APPS / f"{name}.py"), *arguments]
    return Terminal(argv, environment(Path(tempfile.gettempdir())), columns=columns, rows=rows)


@contextmanager
def model(pace: float, folder: Path) -> Iterator[str]:
    """The scripted model as a process that says `pace` tokens a second; its base URL."""
    served = subprocess.Popen(
        [sys.executable, str(APPS / "model.py"), str(pace)],
        stdout=subprocess.PIPE,
        env=environment(folder),
        text=True,
    )
    try:
        assert served.stdout is not None
        yield served.stdout.readline().strip()
    finally:
        served.terminate()
        served.wait()


@contextmanager
def harbour(pace: float) -> Iterator[Harbour]:
    """A home whose model says `pace` tokens a second; everything is ended and removed after."""
    with (
        tempfile.TemporaryDirectory(prefix="sdb-", dir="/tmp") as folder,
        model(pace, Path(folder)) as url,
    ):
        place = Harbour(Path(folder), url)
        try:
            yield place
        finally:
            place.stop_runtime()
