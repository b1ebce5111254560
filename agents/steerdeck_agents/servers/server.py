"""One server of one session: its state in a word and a sentence, its tools, its calls.

Nothing is started before the developer consented to exactly its command line or address, and no
tool is called while the list of tools is another one than was allowed. A server that died is
started again only when a call needs it, a few times and after ever longer waits.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine

from steerdeck_agents.facts.errors import OrderRefused, SettingsError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.servers import pins, status
from steerdeck_agents.servers.calling import Late, Stopped, answer, either, fresh
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.ground import Ground
from steerdeck_agents.servers.life import Life
from steerdeck_agents.servers.listing import Listing, Offered, ServerTool, listing
from steerdeck_agents.servers.result import Result
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings import consent
from steerdeck_agents.settings.server import ServerSettings

MOST_STARTS = 5
"""In a row without one answer in between."""


class Server:
    """A configured server, as one session uses it."""

    def __init__(self, settings: ServerSettings, ground: Ground) -> None:
        self.settings = settings
        self.status = status.asks(settings)
        self._ground = ground
        self._life: Life | None = None
        self._listing: Listing | None = None
        self._next: Listing | None = None
        """A list that was not allowed yet."""
        self._consented = False
        """In this session, whatever is remembered."""
        self._starts = 0
        self._starting = asyncio.Lock()
        self._closed = False
        self._opening: set[asyncio.Task[None]] = set()

    @property
    def tools(self) -> tuple[ServerTool, ...]:
        """What the developer allowed it to offer, whether or not it answers now."""
        allowed = self._listing is not None and self.status.name not in ("refused", "asks")
        return self._listing.tools if allowed and self._listing else ()

    def begin(self) -> None:
        """Ask for consent, or start if it was given; returns at once."""
        self._in_background(self._begin())

    async def settled(self) -> None:
        """Until it is not being started any more."""
        while self._opening:
            await asyncio.wait(self._opening)

    async def allow(self, sha: Sha, *, lasts: bool = True) -> None:
        """The developer consents to what `status` asks; raises OrderRefused for anything else.

        Unless it `lasts`, it holds until the session ends.
        """
        kind = self._asked(sha)
        if lasts:
            with contextlib.suppress(SettingsError):  # not kept, so the next session asks
                await self._remember(kind, sha)
        self._consented = True
        if kind == "tools" and self._next is not None:
            self._listing, self._next = self._next, None
            if self._alive:
                self._say(status.ready(self.settings.name, self._listing))
                return
        self._starts = 0
        self._in_background(self._start())

    async def _remember(self, kind: str, sha: Sha) -> None:
        now, paths = self._ground.clock.now_ms(), self._ground.paths
        if kind == "server":
            shown = self.settings.shown
            await asyncio.to_thread(consent.remember, paths, "server", sha, shown, now)
        elif self._next is not None:
            identity = self.settings.identity
            await asyncio.to_thread(pins.allow, paths, identity, self._next, now)

    async def refuse(self, sha: Sha) -> None:
        """The developer refuses what `status` asks; raises OrderRefused for anything else."""
        what = self.settings.name if self._asked(sha) == "server" else "its new tools"
        await self._end(status.refused(self.settings.name, what))

    async def again(self) -> None:
        """The developer wants it started anew, whatever it is doing; asks where it has to."""
        await self._end(status.gone(self.settings.name))
        self._starts = 0
        self.begin()

    async def close(self) -> None:
        """End it with its session."""
        self._closed = True
        for task in self._opening:
            task.cancel()
        await self._end(status.gone(self.settings.name))

    async def call(
        self,
        tool: str,
        arguments: dict[str, object],
        *,
        pin: Sha,
        stop: asyncio.Event,
        on_progress: Callable[[str], None],
        timeout_s: float | None = None,
    ) -> Result:
        """One call of a tool by the server's own name.

        `pin` is that of the list the tool was taken from. Raises ServerFault with a sentence for
        the model, Stopped when `stop` was set.
        """
        life = await self._ready(stop)
        if self._listing is None or pin != self._listing.pin:
            raise ServerFault(
                f"The tools of {self.settings.name} have changed since this call was made.",
                None,
                "Nothing was called; look at its tools again.",
            )
        if tool not in {one.tool for one in self._listing.tools}:
            raise ServerFault(f"{self.settings.name} has no such tool.", None, "Take another.")
        try:
            result = await answer(
                life,
                self.settings,
                tool,
                arguments,
                stop=stop,
                on_progress=on_progress,
                timeout_s=timeout_s or self.settings.timeout_s,
            )
        except Late as late:
            if life.over is None:
                self._say(status.slow(self.settings, tool, late.seconds))
            raise ServerFault(
                self.status.reason, "late", "The call was cancelled; its effect is not known."
            ) from late
        except ServerFault as fault:
            if fault.status != "dead":
                self._answered()
                raise
            await life.wait()
            raise ServerFault(
                self.status.reason, self.status.name, "Whether the call took effect is not known."
            ) from fault
        self._answered()
        return result

    @property
    def _alive(self) -> bool:
        return self._life is not None and self._life.link is not None

    def _answered(self) -> None:
        self._starts = 0
        if self.status.name == "late" and self._alive and self._listing is not None:
            self._say(status.ready(self.settings.name, self._listing))

    def _asked(self, sha: Sha) -> str:
        if not self.status.asks or sha != self.status.asks:
            raise OrderRefused(
                f"{self.settings.name} does not ask for this any more. Look at what it asks now."
            )
        return self.status.kind

    async def _ready(self, stop: asyncio.Event) -> Life:
        """A life that can be called; raises ServerFault."""
        if self.status.name in ("dead", "late") and not self._alive and not self._closed:
            await self._revive(stop)
        await either(self.settled(), stop)
        if self._life is not None:
            await fresh(self._life, stop, self.settings.timeout_s)
        if stop.is_set():
            raise Stopped("The developer stopped the call before it began.")
        life = self._life
        usable = self.status.name in ("ready", "late")
        if life is None or life.link is None or not usable:
            raise ServerFault(
                f"{self.status.reason} Nothing was called.", None, self.status.way_out
            )
        return life

    async def _revive(self, stop: asyncio.Event) -> None:
        if self._starts >= MOST_STARTS:
            raise ServerFault(
                f"{self.status.reason} It was started {self._starts} times in a row.",
                None,
                "Only the developer can start it again.",
            )
        pause = self._ground.patience_s * 2 ** min(4, max(0, self._starts - 1))
        await either(asyncio.sleep(pause), stop)
        if not stop.is_set() and not self._opening:
            self._in_background(self._start())

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _begin(self) -> None:
        identity, paths = self.settings.identity, self._ground.paths
        if self._consented or await asyncio.to_thread(
            consent.remembered, paths, "server", identity
        ):
            await self._start()
        else:
            self._say(status.asks(self.settings))

    async def _start(self) -> None:
        async with self._starting:
            if self._alive or self._closed:
                return
            self._starts += 1
            self._say(status.starting(self.settings.name))
            self._life = life = Life(self.settings, self._ground, self._judge)
            over = asyncio.create_task(self._see_end(life))
            await life.opened.wait()
            if life.over is not None:
                await over

    async def _see_end(self, life: Life) -> None:
        await life.wait()
        if self._life is life and life.over is not None:
            self._say(life.over)

    async def _end(self, why: Status) -> None:
        life, self._life = self._life, None
        if life is not None:
            await life.end(why)
        self._say(why)

    async def _judge(self, offered: list[Offered]) -> None:
        """Take a list of tools over, or ask when it is not the one that was allowed."""
        name, wanted = self.settings.name, self.settings.tools
        found = await asyncio.to_thread(listing, name, offered, wanted)
        if self._listing is not None and found.pin == self._listing.pin:
            self._next = None
        else:
            shown = await asyncio.to_thread(self._compare, found)
            if shown is not None:
                self._next = found
                bound = pins.bound(self.settings.identity, found.pin)
                self._say(status.changed(name, found, bound, shown))
                return
            self._listing, self._next = found, None
        self._say(status.ready(name, self._listing))

    def _compare(self, found: Listing) -> str | None:
        """What changed since a list was allowed; None when this one is. Reads and writes files."""
        identity, paths = self.settings.identity, self._ground.paths
        before = self._listing.text if self._listing else pins.known(paths, identity)
        if before is None:
            # The first list belongs to the consent that was just given.
            with contextlib.suppress(SettingsError):
                pins.allow(paths, identity, found, self._ground.clock.now_ms())
            return None
        if pins.allowed(paths, identity, found.pin):
            return None
        return pins.changes(before, found.text)

    def _say(self, now: Status) -> None:
        if now != self.status or now.name == "asks":
            self.status = now
            self._ground.on_change(now)
