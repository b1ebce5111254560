"""All sessions of a runtime: brought back from the journal, started, found, closed."""

import asyncio
import hashlib
import logging
import os
import random
import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import msgspec

from steerdeck_agents.facts.errors import ModelError, OrderRefused, SettingsError
from steerdeck_agents.facts.events import (
    MessageSent,
    RuntimeEnded,
    RuntimeStarted,
    SessionCreated,
    SessionParked,
    SessionResumed,
)
from steerdeck_agents.facts.ids import Clock, Ids, MessageId, SessionId
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate import rules
from steerdeck_agents.journal.enclosures import OrderAnswered
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Committed, Writer
from steerdeck_agents.loop import recover
from steerdeck_agents.loop.alarm import Alarm
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.choose import choose, list_models
from steerdeck_agents.models.governor import Cooling, Governor
from steerdeck_agents.sandbox.descendants import end_leftovers
from steerdeck_agents.session import Services, Session
from steerdeck_agents.settings.config import ModelSettings, Settings, load, remember_model
from steerdeck_agents.settings.paths import Paths, private_folder
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
        self.governor = Governor(
            clock, random.Random(), Cooling(patience.first_s, patience.longest_s)
        )
        self._alarm = Alarm(clock, lambda: self.writer.states().values(), self._go_on)
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
            watch=self._watch,
            unwatch=self._unwatch,
            scripted_url=scripted_url,
        )

    async def start(self, version: str, boot: str) -> None:
        """Take the journal, bring every session back, and let those with work go on."""
        for folder in (self.paths.data, self.paths.workspaces, self.paths.spool):
            await asyncio.to_thread(private_folder, folder)
        await self.writer.start()
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
                if facts:
                    await self.writer.append(*facts, full=True)
            self._adopt(state)
        self._ringing = asyncio.create_task(self._alarm.run(), name="alarm")

    async def close(self, reason: str) -> None:
        """Stop every session where it stands and give the journal back."""
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)
        await asyncio.gather(*(session.close() for session in self.sessions.values()))
        await self._watcher.stop()
        await self.writer.append(RuntimeEnded(reason=reason), full=True)
        await self.writer.stop()

    def session(self, session: SessionId) -> Session:
        """A session by its id; OrderRefused when there is none."""
        found = self.sessions.get(session)
        if found is None:
            raise OrderRefused(
                f"There is no session {session}; `steerdeck sessions` lists what there is."
            )
        return found

    def busy(self) -> bool:
        """Whether the runtime must stay: something works, waits for the developer or is parked."""
        return any(
            not state.archived and (state.turn is not None or state.waits or state.queue)
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
            budget=order.budget
            if order.budget is not None
            else self._first_budget(settings, model.key(order.keys)),
        )
        message = MessageSent(
            session=session,
            actor="developer",
            message=MessageId(self.ids.new("msg")),
            text=order.task,
            delivery="first",
        )
        answered = OrderAnswered(order.id, session)
        first, _ = await self.writer.append(created, message, full=True, enclosed=(answered,))
        alive = self._adopt(self.writer.states()[session])
        alive.keys = dict(order.keys)
        return session, first.seq

    def _adopt(self, state: SessionState) -> Session:
        session = Session(state.id, self._services)
        self.sessions[state.id] = session
        if not state.archived:
            session.start()
        return session

    def _committed(self, batch: Sequence[Committed]) -> None:
        for session in {committed.event.session for committed in batch}:
            if (alive := self.sessions.get(session)) is not None:
                alive.wake()
        if any(isinstance(committed.event, SessionParked) for committed in batch):
            self._alarm.look()
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
        default = settings.model("")
        if named is None and default is not None and order.model:
            return msgspec.structs.replace(default, name=order.model, model=order.model)
        if named is None:
            raise SettingsError(
                "There is no model to work with: set OPENAI_API_KEY or OPENAI_BASE_URL, name a"
                f" model in {self.paths.config_file}, or try `steerdeck demo`, which needs neither."
            )
        if named.model:
            return named
        try:
            chosen = choose(await list_models(named, named.key(order.keys)))
        except ModelError as error:
            raise OrderRefused(str(error)) from error
        if chosen is None:
            raise OrderRefused(
                f"{named.base_url} lists no model that can work. Name one with --model."
            )
        await asyncio.to_thread(remember_model, self.paths, chosen)
        return msgspec.structs.replace(named, name=chosen, model=chosen)

    def _first_budget(self, settings: Settings, key: str | None) -> float | None:
        """The default budget when no session was ever started with this key."""
        if key is None:
            return None
        mark = hashlib.sha256(key.encode()).hexdigest()[:16]
        seen = self.paths.data / "keys_seen"
        known = seen.read_text().split() if seen.exists() else []
        if mark in known:
            return None
        seen.write_text("\n".join([*known, mark]) + "\n")
        return settings.budget_first
