"""One session alive in this runtime: it makes its place, then runs turns while there are words.

What is true of it is folded from the journal; this object only holds what can't be stored: the
task that works, the connection to the model, the keys in memory.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping
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
    KnownEvent,
    Noticed,
    SessionParked,
    TurnEnded,
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
from steerdeck_agents.loop import recover
from steerdeck_agents.loop.guides import Guides
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.site import Site, first_of
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.governor import Governor, Provider
from steerdeck_agents.models.model import Model
from steerdeck_agents.models.prices import price, window
from steerdeck_agents.settings.config import ModelSettings, load
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.workspace import clone, repository
from steerdeck_agents.workspace.carry import carry
from steerdeck_agents.workspace.keep import make_independent

log = logging.getLogger(__name__)

STORAGE_RETRY_S = 2.0
"""How long a session waits before it tries a journal again that refused a fact."""
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
    scripted_url: Callable[[], str]
    """Address of the scripted model's server in this runtime."""


class Session:
    """The life of one session in this process."""

    def __init__(self, session: SessionId, services: Services) -> None:
        self.id = session
        self.keys: Mapping[str, str] = {}
        """Variables with secrets, from the shell that started or resumed it; never stored."""
        self._services = services
        self._adapter: Adapter = NativeAdapter()
        self._site: Site | None = None
        self._stale = False
        self._model: Model | None = None
        self._ground: SessionGround | None = None
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

    def wake(self) -> None:
        """Something may have changed; look again."""
        self._wake.set()
        if self._site is not None:
            self._site.wake.set()

    def interrupt(self) -> None:
        """End the open turn at once."""
        self._stop.set()
        self.wake()

    def hurry(self) -> None:
        """Send its next request at once, whatever it waits for."""
        self._services.governor.hasten(self.id)
        self.wake()

    def forget_model(self) -> None:
        """Connect anew before the next turn, with the keys of now."""
        self._stale = True

    def settle(self, call: CallId, result: str) -> None:
        """The developer said what became of a lost call; the next request tells the model."""
        if self._site is not None:
            self._site.results[call] = result

    async def close(self) -> None:
        """Stop working without a word in the journal: a crash and a close look the same there."""
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
        if self.state.workspace.path:
            self._services.unwatch(Path(self.state.workspace.path))

    async def append(self, *facts: KnownEvent) -> tuple[KnownEvent, ...]:
        """Keep facts that must not be lost."""
        return await self._services.writer.append(*facts, full=True)

    async def _live(self) -> None:
        if self.state.workspace.path:
            self._watch()
        while not self.state.archived:
            try:
                await self._step()
            except JournalError as error:
                log.error("session %s waits for the journal: %s", self.id, error)
                await asyncio.sleep(STORAGE_RETRY_S)
            except Exception:
                log.exception("session %s", self.id)
                await self._failed()

    async def _step(self) -> None:
        state = self.state
        if state.parked or not (state.turn or state.may_start or state.compaction):
            if state.turn is None:
                self._stop.clear()
            if self._stop.is_set() and self._site is not None:
                await self._adapter.turn(self._site)
            else:
                await self._woken()
            return
        site = self._site if self._site and not self._stale else await self._settle_in()
        if site is None:
            return
        if state.turn is None:
            self._stop.clear()
            turn = TurnId(self._services.ids.new("turn"))
            trigger = "message" if state.may_start else "compaction"
            await self.append(TurnStarted(session=self.id, turn=turn, trigger=trigger))
        await self._adapter.turn(site)

    async def _woken(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    async def _failed(self) -> None:
        """An error nobody foresaw ends the turn and parks the session, said in the journal."""
        self._stale = True
        reason = "Steerdeck itself failed here; `steerdeck runtime log` has the details."
        facts: list[KnownEvent] = []
        if (turn := self.state.turn) is not None:
            facts.append(TurnEnded(session=self.id, turn=turn.id, status="failed", error=reason))
        facts.append(SessionParked(session=self.id, reason=reason, way_out="Resume to try again."))
        await self.append(*facts)

    async def _settle_in(self) -> Site | None:
        """Make workspace and model ready; park with the reason when they can't be had."""
        state = self.state
        try:
            if not state.workspace.path:
                if not await first_of(self._make_workspace(), self._stop):
                    raise RepositoryError("You stopped the making of its workspace.")
            elif not await asyncio.to_thread(Path(state.workspace.path).is_dir):
                raise RepositoryError(f"Its workspace {state.workspace.path} is gone.")
            settings = self._model_settings()
            if self._model is not None:
                await self._model.close()
            self._model = connect(settings, settings.key(self.keys))
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
        prompt = await asyncio.to_thread(recover.load_prompt, services.reader, self.state)
        results = await asyncio.to_thread(recover.load_results, services.reader, self.state, prompt)
        return Site(
            session=self.id,
            journal=services.writer,
            ground=self.ground,
            model=model,
            governor=services.governor,
            provider=Provider(settings.base_url, settings.model),
            patience=services.patience,
            silence_s=settings.silence_s,
            wire_model=settings.model,
            capacity=await asyncio.to_thread(window, settings),
            effort=settings.effort,
            prompt=prompt,
            guides=Guides(services.paths.config, Path.home()),
            clock=services.clock,
            ids=services.ids,
            spool=services.paths.spool,
            lasting_rules=services.lasting_rules,
            price=lambda served, usage: price(served, usage, settings.base_url),
            results=results,
            stop=self._stop,
        )

    def _model_settings(self) -> ModelSettings:
        settings = load(self._services.paths, self.keys)
        found = settings.model(self.state.model)
        if found is None and (default := settings.model("")) is not None:
            found = ModelSettings(
                name=self.state.model,
                model=self.state.model,
                base_url=default.base_url,
                key_variable=default.key_variable,
                headers=default.headers,
            )
        if found is None:
            raise SettingsError(
                f"The model {self.state.model} needs a key that this runtime does not have:"
                " resume the session from a shell that has OPENAI_API_KEY or OPENAI_BASE_URL set."
            )
        if found.api == "scripted" and not found.base_url:
            return ModelSettings(
                name=found.name,
                model=found.model or found.name,
                base_url=self._services.scripted_url(),
                key_variable="",
                api="scripted",
            )
        if found.key_variable and found.key(self.keys) is None:
            raise SettingsError(
                f"{found.key_variable} is not set for this session: resume it from a shell that"
                " has the key."
            )
        return found

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
        made = await clone.create(
            found,
            self._services.paths.workspaces / self.id,
            name=state.name,
            base=state.workspace.base,
            progress=progress,
        )
        carried = await carry(found, made) if state.carried else ()
        facts: list[KnownEvent] = [WorkspaceMade(session=self.id, workspace=made)]
        facts += [Noticed(session=self.id, text=note) for note in found.notes()]
        if carried:
            facts.append(
                Noticed(session=self.id, text=f"carried over {len(carried)} uncommitted files")
            )
        await self.append(*facts)
        self._watch()
        await self.ground.checkpoint("carried" if carried else "start")
        await self.ground.publish_changes()
        self._later(self._stand_alone(made))

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
        task.add_done_callback(self._background.discard)
