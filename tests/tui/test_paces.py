"""The pace of a line: told in the header, changed by hand, and sparing where it is lean."""

import asyncio
from collections.abc import Iterator

import pytest

from kit.desk import deck, told, until
from kit.shop import shop
from kit.still import StillLoop, settle, standing_still
from steerdeck.model import DeckModel, Dirty
from steerdeck.output.frames import FRAMES, FrameClock
from steerdeck.output.pacing import PROFILES, Pace, Reading, rough
from steerdeck.output.start import keep_pace
from steerdeck.panes.header import header
from steerdeck.panes.transcript import TranscriptPane
from steerdeck_agents.facts.ids import SessionId
from steerdeck_themes.ink import INK


@pytest.fixture
def paced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock and the colours of all decks are as before afterwards."""
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    monkeypatch.delenv("TMUX", raising=False)
    for name in ("pace", "free", "keyed"):
        monkeypatch.setattr(FRAMES, name, getattr(FRAMES, name))
    palette, depth = INK.palette, INK.depth
    yield
    INK.use(palette, depth)


def words(reading: Reading, width: int) -> str:
    model = DeckModel()
    model.line = reading
    return "".join(span.text for span in header(model, width).right)


def test_the_header_tells_the_pace_and_what_was_measured():
    assert words(Reading(), 200).strip() == ""
    assert "ssh 100 ms 20 kB/s" in words(Reading("ssh", False, 100, 20.0), 200)
    assert "lean 310 ms" in words(Reading("lean", False, 310, 5.0), 100)
    assert "kB/s" not in words(Reading("lean", False, 310, 5.0), 100)
    assert words(Reading("lean", False, 310, 5.0), 60).strip() == "lean"
    assert "local by hand" in words(Reading("local", True), 200)
    assert "lean " in words(Reading("lean"), 200) and "ms" not in words(Reading("lean"), 200)


def test_what_is_told_stands_still_while_the_line_does():
    assert rough(Reading("ssh", False, 103, 18.34)) == Reading("ssh", False, 100, 18.0)
    assert rough(Reading("ssh", False, 9, 5.04)) == Reading("ssh", False, 9, 5.0)


def test_a_pace_is_chosen_by_hand_and_given_back(paced: None):
    async def run() -> None:
        app = deck(shop(), face="deck")
        async with app.run_test(size=(160, 40)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("f7")
            await until(pilot, lambda: "not paced" in app.model.notice)
            await pilot.press("f7", "f7", "f7")
            keep_pace(app, app.stage, app.paced)
            assert FRAMES.pace == "ssh"
            await pilot.press("f7")
            await until(pilot, lambda: "Drawn leanly" in app.model.notice)
            assert FRAMES.lean and INK.depth == "256"
            await until(pilot, lambda: "lean by hand" in told(app))
            await pilot.press("f7", "f7")
            await until(pilot, lambda: "local by hand" in told(app))
            assert FRAMES.pace == "local" and INK.depth == "true"
            await pilot.press("f7")
            await until(pilot, lambda: "that the line bears" in app.model.notice)
            assert FRAMES.pace == "ssh"

    asyncio.run(run())


def test_behind_a_dialog_nothing_moves_and_nothing_is_blended_on_a_lean_line(paced: None):
    async def run() -> None:
        app = deck(shop(), face="deck")
        async with app.run_test(size=(160, 40)) as pilot:
            await until(pilot, lambda: app.model.attached)
            shown, hand = list[object](), app.model.in_hand
            pane = next(p for p in app.screen.query(TranscriptPane) if p.session == hand)
            sync = pane.sync

            def seen(*given: object) -> None:
                shown.append(given)
                sync(*given)  # type: ignore[arg-type]

            pane.sync = seen  # type: ignore[method-assign]
            await pilot.press("ctrl+p")
            await until(pilot, lambda: app.screen.id == "palette")
            for lean, drawn in ((False, 1), (True, 0)):
                FRAMES.pace = "lean" if lean else "local"
                shown.clear()
                app.changed(Dirty(text={SessionId(hand)}))
                assert len(shown) == drawn
            await pilot.press("escape")
            await until(pilot, lambda: app.screen.id == "deck" and bool(shown))

    asyncio.run(run())


def test_a_lean_line_leaps_further_and_its_clocks_rest(paced: None):
    clock = FrameClock()
    assert clock.leap(40) == 10 and clock.moves() and clock.moves()
    clock.pace = "lean"
    assert clock.leap(40) == 20 and not clock.moves()


def test_what_streams_waits_for_the_line_and_what_a_key_moved_does_not():
    async def run() -> None:
        clock, drawn, free, keyed = FrameClock(), list[str](), [False], [False]
        clock.free, clock.keyed = lambda: free[0], lambda: keyed[0]

        def stream() -> None:
            drawn.append("stream")

        def moved() -> None:
            drawn.append("moved")

        clock.mark(stream, streams=True)
        await asyncio.sleep(0.06)
        assert drawn == []
        keyed[0] = True
        clock.mark(moved)
        clock.mark(stream, streams=True)
        await asyncio.sleep(0.12)
        assert drawn == ["moved"]
        clock.resume()
        await asyncio.sleep(0.12)
        assert drawn == ["moved"], "there is still no room"
        free[0] = True
        clock.resume()
        await asyncio.sleep(0.12)
        assert drawn == ["moved", "stream"]

    asyncio.run(run())


@pytest.mark.parametrize(("pace", "at_once"), [("local", 2), ("ssh", 2), ("lean", 1)])
def test_a_second_fact_after_a_rest_is_drawn_as_soon_as_the_first(pace: Pace, at_once: int):
    loop = StillLoop()

    async def drawn_after(clock: FrameClock, *marks: bool) -> int:
        """How many of these marks, one after the other, are drawn without time going by."""
        drawn = list[bool]()
        for streams in marks:
            clock.mark(lambda streams=streams: drawn.append(streams), streams=streams)
            await settle()
        return len(drawn)

    async def run() -> None:
        clock = FrameClock()
        clock.pace = pace
        assert await drawn_after(clock, False, False, False) == at_once
        loop.now += 10.0
        assert await drawn_after(clock, True, True) == 1, "what streams has no frame to spare"
        loop.now += 10.0
        drawn = list[float]()

        def stream() -> None:
            drawn.append(loop.now)

        for _ in range(200):
            clock.mark(stream, streams=True)
            loop.now += 0.01
            await settle()
        assert len(drawn) <= 2.0 * PROFILES[pace].frames + 2, "nor are there more of them"

    standing_still(run(), loop)
