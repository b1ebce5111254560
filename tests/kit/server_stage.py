"""A session's servers on a stage: a folder, a home, and everything they said."""

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from steerdeck_agents.facts.ids import Clock, Sha, SystemClock
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.servers.ground import Ground
from steerdeck_agents.servers.launch import launcher
from steerdeck_agents.servers.question import Answer, Question
from steerdeck_agents.servers.result import Result
from steerdeck_agents.servers.servers import Servers
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings import consent
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.server import ServerSettings

Play = Callable[..., Any]
AROUND = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")


class Stage:
    """One session with one server named `a`."""

    def __init__(self, folder: Path, home: Paths) -> None:
        self.folder = folder
        self.home = home
        self.said: list[Status] = []
        self.asked: list[Question] = []
        self.answer: Callable[[Question], Awaitable[Answer]] | None = None
        self.level = Level()
        self.keys: Mapping[str, str] = {}
        self.around = AROUND
        self.patience_s = 0.0
        self.clock: Clock = SystemClock()
        self.servers: Servers
        self.heard: list[str] = []
        self.stop = asyncio.Event()

    @property
    def workspace(self) -> Workspace:
        top = str(self.folder)
        return Workspace(path=top, repository=top, branch="main", base="")

    def settings(self, how: str = "good", **more: object) -> ServerSettings:
        script = str(Path(__file__).with_name("mcp_server.py"))
        (self.folder / "server.py").write_text(Path(script).read_text())
        given = ServerSettings(
            name="a",
            command=sys.executable,
            args=("-S", "-E", "server.py", how),
            timeout_s=20.0,
        )
        return msgspec.structs.replace(given, **more)

    def open(self, settings: ServerSettings) -> None:
        ground = Ground(
            paths=self.home,
            root=str(self.folder),
            launch=launcher(
                self.workspace, self.level, self.around, self.keys, self.folder.parent / "spool"
            ),
            keys=self.keys,
            clock=self.clock,
            elicit=self._elicit,
            on_change=self.said.append,
            patience_s=self.patience_s,
        )
        self.servers = Servers([settings], ground)

    @property
    def now(self) -> Status:
        (status,) = self.servers.statuses()
        return status

    async def start(self) -> None:
        """Begin, and consent to whatever is asked first."""
        self.servers.begin()
        await self.servers.settled()
        if self.now.name == "asks":
            await self.servers.allow("a", self.now.asks)
            await self.servers.settled()

    async def call(self, tool: str, arguments: str = "{}", **more: object) -> Result:
        tools = self.servers.tools()
        pin = tools[0].pin if tools else Sha("")
        given = {"stop": self.stop, "on_progress": self.heard.append, "pin": pin, **more}
        return await self.servers.call("a", tool, arguments, **given)

    async def text(self, tool: str, arguments: str = "{}") -> str:
        (part,) = (await self.call(tool, arguments)).parts
        return part.text

    async def until(self, name: str) -> None:
        """Until the server is in that state; a test that waits in vain is ended by its timeout."""
        while self.now.name != name:
            await asyncio.sleep(0.005)

    def forget(self) -> None:
        """Take every consent back."""
        for one in consent.listed(self.home):
            consent.forget(self.home, "server" if one.kind == "server" else "tools", one.sha)

    def clear(self) -> None:
        """Remove the home its servers had outside the folder."""
        shutil.rmtree(environment(AROUND, self.workspace, Level())["HOME"], ignore_errors=True)

    async def _elicit(self, question: Question) -> Answer:
        self.asked.append(question)
        return await self.answer(question) if self.answer else Answer("decline")
