"""Furnishing a new workspace: what its project asks for, and the scripts the developer allows.

It is done before the first checkpoint, so that none of it counts as the agent's work. A script
runs only with a consent bound to its bytes; while that is not given the session waits. One that
failed parks the session, loudly, and runs again when the developer resumes it.
"""

import asyncio
from collections.abc import Callable, Iterable

from steerdeck_agents.facts.events import (
    ApprovalRequested,
    KnownEvent,
    Noticed,
    SessionParked,
    SetupEnded,
    SetupPrinted,
    SetupStarted,
    WorkspaceFurnished,
)
from steerdeck_agents.facts.ids import ApprovalId, Ids, SessionId, Sha, sha_of
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.sandbox.ports import choose, is_busy
from steerdeck_agents.settings.consent import remembered
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.project import NAME, Project, Script
from steerdeck_agents.work.setup import SetupResult, identity, run_script, started_files
from steerdeck_agents.workspace.dependencies import bring_folders
from steerdeck_agents.workspace.include import include
from steerdeck_agents.workspace.repository import Repository

_LAST_LINES = 400


class Furnisher:
    """Furnishes the workspace of one session and runs its scripts."""

    def __init__(self, session: SessionId, writer: Writer, paths: Paths, ids: Ids) -> None:
        self._session = session
        self._writer = writer
        self._paths = paths
        self._ids = ids

    @property
    def _state(self) -> SessionState:
        state = self._writer.state(self._session)
        assert state is not None, "a session exists before it is furnished"
        return state

    async def bring(
        self, found: Repository, made: Workspace, project: Project, progress: Callable[[str], None]
    ) -> list[KnownEvent]:
        """Copy and link what the project names into a new workspace; the facts of it."""
        included = await include(found, made, progress)
        brought = await bring_folders(
            found, made, project.folders, level=self._state.level, progress=progress
        )
        taken = self._state.workspace.ports
        others = [s.workspace.ports for s in self._writer.states().values() if not s.archived]
        ports = taken if taken.count else await asyncio.to_thread(
            choose, max(0, self._state.slot - 1), project.ports, others, is_busy
        )  # fmt: skip
        setup, teardown = project.setup, project.teardown
        furnished = WorkspaceFurnished(
            session=self._session,
            included=included.brief(),
            folders=brought.brief(),
            links=brought.links,
            ports=ports,
            setup=setup.text if setup else "",
            teardown=teardown.text if teardown else "",
            identity=identity(Project(setup=setup), made.path),
            teardown_identity=identity(Project(teardown=teardown), made.path),
            network=setup.network if setup else False,
            timeout_s=setup.timeout_s if setup else 0.0,
        )
        notes = (*included.notes(), *brought.notes())
        return [furnished, *(Noticed(session=self._session, text=note) for note in notes)]

    async def ready(self, stop: asyncio.Event) -> bool:
        """Whether the workspace is set up; else it waits for a consent, or was parked."""
        setup = self._state.setup
        if not setup.script or setup.status in ("done", "refused"):
            return True
        script = Script("setup", setup.script, setup.network, setup.timeout_s)
        now = await asyncio.to_thread(identity, Project(setup=script), self._state.workspace.path)
        match self._said(now):
            case True:
                ended = await self._run(script, stop)
                return ended.good or await self._failed(ended)
            case False:
                refused = SetupEnded(
                    session=self._session, kind="setup", status="refused", reason="you said no"
                )
                await self._writer.append(refused, full=True)
                return True
            case None:
                await self._ask(script, now)
                return False

    async def tear_down(self) -> None:
        """Run the tear-down script, if it is still the one that was allowed."""
        state = self._state
        setup = state.setup
        if not setup.teardown or setup.status == "refused" or not self._said(setup.identity):
            return
        script = Script("teardown", setup.teardown)
        place = state.workspace.path
        if await asyncio.to_thread(identity, Project(teardown=script), place) == (
            setup.teardown_identity
        ):
            await self._run(script, asyncio.Event())
            return
        changed = "The tear-down script is not the one you allowed any more, so it did not run."
        await self._writer.append(Noticed(session=self._session, text=changed, level="warning"))

    def _said(self, now: Sha) -> bool | None:
        """The developer's consent to exactly this, or no; None when nothing was said."""
        for consent in self._state.consents:
            if consent.kind == "setup" and consent.binding == now:
                return consent.allowed
        return True if remembered(self._paths, "setup", now) else None

    async def _ask(self, script: Script, now: Sha) -> None:
        state = self._state
        if any(a.kind == "setup" and a.binding == now for a in state.approvals):
            return
        files = await asyncio.to_thread(started_files, script, state.workspace.path)
        reasons = [f"{NAME} of this repository names it; your session waits for your word"]
        if script.network:
            reasons.append("it asks for the network")
        if state.level.name == "none":
            reasons.append("NO SANDBOX: it would run with your rights")
        asked = ApprovalRequested(
            session=self._session,
            approval=ApprovalId(self._ids.new("apr")),
            kind="setup",
            title="set-up",
            what=_whole(state, script, ((file.path, file.data) for file in files)),
            binding=now,
            reasons=tuple(reasons),
            folder=state.workspace.path,
            level=state.level.name,
        )
        await self._writer.append(asked, full=True)

    async def _run(self, script: Script, stop: asyncio.Event) -> SetupResult:
        state = self._state
        started = SetupStarted(session=self._session, kind=script.kind, command=script.text)
        await self._writer.append(started, full=True)
        flow = Flow(self._writer)

        def output(text: str) -> None:
            flow.send(SetupPrinted(session=self._session, text=utf8(text)))

        spool = self._paths.spool / f"{self._session}-{self._ids.new('out')}"
        try:
            ended = await run_script(
                script,
                workspace=state.workspace,
                level=state.level,
                surroundings=state.surroundings,
                environment=environment(state.surroundings, state.workspace, state.level),
                spool=spool,
                on_output=output,
                stop=stop,
            )
        finally:
            await flow.queued()
            spool.unlink(missing_ok=True)
        blob = NewBlob(sha_of(ended.log), ended.log) if ended.log else None
        fact = SetupEnded(
            session=self._session,
            kind=script.kind,
            status="done" if ended.good else "failed",
            reason=ended.sentence,
            exit_code=ended.exit_code,
            duration_ms=ended.duration_ms,
            output=None if blob is None else blob.sha,
        )
        await self._writer.append(fact, full=True, enclosed=() if blob is None else (blob,))
        return ended

    async def _failed(self, ended: SetupResult) -> bool:
        last = ended.text.strip()[-_LAST_LINES:]
        parked = SessionParked(
            session=self._session,
            reason=f"{ended.sentence}\n{last}".rstrip(),
            way_out="Resume it to run the script again.",
        )
        await self._writer.append(parked, full=True)
        return False


def _whole(state: SessionState, script: Script, files: Iterable[tuple[str, bytes]]) -> str:
    """All that is decided on: both scripts, and the files they start."""
    parts = [script.text]
    if state.setup.teardown:
        parts.append(f"# at the end of the session\n{state.setup.teardown}")
    parts += [f"# {path}\n{data.decode(errors='replace')}" for path, data in files]
    return "\n\n".join(parts)
