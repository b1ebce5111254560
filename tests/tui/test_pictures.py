"""The pictures of the README: compared byte for byte, written anew only on request.

`make screenshots` sets STEERDECK_RETAKE=1; then look at them, they are what a user sees.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from kit.ashore import met
from kit.asks import danger
from kit.desk import Feed, deck, told, until
from kit.planned import planned
from kit.reviewed import reviewed
from kit.shop import shop
from kit.yard import CHECKS, yard
from steerdeck.app import DeckApp
from steerdeck.messages import Open
from steerdeck.pictures import picture

SHOTS = Path(__file__).parents[2] / "screenshots"
RETAKE = os.environ.get("STEERDECK_RETAKE") == "1"
WIDE, MIDDLE, SMALL = (200, 50), (120, 36), (80, 24)


class Screen(NamedTuple):
    """A screen of the tour: whose sessions, which keys lead there, and its sizes."""

    sizes: tuple[tuple[int, int], ...]
    keys: tuple[str, ...] = ()
    feed: Callable[[], Feed] = shop
    face: str = "deck"


SCREENS = {
    "deck": Screen((WIDE, MIDDLE, SMALL), face="composer"),
    "deck-light": Screen((WIDE, MIDDLE), ("f8",), face="composer"),
    "deck-contrast": Screen((MIDDLE,), ("f8", "f8"), face="composer"),
    "inbox": Screen((MIDDLE, SMALL), ("full_stop",)),
    "zoom": Screen((WIDE, MIDDLE), ("enter",)),
    "new-session": Screen((MIDDLE,), ("n", "Send a mail when an order is shipped")),
    "replay": Screen((WIDE, MIDDLE), ("r", *["right"] * 40)),
    "work": Screen((MIDDLE,), feed=yard, face="composer"),
    "claim": Screen((MIDDLE,), ("i", "j", "j"), yard),
    "scope": Screen((MIDDLE,), ("i", "a")),
    "danger": Screen((MIDDLE,), ("i",), danger),
    "review": Screen((WIDE, MIDDLE), ("d", "]", "]"), reviewed),
    "review-light": Screen((WIDE,), ("f8", "d", "]", "]"), reviewed),
    "plan": Screen((MIDDLE,), ("p",), planned),
    "tools": Screen((MIDDLE,), ("H",)),
    "land": Screen((MIDDLE,), ("3", "L"), met),
    "welcome": Screen((SMALL,), ("open welcome",)),
}
TAKEN = [(name, size) for name, screen in SCREENS.items() for size in screen.sizes]


async def _settled(app: DeckApp, pilot: Pilot[None]) -> None:
    """Wait until nothing on the screen changes any more."""
    if app.screen.id in ("inbox", "scope_dialog"):
        await until(pilot, lambda: app.screen.armed)
    before: list[Strip] = []
    same = 0
    while same < 4:
        await pilot.pause(0.06)
        now = app.screen._compositor.render_strips()
        same = same + 1 if now == before else 0
        before = now


async def _pressed(app: DeckApp, pilot: Pilot[None], keys: Sequence[str]) -> None:
    """Press keys and type what is several words; wait where a key opens something."""
    for key in keys:
        if key.startswith("open "):
            app.post_message(Open("welcome"))
            await until(pilot, lambda: app.screen.id == "welcome")
            continue
        if key == "right":
            # The pilot waits after each key, and in the replay there are many.
            app.post_message(events.Key(key, None))
            continue
        await pilot.press(*(key if " " in key else (key,)))
        if key in ("d", "r", "n", "i", "v", "enter", "full_stop", "a", "p", "H", "L"):
            await _settled(app, pilot)


async def take(name: str, size: tuple[int, int]) -> str:
    screen = SCREENS[name]
    feed = screen.feed()
    feed.checks = CHECKS
    app = deck(feed, face=screen.face)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.model.attached)
        await _settled(app, pilot)
        await _pressed(app, pilot, screen.keys)
        await _settled(app, pilot)
        assert any(word in told(app) for word in ("fix-login", "shop", "rate-limit", "deploy"))
        return picture(app, f"steerdeck: {name}")


@pytest.mark.parametrize(
    ("name", "size"), TAKEN, ids=[f"{name}-{size[0]}x{size[1]}" for name, size in TAKEN]
)
def test_the_screens_look_as_in_the_pictures(name, size, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    shot = asyncio.run(take(name, size))
    path = SHOTS / f"{name}-{size[0]}x{size[1]}.svg"
    if RETAKE:
        SHOTS.mkdir(exist_ok=True)
        path.write_text(shot, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == shot


def test_a_picture_holds_words_and_no_link_outside():
    shot = asyncio.run(take("deck", (80, 24)))
    assert "fix-login" in shot
    links = [part for part in shot.split('"') if part.startswith("http")]
    assert all("w3.org" in link or "textual" in link for link in links), links
    assert "url(http" not in shot
