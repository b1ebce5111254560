"""From the wire to the model: frames in, dirty flags out, gaps read again, a lost runtime found.

What changed is drawn as `Showing` has it. A page larger than a frame is decoded in a thread, so the
deck's loop never works on more than 64 kB of JSON (law 10). While a session is read anew its new
events wait in a row behind the page, so that none is folded twice or out of order.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from steerdeck.beside import Beside
from steerdeck.giving import Giving
from steerdeck.later import Later
from steerdeck.model import DeckModel, Dirty
from steerdeck.showing import FRAME_S, Showing
from steerdeck.source import Connect, Source, changes_files, decoded, decoded_events, moves_rules
from steerdeck.tail import LEAST
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import SteerdeckError, WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError

T = TypeVar("T")
FAR_PAGE = 600
"""When a place far back is looked for; drawing one page more must stay below a frame."""
PAGE = 400
"""Events of a transcript read at first; older ones come when somebody scrolls up to them."""
HELD_S = 15.0
"""How long what is ordered before the deck is attached for the first time waits for that."""
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Bridge:
    """One deck's connection; `changed` is called on the loop with what must be drawn anew."""

    def __init__(
        self,
        connect: Connect,
        model: DeckModel,
        changed: Callable[[Dirty], None],
        *,
        still: bool = False,
    ) -> None:
        """A `still` deck draws streamed text once a second."""
        self.model = model
        self._connect = connect
        self._showing = Showing(changed, still=still)
        self.source: Source | None = None
        """The runtime, while it is attached."""
        self._line: Source | None = None
        """What was connected last, which goes on reading until it is closed."""
        self.count = 0
        """How many connections there were, this one too."""
        self.giving = Giving(self, self._tell, lambda: model.notice)
        self._attached = asyncio.Event()
        self._known = asyncio.Event()
        """Set when the runtime said what there is for the first time."""
        self.going = False
        """Whether it attaches, and again when lost: what is ordered until then waits a while."""
        self._full: set[SessionId] = set()
        self._held: dict[SessionId, list[e.Event]] = {}
        """What came of those being read; a reading whose list is gone was of a line now lost."""
        self._once_more: set[SessionId] = set()
        """Those being read that are to be read again after that."""
        self._later = Later(self._read_again)
        self._jobs: set[asyncio.Task[None]] = set()
        self._reading: set[asyncio.Task[None]] = set()
        """Sessions that are read anew, among the jobs."""
        self._olders: set[SessionId] = set()
        self._beside = Beside(self, self._job)
        self._looked_at: SessionId | None = None
        self.keys: dict[str, str] = {}
        """The developer's keys for models; sent with orders and looks, kept nowhere."""

    # the connection

    async def run(self) -> None:
        """Attach, follow, and attach again whenever the runtime is lost.

        Ends when cancelled, or when somebody stopped the runtime: then it is not started again.
        """
        self.going = True
        try:
            await self._run()
        finally:
            self.going = False

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._attach()
                failures = 0
                if await self._follow():
                    self._lose("The runtime was stopped. Close the deck and open it to go on.")
                    return
            except (SteerdeckError, OSError) as error:
                self._lose(str(error))
            await asyncio.sleep(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures += 1

    async def first(self, shown: Callable[[], set[SessionId]]) -> None:
        """Wait for what the runtime has, and for what these sessions of it said.

        Who waits no longer than a moment ends the waiting, not the reading.
        """
        await self._known.wait()
        self.show(shown())
        if self._reading:
            await asyncio.wait(set(self._reading))

    async def close(self) -> None:
        for job in self._jobs:
            job.cancel()
        self._showing.close()
        if self._line is not None:
            await self._line.close()

    async def _attach(self) -> None:
        source = await self._connect()
        last, self._line = self._line, source
        if last is not None and last is not source:
            await last.close()
        self.source, self.count = source, self.count + 1
        self._attached.set()
        self._looked_at = None
        await source.watch(SessionId(""), "status")
        self._held = {}
        self._later.forget()
        outlook, states = await asyncio.gather(
            self.page(wire.Look(self.model.folder, self.keys), wire.Outlook),
            self.page(wire.Sessions(), list[SessionState]),
        )
        self.model.outlook = outlook
        self.model.load(states)
        self.model.lost = ""
        self.model.attached = True
        self._known.set()
        full, self._full = self._full, set()
        self.mark(Dirty(everything=True))
        self.show(full & set(self.model.states))
        self._beside.read_rules()
        self._job(self._look_at_runtime())

    async def _look_at_runtime(self) -> None:
        """Say what is wrong with the runtime's program, or that a newer one takes over."""
        page = await self.page(wire.RuntimeStatus(), wire.StatusPage)
        self.model.storage = page.storage
        if said := page.program or page.handover or " ".join(page.storage.notes):
            self._tell(said, bad=bool(page.program))
        self.mark(Dirty(everything=True))

    async def _follow(self) -> bool:
        """Take what comes until the runtime ends on purpose; WireError when it is lost."""
        assert self.source is not None
        async for frame in self.source.incoming():
            match frame:
                case wire.Facts():
                    for text in frame.events:
                        self._take(e.decode(bytes(text)))
                case wire.Gap() | wire.Large() if frame.session:
                    self._reread(frame.session)
                case wire.Gap() | wire.Large():
                    self._beside.read_rules()
                case wire.Storage():
                    known, self.model.storage = self.model.storage.notes, frame
                    if fresh := [note for note in frame.notes if note not in known]:
                        self.model.say(" ".join(fresh))
                    self.mark(Dirty(everything=True))
                case wire.Bye(_, True):
                    return True
                case wire.Bye():
                    raise WireError(frame.reason)
        return False

    def _lose(self, reason: str) -> None:
        self.source = None
        self._attached.clear()
        self.model.attached = False
        self.model.lost = reason
        self.mark(Dirty(everything=True))

    # facts

    def _take(self, event: e.Event) -> None:
        if moves_rules(event, self.model.lasting):
            self._beside.read_rules()
        if isinstance(event, e.Noticed) and not event.session:
            self._tell(event.text, bad=event.level == "error")
        held = self._held.get(event.session)
        if held is not None:
            held.append(event)
            return
        dirty = self.model.add(event)
        hunk = event.session in self._full and changes_files(event)
        self._showing.mark(dirty, waits=hunk)
        if hunk:
            self._beside.read_hunk(event.session)

    def mark(self, dirty: Dirty) -> None:
        """Have something drawn: with the next frame, or a later one when it is only text."""
        self._showing.mark(dirty)

    # watching

    def show(self, sessions: set[SessionId]) -> None:
        """Watch exactly these in full: their transcript is read, then kept up to date."""
        for session in sessions - self._full:
            self._full.add(session)
            self._reread(session)
        for session in self._full - sessions:
            self._full.discard(session)
            self.model.transcripts.pop(session, None)
            self._job(self._watch(session, "status"))

    def look_at(self, session: SessionId) -> None:
        """Say which session the developer looks at: its requests go first."""
        if self.source is not None and session != self._looked_at:
            self._looked_at = session
            self._job(self.source.in_view(session))

    def look_at_line(self) -> None:
        """Read how the providers are doing, while a session is in line at one."""
        if self.model.lined_up:
            self._job(self._beside.read_gauges())
        elif self.model.gauges:
            self.model.gauges = ()
            self.mark(Dirty(everything=True))

    def _reread(self, session: SessionId) -> None:
        """Have it read anew; once more, where it is being read: the page may be older than this."""
        if self.source is None:
            return
        if session in self._held:
            self._once_more.add(session)
            return
        held = self._held[session] = []
        reading = self._job(self._read_session(session, held))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)

    def _read_again(self, session: SessionId) -> None:
        if session in self.model.states:
            self._reread(session)
        else:
            self._later.done(session)

    async def _watch(self, session: SessionId, level: str) -> None:
        if self.source is not None:
            await self.source.watch(session, level)

    async def _read_session(self, session: SessionId, held: list[e.Event]) -> None:
        full = session in self._full
        problem = None
        try:
            await self._read(session, held, full=full)
        except PageError as error:
            problem = error
        finally:
            counts = self._held.get(session) is held
            more = counts and session in self._once_more
            if counts:
                del self._held[session]
                self._once_more.discard(session)
        if not counts:
            return
        self._fold(session, held)
        if problem is not None:
            # What was held is folded all the same; the next page has what is missing before it.
            if self._later.failed(session):
                self._tell(str(problem), bad=True)
            self._job(self._later.try_again(session))
            return
        self._later.done(session)
        if more:
            self._reread(session)
        elif full:
            self._beside.read_hunk(session)
            told = self.model.transcripts.get(session)
            while told is not None and len(told.entries) < LEAST and await self.older(session):
                pass

    async def _read(self, session: SessionId, held: list[e.Event], *, full: bool) -> None:
        if not full:
            state = await self.page(wire.StateAt(session), SessionState)
            if self._held.get(session) is held:
                self.model.put(state)
            return
        await self._watch(session, "full")
        # What falls between the two comes as an event, too, and counts once.
        state, page = await asyncio.gather(
            self.page(wire.StateAt(session), SessionState),
            self.events(wire.Events(session, limit=PAGE, newest=True)),
        )
        if self._held.get(session) is not held:
            return
        if session in self._full:
            transcript = Transcript()
            for event in page:
                transcript.add(event)
            self.model.transcripts[session] = transcript
        self.model.put(state)

    def _fold(self, session: SessionId, held: Sequence[e.Event]) -> None:
        """Take what came while a session was being read."""
        for event in held:
            transcript = self.model.transcripts.get(session)
            if transcript is not None:
                transcript.add(event)
            self.mark(self.model.add(event))
        self.mark(Dirty(sessions={session}))

    async def older(self, session: SessionId, upto: int | None = None) -> bool:
        """Read the page before what is shown, or as many as lead to the event `upto`.

        False when there is nothing older, or when it is being read already.
        """
        told = self.model.transcripts.get(session)
        while upto is not None and session in self._olders:
            await asyncio.sleep(FRAME_S)
        if told is None or session in self._olders:
            return False
        self._olders.add(session)
        count = PAGE if upto is None else FAR_PAGE
        try:
            while told.first > 1:
                before = told.first
                page = await self.events(
                    wire.Events(session, before=before, limit=count, newest=True)
                )
                older = await asyncio.to_thread(told.led_to, page)
                if not page or self.model.transcripts.get(session) is not told:
                    return False
                if told.first != before:
                    continue  # Its front was let go meanwhile: what comes before that is read.
                fresh = told.prepend(older)
                self.mark(Dirty(sessions={session}))
                if fresh and (upto is None or told.first <= upto):
                    return True
            return False
        finally:
            self._olders.discard(session)

    # pages and orders

    async def page(self, query: wire.Query, kind: type[T]) -> T:
        """A page, decoded in a thread when it is larger than a frame; PageError says why not."""
        return await decoded(await self._raw(query), kind)

    async def events(self, query: wire.Query) -> list[e.Event]:
        """Events of a session; whatever can't be understood is among them as `Unknown`."""
        return await decoded_events(await self._raw(query))

    async def _raw(self, query: wire.Query) -> bytes:
        return await (await self.there()).ask_raw(query)

    async def give(self, order: Order) -> wire.Given:
        """Give an order; OrderRefused or WireError say why it was not carried out."""
        return await self.giving.give(order)

    def _tell(self, notice: str, *, bad: bool = False) -> None:
        self.model.say(notice, bad=bad)
        self.mark(Dirty(everything=True))

    @property
    def waits(self) -> bool:
        """Whether the deck attaches for the first time; one that was lost says so at once."""
        return self.going and self.source is None and not self.model.lost

    async def there(self) -> Source:
        """The runtime, waited for at a deck's beginning. Raises WireError: it is not there."""
        if self.waits:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._attached.wait(), HELD_S)
        if self.source is None:
            raise WireError(self.model.lost or "The runtime is not attached yet.")
        return self.source

    def _job(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(self._quietly(work))
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        # What is cancelled before it began has not begun its work either.
        task.add_done_callback(lambda _: work.close())
        return task

    async def _quietly(self, work: Awaitable[None]) -> None:
        """A page that fails is said in the footer; the connection's end is seen by `run`."""
        try:
            await work
        except PageError as error:
            self._tell(str(error), bad=True)
        except (WireError, OSError):
            pass
