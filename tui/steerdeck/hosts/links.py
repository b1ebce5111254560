"""One host of a convoy: how it is reached, its line, and what is asked for on every new one."""

import asyncio
from typing import Protocol

import msgspec

from steerdeck.hosts.marks import Mark, Slots
from steerdeck.hosts.merging import unnamed
from steerdeck.hosts.stands import HERE
from steerdeck.source import Source
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.orders import Order, Resume, Say, Start
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_words import FilesLike


class Host(Protocol):
    """How a host is reached."""

    name: str
    """Short, and like no other's; empty is this machine."""

    @property
    def folder(self) -> str:
        """Where new sessions of it start, if that was said."""

    @property
    def stands(self) -> str:
        """The folder its own program stands in; empty before the first line."""

    async def connect(self) -> Source:
        """A new line. Raises WireError: why there is none."""

    async def hang_up(self) -> str:
        """Let go of the line; what is known of why it ended."""


class Known(msgspec.Struct):
    """Of a session what a link keeps in mind."""

    class Place(msgspec.Struct):
        repository: str = ""

    id: SessionId
    seq: int = 0
    workspace: Place = msgspec.field(default_factory=Place)


class HostLink:
    """One host: its line, and what is to be asked for on every new one."""

    def __init__(self, host: Host, slots: Slots) -> None:
        self.host = host
        self.mark = Mark(host.name, slots)
        self.client: Source | None = None
        self.lines = 0
        """How many there were, this one too."""
        self.why = "It is being reached."
        self.pause_s = 0.0
        self.owed = 0
        self.stopped = False
        self.moved = asyncio.Event()
        """Set when the line comes, or when none is to come any more."""
        self.hurry = asyncio.Event()
        """Set when somebody wants it now."""
        self.living: dict[SessionId, str] = {}
        """Sessions the deck was told of, as the runtime calls them, with their repositories."""
        self.storage = wire.Storage()
        """How the place of its journal was last."""
        self.newest = ""
        """The repository something happened in last."""

    @property
    def sentence(self) -> str:
        name = self.host.name or "this machine"
        return f"{name} is not attached: {self.why}"

    def folder(self, session: SessionId) -> str:
        """Where a new session of it starts: as was said, else beside the one in hand."""
        beside = self.living.get(self.mark.down_id(session), "")
        return self.host.folder or beside or self.newest or self.host.stands

    def at_home(self, order: Order, folder: str) -> Order:
        """An order of no key and no surroundings of this machine, where it goes to another one.

        `folder` is where a new session starts.
        """
        match order:
            case Start():
                order = msgspec.structs.replace(order, folder=folder)
                if self.host.name:
                    bare = Surroundings()
                    order = msgspec.structs.replace(order, keys={}, surroundings=bare)
                return order
            case Resume() | Say() if self.host.name:
                return msgspec.structs.replace(order, keys={})
            case _:
                return order

    async def ask(self, query: wire.Query, view: SessionId, *, alone: bool) -> bytes:
        """Its page, with ids as it knows them; of no key of this machine, where it is another.

        `view` is the session in hand; `alone` says that it is the only host. Raises WireError: it
        is not attached.
        """
        if self.client is None:
            raise WireError(self.sentence)
        match query:
            case wire.Look() | wire.Switch() if self.host.name:
                query = msgspec.structs.replace(query, keys={})
        match query:
            case wire.Look() | FilesLike():
                query = msgspec.structs.replace(query, folder=self.folder(view))
            case wire.ChecksFound(folder) if folder not in self.living.values():
                query = msgspec.structs.replace(query, folder=self.folder(view))
        if not alone:
            query = unnamed(query, self.host.name or HERE)
        return await self.client.ask_raw(self.mark.down_query(query))

    async def marked(self, page: bytes) -> bytes:
        """A page as the deck has it; a large one is changed in a thread."""
        if len(page) > wire.FRAME_LIMIT:
            return await asyncio.to_thread(self.mark.up, page)
        return self.mark.up(page)
