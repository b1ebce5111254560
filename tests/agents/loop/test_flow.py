"""What is sent without waiting, on a journal that has no room for a while."""

import asyncio

import pytest

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import Noticed, TextAdded
from steerdeck_agents.facts.ids import ItemId
from steerdeck_agents.loop import flow
from steerdeck_agents.loop.flow import Flow

TEXT = TextAdded(item=ItemId("i"), kind="message", text="word ")
FACT = Noticed(text="A shell ended.")


class Full:
    """A journal that refuses the first two appends."""

    def __init__(self, *, retryable: bool) -> None:
        self.kept = []
        self.refused = 0
        self._retryable = retryable

    async def append(self, *events, full=False, enclosed=()):
        if self.refused < 2:
            self.refused += 1
            raise JournalError("Full.", retryable=self._retryable)
        self.kept += events
        return events

    def state(self, session):
        return None


@pytest.mark.parametrize(
    ("fact", "retryable", "kept"),
    [(FACT, True, [FACT]), (FACT, False, []), (TEXT, True, [])],
    ids=["a fact comes when there is room", "not when it never fits", "text comes with its end"],
)
def test_a_fact_that_has_no_room_is_kept_later_and_streamed_text_is_not(
    fact, retryable, kept, monkeypatch
):
    monkeypatch.setattr(flow, "STORAGE_RETRY_S", 0.0)

    async def story():
        journal = Full(retryable=retryable)
        sending = Flow(journal)
        sending.send(fact)
        await sending.sent()
        return journal.kept

    assert asyncio.run(story()) == kept
