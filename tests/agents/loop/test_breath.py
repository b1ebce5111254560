"""A stream that trickles is read several tokens at a time; nothing else waits."""

import asyncio

import pytest

from steerdeck_agents.loop.breath import TRICKLES, Breath
from steerdeck_agents.models.model import ItemDone, Opened, TextDelta

WORD = TextDelta("i", "message", "word ")
ARGUMENTS = TextDelta("i", "arguments", "{")


async def _come(chunks, *, waited):
    """Which of these pieces were followed by a pause; `waited`: each was waited for by itself."""
    breath, paused = Breath(), []
    for chunk in chunks:
        if waited:
            await asyncio.sleep(0)
        paused.append(breath.due(chunk))
        if paused[-1]:
            await breath.take()
    return paused


def test_tokens_that_come_one_by_one_are_gathered_after_a_while():
    paused = asyncio.run(_come([WORD] * (TRICKLES + 5), waited=True))
    # What gathered is read at once, and the one after it is waited for again.
    assert paused == [False] * TRICKLES + [True, False, True, False, True]


@pytest.mark.parametrize(
    ("chunks", "waited"),
    [
        ([ARGUMENTS] * 40, True),
        ([WORD] * 40, False),
        ([*[WORD] * TRICKLES, ItemDone("i", "message", "{}")] * 3, True),
        ([Opened({}), *[WORD] * TRICKLES], True),
    ],
    ids=["arguments of a call", "what is there already", "the end of an item", "a short answer"],
)
def test_nothing_else_waits(chunks, waited):
    assert not any(asyncio.run(_come(chunks, waited=waited)))


def test_the_rest_of_what_gathered_is_not_held_up():
    async def read():
        breath, paused = Breath(), []
        for _ in range(TRICKLES + 1):
            await asyncio.sleep(0)
            paused.append(breath.due(WORD))
        await breath.take()
        await asyncio.sleep(0)
        return [*paused, *[breath.due(WORD) for _ in range(6)]]

    *before, at_last = asyncio.run(read())[: TRICKLES + 1]
    assert at_last and not any(before)
    assert not any(asyncio.run(read())[TRICKLES + 1 :])
