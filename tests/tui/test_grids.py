"""States of the deck as text with styles, at three sizes; a change of one is a change of lines.

`STEERDECK_RETAKE=1` writes them anew: then read the diff, it is what a user sees. The suite looks
at the middle size, `STEERDECK_GRIDS=all` at all three.
"""

import asyncio
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from textual.pilot import Pilot
from textual.strip import Strip

from kit.ashore import conflicted, met
from kit.asks import danger, network, ruled
from kit.desk import Feed, deck, until
from kit.grid import grid
from kit.planned import planned
from kit.reviewed import reviewed
from kit.shop import shop
from kit.writing import ran_by_hand, writing
from kit.yard import CHECKS, yard
from steerdeck.app import DeckApp
from steerdeck.messages import Open

GRIDS = Path(__file__).parent / "grids"
RETAKE = os.environ.get("STEERDECK_RETAKE") == "1"
SIZES = ((200, 50), (120, 36), (80, 24))
ALL = RETAKE or os.environ.get("STEERDECK_GRIDS") == "all"
SEEN = SIZES if ALL else SIZES[1:2]


class State(NamedTuple):
    """A screen: whose sessions, which keys lead there, and where the keys go at first."""

    feed: Callable[[], Feed]
    keys: tuple[str, ...] = ()
    face: str = "deck"


STATES: dict[str, State] = {
    "deck-writing": State(shop, face="composer"),
    "deck-lanes": State(shop),
    "deck-draft": State(shop, tuple("Use one clock"), "composer"),
    "deck-several": State(shop, ("s", "2", "3")),
    "deck-of-checks": State(yard),
    "deck-grid": State(shop, ("v",)),
    "deck-grouped": State(shop, ("N",)),
    "deck-digest": State(shop, ("W",)),
    "deck-overlaps": State(met),
    "writing-files": State(writing, tuple("see @csv"), "composer"),
    "writing-acts": State(writing, tuple("/in"), "composer"),
    "writing-own-words": State(writing, ("ctrl+r",), "composer"),
    "writing-by-hand": State(ran_by_hand, tuple("!ls"), "composer"),
    "writing-queue": State(writing, ("Q",)),
    "writing-recipients": State(writing, ("S", "tab", "down", "tab")),
    "deck-empty": State(Feed, face="composer"),
    "inbox": State(shop, ("i",)),
    "inbox-question": State(shop, ("i", "j")),
    "inbox-words": State(shop, ("i", "N", *"Use the one we have")),
    "inbox-danger": State(danger, ("i",)),
    "inbox-alike": State(ruled, ("i",)),
    "inbox-network": State(network, ("i",)),
    "inbox-claim": State(yard, ("i", "j", "j")),
    "inbox-plan": State(planned, ("i",)),
    "inbox-empty": State(Feed, ("i",)),
    "scope": State(shop, ("i", "a")),
    "zoom-transcript": State(shop, ("enter",)),
    "zoom-tools": State(shop, ("enter", "o")),
    "zoom-filter": State(shop, ("enter", "o", "slash", *"pytest")),
    "zoom-checks": State(yard, ("4", "enter", "v")),
    "zoom-shells": State(yard, ("2", "enter", "s")),
    "zoom-context": State(shop, ("enter", "c")),
    "zoom-events": State(shop, ("enter", "e")),
    "new": State(shop, ("n", *"Send a mail")),
    "land": State(met, ("3", "L")),
    "land-conflict": State(conflicted, ("3", "L")),
    "overlaps": State(met, ("b",)),
    "review-unified": State(reviewed, ("d", "v")),
    "plan": State(planned, ("p",)),
    "tool-log": State(shop, ("H",)),
    "call": State(shop, ("H", "enter")),
    "search": State(shop, ("slash", *"pytest")),
    "rules": State(ruled, ("P",)),
    "welcome": State(shop, ("open welcome",)),
    "discard": State(shop, ("D",)),
    "rename": State(shop, ("R",)),
    "goal": State(shop, ("O",)),
    "checks": State(yard, ("V",)),
    "palette": State(shop, ("ctrl+p", *"in")),
    "help": State(shop, ("question_mark",)),
    "replay": State(shop, ("r", *["right"] * 20)),
}


async def _still(app: DeckApp, pilot: Pilot[None]) -> None:
    """Wait until nothing moves any more and what answers keys is armed."""
    if hasattr(app.screen, "armed"):
        await until(pilot, lambda: app.screen.armed)
    before: list[Strip] = []
    same = 0
    while same < 4:  # A dialog may grow a twentieth of a second after its lines are known.
        await pilot.pause(0.02)
        now = app.screen._compositor.render_strips()
        same = same + 1 if now == before else 0
        before = now


async def _taken(state: State) -> str:
    feed = state.feed()
    feed.checks = CHECKS
    app = deck(feed, face=state.face)
    found = []
    async with app.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: app.model.attached)
        for number, key in enumerate(state.keys):
            if len(key) > 1 or not number or not state.keys[number - 1].isalpha():
                await _still(app, pilot)
            if key.startswith("open "):
                app.post_message(Open("welcome"))
            else:
                await pilot.press(key)
        for columns, rows in SEEN:
            await pilot.resize_terminal(columns, rows)
            await until(pilot, lambda size=(columns, rows): app.screen.size == size)
            await _still(app, pilot)
            found.append(grid(app))
    return "\n".join(found)


def _kept(text: str) -> str:
    """Of what was accepted, the sizes that are looked at."""
    parts = re.split(r"^(?=\d+x\d+$)", text, flags=re.MULTILINE)
    names = {f"{columns}x{rows}" for columns, rows in SEEN}
    return "".join(part for part in parts if part.partition("\n")[0] in names)


@pytest.mark.parametrize("name", STATES)
def test_each_state_looks_as_it_was_accepted(name: str):
    now = asyncio.run(_taken(STATES[name]))
    file = GRIDS / f"{name}.txt"
    if RETAKE:
        GRIDS.mkdir(exist_ok=True)
        file.write_text(now)
    assert now.strip().splitlines() == _kept(file.read_text()).strip().splitlines()


def test_every_kept_grid_has_its_state():
    assert {file.stem for file in GRIDS.glob("*.txt")} == set(STATES)
