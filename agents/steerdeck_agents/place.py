"""Everything around a session's turns: its workspace, its files, the model, and the keys it needs.

A place is made when the session first works and can be left and made again: after a crash, with
another model, or with a new key. What it needs and can't have parks the session with the reason.
"""

import asyncio
import logging
import math
from collections.abc import Collection, Coroutine, Sequence
from pathlib import Path

from msgspec.structs import replace

from steerdeck_agents.facts.errors import JournalError, RepositoryError, SteerdeckError
from steerdeck_agents.facts.events import (
    CallEnded,
    KnownEvent,
    Noticed,
    SessionParked,
    WorkspaceMade,
    WorkspaceProgressed,
)
from steerdeck_agents.facts.ids import CallId, SessionId, ShellId, sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.shells import ShellEnded, ShellEnding, ShellFact
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.furnish import Furnisher
from steerdeck_agents.hosting import Hosting
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.loop import leave, recover
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.guides import Guides
from steerdeck_agents.loop.prompt import Prompt
from steerdeck_agents.loop.services import Services
from steerdeck_agents.loop.site import Memory, Site, first_of
from steerdeck_agents.loop.toolbox import Toolbox
from steerdeck_agents.loop.watching import Watching
from steerdeck_agents.models.abilities import freeform, sees
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.governor import Provider
from steerdeck_agents.models.learned import learned_at
from steerdeck_agents.models.model import Model
from steerdeck_agents.models.prices import price, window
from steerdeck_agents.models.reach import settings_for
from steerdeck_agents.sandbox.key_command import LASTS_S, key_of
from steerdeck_agents.settings.config import ModelSettings, load
from steerdeck_agents.settings.project import read_project
from steerdeck_agents.tools.shell_keeper import Shells
from steerdeck_agents.work.fill import fill, refill
from steerdeck_agents.work.ground import SessionGround
from steerdeck_agents.work.making_room import make_room
from steerdeck_agents.workspace import clone, repository
from steerdeck_agents.workspace.git import FolderGone
from steerdeck_agents.workspace.keep import make_independent

log = logging.getLogger(__name__)

PROGRESS_S = 0.5
_AGAIN = "Put it back, or resume it to have its files made again from the journal."
_STOP_S = 4.0
"""How long what is done beside its work may take to be broken off."""


class Place:
    """Where one session works, in this process."""

    def __init__(self, session: SessionId, services: Services) -> None:
        self.id = session
        self.services = services
        self.keys: dict[str, str] = {}
        """Variables with secrets, from the shell that started or resumed it; never stored."""
        self.seen: repository.Seen | None = None
        """The developer's repository as its order to start saw it."""
        self.deciding = asyncio.Lock()
        """Held from a look at the state until what an order makes of it is committed."""
        self.stop = asyncio.Event()
        self.results: dict[CallId, str] = {}
        self.site: Site | None = None
        self._stale = False
        self.again = False
        """The developer wants a workspace that is gone made once more."""
        self._key_until_s = math.inf
        """When the key of its model, printed by a command, is asked for again."""
        self._alone_tried = False
        self._model: Model | None = None
        self._ground: SessionGround | None = None
        self._furnisher = Furnisher(session, services.writer, services.paths, services.ids)
        self.hosting = Hosting(
            session, services.writer, services.paths, services.clock, services.ids, self.later
        )
        self._shells: Shells | None = None
        self._told = Flow(services.writer)
        self.watching = Watching()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def state(self) -> SessionState:
        state = self.services.writer.state(self.id)
        assert state is not None, "a session exists once its creation is committed"
        return state

    @property
    def ground(self) -> SessionGround:
        """Its workspace; made when first asked for."""
        if self._ground is None:
            services = self.services
            self._ground = SessionGround(self.id, services.writer, services.reader, services.ids)
        return self._ground

    def forget(self) -> None:
        """Settle in anew before the next turn: what memory holds may not be true any more."""
        self._stale = True

    async def ready(self) -> Site | None:
        """Workspace and model, made where they are not; parks with the reason, and is None then."""
        stale = self._stale or self.services.clock.monotonic() > self._key_until_s
        if self.site and not (stale or self.site.stale):
            return self.site
        made: Site | None = None
        try:
            made = await self._settle_in()
        finally:
            # What it was made anew for still holds.
            self._stale = self._stale or (made is None and self.site is not None)
        return made

    async def append(self, *facts: KnownEvent) -> tuple[KnownEvent, ...]:
        """Keep facts that must not be lost."""
        return await self.services.writer.append(*facts, full=True)

    async def remembered(self) -> Memory:
        """What is known of it without a model."""
        return Memory(
            session=self.id,
            journal=self.services.writer,
            ground=self.ground,
            prompt=await self._load_prompt(),
            results=self.results,
            deciding=self.deciding,
        )

    @property
    def waits(self) -> bool:
        """Whether it can't be made ready before the developer has decided something."""
        return any(approval.kind == "setup" for approval in self.state.approvals)

    @property
    def shells(self) -> Shells:
        """Its shell sessions."""
        if self._shells is None:
            spool, opened = self.services.paths.spool, self.state.counts.shells
            self._shells = Shells(self.id, spool, self._tell, opened=opened)
        return self._shells

    async def end_shell(self, shell: ShellId) -> None:
        """End one of them; its end is told then. OrderRefused when it has ended already."""
        await self.shells.end(shell)
        await self._told.sent()

    def hear(self, facts: Sequence[KnownEvent]) -> None:
        """Facts of this session were committed: take over what memory holds of them."""
        for fact in facts:
            if isinstance(fact, CallEnded) and fact.call is not None:
                self.results[fact.call] = fact.result
                self.services.redactor.over(self.id, fact.call)
        self.watching.hear(facts)
        self.hosting.hear(facts)

    async def tear_down(self) -> None:
        """Run the tear-down script of its project, where one was allowed."""
        await self._furnisher.tear_down()

    def watch(self) -> None:
        """Hear of every change in its workspace."""
        if self.state.workspace.path:
            self.services.watch(Path(self.state.workspace.path), self._files_changed)

    def unwatch(self) -> None:
        if self.state.workspace.path:
            self.services.unwatch(Path(self.state.workspace.path))

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Do something beside its work; an error is only logged."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    async def close(self, how: ShellEnding) -> None:
        """Leave everything; what an append in hand became is only known to the journal now."""
        await self.hosting.close()
        if self._shells is not None:
            await self._shells.close(how)
            await self._told.sent()
            self._shells = None
        await leave.ended(*self._background, within_s=_STOP_S)
        if self._ground is not None:
            await self._ground.close()
        if self._model is not None:
            await self._model.close()
        self.site = self._model = None
        self.results.clear()

    async def _settle_in(self) -> Site | None:
        state, services = self.state, self.services
        again, self.again = self.again, False
        try:
            if not state.workspace.path:
                made = await first_of(self._make_workspace(), self.stop)
                called_off = self.state.turn is not None and not self.state.queue
                if not made and (called_off or not self.state.stopping):
                    # A helper's turn is open while its workspace is made. Or else it was stopped
                    # and told to go on since: then it is made from the beginning.
                    return None
            elif await asyncio.to_thread(self.is_gone) and not (
                again and await first_of(self._make_again(), self.stop)
            ):
                raise FolderGone(state.workspace.path)
            if self.state.stopping and (state.turn is None or not self.state.workspace.path):
                raise RepositoryError("You stopped it before its first turn.")
            if not await self._furnisher.ready(self.stop):
                return None
            await self._found_ground()
            if state.copying is not None:
                return None
            # Whoever says so from here on means what comes after.
            anew, self._stale = self._stale, False
            chosen = (self.state.model, self.state.effort)
            settings = settings_for(chosen[0], services.paths, self.keys, services.scripted_url())
            self._key_until_s = math.inf
            if self._model is not None:
                await self._model.close()
            key = await key_of(settings, self.keys, state.surroundings, anew=anew)
            services.redactor.know([key or ""])
            if settings.key_command:
                self._key_until_s = services.clock.monotonic() + LASTS_S
            self._model = connect(settings, key, learned_at(services.paths.cache))
        except JournalError:
            raise
        except (SteerdeckError, OSError) as error:
            await self.append(self.parked(error))
            return None
        self.site = await self._make_site(settings, self._model, chosen)
        return self.site

    async def _make_site(
        self, settings: ModelSettings, model: Model, chosen: tuple[str, str]
    ) -> Site:
        services = self.services
        configured = await asyncio.to_thread(load, services.paths, dict(self.keys))
        await self.hosting.begin(configured.servers, self.keys, self.stop)
        await asyncio.to_thread(self.watching.load, services.reader, self.id)
        self.watching.hear(())
        learned = learned_at(services.paths.cache)
        return Site(
            session=self.id,
            journal=services.writer,
            ground=self.ground,
            prompt=await self._load_prompt(),
            results=self.results,
            deciding=self.deciding,
            model=model,
            governor=services.governor,
            provider=Provider(settings.base_url, settings.model),
            patience=services.patience,
            silence_s=settings.silence_s,
            wire_model=settings.model,
            capacity=await asyncio.to_thread(window, settings),
            compact_idle_s=settings.compact_idle_s,
            effort=chosen[1] or settings.effort,
            chosen=chosen,
            guides=Guides(services.paths.config, Path.home()),
            clock=services.clock,
            ids=services.ids,
            spool=services.paths.spool,
            lasting_rules=services.lasting_rules,
            taking=services.taking,
            redactor=services.redactor,
            blob=services.reader.blob,
            price=lambda served, usage: price(served, usage, settings.base_url, settings.prices),
            today=services.today,
            watching=self.watching,
            toolbox=Toolbox(self.hosting.servers, helper=self.state.parent is not None),
            shells=self.shells,
            helping=services.helping,
            drops=lambda: learned_at(services.paths.cache).drops(settings),
            freeform=freeform(settings, learned),
            images=sees(settings, learned),
            still=services.still,
            stop=self.stop,
        )

    async def _load_prompt(self) -> Prompt:
        """The prompt as stored; the results it lacks join those heard of meanwhile."""
        reader, state = self.services.reader, self.state
        prompt = await asyncio.to_thread(recover.load_prompt, reader, state)
        prompt.clean = self.services.redactor.item
        results = await asyncio.to_thread(recover.load_results, reader, state, prompt)
        for call, result in results.items():
            self.results.setdefault(call, result)
        return prompt

    def is_gone(self) -> bool:
        """Whether the workspace that was made is not there; looks at the disk."""
        place = self.state.workspace.path
        return bool(place) and not Path(place).is_dir()

    def may_be_made_again(self) -> bool:
        """Whether a resume means that, since it is gone and the developer knows it."""
        state = self.state
        return self.is_gone() and (not state.parked or state.way_out == _AGAIN)

    def parked(self, error: Exception) -> SessionParked:
        """It can't work for that reason; what is to be done first."""
        reason, way_out = str(error), "Then resume it."
        if isinstance(error, FolderGone) and error.folder == self.state.workspace.path:
            reason = f"Its workspace {error.folder} is gone."
            way_out = _AGAIN
        elif not isinstance(error, SteerdeckError):
            reason = f"Its workspace can't be made ready: {error}."
        return SessionParked(session=self.id, reason=reason, way_out=way_out)

    async def _make_again(self) -> None:
        """The same for one that is gone, with all that its checkpoints kept."""
        self.unwatch()
        await self._make_workspace()
        self._alone_tried = False
        self.ground.look_anew()
        await self.ground.publish_changes()

    async def _make_workspace(self) -> None:
        """Clone, carry over, first checkpoint; each step seen in the journal."""
        state = self.state
        said = ""
        last = self.services.clock.monotonic()

        def progress(text: str) -> None:
            nonlocal said, last
            now = self.services.clock.monotonic()
            if text != said and now - last >= PROGRESS_S:
                said, last = text, now
                self.later(self._say_progress(text))

        seen, self.seen = self.seen, None
        top = Path(state.workspace.repository) / state.workspace.subfolder
        found = await repository.find_again(top, seen, self.services.clock.monotonic())
        folder = self.services.paths.workspaces / self.id
        room = await make_room(folder, state, self.services.paths.bin)
        project = await asyncio.to_thread(read_project, found.top)
        base = state.workspace.base
        made = await clone.create(found, folder, name=state.name, base=base, progress=progress)
        reader = self.services.reader
        known = await asyncio.to_thread(reader.checkpoints, self.id)
        filled = await (refill(reader, state, made) if known else fill(reader, state, found, made))
        facts: list[KnownEvent] = [WorkspaceMade(session=self.id, workspace=made)]
        facts += [Noticed(session=self.id, text=note) for note in found.notes()]
        facts += await self._furnisher.bring(found, made, project, progress)
        await self.append(*facts, *room, *filled)
        self.watch()

    async def _found_ground(self) -> None:
        """What follows the making of a workspace once; done again where a crash came between."""
        if not await asyncio.to_thread(self.services.reader.checkpoints, self.id):
            if self.state.copying is not None:
                # Its first checkpoint makes the fork whole: what it changed is known by then.
                await self.ground.publish_changes()
            await self.ground.checkpoint("carried" if self.state.carried else "start")
            await self.ground.publish_changes()
        if self.state.workspace.borrows and not self._alone_tried:
            self._alone_tried = True
            self.later(self._stand_alone(self.state.workspace))

    def _tell(self, fact: ShellFact, output: bytes) -> None:
        if isinstance(fact, ShellEnded) and output:
            fact = replace(fact, output=sha_of(output))
            self._told.send(fact, enclosed=(NewBlob(sha_of(output), output),))
        else:
            self._told.send(fact)

    async def _say_progress(self, text: str) -> None:
        await self.services.writer.append(WorkspaceProgressed(session=self.id, text=text))

    def _files_changed(self, paths: Collection[str]) -> None:
        self.ground.touched(paths)
        self.later(self.ground.publish_changes(quick=True))

    async def _stand_alone(self, made: Workspace) -> None:
        alone = await make_independent(made)
        if alone != made:
            await self.append(WorkspaceMade(session=self.id, workspace=alone))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            unforeseen = None if isinstance(error, SteerdeckError) else error
            log.error("session %s, beside its work: %s", self.id, error, exc_info=unforeseen)
