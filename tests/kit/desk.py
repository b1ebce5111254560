"""Drives the deck without a runtime: stored events answer its pages, frames are fed by hand.

`Feed` has the shape of `runtime.client.Client`. It folds with the real `reduce` and keeps orders
for tests to look at; whatever a deck must do with a live runtime is tested against the real one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import msgspec
from textual.pilot import Pilot

from kit.recorded import Recorded
from kit.sheets import KnownSheet
from steerdeck.app import DeckApp
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.comparison import FilePage, ReviewPage
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import CountedIds, SessionId
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.gate.rule_lines import RulesPage
from steerdeck_agents.gate.rule_propose import Proposal
from steerdeck_agents.journal.search import whole_words_of
from steerdeck_agents.runtime import replaying, wire
from steerdeck_agents.runtime.calling import made
from steerdeck_agents.runtime.client import Incoming, PageError
from steerdeck_agents.runtime.reading import entry_of
from steerdeck_agents.runtime.wire_calls import CallsQuery
from steerdeck_agents.runtime.wire_reading import (
    Ends,
    Inked,
    InkOf,
    Match,
    Matching,
    OutputEnds,
)
from steerdeck_agents.runtime.wire_replay import ReplayQuery
from steerdeck_agents.runtime.wire_shore import ShoreOf
from steerdeck_agents.work.compared import Compared, Version, page_of, row_of
from steerdeck_agents.workspace.within import FileState

NOW = 1_795_170_067_000
"""20 November 2026, 10:21:07 UTC."""


class Feed:
    """A runtime's other end: pages from events, and a queue of frames."""

    def __init__(
        self,
        events: Iterable[e.KnownEvent] = (),
        outlook: wire.Outlook | None = None,
        diffs: dict[str, str] | None = None,
        prompt: list[wire.PromptLine] | None = None,
    ) -> None:
        self.events = list(events)
        self.outlook = outlook or wire.Outlook()
        self.diffs = diffs or {}
        self.prompt = prompt or []
        self.marks: list[wire.WindowMark] = []
        self.sides: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        """Both versions of the files of a session, for its review."""
        self.checks: tuple[Check, ...] = ()
        self.shore = ShorePage(ShoreLine(SessionId(""), "main", 2, 1), tried=True)
        self.proposal: Proposal | None = None
        self.rules = RulesPage()
        self.orders: list[Order] = []
        self.looked_at: list[SessionId] = []
        self.status = wire.StatusPage(1, "0", 0, 0, 0, 1, "journal.db", 0, "bubblewrap")
        self.switch = wire.SwitchPage(0)
        self.watching: dict[str, str] = {}
        self.asked: list[wire.Query] = []
        self.refuse = ""
        self.frames: asyncio.Queue[Incoming] = asyncio.Queue()

    async def connect(self) -> "Feed":
        return self

    async def give(self, order: Order) -> wire.Given:
        self.orders.append(order)
        if self.refuse:
            raise OrderRefused(self.refuse)
        return wire.Given(order.id, len(self.events))

    async def watch(self, session: SessionId, level: str) -> None:
        self.watching[session] = level

    async def in_view(self, session: SessionId) -> None:
        self.looked_at.append(session)

    async def incoming(self) -> AsyncIterator[Incoming]:
        while True:
            yield await self.frames.get()

    async def close(self) -> None:
        """Nothing to close."""

    async def ask_raw(self, query: wire.Query) -> bytes:
        self.asked.append(query)
        if isinstance(query, wire.ReviewOf | wire.FileOf):
            # As in the runtime: comparing and colouring is a thread's work.
            return msgspec.json.encode(await asyncio.to_thread(self._page, query))
        if isinstance(query, CallsQuery):
            # As in the runtime: a thread's work.
            return msgspec.json.encode(await asyncio.to_thread(self._looked_up, query))
        if isinstance(query, ReplayQuery):
            return (await asyncio.to_thread(self._replayed, query)).encode()
        return msgspec.json.encode(self._page(query))

    def _replayed(self, query: ReplayQuery) -> str:
        return replaying.page(Recorded(self.events), query)

    def _looked_up(self, query: CallsQuery) -> object:
        return made(Recorded(self.events), query, NOW)

    def _page(self, query: wire.Query) -> object:
        match query:
            case wire.Look():
                return self.outlook
            case wire.Sessions():
                return list(self.states().values())
            case wire.StateAt():
                return self.states(query.seq)[query.session]
            case wire.Events():
                found = [
                    event
                    for event in self.events
                    if event.session == query.session
                    and event.seq > query.after
                    and (query.before is None or event.seq < query.before)
                ]
                part = found[-query.limit :] if query.newest else found[: query.limit]
                return [msgspec.Raw(e.encode(event).encode()) for event in part]
            case wire.Diff() | wire.FilesAt():
                return self.diffs.get(query.session, "")
            case wire.ReviewOf() | wire.FileOf():
                return self._reviewed(query)
            case InkOf():
                return Inked()
            case OutputEnds(_, lines):
                return Ends(tuple(f"kept {number}" for number in range(lines)), ("the end",), 900)
            case Matching(session, words):
                return self._matching(session, words)
            case wire.Prompt():
                return self.prompt
            case wire.RuntimeStatus():
                return self.status
            case wire.Switch():
                return self.switch
            case wire.Windows():
                return self.marks
            case wire.Propose() if self.proposal is not None:
                return self.proposal
            case wire.Rules():
                return self.rules
            case wire.ChecksFound():
                return wire.FoundChecks(self.checks)
            case ShoreOf():
                return self.shore
            case _:
                raise PageError(f"no page for {query}")

    def _matching(self, session: str, words: str) -> list[Match]:
        """As the runtime: each entry once, in the order of the transcript."""
        found: dict[str, Match] = {}
        for event in self.events:
            here = event.session == session and words.casefold() in whole_words_of(event).casefold()
            if here:
                found.setdefault(entry_of(event), Match(event.seq, entry_of(event)))
        return list(found.values())

    def _reviewed(self, query: wire.ReviewOf | wire.FileOf) -> ReviewPage | FilePage:
        """Pages of a review, made by the runtime's own code from `sides`."""
        review = self.states()[query.session].review

        def compared(path: str, ignore_space: bool = False) -> Compared:
            old, new = self.sides[query.session, path]
            if query.other:
                old = self.sides[query.other, path][1]
            left, right = (
                Version(None if text is None else FileState(0o644, text.encode()))
                for text in (old, new)
            )
            return Compared(path, left, right, ignore_space=ignore_space)

        if isinstance(query, wire.FileOf):
            whole = compared(query.path, query.ignore_space)
            return page_of(whole, review, whole=query.whole)
        paths = [path for session, path in self.sides if session == query.session]
        other = self.states()[query.other].name if query.other else ""
        return ReviewPage(tuple(row_of(compared(path), review) for path in paths), "4f21c0a", other)

    def states(self, upto: int | None = None) -> dict[SessionId, SessionState]:
        states: dict[SessionId, SessionState] = {}
        for event in self.events:
            if upto is None or event.seq <= upto:
                states[event.session] = reduce(states.get(event.session), event)
        return states

    def feed(self, *events: e.KnownEvent) -> None:
        """New facts, as the runtime sends them."""
        self.events += events
        texts = tuple(msgspec.Raw(e.encode(event).encode()) for event in events)
        self.frames.put_nowait(wire.Facts(texts))


class Story:
    """Writes events the way a runtime numbers them."""

    def __init__(self, now: int = NOW) -> None:
        self.events: list[e.KnownEvent] = []
        self.now = now

    def add(self, session: str, event: e.KnownEvent, ago_s: float = 0.0) -> e.KnownEvent:
        """Keep an event of a session that happened `ago_s` seconds before now."""
        stamped = msgspec.structs.replace(
            event,
            seq=len(self.events) + 1,
            session=SessionId(session),
            at_ms=self.now - int(ago_s * 1000),
        )
        self.events.append(stamped)
        return stamped


def deck(feed: Feed, *, face: str = "composer", folder: str = "/home/kim/shop") -> DeckApp:
    """A deck on this feed, at a time that stands still."""
    app = DeckApp(feed.connect, folder, ids=CountedIds(), now_ms=lambda: NOW)
    app.stylesheet = KnownSheet(variables=app.get_css_variables())
    app.model.face = "deck" if face == "deck" else "composer"
    return app


def told(app: DeckApp) -> str:
    """The text on the screen, row by row."""
    width, height = app.size
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text[:width] for strip in strips[:height])


async def until(pilot: Pilot[None], ready: Callable[[], object]) -> None:
    """Wait until something is true, without asking how long it took; not on a deck that fell."""
    async with asyncio.timeout(20):
        while not ready():
            assert not pilot.app.return_code, "the deck has ended with an error"
            await pilot.pause(0.01)
