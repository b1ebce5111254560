"""A whole runtime inside a test: real git, real SQLite, real frames over a socketpair.

The scripted model is the only stand-in. A scene follows every event, so a test can wait for a fact
instead of for time.
"""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import Clock, CountedIds, Ids, OrderId, SessionId, SystemClock
from steerdeck_agents.facts.places import Level, Mode, Surroundings
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate import rules
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.scripted import Script
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.local import attach_in_process
from steerdeck_agents.runtime.server import Runtime
from steerdeck_agents.settings.paths import Paths, paths

PATIENCE_S = 50.0
"""How long a fact is waited for that never comes; a busy machine takes long for those that do."""
SURROUNDINGS = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
_orders = itertools.count(1)


def order_id() -> OrderId:
    return OrderId(f"order-{os.getpid()}-{next(_orders)}")


class Scene:
    """One runtime and one client that sees everything."""

    def __init__(self, runtime: Runtime, client: Client, where: Paths) -> None:
        self.runtime = runtime
        self.client = client
        self.paths = where
        self.events: list[e.Event] = []
        self.frames: list[object] = []
        self._heard = asyncio.Event()
        self._heard_seq = 0
        self._listening = True

    async def listen(self) -> None:
        """Follow every frame until the line ends."""
        async for frame in self.client.incoming():
            self.frames.append(frame)
            if isinstance(frame, wire.Facts):
                self.events += [e.decode(bytes(raw)) for raw in frame.events]
                self._heard_seq = max(self._heard_seq, self.events[-1].seq)
            elif isinstance(frame, wire.Large):
                self._heard_seq = max(self._heard_seq, frame.seq)
            self._heard.set()
        self._listening = False
        self._heard.set()

    def begin(self) -> None:
        """What was committed until now was told before anybody listened."""
        self._heard_seq = self._told_seq()

    def of(self, session: SessionId, *kinds: type) -> list[e.Event]:
        """The events of a session so far, of some kinds or of all."""
        return [
            event
            for event in self.events
            if event.session == session and (not kinds or isinstance(event, kinds))
        ]

    def state(self, session: SessionId) -> SessionState:
        return self.runtime.fleet.session(session).state

    async def until(self, ready: Callable[[], object]) -> None:
        """Wait until something is true, looked at after every frame, and `events` know of it.

        The runtime's own state runs ahead of the frames that tell of it.
        """
        async with asyncio.timeout(PATIENCE_S):
            while not ready():
                await self._frame()
            await self._caught_up()

    async def _caught_up(self) -> None:
        told = self._told_seq()
        while self._heard_seq < told and self._listening:
            await self._frame()

    async def _frame(self) -> None:
        self._heard.clear()
        await self._heard.wait()

    def _told_seq(self) -> int:
        return max((state.seq for state in self.runtime.fleet.states()), default=0)

    async def status(self, session: SessionId, *wanted: str) -> SessionState:
        """Wait until a session has one of these statuses."""
        await self.until(lambda: self.state(session).status in wanted)
        return self.state(session)

    async def start(
        self, folder: Path, model: str, task: str = "Do it.", mode: Mode = "auto", **more: object
    ) -> SessionId:
        given = await self.client.give(
            o.Start(
                id=order_id(),
                task=task,
                folder=str(folder),
                model=model,
                mode=mode,
                surroundings=SURROUNDINGS,
                **more,
            )
        )
        return given.session

    async def give(self, kind: type, session: SessionId, **fields: object) -> wire.Given:
        """Give an order; `events` know of what came of it, also when it is refused."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.client.give(kind(id=order_id(), session=session, **fields))
            finally:
                await self._caught_up()

    async def decide(self, session: SessionId, *, allow: bool, **more: object) -> wire.Given:
        """Answer the one open approval of a session as it is shown."""
        (asked,) = self.state(session).approvals
        return await self.give(
            o.Decide, session, approval=asked.id, allow=allow, shown=asked.binding, **more
        )


def home_at(
    folder: Path,
    models: Mapping[str, str],
    allowed: Mapping[str, Path],
    silence_s: float | None = None,
    more: str = "",
) -> Paths:
    """A home with these models (name to base URL) and rules (command to repository).

    `more` are further lines of config.toml for the last of the models.
    """
    silence = "" if silence_s is None else f"silence = {silence_s}\n"
    where = paths({"STEERDECK_HOME": str(folder), "HOME": str(folder)})
    where.config.mkdir(parents=True, exist_ok=True)
    where.config_file.write_text(
        "".join(
            f'[[models]]\nname = "{name}"\napi = "scripted"\nbase_url = "{url}"\n{silence}'
            for name, url in models.items()
        )
        + more
    )
    if allowed or not where.rules_file.exists():
        named = enumerate(allowed.items())
        rules.save(
            where.rules_file,
            [
                Rule(id=f"rule-{n}", command=text, repository=str(top), keep=True)
                for n, (text, top) in named
            ],
        )
    return where


@asynccontextmanager
async def scene(
    folder: Path,
    scripts: Mapping[str, Script],
    *,
    allowed: Mapping[str, Path] | None = None,
    level: Level | None = None,
    ids: Ids | None = None,
    pace: float = 0,
    urls: Mapping[str, str] | None = None,
    patience: Patience | None = None,
    silence_s: float | None = None,
    clock: Clock | None = None,
    more: str = "",
) -> AsyncIterator[Scene]:
    """A runtime on a home at `folder`, its models played from `scripts` or found at `urls`."""
    server = await serve(scripts, pace=pace)
    models = {**dict.fromkeys(scripts, server.url), **(urls or {})}
    where = home_at(folder, models, allowed or {}, silence_s, more.replace("URL", server.url))
    runtime = Runtime(
        where,
        clock=clock or SystemClock(),
        ids=ids or CountedIds(),
        level=level or Level(),
        version="0",
        patience=patience,
    )
    await runtime.start()
    client, serving = await attach_in_process(runtime, "0")
    playing = Scene(runtime, client, where)
    listening = asyncio.create_task(playing.listen())
    await client.watch(SessionId(""), "full")
    # An answer says that the watch is kept: what is committed before that, nobody hears of.
    await client.ask(wire.RuntimeStatus(), wire.StatusPage)
    try:
        playing.begin()
        yield playing
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await client.close()
        await asyncio.gather(serving, return_exceptions=True)
        await runtime.close("the test ended")
        await server.close()
