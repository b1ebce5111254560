"""Sessions that are read anew: what comes meanwhile, and what happens when a page fails."""

import asyncio
import gc
import warnings

from kit.desk import NOW, Feed
from kit.rig import StillRig
from kit.shop import shop
from kit.still import StillLoop, settle, standing_still
from steerdeck.commands import Helm
from steerdeck.keymap import Keymap
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError

FIX = SessionId("fix")
NEXT = 10_000


class _Failing(Feed):
    """Gives no page of a session until it may, and not before it is asked to answer."""

    def __init__(self) -> None:
        super().__init__(shop().events)
        self.gate = asyncio.Event()
        self.fails = True

    async def ask_raw(self, query: wire.Query) -> bytes:
        answer = await super().ask_raw(query)
        if isinstance(query, wire.StateAt):
            fails = self.fails
            await self.gate.wait()
            if fails:
                raise PageError("The journal can't be read now.")
        return answer

    def tries(self) -> int:
        return sum(isinstance(query, wire.StateAt) for query in self.asked)


def test_a_page_that_fails_loses_no_fact_and_leaves_no_lane_empty():
    feed, loop = _Failing(), StillLoop()

    async def play() -> None:
        async with StillRig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(feed.tries)
            feed.feed(e.SessionConfigured(name="told", seq=NEXT, session=FIX, at_ms=NOW))
            await settle()
            assert rig.model.states[FIX].name != "told", "it waits behind the page"
            feed.gate.set()
            await rig.until(lambda: rig.model.notice_bad)
            assert rig.model.states[FIX].name == "told" and FIX not in rig.model.transcripts

            rig.model.say("")
            await settle()
            loop.now += 1.5
            await rig.until(lambda: feed.tries() == 2)
            await settle()
            assert not rig.model.notice, "it is said once"
            feed.fails = False
            loop.now += 1
            await settle()
            assert feed.tries() == 2, "it is tried less often"
            loop.now += 1.5
            await rig.until(lambda: FIX in rig.model.transcripts)
            assert rig.model.states[FIX] == feed.states()[FIX]
            loop.now += 60
            await settle()
            assert feed.tries() == 3

    standing_still(play(), loop)


def test_what_is_asked_for_while_a_session_is_read_is_read_once_more():
    feed, loop = _Failing(), StillLoop()
    feed.fails = False

    async def play() -> None:
        async with StillRig(feed) as rig:
            feed.frames.put_nowait(wire.Gap(FIX, 1))
            await rig.until(feed.tries)
            rig.bridge.show({FIX})
            feed.frames.put_nowait(wire.Large(FIX, 1))
            feed.gate.set()
            await rig.until(lambda: FIX in rig.model.transcripts)
            assert feed.tries() == 2 and feed.watching[FIX] == "full"

    standing_still(play(), loop)


def test_a_lane_that_goes_while_it_is_read_keeps_its_facts_and_no_transcript():
    feed, loop = _Failing(), StillLoop()
    feed.fails = False

    async def play() -> None:
        async with StillRig(feed) as rig:
            rig.bridge.show({FIX})
            await rig.until(feed.tries)
            feed.feed(e.SessionConfigured(name="told", seq=NEXT, session=FIX, at_ms=NOW))
            await settle()
            rig.bridge.show(set())
            feed.gate.set()
            await rig.until(lambda: rig.model.states[FIX].name == "told")
            assert FIX not in rig.model.transcripts and feed.watching[FIX] == "status"

    standing_still(play(), loop)


def test_a_deck_that_closes_before_a_session_is_read_leaves_no_work_behind():
    async def play() -> None:
        async with StillRig(shop()) as rig:
            rig.bridge.show({FIX})
            await rig.bridge.close()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        standing_still(play(), StillLoop())
        gc.collect()
    assert not said


def test_a_deck_that_closes_before_an_act_began_leaves_no_work_behind():
    async def play() -> None:
        async with StillRig(shop()) as rig:
            helm = Helm(rig.bridge, Keymap())
            helm.go(helm.interrupt(FIX))
            helm.close()

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        standing_still(play(), StillLoop())
        gc.collect()
    assert not said
