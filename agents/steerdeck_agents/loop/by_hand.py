"""Runs what the developer types with `!`: through the same sandbox, beside the agent's turn.

It is the developer's own act, so nobody is asked; what can't be undone was refused before, unless
the developer accepted the very danger. Whoever changes files does so alone: it waits for a command
of the agent, and the agent's waits for it. Its files are kept before and after, as a call's are.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from steerdeck_agents.facts.action import RunCommand
from steerdeck_agents.facts.by_hand import HandEnded, HandNote, HandPrinted, HandStarted
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import CallId, Clock, Ids, SessionId, sha_of
from steerdeck_agents.facts.inert import utf8
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.binding import bind, stand_of
from steerdeck_agents.gate.secret_files import values_of
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.loop import leave, request, secret_reads
from steerdeck_agents.loop.connections import unwatched
from steerdeck_agents.loop.flow import Flow
from steerdeck_agents.loop.prompt import NewText
from steerdeck_agents.loop.site import Ground, Journal, Site, recorded
from steerdeck_agents.sandbox.process import environment
from steerdeck_agents.tools import shell
from steerdeck_agents.tools.outcome import Outcome, fit

log = logging.getLogger(__name__)

ORIGIN = "developer.by_hand"
TIMEOUT_S = 1800.0
_TOLD = 16 * 1024
"""Most bytes of one result that the model is told."""
_STOP_S = 5.0
_NOTE = (
    "The developer ran a command in your workspace by hand (event {seq}); files may have changed by"
    " it. Nothing is asked of you by this.\n$ {script}\n{result}"
)
_DROPPED = (
    "The developer ran {commands} in your workspace by hand before the next ones; their output is"
    " left out here, and files may have changed by them. Nothing is asked of you by this."
)
_NEVER_RAN = Outcome("failed", "It did not run: it was stopped before it began.", "not run")


@dataclass(frozen=True, kw_only=True)
class Means:
    """What a session hands down to run by hand."""

    session: SessionId
    journal: Journal
    ground: Callable[[], Ground]
    redactor: Redactor
    clock: Clock
    ids: Ids
    spool: Path


class ByHand:
    """The commands of the developer that run in one session."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._running: dict[CallId, tuple[asyncio.Task[None], asyncio.Event]] = {}

    def start(self, call: CallId, script: str) -> None:
        """Run what was ordered; its end is told in the journal."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(call, script, stop))
        self._running[call] = (task, stop)
        task.add_done_callback(lambda task: self._over(call, task))

    def _over(self, call: CallId, task: asyncio.Task[None]) -> None:
        del self._running[call]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("session %s, by hand: %s", self._means.session, error, exc_info=error)

    def stop(self, call: CallId) -> None:
        """Stop one of them; nothing of it is left running."""
        if call in self._running:
            self._running[call][1].set()

    async def close(self) -> None:
        """Stop all, and leave what does not end in time as a crash would."""
        tasks = [task for task, _ in self._running.values()]
        for call in list(self._running):
            self.stop(call)
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_S)
        await leave.ended(*tasks, within_s=_STOP_S)

    @property
    def _state(self) -> SessionState:
        state = self._means.journal.state(self._means.session)
        assert state is not None, "a session is there before somebody runs something in it"
        return state

    async def _run(self, call: CallId, script: str, stop: asyncio.Event) -> None:
        means, ground = self._means, self._means.ground()
        began = means.clock.monotonic()
        async with ground.hands:
            if stop.is_set():
                outcome = _NEVER_RAN
            else:
                try:
                    await ground.checkpoint("before call", call)
                    began = means.clock.monotonic()
                    outcome = await self._performed(call, script, stop)
                except SteerdeckError as problem:
                    outcome = Outcome("failed", str(problem), "failed")
                except OSError as problem:
                    outcome = Outcome("failed", f"It failed: {problem.strerror}.", "failed")
                ground.follow(call)
        await self._ended(
            call, script, outcome, stop, round((means.clock.monotonic() - began) * 1000)
        )
        await ground.settled()

    async def _performed(self, call: CallId, script: str, stop: asyncio.Event) -> Outcome:
        means, state = self._means, self._state
        workspace, level = state.workspace, state.level
        action = RunCommand(script, folder=workspace.subfolder or ".", timeout_s=TIMEOUT_S)
        variables = environment(state.surroundings, workspace, level)
        stand = await asyncio.to_thread(stand_of, script, workspace, action.folder)
        binding = bind(
            action, workspace=workspace, environment=variables, level=level, stand=stand
        ).sha()
        secret = await asyncio.to_thread(secret_reads.shown, action, workspace)
        # Nobody allowed the model to see them.
        means.redactor.know(values_of(secret))
        await means.journal.append(
            HandStarted(
                session=state.id,
                call=call,
                actor="developer",
                binding=binding,
                level=level.name,
                may_reach=unwatched(action, level),
            ),
            full=True,
        )
        flow = Flow(means.journal)
        spool = means.spool / f"{state.id}-{means.ids.new('out')}"
        try:
            return await shell.perform(
                action,
                workspace=workspace,
                level=level,
                surroundings=state.surroundings,
                environment=variables,
                spool=spool,
                on_output=lambda text: flow.send(
                    HandPrinted(session=state.id, call=call, text=utf8(text))
                ),
                stop=stop,
                binding=binding,
            )
        finally:
            await flow.queued()
            spool.unlink(missing_ok=True)

    async def _ended(
        self, call: CallId, script: str, outcome: Outcome, stop: asyncio.Event, duration_ms: int
    ) -> None:
        means = self._means
        seq = next((hand.seq for hand in self._state.hands if hand.call == call), 0)
        text = await asyncio.to_thread(means.redactor.text, outcome.text, "")
        complete = outcome.complete
        if complete is None and len(text.encode(errors="replace")) > _TOLD:
            complete = text.encode(errors="replace")
        if complete is not None:
            complete = await asyncio.to_thread(means.redactor.data, complete, "")
        blobs = [] if complete is None else [NewBlob(sha_of(complete), complete)]
        result = fit(text, _TOLD)
        shown = await asyncio.to_thread(means.redactor.text, script, "")
        note = _NOTE.format(seq=seq, script=shown, result=result).encode(errors="replace")
        ended = HandEnded(
            session=means.session,
            call=call,
            status="interrupted"
            if stop.is_set() and outcome.status == "failed"
            else outcome.status,
            result=result,
            told=sha_of(note),
            summary=outcome.summary,
            exit_code=outcome.exit_code,
            duration_ms=duration_ms,
            output=blobs[0].sha if blobs else None,
        )
        enclosed = (*blobs, NewBlob(sha_of(note), note))
        await recorded(means.journal, ended, enclosed=enclosed)


def told(site: Site, notes: Sequence[HandNote]) -> list[NewText]:
    """What ran by hand since the developer last spoke, each as an item of the prompt.

    Reads the journal: call it in a thread.
    """
    return [(request.message("user", _note(site, note)), ORIGIN, "message") for note in notes]


def untold(dropped: int) -> list[NewText]:
    """That more ran by hand before those the model is told of; nothing when none did."""
    if not dropped:
        return []
    said = _DROPPED.format(commands=counted(dropped, "command"))
    return [(request.message("user", said), ORIGIN, "message")]


def _note(site: Site, note: HandNote) -> str:
    if note.told is not None:
        return site.blob(note.told).decode(errors="replace")
    result = "(The runtime ended meanwhile; nobody saw how this ended.)"
    return _NOTE.format(seq=note.seq, script=note.title, result=result)
