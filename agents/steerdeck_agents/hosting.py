"""The MCP servers of a living session: their states become facts, consents and questions come back.

Which servers there are is the developer's config; what each may do is decided in the inbox. The
session never waits for a consent: tools of a server are offered from the request after it.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial

from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.events import (
    ApprovalDecided,
    ApprovalExpired,
    ApprovalRequested,
    KnownEvent,
    Noticed,
    QuestionAnswered,
    QuestionAsked,
    QuestionExpired,
    ServerChanged,
)
from steerdeck_agents.facts.ids import ApprovalId, Clock, Ids, SessionId
from steerdeck_agents.facts.orders import RestartServer
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.loop.site import until_kept
from steerdeck_agents.servers.ground import Ground
from steerdeck_agents.servers.launch import launcher
from steerdeck_agents.servers.question import by_asking
from steerdeck_agents.servers.servers import Servers
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.settings.server import ServerSettings

Later = Callable[[Coroutine[None, None, None]], None]


class Hosting:
    """What one session does with its servers."""

    def __init__(
        self, session: SessionId, writer: Writer, paths: Paths, clock: Clock, ids: Ids, later: Later
    ) -> None:
        self._session = session
        self._writer = writer
        self._paths = paths
        self._clock = clock
        self._ids = ids
        self._later = later
        self.servers: Servers | None = None
        self._wishes: dict[ApprovalId, Status] = {}
        self._answers: dict[ApprovalId, asyncio.Future[str | None]] = {}
        self._saying = asyncio.Lock()
        """Facts of a server are appended in the order in which it changed."""

    @property
    def _state(self) -> SessionState:
        state = self._writer.state(self._session)
        assert state is not None, "a session exists before its servers"
        return state

    async def begin(
        self, configured: Iterable[ServerSettings], keys: Mapping[str, str], stop: asyncio.Event
    ) -> None:
        """Start them once, those that may; returns when none is being started any more."""
        found = tuple(configured)
        if self.servers is None and found:
            state = self._state
            ground = Ground(
                paths=self._paths,
                root=state.workspace.path,
                launch=launcher(
                    state.workspace, state.level, state.surroundings, keys, self._paths.spool
                ),
                keys=keys,
                clock=self._clock,
                elicit=by_asking(self._ask),
                on_change=lambda status: self._later(self._say(status)),
            )
            self.servers = Servers(found, ground)
            self.servers.begin()
        if self.servers is not None:
            settled = asyncio.ensure_future(self.servers.settled())
            halt = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({settled, halt}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (settled, halt):
                    task.cancel()
                await asyncio.gather(settled, halt, return_exceptions=True)

    def hear(self, facts: Iterable[KnownEvent]) -> None:
        """Take over what the developer decided and answered."""
        for fact in facts:
            match fact:
                case ApprovalDecided() if fact.approval in self._wishes:
                    self._later(self._decided(self._wishes.pop(fact.approval), fact))
                case QuestionAnswered() if fact.question in self._answers:
                    self._settle(fact.question, fact.text)
                case QuestionExpired() if fact.question in self._answers:
                    self._settle(fact.question, None)
                case _:
                    pass

    def restarting(self, order: RestartServer) -> Noticed:
        """The fact that the developer wants a server started anew; raises OrderRefused."""
        name = self._state.name
        if self.servers is None:
            raise OrderRefused(f"No server of {name} runs now; they start with its next turn.")
        names = [status.server for status in self.servers.statuses()]
        if order.server not in names:
            raise OrderRefused(f"{name} has no server {order.server!r}; it has {', '.join(names)}.")
        text = f"you start the server {order.server} anew"
        return Noticed(session=self._session, actor="developer", text=text)

    async def again(self, server: str) -> None:
        """Start it anew; asks again where it has to. OrderRefused when all have ended."""
        if self.servers is None:
            raise OrderRefused("Its session has ended meanwhile; servers start with its next turn.")
        await self.servers.again(server)

    async def close(self) -> None:
        """End all servers; what they asked is withdrawn when the session goes on."""
        servers, self.servers = self.servers, None
        if servers is not None:
            await servers.close()
        for question in tuple(self._answers):
            self._settle(question, None)
        self._wishes.clear()

    async def _say(self, status: Status) -> None:
        async with self._saying:
            facts: list[KnownEvent] = [
                ApprovalExpired(
                    session=self._session, approval=old.id, reason="the server changed again"
                )
                for old in self._state.approvals
                if old.kind in ("server", "tools") and old.title == status.server
            ]
            facts.append(
                ServerChanged(
                    session=self._session,
                    server=status.server,
                    status=status.name,
                    reason=status.reason,
                    way_out=status.way_out,
                    tools=status.tools,
                    pin=status.pin,
                )
            )
            if status.kind:
                asked = self._wish(status)
                self._wishes[asked.approval] = status
                facts.append(asked)
            append = partial(self._writer.append, *facts, full=bool(status.kind))
            # Nobody else would ever ask for the consent, or tell how the server is.
            await until_kept(self._session, append)

    def _wish(self, status: Status) -> ApprovalRequested:
        state = self._state
        return ApprovalRequested(
            session=self._session,
            approval=ApprovalId(self._ids.new("apr")),
            kind="server" if status.kind == "server" else "tools",
            what=status.shown,
            binding=status.asks,
            reasons=(status.reason,),
            folder=state.workspace.path,
            level=state.level.name,
            title=status.server,
        )

    async def _decided(self, status: Status, fact: ApprovalDecided) -> None:
        if self.servers is None:
            return
        # A server that asks for something else by now has asked again.
        with contextlib.suppress(OrderRefused):
            if fact.decision == "allow":
                lasts = fact.scope == "everywhere"
                await self.servers.allow(status.server, status.asks, lasts=lasts)
            else:
                await self.servers.refuse(status.server, status.asks)

    async def _ask(self, server: str, text: str, choices: tuple[str, ...]) -> str | None:
        question = ApprovalId(self._ids.new("ask"))
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._answers[question] = answer
        asked = QuestionAsked(
            session=self._session, question=question, text=text, choices=choices, asker=server
        )
        try:
            await self._writer.append(asked, full=True)
            return await answer
        finally:
            self._answers.pop(question, None)

    def _settle(self, question: ApprovalId, text: str | None) -> None:
        answer = self._answers.pop(question, None)
        if answer is not None and not answer.done():
            answer.set_result(text)
