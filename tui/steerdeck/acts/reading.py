"""What a reader of transcripts asks of the runtime: syntax, ends of an output, hits, all of it."""

import asyncio
from functools import cached_property

from msgspec.structs import replace

from steerdeck.acts.ground import Acts
from steerdeck.panes.told_text import transcript_text
from steerdeck_agents.facts.call_page import CallPage, OutputPart
from steerdeck_agents.facts.events import Event
from steerdeck_agents.facts.ids import CallId, SessionId, Sha
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Transcript
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_calls import CallOf, OutputOf
from steerdeck_agents.runtime.wire_reading import Ends, Inked, InkOf, Match, Matching, OutputEnds

_KEPT = 200
_LARGEST = 60_000
"""Characters of a block of code that is shown in colours."""
_PAGE = 2_000
_LINES = 5_000
"""Of an output that is no blob; so many it does not have."""


class Reading(Acts):
    """Read more than what is there."""

    @cached_property
    def _inks(self) -> dict[InkOf, Inked]:
        """The syntax of blocks that were seen, the last ones: lane and zoom show the same."""
        return {}

    async def ink_of(self, language: str, lines: tuple[str, ...]) -> Inked:
        """The syntax of a block of code; none of one that is too large to be read at a glance."""
        query = InkOf(language, lines)
        known = self._inks.get(query)
        if known is None:
            large = sum(map(len, lines)) > _LARGEST
            known = Inked() if large else await self.bridge.page(query, Inked)
            self._inks[query] = known
            if len(self._inks) > _KEPT:
                del self._inks[next(iter(self._inks))]
        return known

    async def ends_of(self, blob: str, lines: int) -> Ends:
        """Both ends of an output that is kept as a blob."""
        return await self.bridge.page(OutputEnds(Sha(blob), lines), Ends)

    async def whole_output(self, page: CallPage) -> str:
        """All a call printed; decoded in a thread where it is large."""
        if page.output is not None:
            return await self.bridge.page(wire.Blob(Sha(page.output)), str)
        query = OutputOf(page.line.session, page.line.call, limit=_LINES)
        part = await self.bridge.page(query, OutputPart)
        return "\n".join(part.lines)

    async def whole_call(self, session: SessionId, call: Called) -> Called:
        """A call of a transcript with all it printed: the entry itself keeps the end alone.

        The entry as it is where nothing more is on record, as while it runs.
        """
        page = await self.bridge.page(CallOf(session, CallId(call.id)), CallPage)
        output = await self.whole_output(page)
        return replace(call, output=output) if output else call

    async def matching(self, session: SessionId, words: str) -> list[Match]:
        """Where the words stand in the whole session."""
        return await self.bridge.page(Matching(session, words), list[Match])

    async def whole_text(self, state: SessionState) -> str:
        """The transcript from the first event on, as inert text."""
        told = Transcript()
        while True:
            query = wire.Events(state.id, after=told.seq, limit=_PAGE)
            page = await self.bridge.events(query)
            await asyncio.to_thread(_fold, told, page)
            if len(page) < _PAGE:
                return await asyncio.to_thread(transcript_text, state.name, told.entries.values())


def _fold(told: Transcript, page: list[Event]) -> None:
    for event in page:
        told.add(event)
