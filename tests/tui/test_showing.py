"""Facts are shown at once after a rest, then with the next frame; text, and what waits, later."""

import pytest

from kit.still import StillLoop, settle, standing_still
from steerdeck.model import Dirty
from steerdeck.output.frames import FRAMES
from steerdeck.showing import FRAME_S, STILL_S, Showing
from steerdeck_agents.facts.ids import SessionId

ONE, TWO = SessionId("one"), SessionId("two")


class _Rig:
    """What is shown while the clock stands still."""

    def __init__(self, *, still: bool = False) -> None:
        self.loop = StillLoop()
        self.shown: list[Dirty] = []
        self.showing = Showing(self.shown.append, still=still)

    async def fact(self, session: SessionId = ONE) -> int:
        """How often was shown what was found until then."""
        self.showing.mark(Dirty(sessions={session}))
        await settle()
        return len(self.shown)

    async def after(self, seconds: float) -> int:
        self.loop.now += seconds
        await settle()
        return len(self.shown)


def test_two_facts_are_shown_at_once_and_those_that_follow_with_a_frame():
    rig = _Rig()

    async def story() -> None:
        assert [await rig.fact() for _ in range(4)] == [1, 2, 2, 2]
        await rig.fact(TWO)
        assert await rig.after(FRAME_S) == 3
        assert rig.shown[-1].sessions == {ONE, TWO}
        for _ in range(100):
            await rig.fact()
            await rig.after(FRAME_S / 10)
        assert len(rig.shown) <= 14, "one a frame, and the two of the beginning"

    standing_still(story(), rig.loop)


def test_what_a_key_led_to_and_what_changes_everything_waits_for_no_frame(
    monkeypatch: pytest.MonkeyPatch,
):
    rig = _Rig()

    async def story() -> None:
        for _ in range(3):
            rig.showing.mark(Dirty(everything=True))
            await settle()
        assert len(rig.shown) == 3 and await rig.fact() == 3
        monkeypatch.setattr(FRAMES, "keyed", lambda: True)
        assert [await rig.fact(), await rig.fact()] == [4, 5]
        monkeypatch.setattr(FRAMES, "keyed", lambda: False)
        assert await rig.fact() == 5 and await rig.after(FRAME_S) == 6, "no later for that"

    standing_still(story(), rig.loop)


@pytest.mark.parametrize("still", [False, True])
def test_text_waits_for_company_and_is_shown_with_a_fact(still: bool):
    rig = _Rig(still=still)

    async def story() -> None:
        rig.showing.mark(Dirty(text={TWO}))
        await settle()
        assert await rig.after((STILL_S if still else FRAME_S) - 0.01) == 0
        assert await rig.fact() == 1
        assert rig.shown[0] == Dirty(sessions={ONE}, text={TWO})
        assert await rig.after(10) == 1

    standing_still(story(), rig.loop)


def test_what_waits_is_shown_with_what_it_led_to_or_else_with_the_next_frame():
    rig = _Rig()

    async def story() -> None:
        rig.showing.mark(Dirty(sessions={TWO}), waits=True)
        await settle()
        assert not rig.shown
        assert await rig.fact() == 1 and rig.shown[0].sessions == {ONE, TWO}
        rig.showing.mark(Dirty(sessions={TWO}), waits=True)
        assert await rig.after(FRAME_S) == 2
        rig.showing.mark(Dirty(sessions={TWO}))
        rig.showing.close()
        assert await rig.after(10) == 2

    standing_still(story(), rig.loop)
