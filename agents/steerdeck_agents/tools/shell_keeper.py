"""The shells of one session that live: opened and used by the agent, watched for the developer.

What happens to them is told as facts, through one callback: what they print, the ports they listen
on, what they ask for, and how they ended. The agent looks at each under its id; a secret that one
asks for is the developer's alone to type.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts.action import RunCommand, UseShell
from steerdeck_agents.facts.errors import BadArguments, OrderRefused, SteerdeckError
from steerdeck_agents.facts.ids import CallId, SessionId, ShellId, TurnId
from steerdeck_agents.facts.inert import one_line, utf8
from steerdeck_agents.facts.shells import (
    ShellEnded,
    ShellEnding,
    ShellFact,
    ShellListened,
    ShellOpened,
    ShellPrinted,
    ShellPrompted,
    ShellTyped,
)
from steerdeck_agents.sandbox.descendants import Seen, look
from steerdeck_agents.sandbox.live import Live, Prompt, start_live
from steerdeck_agents.sandbox.loopback import Loopback, open_loopback
from steerdeck_agents.sandbox.process import Spawn
from steerdeck_agents.sandbox.relay import Relay
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.shell_told import Sight, ending, forced_end, told

log = logging.getLogger(__name__)

MOST = 16
"""Shells of one session that live at the same time."""
_LOOK_EVERY_S = 0.25
_LOOK_SELDOM_S = 1.0
"""For one that has been silent for a while."""
_A_WHILE_S = 15.0
_NO_WORDS = "(it printed no question)"

Tell = Callable[[ShellFact, bytes], None]
"""Takes a fact, to be appended in this order; with an end its output, empty when there was none,
to be kept as the blob that `ShellEnded.output` names."""


class Opener(NamedTuple):
    """The call that opens a shell."""

    turn: TurnId | None = None
    call: CallId | None = None


@dataclass
class _Shell:
    id: ShellId
    live: Live
    call: CallId | None
    spool: Path
    spawn: Spawn
    ports: tuple[int, ...] = ()
    prompt: Prompt | None = None
    relays: dict[int, Relay] = field(default_factory=dict)
    """Its ports that the developer has opened."""
    how: ShellEnding = "exited"
    """Why it was asked to end."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when its end was told."""
    asks: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it begins to ask for something."""
    watch: asyncio.Task[None] | None = None


class Shells:
    """Keeps the shells of one session; to be used on the runtime's loop."""

    def __init__(self, session: SessionId, spool: Path, tell: Tell, *, opened: int = 0) -> None:
        """`spool` is a folder; `opened` is how many shells the session has had before."""
        self._session = session
        self._spool = spool
        self._tell = tell
        self._opened = opened
        self._shells: dict[ShellId, _Shell] = {}
        self._notes: list[str] = []
        """For the agent's next result."""
        self._loopback: Loopback | None = None
        self._opening = asyncio.Lock()
        self._closed = False

    @property
    def living(self) -> tuple[ShellId, ...]:
        """Who lives; while one does, the runtime is not idle."""
        return tuple(shell.id for shell in self._shells.values() if not shell.ended.is_set())

    @property
    def loopback(self) -> Seen | None:
        """What the session's confined commands share, for `Spawn.loopback`.

        None until the first confined shell, and where the system allows none.
        """
        if self._loopback is None:
            return None
        holder = self._loopback.holder
        now = look(holder.pid)
        return holder if now is not None and now.born == holder.born else None

    async def open(
        self, action: RunCommand, spawn: Spawn, by: Opener, stop: asyncio.Event
    ) -> Outcome:
        """Start a shell and look at it for `action.wait_s`, or until the developer interrupts.

        `spawn` is the command as it was allowed; its loopback is set here. Raises BadArguments
        and SteerdeckError when nothing ran.
        """
        async with self._opening:
            if self._closed:
                raise SteerdeckError("The session is ending; nothing was run.")
            if len(self.living) >= MOST:
                raise BadArguments(
                    f"{MOST} shells live already ({', '.join(self.living)}); "
                    "stop one with shell_session first. Nothing was run."
                )
            if spawn.level.name == "bubblewrap":
                spawn = replace(spawn, loopback=await self._shared())
            shell = self._start(action, spawn, by)
        return await self._look(shell, action.wait_s, stop)

    async def use(self, action: UseShell, stop: asyncio.Event) -> Outcome:
        """Do what the agent asked for; raises BadArguments when that can't be done."""
        shell = self._shells.get(action.shell)
        if shell is None:
            living = ", ".join(self.living) or "none"
            name = one_line(action.shell, 40)
            raise BadArguments(f"There is no shell {name!r}; these live: {living}.")
        shell.asks.clear()
        if action.stop:
            await self._end(shell, "stopped")
        elif action.text and not shell.ended.is_set():
            if shell.live.hides():
                raise BadArguments(
                    f"{shell.id} asks for a secret, which is the developer's to type; they were "
                    "asked. Nothing was typed. Look again later, or stop it."
                )
            shell.live.write(action.text)
            self._forget_prompt(shell)
        return await self._look(shell, action.wait_s, stop)

    def typing(self, shell: ShellId, text: str) -> ShellTyped:
        """The fact that the developer types this, to be committed before `type`.

        Raises OrderRefused when the shell has ended.
        """
        hidden = self._living(shell).live.hides()
        words = "" if hidden else utf8(text)
        return ShellTyped(
            session=self._session, actor="developer", shell=shell, text=words, hidden=hidden
        )

    def type(self, typed: ShellTyped, text: str) -> None:
        """Type the developer's words, exactly, after `typed` was committed.

        Raises OrderRefused when they can't be, or when what was to be hidden would now be seen.
        """
        shell = self._living(typed.shell)
        if shell.live.hides() != typed.hidden:
            raise OrderRefused("It asks for something else by now. Nothing was typed.")
        try:
            shell.live.write(text)
        except BadArguments as problem:
            raise OrderRefused(str(problem)) from problem
        shell.prompt = None  # the fact of typing has taken it down

    async def reach(self, name: ShellId, port: int) -> int:
        """The port of this machine that leads to one a shell listens on, for the developer.

        It is there until the shell ends. Raises OrderRefused or SteerdeckError when it can't be.
        """
        shell = self._living(name)
        if port not in shell.ports:
            listens = ", ".join(map(str, shell.ports)) or "no port"
            raise OrderRefused(f"{name} listens on {listens}; nothing was opened.")
        if shell.spawn.level.name != "bubblewrap":
            raise OrderRefused(
                f"{name} has no network of its own: its port is that of this machine, at "
                f"http://127.0.0.1:{port} already."
            )
        async with self._opening:
            if port not in shell.relays:
                if self._loopback is None or shell.spawn.loopback is None:
                    raise OrderRefused(f"The network of {name} can't be reached on this system.")
                shell.relays[port] = await self._loopback.relay(port)
            relay = shell.relays[port]
            if shell.live.done.is_set():
                await relay.close()
                raise OrderRefused(f"The shell {name} has ended.")
            return relay.port

    async def end(self, shell: ShellId) -> None:
        """End one on the developer's order; raises OrderRefused when it has ended already."""
        await self._end(self._living(shell), "developer")

    async def close(self, how: ShellEnding) -> None:
        """End all, because the session or the runtime ends; every end has been told then."""
        self._closed = True
        async with self._opening:
            await asyncio.gather(*(self._end(one, how) for one in list(self._shells.values())))
            if self._loopback is not None:
                await self._loopback.close()
                self._loopback = None

    async def _shared(self) -> Seen | None:
        if self.loopback is None:
            try:
                self._loopback = await open_loopback()
            except (SteerdeckError, OSError) as problem:
                self._notes.append(f"(Its ports can't be reached from other commands. {problem})")
        return self.loopback

    def _start(self, action: RunCommand, spawn: Spawn, by: Opener) -> _Shell:
        shell_id = ShellId(f"sh-{self._opened + 1}")
        spool = self._spool / f"{self._session}-{shell_id}"

        def heard(text: str) -> None:
            fact = ShellPrinted(session=self._session, shell=shell_id, text=utf8(text))
            self._tell(fact, b"")

        live = start_live(spawn, tty=action.tty, on_output=heard, spool=spool)
        self._opened += 1
        shell = _Shell(shell_id, live, by.call, spool, spawn)
        self._shells[shell_id] = shell
        opened = ShellOpened(
            session=self._session,
            turn=by.turn,
            call=by.call,
            shell=shell_id,
            title=one_line(action.script, 200),
            tty=action.tty,
        )
        self._tell(opened, b"")
        shell.watch = asyncio.create_task(self._watch(shell))
        return shell

    async def _look(self, shell: _Shell, wait_s: float, stop: asyncio.Event) -> Outcome:
        await _first(wait_s, shell.ended, shell.asks, stop)
        notes, self._notes = tuple(self._notes), []
        ended = shell.ended.is_set()
        text = await asyncio.to_thread(shell.live.read_new)
        if ended:
            self._shells.pop(shell.id, None)
            if shell.live.error is not None:
                raise shell.live.error
            notes = tuple(note for note in notes if not note.startswith(f"{shell.id}:"))
        return told(
            Sight(
                shell=shell.id,
                text=text,
                ports=shell.ports,
                prompt=shell.prompt,
                finished=shell.live.finished if ended else None,
                how=shell.how,
                notes=notes,
            )
        )

    async def _watch(self, shell: _Shell) -> None:
        """Tell what happens to it until its end was told."""
        live = shell.live
        try:
            while not live.done.is_set():
                pause = _LOOK_EVERY_S if live.quiet_s() < _A_WHILE_S else _LOOK_SELDOM_S
                with contextlib.suppress(TimeoutError):
                    # Not `wait_for`, which can lose a cancellation to an end of that moment.
                    async with asyncio.timeout(pause):
                        await live.done.wait()
                try:
                    ports, prompt = await asyncio.to_thread(lambda: (live.ports(), live.prompt()))
                except (OSError, RuntimeError) as problem:
                    # No file or no thread to look with, for now; it goes on all the same.
                    log.warning("%s can't be looked at: %s", shell.id, problem)
                    continue
                if not live.done.is_set():
                    self._tell_seen(shell, ports, prompt)
            await self._tell_end(shell)
        finally:
            # Whoever waits for its end would wait for ever.
            shell.ended.set()

    def _tell_seen(self, shell: _Shell, ports: tuple[int, ...], prompt: Prompt | None) -> None:
        if ports != shell.ports:
            shell.ports = ports
            fact = ShellListened(session=self._session, shell=shell.id, ports=ports)
            self._tell(fact, b"")
        if prompt is None:
            self._forget_prompt(shell)
        elif prompt != shell.prompt:
            shell.prompt = prompt
            shell.asks.set()
            words = utf8(prompt.text) or _NO_WORDS
            asked = ShellPrompted(
                session=self._session, shell=shell.id, text=words, hidden=prompt.hidden
            )
            self._tell(asked, b"")

    def _forget_prompt(self, shell: _Shell) -> None:
        if shell.prompt is not None:
            shell.prompt = None
            self._tell(ShellPrompted(session=self._session, shell=shell.id, text=""), b"")

    async def _tell_end(self, shell: _Shell) -> None:
        for relay in shell.relays.values():
            await relay.close()
        finished = shell.live.finished
        complete = b""
        if finished is not None:
            if (forced := forced_end(finished)) is not None:
                shell.how = forced
            elif not finished.interrupted:
                shell.how = "exited"
            complete = await asyncio.to_thread(finished.kept)
        with contextlib.suppress(OSError):
            shell.spool.unlink(missing_ok=True)
        fact = ShellEnded(
            session=self._session,
            call=shell.call,
            shell=shell.id,
            how=shell.how,
            exit_code=finished.exit_code if finished else None,
            duration_ms=finished.duration_ms if finished else 0,
        )
        self._tell(fact, complete)
        if finished is not None:
            self._notes = [*self._notes, ending(shell.id, shell.how, finished)][-MOST:]
        shell.ended.set()
        unread = [one.id for one in self._shells.values() if one.ended.is_set()]
        for forgotten in unread[:-MOST]:
            del self._shells[forgotten]

    async def _end(self, shell: _Shell, how: ShellEnding) -> None:
        if not shell.ended.is_set():
            shell.how = how
            await shell.live.stop()
            await shell.ended.wait()

    def _living(self, name: ShellId) -> _Shell:
        shell = self._shells.get(name)
        if shell is None or shell.live.done.is_set():
            raise OrderRefused(f"The shell {one_line(name, 40)} has ended.")
        return shell


async def _first(timeout_s: float, *events: asyncio.Event) -> None:
    """Wait for the first of these events, but not for long."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
