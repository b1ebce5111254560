"""The pictures of the README: compared byte for byte, written anew only on request.

`make screenshots` sets STEERDECK_RETAKE=1; then look at them, they are what a user sees.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from kit.asks import danger, ruled
from kit.desk import deck, told, until
from kit.reviewed import reviewed
from kit.shop import shop
from kit.yard import CHECKS, yard
from steerdeck.app import DeckApp
from steerdeck.pictures import picture

SHOTS = Path(__file__).parents[2] / "screenshots"
RETAKE = os.environ.get("STEERDECK_RETAKE") == "1"
SIZES = ((200, 50), (120, 36), (80, 24))
SCREENS = {
    "deck": ((), "composer"),
    "inbox": (("full_stop",), "deck"),
    "zoom": (("enter",), "deck"),
    "new-session": (("n", "Send a mail when an order is shipped"), "deck"),
    "replay": (("r", *["right"] * 40), "deck"),
    "deck-light": (("f8",), "composer"),
    "work": ((), "composer"),
    "claim": (("i", "j", "j"), "deck"),
    "checks": (("4", "enter", "v"), "deck"),
    "scope": (("i", "a"), "deck"),
    "danger": (("i",), "deck"),
    "alike": (("i",), "deck"),
    "review": (("d", "]", "]"), "deck"),
    "review-light": (("f8", "d", "]", "]"), "deck"),
}
IN_YARD = ("work", "claim", "checks")
"""Screens of the sessions with checks, goals and shells; the others are of the shop."""
ASKS = {"danger": danger, "alike": ruled, "review": reviewed, "review-light": reviewed}
ONCE = {**dict.fromkeys(IN_YARD, (120, 36)), "scope": (120, 36), "danger": (120, 36),
        "alike": (120, 36), "review-light": (200, 50)}  # fmt: skip
"""Screens that are taken in one size."""
TAKEN = [
    (name, size)
    for name in SCREENS
    for size in SIZES
    if ONCE.get(name, size) == size or (name == "work" and size == (80, 24))
]


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
        if key == "right":
            # The pilot waits after each key, and in the replay there are many.
            app.post_message(events.Key(key, None))
            continue
        await pilot.press(*(key if " " in key else (key,)))
        if key in ("d", "r", "n", "i", "v", "enter", "full_stop", "a"):
            await _settled(app, pilot)


async def take(name: str, size: tuple[int, int]) -> str:
    keys, face = SCREENS[name]
    feed = yard() if name in IN_YARD else ASKS.get(name, shop)()
    feed.checks = CHECKS
    app = deck(feed, face=face)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.model.attached)
        await _settled(app, pilot)
        await _pressed(app, pilot, keys)
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
