"""Where a turn works: everything the loop needs of its session, handed down in one place."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import KnownEvent
from steerdeck_agents.facts.ids import CallId, CheckpointId, Clock, Ids, SessionId, Sha
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_book import Taking
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.journal.enclosures import Enclosure
from steerdeck_agents.loop.guides import Guides
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.loop.prompt import Prompt, Staged
from steerdeck_agents.loop.standstill import Standstill
from steerdeck_agents.loop.today import Today
from steerdeck_agents.loop.toolbox import Toolbox
from steerdeck_agents.loop.watching import Watching
from steerdeck_agents.models.governor import Governor, Provider
from steerdeck_agents.models.model import Model
from steerdeck_agents.tools.shell_keeper import Shells
from steerdeck_agents.work.helping import Helping

log = logging.getLogger(__name__)

T = TypeVar("T")

STORAGE_RETRY_S: Final = 2.0
"""How long to wait before a journal is tried again that could not be written."""


class Journal(Protocol):
    """What the loop asks of the writer."""

    async def append(
        self, *events: KnownEvent, full: bool = False, enclosed: Sequence[Enclosure] = ()
    ) -> tuple[KnownEvent, ...]: ...

    def state(self, session: SessionId) -> SessionState | None: ...


class Ground(Protocol):
    """What the loop asks of the session's workspace."""

    hands: asyncio.Lock
    """Held by whoever changes files: a command, a patch, an undo, a landing; one at a time.
    A server or a shell session that works beside them is not waited for."""

    async def checkpoint(self, reason: str, call: CallId | None = None) -> CheckpointId | None:
        """Record the state of every path that changed since the last checkpoint."""

    def ahead(self, call: CallId) -> None:
        """Begin with the checkpoint before a call that may write, while it is being judged."""

    def follow(self, call: CallId) -> None:
        """Record what a call changed beside what comes next; the next checkpoint waits for it."""

    async def settled(self) -> None:
        """Wait until what calls changed is recorded and published."""

    async def head(self) -> str:
        """Commit id of the workspace's HEAD."""

    async def files(self) -> Sequence[str]:
        """Paths git does not ignore, relative to the workspace."""


@dataclass(kw_only=True)
class Memory:
    """What a session remembers while it lives in this runtime, with or without a model."""

    session: SessionId
    journal: Journal
    ground: Ground
    prompt: Prompt
    results: dict[CallId, str] = field(default_factory=dict)
    """What ended calls gave the model, until it is in the prompt."""
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from a look at the state until what follows from it is committed, by the loop and by
    orders: words can't be taken back and delivered at once, nor a question answered and expired."""

    @property
    def state(self) -> SessionState:
        state = self.journal.state(self.session)
        assert state is not None, "a session is created before it works"
        return state

    async def record(self, *facts: KnownEvent, enclosed: Sequence[Enclosure] = ()) -> None:
        """Keep what has happened and must not happen again; waits until the disk has room."""
        await recorded(self.journal, *facts, enclosed=enclosed)

    def keep(self, staged: Staged) -> None:
        """Take over what was committed, and let go of results that are in the prompt now."""
        self.prompt.keep(staged)
        owed = {call.id for call in self.prompt.unanswered()}
        for call in self.results.keys() - owed:
            del self.results[call]


async def recorded(
    journal: Journal, *facts: KnownEvent, enclosed: Sequence[Enclosure] = ()
) -> tuple[KnownEvent, ...]:
    """Keep facts of one session; waits until the disk has room."""
    append = partial(journal.append, *facts, full=True, enclosed=enclosed)
    return await until_kept(facts[0].session, append)


async def until_kept(session: SessionId, work: Callable[[], Awaitable[T]]) -> T:
    """Do what keeps something in the journal, again and again until the disk has room for it."""
    while True:
        try:
            return await work()
        except JournalError as error:
            if not error.retryable:
                raise
            log.error("session %s waits for the journal: %s", session, error)
        await asyncio.sleep(STORAGE_RETRY_S)


@dataclass(frozen=True)
class Checking:
    """A baseline of checks that is being taken beside the first request."""

    task: asyncio.Task[None]
    halt: asyncio.Event


@dataclass(kw_only=True)
class Site(Memory):
    """One session's place of work: its memory, a model, and all they need."""

    model: Model
    governor: Governor
    provider: Provider
    patience: Patience
    silence_s: float
    """Without an event for so long, the model ends a stream by itself."""
    wire_model: str
    capacity: int
    """Tokens the model can read; 0 when that is not known."""
    compact_idle_s: float
    """A long prompt is compacted when the session was idle so long; 0 is never."""
    effort: str | None
    chosen: tuple[str, str]
    """The session's model and effort this place was made for, by the names the developer chose."""
    guides: Guides
    clock: Clock
    ids: Ids
    spool: Path
    lasting_rules: Callable[[], Sequence[Rule]]
    taking: Taking = field(default_factory=Taking)
    redactor: Redactor
    blob: Callable[[Sha], bytes]
    """Bytes the journal keeps, by their hash; reads them."""
    price: Callable[[str, Usage], Usage]
    drops: Callable[[], Collection[str]]
    """Parameters the model's server does not take."""
    freeform: bool = False
    """Tools are offered as freeform tools; chosen once, so that requests begin alike."""
    images: bool = False
    """The model takes pictures."""
    blind_said: bool = False
    """The developer was told that it does not, and that there are some in the prompt."""
    today: Today
    toolbox: Toolbox = field(default_factory=Toolbox)
    shells: Shells | None = None
    """Its shell sessions."""
    watching: Watching = field(default_factory=Watching)
    """What its detectors know."""
    helping: Helping
    checking: Checking | None = None
    """The baseline of its checks, while it is taken."""
    still: Standstill = field(default_factory=Standstill)
    """While it is on, no request and no call is begun."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the state says that the turn is to end."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever an order or a fact may have changed what to do next."""

    @property
    def stale(self) -> bool:
        """The developer chose another model or effort: the next request goes from a new place."""
        return (self.state.model, self.state.effort) != self.chosen

    async def until(self, ready: Callable[[SessionState], bool]) -> bool:
        """Wait until the state is ready; False when an interrupt came first."""
        while not ready(self.state):
            if self.stop.is_set():
                return False
            self.wake.clear()
            if not ready(self.state) and not self.stop.is_set():
                await self.wake.wait()
        return not self.stop.is_set()

    async def may_begin(self) -> bool:
        """Wait while sessions stand still; False when an interrupt came."""
        return await self.until(lambda _: not self.still.on)


async def first_of(work: Awaitable[None], stop: asyncio.Event) -> bool:
    """Run `work` until it ends (True) or `stop` is set (False, and the work is cancelled)."""
    task = asyncio.ensure_future(work)
    halt = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, halt}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
            return True
        return False
    finally:
        for unfinished in (task, halt):
            unfinished.cancel()
        await asyncio.gather(task, halt, return_exceptions=True)
