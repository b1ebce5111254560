"""One session alive in this runtime: it makes its place, then runs turns while there are words.

What is true of it is folded from the journal; this object only holds what can't be stored: the
task that works, the connection to the model, the keys in memory.
"""

import asyncio
import logging
import math
import shutil
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steerdeck_agents.adapters.adapter import Adapter
from steerdeck_agents.adapters.native import NativeAdapter
from steerdeck_agents.facts.errors import (
    JournalError,
    ModelError,
    RepositoryError,
    SettingsError,
)
from steerdeck_agents.facts.events import (
    CallEnded,
    KnownEvent,
    Noticed,
    SessionParked,
    TurnStarted,
    WorkspaceMade,
    WorkspaceProgressed,
)
from steerdeck_agents.facts.ids import CallId, Clock, Ids, SessionId, TurnId
from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.loop import compact, recover, turn
from steerdeck_agents.loop.guides import Guides
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.prompt import Prompt
from steerdeck_agents.loop.site import STORAGE_RETRY_S, Memory, Site, first_of
from steerdeck_agents.loop.today import Today
from steerdeck_agents.models.abilities import freeform, sees
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.governor import Governor, Provider
from steerdeck_agents.models.learned import learned_at
from steerdeck_agents.models.model import Model
from steerdeck_agents.models.prices import price, window
from steerdeck_agents.models.reach import settings_for
from steerdeck_agents.sandbox.key_command import LASTS_S, key_of
from steerdeck_agents.settings.config import ModelSettings
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work.fill import fill
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.workspace import clone, repository
from steerdeck_agents.workspace.keep import make_independent

log = logging.getLogger(__name__)

PROGRESS_S = 0.5


@dataclass(frozen=True)
class Services:
    """What all sessions of a runtime share."""

    paths: Paths
    writer: Writer
    reader: JournalReader
    clock: Clock
    ids: Ids
    level: Level
    governor: Governor
    patience: Patience
    lasting_rules: Callable[[], tuple[Rule, ...]]
    watch: Callable[[Path, Callable[[Collection[str]], None]], None]
    """Call back with the changed paths of that workspace."""
    unwatch: Callable[[Path], None]
    today: Today
    scripted_url: Callable[[], str]
    """Address of the scripted model's server in this runtime."""


class Session:
    """The life of one session in this process."""

    def __init__(self, session: SessionId, services: Services) -> None:
        self.id = session
        self.keys: Mapping[str, str] = {}
        """Variables with secrets, from the shell that started or resumed it; never stored."""
        self.deciding = asyncio.Lock()
        """Held from a look at the state until what an order makes of it is committed."""
        self._services = services
        self._adapter: Adapter = NativeAdapter()
        self._site: Site | None = None
        self._stale = False
        self._key_until_s = math.inf
        """When the key of its model, printed by a command, is asked for again."""
        self._alone_tried = False
        self._model: Model | None = None
        self._ground: SessionGround | None = None
        self._results: dict[CallId, str] = {}
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> SessionState:
        state = self._services.writer.state(self.id)
        assert state is not None, "a session exists once its creation is committed"
        return state

    @property
    def ground(self) -> SessionGround:
        """Its workspace; made when first asked for."""
        if self._ground is None:
            self._ground = SessionGround(
                self.id,
                self._services.writer,
                self._services.reader,
                self._services.ids,
            )
        return self._ground

    def start(self) -> None:
        """Go to work, in a task of its own."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._live(), name=f"session {self.id}")

    def heard(self, facts: Sequence[KnownEvent]) -> None:
        """Facts of this session were committed: take over what memory holds of them, look again.

        Called before the appends that brought them return, so that whoever waits for a call's end
        also finds its result.
        """
        for fact in facts:
            if isinstance(fact, CallEnded) and fact.call is not None:
                self._results[fact.call] = fact.result
        if self.id in self._services.writer.set_aside and self._task is not None:
            log.error("session %s: %s", self.id, self._services.writer.set_aside[self.id])
            self._task.cancel()
        self.wake()

    def wake(self) -> None:
        """Something may have changed; look again."""
        if self.state.stopping:
            self._stop.set()
        else:
            self._stop.clear()
        self._wake.set()
        if self._site is not None:
            self._site.wake.set()

    def hurry(self) -> None:
        """Send its next request at once, whatever it waits for."""
        self._services.governor.hasten(self.id)
        self.wake()

    def forget_model(self) -> None:
        """Connect anew before the next turn, with the keys of now."""
        self._stale = True

    async def close(self) -> None:
        """Stop working without a word in the journal: a crash and a close look the same there."""
        if self.state.workspace.path:
            self._services.unwatch(Path(self.state.workspace.path))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._services.governor.forget(self.id)
        for task in tuple(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._ground is not None:
            await self._ground.close()
        if self._model is not None:
            await self._model.close()
        # What an append in hand became is only known to the journal now.
        self._site = self._model = None
        self._results.clear()

    async def end_turn(self) -> None:
        """End the open turn as interrupted; for a session that was closed and will not go on."""
        if (open_turn := self.state.turn) is not None:
            await turn.interrupted(await self._remembered(), open_turn)

    async def append(self, *facts: KnownEvent) -> tuple[KnownEvent, ...]:
        """Keep facts that must not be lost."""
        return await self._services.writer.append(*facts, full=True)

    async def _live(self) -> None:
        if self.state.workspace.path:
            self._watch()
        self.wake()
        while not self.state.archived:
            try:
                await self._step()
            except JournalError as error:
                log.error("session %s waits for the journal: %s", self.id, error)
                await (asyncio.sleep(STORAGE_RETRY_S) if error.retryable else self._failed())
            except Exception:
                log.exception("session %s", self.id)
                await self._failed()

    async def _step(self) -> None:
        state = self.state
        if state.turn is not None and state.stopping:
            if self._site is not None:
                await self._adapter.turn(self._site)
            else:
                await self.end_turn()
            return
        due = state.turn or state.may_start or state.compaction or state.copying
        if state.parked or not due:
            await self._woken()
            return
        stale = self._stale or self._services.clock.monotonic() > self._key_until_s
        site = self._site if self._site and not stale else await self._settle_in()
        if site is None:
            return
        if state.turn is None:
            turn_id = TurnId(self._services.ids.new("turn"))
            trigger = "message" if state.may_start else "compaction"
            await self.append(TurnStarted(session=self.id, turn=turn_id, trigger=trigger))
        await self._adapter.turn(site)

    async def _woken(self) -> None:
        self._wake.clear()
        await compact.woken(self._wake, self._site)

    async def _failed(self) -> None:
        """An error nobody foresaw parks the session with its turn open, said in the journal.

        What it held in memory may differ from the journal now, so it is read anew on resume.
        """
        self._stale = True
        reason = "Steerdeck itself failed here; `steerdeck runtime log` has the details."
        parked = SessionParked(session=self.id, reason=reason, way_out="Resume to try again.")
        facts = [*recover.left_open(self.state, "Steerdeck failed"), parked]
        try:
            await self.append(*facts)
        except JournalError as error:
            log.error("session %s waits for the journal: %s", self.id, error)
            await asyncio.sleep(STORAGE_RETRY_S)

    async def _settle_in(self) -> Site | None:
        """Make workspace and model ready; park with the reason when they can't be had."""
        state, services = self.state, self._services
        try:
            if not state.workspace.path:
                await first_of(self._make_workspace(), self._stop)
            elif not await asyncio.to_thread(Path(state.workspace.path).is_dir):
                raise RepositoryError(f"Its workspace {state.workspace.path} is gone.")
            if state.turn is None and self.state.stopping:
                raise RepositoryError("You stopped it before its first turn.")
            await self._found_ground()
            if state.copying is not None:
                return None
            settings = settings_for(
                self.state.model, services.paths, self.keys, services.scripted_url()
            )
            self._key_until_s = math.inf
            if self._model is not None:
                await self._model.close()
            key = await key_of(settings, self.keys, state.surroundings)
            if settings.key_command:
                self._key_until_s = self._services.clock.monotonic() + LASTS_S
            learned = learned_at(self._services.paths.cache)
            self._model = connect(settings, key, learned)
        except (RepositoryError, SettingsError, ModelError) as error:
            await self.append(
                SessionParked(session=self.id, reason=str(error), way_out="Then resume it.")
            )
            return None
        self._site = await self._make_site(settings, self._model)
        self._stale = False
        return self._site

    async def _make_site(self, settings: ModelSettings, model: Model) -> Site:
        services = self._services
        prompt = await self._load_prompt()
        return Site(
            session=self.id,
            journal=services.writer,
            ground=self.ground,
            prompt=prompt,
            results=self._results,
            deciding=self.deciding,
            model=model,
            governor=services.governor,
            provider=Provider(settings.base_url, settings.model),
            patience=services.patience,
            silence_s=settings.silence_s,
            wire_model=settings.model,
            capacity=await asyncio.to_thread(window, settings),
            compact_idle_s=settings.compact_idle_s,
            effort=self.state.effort or settings.effort,
            guides=Guides(services.paths.config, Path.home()),
            clock=services.clock,
            ids=services.ids,
            spool=services.paths.spool,
            lasting_rules=services.lasting_rules,
            price=lambda served, usage: price(served, usage, settings.base_url, settings.prices),
            today=services.today,
            drops=lambda: learned_at(services.paths.cache).drops(settings),
            freeform=freeform(settings, learned_at(services.paths.cache)),
            images=sees(settings, learned_at(services.paths.cache)),
            stop=self._stop,
        )

    async def _remembered(self) -> Memory:
        return Memory(
            session=self.id,
            journal=self._services.writer,
            ground=self.ground,
            prompt=await self._load_prompt(),
            results=self._results,
            deciding=self.deciding,
        )

    async def _load_prompt(self) -> Prompt:
        """The prompt as stored; the results it lacks join those heard of meanwhile."""
        reader, state = self._services.reader, self.state
        prompt = await asyncio.to_thread(recover.load_prompt, reader, state)
        results = await asyncio.to_thread(recover.load_results, reader, state, prompt)
        for call, result in results.items():
            self._results.setdefault(call, result)
        return prompt

    async def _make_workspace(self) -> None:
        """Clone, carry over, first checkpoint; each step seen in the journal."""
        state = self.state
        said = ""
        last = self._services.clock.monotonic()

        def progress(text: str) -> None:
            nonlocal said, last
            now = self._services.clock.monotonic()
            if text != said and now - last >= PROGRESS_S:
                said, last = text, now
                self._later(self._say_progress(text))

        found = await repository.find(Path(state.workspace.repository) / state.workspace.subfolder)
        folder = self._services.paths.workspaces / self.id
        # What a killed runtime left half made; the journal knows of no work in it.
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        made = await clone.create(
            found,
            folder,
            name=state.name,
            base=state.workspace.base,
            progress=progress,
        )
        filled = await fill(self._services.reader, state, found, made)
        facts: list[KnownEvent] = [WorkspaceMade(session=self.id, workspace=made)]
        facts += [Noticed(session=self.id, text=note) for note in found.notes()]
        await self.append(*facts, *filled)
        self._watch()

    async def _found_ground(self) -> None:
        """What follows the making of a workspace once; done again where a crash came between."""
        if not await asyncio.to_thread(self._services.reader.checkpoints, self.id):
            if self.state.copying is not None:
                # Its first checkpoint makes the fork whole: what it changed is known by then.
                await self.ground.publish_changes()
            await self.ground.checkpoint("carried" if self.state.carried else "start")
            await self.ground.publish_changes()
        if self.state.workspace.borrows and not self._alone_tried:
            self._alone_tried = True
            self._later(self._stand_alone(self.state.workspace))

    async def _say_progress(self, text: str) -> None:
        await self._services.writer.append(WorkspaceProgressed(session=self.id, text=text))

    def _watch(self) -> None:
        self._services.watch(Path(self.state.workspace.path), self._files_changed)

    def _files_changed(self, paths: Collection[str]) -> None:
        self.ground.touched(paths)
        self._later(self.ground.publish_changes())

    async def _stand_alone(self, made: Workspace) -> None:
        alone = await make_independent(made)
        if alone != made:
            await self.append(WorkspaceMade(session=self.id, workspace=alone))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("session %s, beside its work: %s", self.id, error, exc_info=error)
