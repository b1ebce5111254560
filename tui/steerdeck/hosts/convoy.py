"""The runtimes of several hosts as one source: a bridge sees one list of sessions and one stream.

Each host has a link that is made again by itself, at first soon, later rarely. What is watched is
asked for again on the new line, and every session of the host is read anew, so nothing that
happened meanwhile is missed. A host that is gone takes nothing from the others.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from functools import partial

import msgspec

from steerdeck.hosts.links import Host, HostLink, Known
from steerdeck.hosts.marks import Slots, host_of
from steerdeck.hosts.merging import (
    answers_of,
    calls_until,
    joined,
    reach_of,
    storages,
    window_of,
)
from steerdeck.hosts.stands import HERE, HostStands
from steerdeck.source import Source, decoded
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import LineLost, SteerdeckError, WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import AddRule, ChangeRule, Order, RevokeRule, Start
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import Incoming, PageError
from steerdeck_agents.runtime.wire_calls import Calls

PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between two tries to reach a host; the last one again and again."""
DROPPED = "The line dropped."
STOPPED = "Its runtime was stopped. Close the deck and attach again to start another one."
_SESSION = re.compile(rb'"session":"([^"]+)"')


class Convoy:
    """Several hosts as one `Source`."""

    def __init__(self, hosts: Sequence[Host], pauses: Sequence[float] = PAUSES) -> None:
        slots = Slots()
        self._links = [HostLink(host, slots) for host in hosts]
        self._pauses = pauses
        self.changed: Callable[[tuple[HostStands, ...]], None] = lambda stands: None
        """Called on the loop whenever a host stands otherwise."""
        self._frames: asyncio.Queue[Incoming] = asyncio.Queue()
        self._keeping: list[asyncio.Task[None]] = []
        self._others = ""
        self._levels: dict[SessionId, str] = {}
        self._view = SessionId("")
        self._listed = False
        self._lead: HostLink | None = None
        """Whose outlook the deck was told last."""
        self._beside = ""
        """The folder it was of."""
        self._some = asyncio.Event()

    async def connect(self) -> Source:
        """This convoy, once one of its hosts is attached. Raises WireError: none is to come."""
        if not self._keeping:
            self._keeping = [self._kept(link) for link in self._links]
        while not self._some.is_set():
            some = asyncio.ensure_future(self._some.wait())
            waits = [some, *(one for one in self._keeping if not one.done())]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                some.cancel()
            if all(link.stopped for link in self._links):
                raise WireError(self._links[0].sentence)
        return self

    @property
    def stands(self) -> tuple[HostStands, ...]:
        return tuple(
            HostStands(
                link.host.name,
                link.client is not None,
                "" if link.client is not None else link.why,
                link.pause_s,
                link.owed,
            )
            for link in self._links
        )

    # the links

    def _kept(self, link: HostLink) -> asyncio.Task[None]:
        """The task of a link; an error nobody thought of ends it with a word, and no other."""

        def ended(task: asyncio.Task[None]) -> None:
            problem = None if task.cancelled() else task.exception()
            if problem is not None:
                self._stop(link, f"{type(problem).__name__}: {problem}. Attach again.")

        keeping = asyncio.create_task(self._keep(link))
        keeping.add_done_callback(ended)
        return keeping

    async def _keep(self, link: HostLink) -> None:
        """Hold one host, until its runtime is stopped on purpose."""
        failures = 0
        while not link.stopped:
            try:
                client = await link.host.connect()
                try:
                    await self._welcome(link, client)
                    failures = 0
                    link.why, link.stopped = await self._pass_on(link, client)
                finally:
                    link.client = None
                    self._keeps(link, wire.Storage())
                    await client.close()
                    link.why = await link.host.hang_up() or link.why
            except (SteerdeckError, OSError) as error:
                link.why = str(error)
            await self._pause(link, failures)
            failures += 1

    async def _pause(self, link: HostLink, failures: int) -> None:
        if link.stopped:
            self._stop(link, STOPPED)
            return
        link.hurry.clear()
        link.pause_s = self._pauses[min(failures, len(self._pauses) - 1)]
        self._tell()
        try:
            await asyncio.wait_for(link.hurry.wait(), link.pause_s)
        except TimeoutError:
            return

    def _stop(self, link: HostLink, why: str) -> None:
        """There is to be no other line to it."""
        link.stopped, link.why, link.pause_s = True, why, 0.0
        link.moved.set()
        if all(one.stopped for one in self._links):
            self._frames.put_nowait(wire.Bye(why, True))
        self._tell()

    async def _welcome(self, link: HostLink, client: Source) -> None:
        """Ask on a new line for what was asked for on the last; have its sessions read anew."""
        await client.watch(SessionId(""), self._others or "status")
        for session, level in self._levels.items():
            if self._owner(session) is link:
                await client.watch(link.mark.down_id(session), level)
        if self._view and self._owner(self._view) is link:
            await client.in_view(link.mark.down_id(self._view))
        status = await decoded(await client.ask_raw(wire.RuntimeStatus()), wire.StatusPage)
        page = await client.ask_raw(wire.Sessions())
        known = await decoded(page, list[Known])
        anew = link.living.keys() | {one.id for one in known}
        link.living = {one.id: one.workspace.repository for one in known}
        if known:
            link.newest = max(known, key=lambda one: one.seq).workspace.repository
        link.client, link.why, link.pause_s = client, "", 0.0
        link.lines += 1
        self._keeps(link, status.storage)
        if self._listed:
            # Of no session: rules that last.
            self._frames.put_nowait(wire.Gap(SessionId(""), 0))
            self._reread(link, anew)
        link.moved.set()
        self._some.set()
        self._tell()

    def _reread(self, link: HostLink, sessions: Iterable[SessionId]) -> None:
        for session in sorted(sessions):
            self._frames.put_nowait(wire.Gap(link.mark.up_id(session), 0))

    async def _pass_on(self, link: HostLink, client: Source) -> tuple[str, bool]:
        """Give on what comes; why the line ended, and whether its runtime was told to end."""
        async for frame in client.incoming():
            match frame:
                case wire.Facts(events):
                    told = [bytes(event) for event in events]
                    for text in told:
                        if found := _SESSION.search(text):
                            link.living.setdefault(SessionId(found[1].decode()), "")
                    self._frames.put_nowait(
                        wire.Facts(tuple(msgspec.Raw(link.mark.up(text)) for text in told))
                    )
                case wire.Gap() | wire.Large():
                    session = link.mark.up_id(frame.session)
                    self._frames.put_nowait(msgspec.structs.replace(frame, session=session))
                case wire.Storage():
                    self._keeps(link, frame)
                case wire.Bye(reason, was_told):
                    return (reason if was_told else DROPPED), was_told
        return DROPPED, False

    def _keeps(self, link: HostLink, storage: wire.Storage) -> None:
        """The place of a host's journal is so now; of one that is gone nothing is known."""
        before, link.storage = self._storage, storage
        if self._storage != before:
            self._frames.put_nowait(self._storage)

    @property
    def _storage(self) -> wire.Storage:
        return storages([(link.host.name or HERE, link.storage) for link in self._links])

    def _tell(self) -> None:
        self.changed(self.stands)

    def _owner(self, id: str) -> HostLink | None:
        """The link of the host that an id of a session or a rule is of, if it is among these."""
        name = host_of(id)
        return next((link for link in self._links if link.host.name == name), None)

    def _of(self, id: str) -> HostLink:
        """The link of an id's host; without an id that of the one in hand.

        Raises WireError: it is of no host that is shown, as after it was read from what a deck on
        others had kept.
        """
        if id:
            owner = self._owner(id)
            if owner is None:
                name = host_of(id) or "this machine"
                raise WireError(
                    f"{id} is on {name}, which this deck does not show. Close the deck and attach"
                    " to that machine too, with `--here` to this one."
                )
            return owner
        if self._view and (seen := self._owner(self._view)) is not None:
            return seen
        if self._lead is not None:
            return self._lead
        return next((link for link in self._links if link.client is not None), self._links[0])

    # as a source

    async def give(self, order: Order) -> wire.Given:
        """Give an order to the host it is for, on as many lines as that takes.

        What is ordered while the host is gone is refused at once, and the host tried at once.
        """
        link = self._of_order(order)
        folder = self._beside if link is self._lead else link.folder(self._view)
        down = link.mark.down(link.at_home(order, folder))
        while (client := link.client) is not None:
            line = link.lines
            try:
                given = await client.give(down)
            except LineLost:
                await self._another(link, line)
            else:
                return msgspec.structs.replace(given, session=link.mark.up_id(given.session))
        link.hurry.set()
        raise WireError(link.sentence)

    async def _another(self, link: HostLink, lost: int) -> None:
        """Wait until there is another line than the lost one, or none to come."""
        link.owed += 1
        self._tell()
        try:
            while (link.client is None or link.lines == lost) and not link.stopped:
                await link.moved.wait()
                link.moved.clear()
        finally:
            link.owed -= 1
            self._tell()

    def _of_order(self, order: Order) -> HostLink:
        match order:
            case Start() if self._lead is not None:
                return self._lead
            case RevokeRule(rule=id):
                return self._of(id)
            case ChangeRule(rule=rule):
                return self._of(rule.id)
            case AddRule(rule=rule):
                return self._of(rule.session)
            case _:
                return self._of(getattr(order, "session", None) or "")

    async def ask_raw(self, query: wire.Query) -> bytes:
        match reach_of(query):
            case "all":
                self._listed = self._listed or isinstance(query, wire.Sessions)
                there = [link for link in self._links if link.client is not None]
                return await self._ask_all(there or self._links[:1], query)
            case "any":
                return await self._ask_any(query)
            case _:
                # Several sessions of one question are of one host: their seqs are one journal's.
                several = getattr(query, "sessions", ())
                session = getattr(query, "session", "") or next(iter(several), "")
                asked_of = getattr(query, "host", "")
                named = (link for link in self._links if (link.host.name or HERE) == asked_of)
                return await self._ask(next(named, None) or self._of(session), query)

    async def _ask_all(self, links: Sequence[HostLink], query: wire.Query) -> bytes:
        """One page of what they say, in their order, so that slots are given out in it too."""
        if isinstance(query, Calls) and len(links) > 1:
            windows = [calls_until(partial(self._ask_marked, link), query) for link in links]
            found, problems = await answers_of(windows)
            self._miss(links, query, problems)
            return await window_of(found, query)
        # The marks give out slots, so they are made in the order of the hosts.
        pages, problems = await answers_of([self._ask_with(link, query) for link in links])
        self._miss(links, query, problems)
        return await joined([await link.marked(page) for link, page in pages])

    def _miss(
        self,
        links: Sequence[HostLink],
        query: wire.Query,
        problems: Mapping[int, SteerdeckError | OSError],
    ) -> None:
        """Say who is missing from a page of all; sessions that are not listed are read one by one.

        Of one whose line ended that is said already, and all is read anew on its next one.
        """
        for place, problem in problems.items():
            link = links[place]
            if isinstance(problem, WireError):
                continue
            words = f"{link.host.name or 'This machine'} did not answer: {problem}"
            said = e.encode(e.Noticed(text=words, level="error"))
            self._frames.put_nowait(wire.Facts((msgspec.Raw(said.encode()),)))
            if query == wire.Sessions():
                self._reread(link, link.living)

    async def _ask_with(self, link: HostLink, query: wire.Query) -> tuple[HostLink, bytes]:
        return link, await self._ask_unmarked(link, query)

    async def _ask_marked(self, link: HostLink, query: wire.Query) -> bytes:
        return await link.marked(await self._ask_unmarked(link, query))

    async def _ask_any(self, query: wire.Query) -> bytes:
        first = self._of("")
        problem: SteerdeckError | None = None
        for link in (first, *(link for link in self._links if link is not first)):
            try:
                return await self._ask(link, query)
            except (PageError, WireError) as error:
                problem = problem or error
        raise problem or WireError(first.sentence)

    async def _ask(self, link: HostLink, query: wire.Query) -> bytes:
        folder = link.folder(self._view)
        page = await self._ask_marked(link, query)
        match query:
            case wire.Look():
                return await self._looked(link, folder, page)
            case wire.RuntimeStatus():
                status = await decoded(page, wire.StatusPage)
                return msgspec.json.encode(msgspec.structs.replace(status, storage=self._storage))
            case _:
                return page

    async def _looked(self, link: HostLink, folder: str, page: bytes) -> bytes:
        """A new session starts where somebody looked last: what was shown is what is begun."""
        self._lead, self._beside = link, folder
        look = await decoded(page, wire.Outlook)
        if len(self._links) > 1:
            look = msgspec.structs.replace(look, host=link.host.name or HERE)
        if look.problem and link.host.name:
            way = " Name one over there with `steerdeck attach HOST --folder PATH`."
            look = msgspec.structs.replace(look, problem=look.problem + way)
        return msgspec.json.encode(look)

    async def _ask_unmarked(self, link: HostLink, query: wire.Query) -> bytes:
        return await link.ask(query, self._view, alone=len(self._links) == 1)

    async def watch(self, session: SessionId, level: str) -> None:
        if session:
            wanted = [self._of(session)]
            self._levels[session] = level
        else:
            self._others, wanted = level, self._links
        for link in wanted:
            if link.client is not None:
                await link.client.watch(link.mark.down_id(session), level)

    async def in_view(self, session: SessionId) -> None:
        before = self._owner(self._view) if self._view else None
        link = self._of(session)
        self._view = session
        if before is not None and before is not link and before.client is not None:
            await before.client.in_view(SessionId(""))
        if link.client is not None:
            await link.client.in_view(link.mark.down_id(session))

    async def incoming(self) -> AsyncIterator[Incoming]:
        while True:
            yield await self._frames.get()

    async def close(self) -> None:
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
