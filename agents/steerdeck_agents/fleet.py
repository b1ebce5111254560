"""All sessions of a runtime: brought back from the journal, started, found, closed."""

import asyncio
import logging
import os
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from steerdeck_agents.facts.errors import OrderRefused, SteerdeckError
from steerdeck_agents.facts.events import (
    KnownEvent,
    RuntimeEnded,
    RuntimeStarted,
    SessionArchived,
    SessionParked,
    SessionReopened,
    SessionResumed,
    Streamed,
    decode,
)
from steerdeck_agents.facts.ids import Clock, Ids, MessageId, OrderId, SessionId
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Level
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.rule_book import RuleBook, Taking
from steerdeck_agents.gate.secret_facts import clean_event
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.journal.approvals import PastApprovals
from steerdeck_agents.journal.enclosures import Enclosure, OrderAnswered
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Committed, Writer
from steerdeck_agents.loop import (
    coming_back,
    copied_home,
    cut_off,
    delegating,
    goal,
    gone_back,
    leave,
)
from steerdeck_agents.loop.alarm import Alarm
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.services import Services
from steerdeck_agents.loop.standstill import Standstill
from steerdeck_agents.loop.today import Today
from steerdeck_agents.models.governor import Cooling, Governor
from steerdeck_agents.sandbox.descendants import end_leftovers
from steerdeck_agents.session import Session
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work import outset
from steerdeck_agents.work.helping import Helping
from steerdeck_agents.work.landing import Turns
from steerdeck_agents.work.naming import Names
from steerdeck_agents.work.radar import Radar
from steerdeck_agents.work.rule_keeping import Keeping
from steerdeck_agents.work.storage import Storage
from steerdeck_agents.workspace import keep, repository
from steerdeck_agents.workspace.listeners import Listeners

log = logging.getLogger(__name__)

PART_S = 5.0
"""How long each part of closing may take, beside the sessions."""


class Fleet:
    """Owns the journal's writer and every session alive."""

    def __init__(
        self,
        paths: Paths,
        *,
        clock: Clock,
        ids: Ids,
        level: Level,
        publish: Callable[[Sequence[Committed]], None],
        taken: Callable[[str], None],
        scripted_url: Callable[[], str],
        patience: Patience,
    ) -> None:
        """`taken` hears why when somebody else writes the journal now; nothing can be kept then."""
        self.paths = paths
        self.clock = clock
        self.ids = ids
        self.level = level
        self.redactor = Redactor()
        self.writer = Writer(
            paths.journal,
            clock=clock,
            on_committed=self._committed,
            clean=lambda event: clean_event(self.redactor, event),
            on_taken=taken,
            on_trouble=self._stuck,
        )
        self.storage = Storage(lambda: self.writer, clock)
        self.reader = JournalReader(paths.journal)
        self.sessions: dict[SessionId, Session] = {}
        self._publish = publish
        self._listeners = Listeners(self.storage.note)
        self.keeping = Keeping(
            RuleBook(self.rules_file, clock),
            PastApprovals(paths.journal),
            self.writer,
            clock,
            Taking(),
        )
        self._names = Names(self.writer)
        self.radar = Radar(self.writer, self.reader, self.sessions)
        self.landing_turns = Turns()
        self._following: set[asyncio.Task[None]] = set()
        """Helpers on their way out after their parents."""
        self.governor = Governor(
            clock, random.Random(), Cooling(patience.first_s, patience.longest_s)
        )
        self.alarm = Alarm(clock, lambda: self.writer.states().values(), self._go_on)
        self._ringing: list[asyncio.Task[None]] = []
        self._still = Standstill()
        self._services = Services(
            paths=paths,
            writer=self.writer,
            reader=self.reader,
            clock=clock,
            ids=ids,
            level=level,
            governor=self.governor,
            patience=patience,
            redactor=self.redactor,
            lasting_rules=self.keeping.book,
            taking=self.keeping.taking,
            today=Today(paths, self.reader, clock),
            helping=Helping(self.writer, self.reader, self._names, self._call_off),
            still=self._still,
            watch=self._listeners.add,
            unwatch=self._listeners.remove,
            scripted_url=scripted_url,
        )

    async def start(self, version: str, boot: str) -> None:
        """Take the journal, bring every session back, and let those with work go on."""
        if not await self.storage.take(self.paths, self.redactor, self.reader):
            self.sessions |= {id: Session(id, self._services) for id in self.writer.states()}
            return
        left = await asyncio.to_thread(end_leftovers)
        if left:
            log.warning("%d processes of commands of an earlier runtime were ended", left)
        how = await asyncio.to_thread(cut_off.how_ended, self.reader, boot)
        states = self.writer.states().values()
        home = await asyncio.to_thread(
            copied_home.look, states, self.paths, copied=self.writer.copied
        )
        held = [] if home.copied else await asyncio.to_thread(gone_back.look, self.reader, states)
        # These facts come with it: once it is told of, the next runtime takes it for its own.
        started = RuntimeStarted(version=version, pid=os.getpid(), boot=boot)
        await self.writer.append(started, *home.facts, *held, full=True)
        await self._listeners.start()
        await self.keeping.begin()
        if how is not None and home.copied:
            how = "copied"
        await coming_back.bring_back(self.writer, self.reader, self.ids, self.level, how)
        for state in self.writer.states().values():
            self._adopt(state)
        await self._follow_the_archived()
        self._ringing = [
            asyncio.create_task(self.alarm.run(), name="alarm"),
            asyncio.create_task(self.keeping.run(), name="rules"),
            asyncio.create_task(self.radar.run(), name="radar"),
        ]

    async def close(self, reason: str) -> None:
        """Stop every session where it stands and give the journal back.

        Nothing is waited for without end: what hangs is logged and left as a crash would leave it.
        """
        await leave.ended(*self._following, *self._ringing, within_s=PART_S)
        await leave.finished(self.keeping.close(), "keeping the rules", within_s=PART_S)
        closing = (session.close() for session in self.sessions.values())
        for problem in await asyncio.gather(*closing, return_exceptions=True):
            if problem is not None:
                log.error("a session did not close in peace: %r", problem)
        await leave.finished(self._listeners.stop(), "watching files", within_s=PART_S)
        await leave.finished(self.storage.close(), "trying the journal", within_s=PART_S)
        if not self.storage.read_only:
            told = self.writer.append(RuntimeEnded(reason=reason), full=True)
            await leave.finished(told, "telling the end of this runtime", within_s=PART_S)
            await leave.finished(self.writer.stop(), "closing the journal", within_s=PART_S)
        self.redactor.end()

    def session(self, session: SessionId) -> Session:
        """A session by its id; OrderRefused when there is none."""
        found = self.sessions.get(session)
        if (why := self.writer.set_aside.get(session)) is not None:
            raise OrderRefused(
                f"The session {session} is set aside. {why} Its events can still be read with"
                f" `steerdeck export {session} --format jsonl`."
            )
        if found is None:
            raise OrderRefused(
                f"There is no session {session}; `steerdeck sessions` lists what there is."
            )
        return found

    def states(self) -> list[SessionState]:
        """Every session; one that can't be loaded says so and nothing else."""
        aside = self.writer.set_aside
        loaded = [state for state in self.writer.states().values() if state.id not in aside]
        return loaded + [
            SessionState(id=session, name=session, status="unknown", reason=why)
            for session, why in aside.items()
        ]

    def stand_still(self, *, on: bool) -> None:
        """Have sessions begin nothing new, or let them go on."""
        self._still.held = on
        self._wake_all()

    def _stuck(self, why: str) -> None:
        self._still.stuck = bool(why)
        self.storage.hear(why)
        self._wake_all()

    def _wake_all(self) -> None:
        for session in self.sessions.values():
            session.wake()

    def busy(self) -> bool:
        """Whether the runtime must stay: something works, waits for the developer or is parked."""
        return not self.storage.read_only and any(
            not state.archived
            and (
                state.turn is not None
                or state.waits
                or state.queue
                or state.copying
                or state.shells
                or state.hands
                or state.in_line
                or goal.due(state)
            )
            for state in self.writer.states().values()
        )

    @property
    def rules_file(self) -> Path:
        return self.paths.rules_file

    async def start_session(self, order: Start) -> tuple[SessionId, int]:
        """Create a session with its first message; its id and the seq of its creation.

        Raises RepositoryError, SettingsError or OrderRefused when it can't start there.
        """
        if not order.task.strip():
            raise OrderRefused("A session needs a task: say what the agent should do.")
        found, found_s = await repository.find(order.folder), self.clock.monotonic()
        base = await repository.commit_of(found, order.base)
        settings = load(self.paths, order.keys)
        model = await outset.model_for(self.paths, settings, order)
        session = SessionId(self.ids.new("ses"))
        message = MessageId(self.ids.new("msg"))
        begins = outset.Outset(session, message, order, found, base, model, self.level)

        def born(name: str, slot: int) -> Sequence[KnownEvent]:
            return begins.born(name, slot, outset.limits_for(self.paths, settings, model, order))

        answered = OrderAnswered(order.id, session)
        first, *_ = await self._names.admit(order.name or order.task, born, (answered,))
        outset.key_was_used(self.paths, model, order)
        alive = self._adopt(self.writer.states()[session])
        alive.keys, alive.place.seen = dict(order.keys), repository.Seen(found, found_s)
        return session, first.seq

    async def admit(
        self,
        wish: str,
        born: Callable[[str, int], Sequence[KnownEvent]],
        *,
        keys: Mapping[str, str],
        enclosed: Sequence[Enclosure],
    ) -> int:
        """Bring a session to life under a free name like `wish`; the seq of its creation.

        `born` makes its first facts of name and slot.
        """
        first, *_ = await self._names.admit(wish, born, enclosed)
        self._adopt(self.writer.states()[first.session]).keys = dict(keys)
        return first.seq

    async def reopen(self, state: SessionState, order: OrderId) -> int:
        """Bring an archived session back, under another name or slot where its own is taken now."""
        async with self._names.choosing:
            others = [s for s in self.writer.states().values() if not s.archived]
            taken = any(other.slot == state.slot for other in others)
            named = any(other.name == state.name for other in others)
            fact = SessionReopened(
                session=state.id,
                actor="developer",
                slot=self._names.free_slot() if taken else 0,
                name=self._names.free_name(state.name) if named else "",
            )
            answered = OrderAnswered(order, state.id)
            (reopened,) = await self.writer.append(fact, full=True, enclosed=(answered,))
        return reopened.seq

    def _adopt(self, state: SessionState) -> Session:
        session = Session(state.id, self._services)
        self.sessions[state.id] = session
        if not state.archived:
            session.start()
        return session

    def _committed(self, batch: Sequence[Committed]) -> None:
        facts: dict[SessionId, list[KnownEvent]] = {}
        for committed in batch:
            facts.setdefault(committed.event.session, []).append(committed.event)
        for session, theirs in facts.items():
            if (alive := self.sessions.get(session)) is not None:
                alive.heard(theirs)
            self._heard_in_family(session, theirs)
        if any(isinstance(committed.event, SessionParked) for committed in batch):
            self.alarm.look()
        self.keeping.heard([committed.event for committed in batch])
        self.radar.heard(committed.event for committed in batch)
        self._publish(batch)

    def _heard_in_family(self, session: SessionId, facts: Sequence[KnownEvent]) -> None:
        """Let a new helper live, a parent look at its helper, and helpers follow their parent."""
        state = self.writer.state(session)
        if state is not None and state.parent in self.sessions:
            parent = self.sessions[state.parent]
            if session not in self.sessions:
                self._adopt(state).keys = dict(parent.keys)
            if any(not isinstance(fact, Streamed) for fact in facts):
                parent.wake()
        for fact in facts:
            if isinstance(fact, SessionArchived):
                for helper in self.writer.states().values():
                    if helper.parent == session:
                        self._follow(helper, fact)

    def _follow(self, helper: SessionState, archived: SessionArchived) -> None:
        """Put a helper away as its parent was."""
        if helper.archived or helper.id not in self.sessions:
            return
        away = self._put_away(self.sessions[helper.id], archived.reason == "discarded")
        task = asyncio.create_task(away)
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _follow_the_archived(self) -> None:
        """The same where a crash came between; a helper that was reopened since stays."""
        for state in self.writer.states().values():
            parent = self.writer.state(state.parent) if state.parent is not None else None
            if parent is None or not parent.archived or state.archived:
                continue
            told = await asyncio.to_thread(self.reader.of_type, parent.id, "session.archived")
            back = await asyncio.to_thread(self.reader.of_type, state.id, "session.reopened")
            last = decode(told[-1])
            reopened = any(decode(text).seq > last.seq for text in back)
            if isinstance(last, SessionArchived) and not reopened:
                self._follow(state, last)

    async def _put_away(self, helper: Session, discard: bool) -> None:
        try:
            await helper.close()
            async with helper.ground.hands:
                await helper.end_turn()
                await helper.place.tear_down()
                state = helper.state
                if state.archived:
                    return
                reason: Literal["stopped", "landed"] = "landed" if state.landed else "stopped"
                await helper.append(
                    SessionArchived(session=state.id, reason="discarded" if discard else reason)
                )
                if discard and state.workspace.path:
                    await asyncio.to_thread(keep.discard, state.workspace, self.paths.bin)
        except SteerdeckError as error:
            log.error("helper %s was not put away: %s", helper.id, error)
        finally:
            if not helper.state.archived:
                helper.start()

    async def _call_off(self, helper: SessionId) -> None:
        """End a helper's turn since its parent was interrupted."""
        alive = self.sessions.get(helper)
        if alive is None or alive.state.archived:
            return
        async with alive.deciding:
            if facts := delegating.called_off(alive.state):
                await self.writer.append(*facts, full=True)

    async def _go_on(self, state: SessionState) -> None:
        resumed = SessionResumed(session=state.id, why="the limit's reset time has come")
        await self.writer.append(resumed, full=True)
