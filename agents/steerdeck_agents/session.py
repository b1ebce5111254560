"""One session alive in this runtime: it makes its place, then runs turns while there are words.

What is true of it is folded from the journal; this object only holds what can't be stored: the
task that works, and its place.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import cached_property

from steerdeck_agents.adapters.adapter import Adapter
from steerdeck_agents.adapters.native import NativeAdapter
from steerdeck_agents.facts.errors import JournalError, RepositoryError, SteerdeckError
from steerdeck_agents.facts.events import KnownEvent, SessionParked, TurnStarted
from steerdeck_agents.facts.ids import SessionId, TurnId
from steerdeck_agents.facts.shells import ShellEnding
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.secret_files import values_in
from steerdeck_agents.loop import compact, goal, leave, recover, turn
from steerdeck_agents.loop.by_hand import ByHand, Means
from steerdeck_agents.loop.services import Services
from steerdeck_agents.loop.site import STORAGE_RETRY_S, Site
from steerdeck_agents.place import Place
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.work.reviewing import Review

log = logging.getLogger(__name__)

STOP_S = 7.0
"""How long what a session does may take to be broken off."""
CLOSE_S = 10.0
"""How long all of its closing may take; then it is left as a crash would leave it."""


class Session:
    """The life of one session in this process."""

    def __init__(self, session: SessionId, services: Services) -> None:
        self.id = session
        self.place = Place(session, services)
        self._services = services
        self._adapter: Adapter = NativeAdapter()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        """It was told to end: whatever comes of that, it does not go on."""

    @property
    def state(self) -> SessionState:
        return self.place.state

    @property
    def ground(self) -> SessionGround:
        """Its workspace; made when first asked for."""
        return self.place.ground

    @cached_property
    def review(self) -> Review:
        """What the developer looks at of its changes."""
        return Review(self.ground)

    @cached_property
    def by_hand(self) -> ByHand:
        """What the developer runs in its workspace."""
        services = self._services
        return ByHand(
            Means(
                session=self.id,
                journal=services.writer,
                ground=lambda: self.ground,
                redactor=services.redactor,
                clock=services.clock,
                ids=services.ids,
                spool=services.paths.spool,
            )
        )

    @property
    def deciding(self) -> asyncio.Lock:
        """Held from a look at the state until what an order makes of it is committed."""
        return self.place.deciding

    @property
    def keys(self) -> Mapping[str, str]:
        """Variables with secrets, from the shell that started or resumed it; never stored."""
        return self.place.keys

    @keys.setter
    def keys(self, keys: Mapping[str, str]) -> None:
        self._services.redactor.know(values_in(keys))
        # The same mapping, since servers that are started later look into it, too.
        self.place.keys.update(keys)

    def start(self) -> None:
        """Go to work, in a task of its own."""
        if self._task is None or self._task.done():
            self._closing = False
            self._task = asyncio.create_task(self._live(), name=f"session {self.id}")

    def heard(self, facts: Sequence[KnownEvent]) -> None:
        """Facts of this session were committed: take over what memory holds of them, look again.

        Called before the appends that brought them return, so that whoever waits for a call's end
        also finds its result.
        """
        self.place.hear(facts)
        if self.id in self._services.writer.set_aside and self._task is not None:
            log.error("session %s: %s", self.id, self._services.writer.set_aside[self.id])
            self._closing = True
            self._task.cancel()
        self.wake()

    def wake(self) -> None:
        """Something may have changed; look again."""
        if self.state.stopping:
            self.place.stop.set()
        else:
            self.place.stop.clear()
        self._wake.set()
        if self.place.site is not None:
            self.place.site.wake.set()

    def hurry(self) -> None:
        """Send its next request at once, whatever it waits for."""
        self._services.governor.hasten(self.id)
        self.wake()

    def forget_model(self) -> None:
        """Connect anew before the next turn, with the keys of now."""
        self.place.forget()

    async def close(self, how: ShellEnding = "runtime") -> None:
        """Stop working, with no word of a turn's end: a crash and a close look the same there.

        Its shell sessions end; `how` is why. SteerdeckError when it did not end in time; what of it
        still runs is not waited for, and can't record anything once the journal is closed.
        """
        self._closing = True
        self.place.unwatch()
        what = f"closing session {self.id}"
        closed = await leave.finished(self._close(how), what, within_s=CLOSE_S)
        if not closed or (self._task is not None and not self._task.done()):
            raise SteerdeckError(
                f"{self.state.name} did not stop. End the runtime with `steerdeck runtime stop`;"
                " the next one brings it back as after a crash."
            )

    async def _close(self, how: ShellEnding) -> None:
        if self._task is not None:
            await leave.ended(self._task, within_s=STOP_S)
        self._services.governor.forget(self.id)
        await self.by_hand.close()
        await self.place.close(how)

    async def end_turn(self) -> None:
        """End the open turn as interrupted; for a session that was closed and will not go on."""
        if (open_turn := self.state.turn) is not None:
            await turn.interrupted(await self.place.remembered(), open_turn)

    async def append(self, *facts: KnownEvent) -> tuple[KnownEvent, ...]:
        """Keep facts that must not be lost."""
        return await self.place.append(*facts)

    async def _live(self) -> None:
        self.place.watch()
        self.wake()
        while not (self._closing or self.state.archived):
            try:
                await self._step()
            except JournalError as error:
                log.error("session %s waits for the journal: %s", self.id, error)
                await (asyncio.sleep(STORAGE_RETRY_S) if error.retryable else self._failed())
            except RepositoryError as error:
                log.error("session %s: %s", self.id, error)
                await self._failed(error)
            except Exception:
                log.exception("session %s", self.id)
                await self._failed()

    async def _step(self) -> None:
        state = self.state
        if state.turn is not None and state.stopping:
            if self.place.site is not None:
                await self._adapter.turn(self.place.site)
            else:
                await self.end_turn()
            return
        wanted = state.may_start or state.compaction or state.again
        due = state.turn or wanted or state.copying or goal.due(state)
        if state.parked or not (due or self.place.again):
            await self._woken()
            return
        site = await self.place.ready()
        if site is None:
            if self.place.waits:
                await self._woken()
            return
        if not due:
            return
        if state.turn is None:
            turn_id = TurnId(self._services.ids.new("turn"))
            await self._open(site, turn_id)
        if self.state.turn is None:
            return
        await self._adapter.turn(site)

    async def _open(self, site: Site, turn_id: TurnId) -> None:
        state = self.state
        if not state.may_start and not state.compaction and goal.due(state):
            await goal.begin(site, turn_id)
            return
        other = "compaction" if state.compaction else "again"
        trigger = "message" if state.may_start else other
        await self.append(TurnStarted(session=self.id, turn=turn_id, trigger=trigger))

    async def _woken(self) -> None:
        self._wake.clear()
        await compact.woken(self._wake, self.place.site)

    async def _failed(self, known: RepositoryError | None = None) -> None:
        """An error parks the session with its turn open, said in the journal; most are not `known`.

        What it held in memory may differ from the journal now, so it is read anew on resume. While
        it is closed the error is one of being broken off.
        """
        if self._closing:
            return
        self.place.forget()
        reason = "Steerdeck itself failed here; `steerdeck runtime log` has the details."
        parked = SessionParked(session=self.id, reason=reason, way_out="Resume to try again.")
        why = "Steerdeck failed"
        if known is not None:
            parked, why = self.place.parked(known), "the session was parked"
        facts = [*recover.broken_off(self.state, why), parked]
        try:
            await self.append(*facts)
        except JournalError as error:
            log.error("session %s waits for the journal: %s", self.id, error)
            await asyncio.sleep(STORAGE_RETRY_S)
