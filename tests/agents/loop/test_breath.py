"""A stream that trickles is read several tokens at a time; nothing else waits."""

import asyncio

import pytest

from steerdeck_agents.loop.breath import MANY, TRICKLES, Breath
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


async def _read(*reads):
    """How many pauses began after each read; a read is how many words came with it at once.

    What gathers in a pause comes with the read behind it, as it does from a socket.
    """
    breath, pauses = Breath(), []
    for words in reads:
        await asyncio.sleep(0)
        pauses.append(0)
        for _ in range(words):
            if breath.due(WORD):
                pauses[-1] += 1
                await breath.take()
    return pauses


def test_many_words_at_once_are_never_held_up():
    assert not any(asyncio.run(_read(*[20] * 40)))
    assert not any(asyncio.run(_read(*[MANY + 1] * 40)))


def test_of_many_words_at_once_after_single_ones_only_the_first_can_wait():
    singles = [1] * TRICKLES
    assert asyncio.run(_read(*singles, *[20] * 40)) == [0] * TRICKLES + [1] + [0] * 39
    # Behind a pause as well: what has gathered may be many, what comes then is not held up twice.
    paused = asyncio.run(_read(*singles, *[1, 7] * 3, *[20] * 40))
    assert sum(paused[-40:]) <= 1


def test_what_gathered_however_much_does_not_end_the_gathering():
    paused = asyncio.run(_read(*[1] * TRICKLES, *[1, 20] * 4))
    assert paused == [0] * TRICKLES + [1, 0] * 4


def test_a_few_words_at_once_on_a_busy_loop_are_gathered_as_single_ones_are():
    paused = asyncio.run(_read(*[1, 2, 1, 3] * 6))
    assert paused[TRICKLES:] == [1, 0] * ((24 - TRICKLES) // 2)
