"""All sessions of a runtime: brought back from the journal, started, found, closed."""

import asyncio
import hashlib
import logging
import os
import random
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import JournalError, ModelError, OrderRefused, SettingsError
from steerdeck_agents.facts.events import (
    KnownEvent,
    MessageSent,
    RuntimeEnded,
    RuntimeStarted,
    SessionConfigured,
    SessionCreated,
    SessionParked,
    SessionReopened,
    SessionResumed,
)
from steerdeck_agents.facts.ids import Clock, Ids, MessageId, OrderId, SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate import rules
from steerdeck_agents.journal.enclosures import Enclosure, OrderAnswered
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Committed, Writer
from steerdeck_agents.loop import recover
from steerdeck_agents.loop.alarm import Alarm
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.today import Today
from steerdeck_agents.models.choose import choose, list_models
from steerdeck_agents.models.governor import Cooling, Governor
from steerdeck_agents.place import Services
from steerdeck_agents.sandbox.descendants import end_leftovers
from steerdeck_agents.sandbox.key_command import key_of
from steerdeck_agents.session import Session
from steerdeck_agents.settings.config import ModelSettings, Settings, load, remember_model
from steerdeck_agents.settings.paths import Paths, private_folder
from steerdeck_agents.work import tasking
from steerdeck_agents.workspace import repository
from steerdeck_agents.workspace.watch import Watcher

log = logging.getLogger(__name__)

NAME_LIMIT = 24


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
        scripted_url: Callable[[], str],
        patience: Patience,
    ) -> None:
        self.paths = paths
        self.clock = clock
        self.ids = ids
        self.level = level
        self.writer = Writer(paths.journal, clock=clock, on_committed=self._committed)
        self.reader = JournalReader(paths.journal)
        self.sessions: dict[SessionId, Session] = {}
        self._publish = publish
        self._watched: dict[str, Callable[[Collection[str]], None]] = {}
        self._watcher = Watcher(self._files_changed, log.warning)
        self._rules: tuple[int, tuple[Rule, ...]] = (-1, ())
        self._naming = asyncio.Lock()
        """Held from the choice of a free name and slot until they are taken."""
        self.governor = Governor(
            clock, random.Random(), Cooling(patience.first_s, patience.longest_s)
        )
        self.alarm = Alarm(clock, lambda: self.writer.states().values(), self._go_on)
        self._ringing: asyncio.Task[None] | None = None
        self._services = Services(
            paths=paths,
            writer=self.writer,
            reader=self.reader,
            clock=clock,
            ids=ids,
            level=level,
            governor=self.governor,
            patience=patience,
            lasting_rules=self.lasting_rules,
            today=Today(paths, self.reader, clock),
            watch=self._watch,
            unwatch=self._unwatch,
            scripted_url=scripted_url,
        )

    async def start(self, version: str, boot: str) -> None:
        """Take the journal, bring every session back, and let those with work go on."""
        for folder in (self.paths.data, self.paths.workspaces, self.paths.spool):
            await asyncio.to_thread(private_folder, folder)
        await self.writer.start()
        await asyncio.to_thread(_empty, self.paths.spool)
        left = await asyncio.to_thread(end_leftovers)
        if left:
            log.warning("%d processes of commands of an earlier runtime were ended", left)
        await self.writer.append(
            RuntimeStarted(version=version, pid=os.getpid(), boot=boot), full=True
        )
        await self._watcher.start()
        for state in self.writer.states().values():
            if not state.archived:
                facts = recover.after_crash(state)
                if state.level != self.level:
                    # Probed anew at each start: what the last runtime found may be gone.
                    facts.append(SessionConfigured(session=state.id, level=self.level))
                if facts:
                    await self.writer.append(*facts, full=True)
            self._adopt(state)
        self._ringing = asyncio.create_task(self.alarm.run(), name="alarm")

    async def close(self, reason: str) -> None:
        """Stop every session where it stands and give the journal back."""
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)
        closing = (session.close() for session in self.sessions.values())
        for problem in await asyncio.gather(*closing, return_exceptions=True):
            if problem is not None:
                log.error("a session did not close in peace: %r", problem)
        await self._watcher.stop()
        try:
            await self.writer.append(RuntimeEnded(reason=reason), full=True)
        except JournalError as error:
            log.error("the end of this runtime was not kept: %s", error)
        await self.writer.stop()

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

    def busy(self) -> bool:
        """Whether the runtime must stay: something works, waits for the developer or is parked."""
        return any(
            not state.archived
            and (state.turn is not None or state.waits or state.queue or state.copying)
            for state in self.writer.states().values()
        )

    def lasting_rules(self) -> tuple[Rule, ...]:
        """The rules of rules.toml, read again when the file changed."""
        path = self.rules_file
        try:
            changed = path.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._rules[0]:
            try:
                self._rules = (changed, rules.load(path))
            except SettingsError as error:
                log.error("no lasting rule holds: %s", error)
                self._rules = (changed, ())
        return self._rules[1]

    @property
    def rules_file(self) -> Path:
        return self.paths.config / "rules.toml"

    async def start_session(self, order: Start) -> tuple[SessionId, int]:
        """Create a session with its first message; its id and the seq of its creation.

        Raises RepositoryError, SettingsError or OrderRefused when it can't start there.
        """
        if not order.task.strip():
            raise OrderRefused("A session needs a task: say what the agent should do.")
        found = await repository.find(order.folder)
        base = await repository.commit_of(found, order.base)
        settings = load(self.paths, order.keys)
        model = await self._model_for(settings, order)
        session = SessionId(self.ids.new("ses"))
        async with self._naming:
            seq = await self._create(session, order, found, base, model, settings)
        alive = self._adopt(self.writer.states()[session])
        alive.keys = dict(order.keys)
        return session, seq

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
        async with self._naming:
            facts = born(self._name(wish), self._free_slot())
            first, *_ = await self.writer.append(*facts, full=True, enclosed=enclosed)
        self._adopt(self.writer.states()[first.session]).keys = dict(keys)
        return first.seq

    async def reopen(self, state: SessionState, order: OrderId) -> int:
        """Bring an archived session back, under another name or slot where its own is taken now."""
        async with self._naming:
            others = [s for s in self.writer.states().values() if not s.archived]
            taken = any(other.slot == state.slot for other in others)
            named = any(other.name == state.name for other in others)
            fact = SessionReopened(
                session=state.id,
                actor="developer",
                slot=self._free_slot() if taken else 0,
                name=self._name(state.name) if named else "",
            )
            answered = OrderAnswered(order, state.id)
            (reopened,) = await self.writer.append(fact, full=True, enclosed=(answered,))
        return reopened.seq

    async def _create(
        self,
        session: SessionId,
        order: Start,
        found: repository.Repository,
        base: str,
        model: ModelSettings,
        settings: Settings,
    ) -> int:
        created = SessionCreated(
            session=session,
            actor="developer",
            name=self._name(order.name or order.task),
            task=order.task,
            workspace=Workspace(
                path="",
                repository=found.top,
                branch="",
                base=base,
                subfolder=found.subfolder,
            ),
            model=model.name,
            slot=self._free_slot(),
            mode=order.mode,
            level=self.level,
            surroundings=order.surroundings,
            carried=order.carry,
            limits=self._limits(settings, model, order),
        )
        message = MessageSent(
            session=session,
            actor="developer",
            message=MessageId(self.ids.new("msg")),
            text=order.task,
            delivery="first",
        )
        answered = OrderAnswered(order.id, session)
        given = tasking.first(session, order)
        facts = (created, *given, message)
        first, *_ = await self.writer.append(*facts, full=True, enclosed=(answered,))
        return first.seq

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
        if any(isinstance(committed.event, SessionParked) for committed in batch):
            self.alarm.look()
        self._publish(batch)

    async def _go_on(self, state: SessionState) -> None:
        resumed = SessionResumed(session=state.id, why="the limit's reset time has come")
        await self.writer.append(resumed, full=True)

    def _watch(self, workspace: Path, callback: Callable[[Collection[str]], None]) -> None:
        self._watched[str(workspace)] = callback
        self._watcher.add(workspace)

    def _unwatch(self, workspace: Path) -> None:
        self._watched.pop(str(workspace), None)
        self._watcher.remove(workspace)

    def _files_changed(self, workspace: Path, paths: Collection[str]) -> None:
        if (callback := self._watched.get(str(workspace))) is not None:
            callback(paths)

    def _name(self, wish: str) -> str:
        """A short name no living session has."""
        words = re.findall(r"[a-z0-9]+", wish.lower())
        name = ""
        for word in words:
            if len(name) + len(word) + 1 > NAME_LIMIT:
                break
            name = f"{name}-{word}" if name else word
        name = name or "session"
        taken = {state.name for state in self.writer.states().values() if not state.archived}
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name}-{number}"
        return unique

    def _free_slot(self) -> int:
        taken = {state.slot for state in self.writer.states().values() if not state.archived}
        return next(slot for slot in range(1, len(taken) + 2) if slot not in taken)

    async def _model_for(self, settings: Settings, order: Start) -> ModelSettings:
        """The model a session starts with; one that names none is chosen from the server's list."""
        named = settings.model(order.model)
        if named is None and (found := settings.anew(order.model)) is not None:
            return found
        if named is None:
            raise SettingsError(
                "There is no model to work with: set OPENAI_API_KEY or OPENAI_BASE_URL, name a"
                f" model in {self.paths.config_file}, or try `steerdeck demo`, which needs neither."
            )
        if named.model:
            return named
        key = await key_of(named, order.keys, order.surroundings)
        try:
            chosen = choose(await list_models(named, key))
        except ModelError as error:
            raise OrderRefused(str(error)) from error
        if chosen is None:
            raise OrderRefused(
                f"{named.base_url} lists no model that can work. Name one with --model."
            )
        await asyncio.to_thread(remember_model, self.paths, chosen)
        return msgspec.structs.replace(named, name=chosen, model=chosen)

    def _limits(self, settings: Settings, model: ModelSettings, order: Start) -> Limits:
        """The budgets as ordered, with a default in dollars where there is none."""
        if not order.limits.possible:
            raise OrderRefused("A budget can't be less than nothing; 0 means that there is none.")
        chosen = order.limits.dollars is not None
        first = None if chosen else self._first_budget(settings, model, order)
        return Limits(dollars=first).changed(order.limits)

    def _first_budget(self, settings: Settings, model: ModelSettings, order: Start) -> float | None:
        """The default budget when no session was ever started with this key."""
        # A command may print another key each time, so it stands for what it prints.
        key = model.key_command or model.key(order.keys)
        if key is None:
            return None
        mark = hashlib.sha256(key.encode()).hexdigest()[:16]
        seen = self.paths.data / "keys_seen"
        known = seen.read_text().split() if seen.exists() else []
        if mark in known:
            return None
        seen.write_text("\n".join([*known, mark]) + "\n")
        return settings.budget_first


def _empty(spool: Path) -> None:
    """Take away outputs of commands that a killed runtime left; their calls are lost anyway."""
    for left in spool.iterdir():
        left.unlink()
