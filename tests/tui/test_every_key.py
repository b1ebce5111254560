"""Every key of the table is pressed on a screen where it works, and its act is carried out.

A key that no scene below can reach fails the test: then a scene is missing, or the key is dead.
"""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import NamedTuple

import pytest
from msgspec import structs
from textual import events
from textual.pilot import Pilot

from kit.asks import danger, listed, ruled
from kit.desk import Feed, deck, until
from kit.paged import paged
from kit.planned import planned
from kit.rare import nine, rare
from kit.reviewed import reviewed
from kit.shop import shop
from kit.yard import yard
from steerdeck.app import DeckApp
from steerdeck.keymap import KEYS, Keymap
from steerdeck.keys.key import Key, Place
from steerdeck.messages import Open
from steerdeck.panes.composer import Composer
from steerdeck.screens.keyed import Keyed
from steerdeck.screens.steering import Steering
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import Lines, Overlap, SharedFile
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.settings.paths import paths


class Scene(NamedTuple):
    """Whose sessions, which keys lead to the screen, and where the keys go at first."""

    feed: Callable[[], Feed]
    lead: tuple[str, ...] = ()
    face: str = "deck"
    size: tuple[int, int] = (120, 36)


FIX, DOCS = SessionId("fix"), SessionId("docs")


def ashore(*, conflict: bool = False, queued: bool = False) -> Feed:
    """The shop with work that may land, and two sessions at the same lines."""
    feed = shop()
    same = SharedFile("auth/session.py", "lines", lines=(Lines(48, 52),))
    overlaps = (Overlap(DOCS, (same,)), Overlap(SessionId("csv"), (same,)))
    facts: list[e.KnownEvent] = [e.OverlapChanged(session=FIX, overlaps=overlaps)]
    if queued:
        facts.append(e.LandingQueued(session=DOCS, how="merge"))
    seq, at = len(feed.events), feed.events[-1].at_ms
    feed.events += [
        structs.replace(fact, seq=seq + number, at_ms=at) for number, fact in enumerate(facts, 1)
    ]
    feed.shore = ShorePage(
        ShoreLine(DOCS, "main", 2, 1), uncommitted=True, tried=True, remotes=("origin",),
        conflicts=("docs/cart.md",) if conflict else (),
    )  # fmt: skip
    return feed


RARE = tuple(Scene(rare, ("i", *("j",) * down)) for down in range(8))
SCENES: dict[Place, tuple[Scene, ...]] = {
    "composer": (Scene(nine, face="composer"), Scene(shop, face="composer")),
    "deck": (Scene(nine), Scene(shop), Scene(shop, ("A", "enter")), Scene(yard, ("2",)),
             Scene(shop, ("3",)), Scene(rare, ("2",)), Scene(rare, ("3",)),
             Scene(rare, ("5",)), Scene(rare, ("7",)), Scene(yard, ("1",)), Scene(ashore)),
    "zoom": (Scene(shop, ("enter", "k", "k", "k")), Scene(shop, ("enter", "o")),
             Scene(yard, ("2", "enter")), Scene(shop, ("enter", "/", "t", "enter"))),
    "review": (Scene(reviewed, ("d",)),
               Scene(reviewed, ("d", "]", "]", *"jjjjjjjj"), size=(160, 45)),
               Scene(reviewed, ("d", "]", "]", "y"))),
    "inbox": (Scene(shop, ("i",)),),
    "card": (Scene(shop, ("i",)), Scene(danger, ("i", "y")), Scene(ruled, ("i",)),
             Scene(shop, ("i", "j", "j")), *RARE),
    "scope": (Scene(shop, ("i", "a")), Scene(shop, ("i", "a"), size=(60, 16))),
    "replay": (Scene(shop, ("r",)), Scene(shop, ("3", "r", "G"))),
    "land": (Scene(ashore, ("3", "L")), Scene(partial(ashore, conflict=True), ("3", "L")),
             Scene(partial(ashore, queued=True), ("3", "L"))),
    "overlap": (Scene(ashore, ("b",)),),
    "mark": (Scene(shop, ("enter", "Y", "v")),),
    "plan": (Scene(planned, ("p",)),
             *(Scene(planned, ("p", "g", *("j",) * down)) for down in range(7))),
    "tools": (Scene(shop, ("H",)), Scene(shop, ("H", "j"))),
    "call": (Scene(paged, ("H", "enter")), Scene(paged, ("H", "enter", "G"))),
    "search": (Scene(shop, ("/", *"pytest")), Scene(shop, ("/", *"pytest ro"))),
    "words": (Scene(shop, ("H", "/", *"to")),),
    "rules": (Scene(listed, ("P",)),),
    "dialog": (Scene(shop, ("Q",)), Scene(shop, ("A",))),
    "help": (Scene(shop, ("?",)),),
    "settings": (Scene(shop, ("Z",)), Scene(shop, ("Z", "l"))),
    "welcome": (Scene(shop, ("open welcome",)),),
    "anywhere": (Scene(shop), Scene(shop, ("i",))),
}  # fmt: skip


class Watch:
    """Which keys were pressed and led to their act."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pressing = ""
        self.stays = False
        """While keys are pressed the screens they ask for stay closed: each has its own scene."""
        self.done: set[tuple[str, str]] = set()
        carried_out, said = Keyed.do, Steering.on_composer_said

        def do(screen: Keyed[object], key: Key) -> None:
            self.done.add((key.id, self.pressing))
            carried_out(screen, key)

        def composer_said(screen: Steering[object], event: Composer.Said) -> None:
            self.done.add(({"steer": "send"}.get(event.how, event.how), self.pressing))
            said(screen, event)

        async def open_it(app: DeckApp, message: Open) -> bool:
            return self.stays or await opened(app, message)

        opened = DeckApp.open_it
        monkeypatch.setattr(DeckApp, "open_it", open_it)
        monkeypatch.setattr(Keyed, "do", do)
        monkeypatch.setattr(Steering, "on_composer_said", composer_said)

    async def press(self, pilot: Pilot[None], name: str) -> None:
        self.pressing = name
        await pilot.press(name)
        self.pressing = ""


def home_of(key: Key, name: str) -> Place:
    """The place a key is pressed in: its first one, but letters are text in the composer."""
    return next(place for place in key.where if place != "composer" or len(name) > 1)


def left(place: Place, watch: Watch) -> list[tuple[Key, str]]:
    """Keys of this place that were not pressed yet."""
    return [
        (key, name)
        for key in KEYS
        for name in key.keys
        if home_of(key, name) == place and (key.id, name) not in watch.done
    ]


@pytest.mark.parametrize("place", SCENES)
def test_every_key_is_pressed_where_it_works(place: Place, monkeypatch):
    monkeypatch.setattr("steerdeck.screens.arming.ARM_S", 0.01)
    monkeypatch.setattr("steerdeck.screens.deciding.ARM_S", 0.01)
    monkeypatch.setattr("steerdeck.acts.ground.SETTLE_S", 0.0)
    watch = Watch(monkeypatch)
    for _, scenes in groupby(SCENES[place], lambda scene: (scene.feed, scene.face, scene.size)):
        if left(place, watch):
            asyncio.run(_play(list(scenes), place, watch))
    assert [(key.id, name) for key, name in left(place, watch)] == []


async def _play(scenes: list[Scene], place: Place, watch: Watch) -> None:
    """Press what is left in scenes of one deck, each key on the screen as its scene leads there."""
    scene = scenes[0]
    app = deck(scene.feed(), face=scene.face)
    app.helm.home = paths(os.environ)
    async with app.run_test(size=scene.size) as pilot:
        await until(pilot, lambda: app.model.attached)
        for scene in scenes:
            if left(place, watch):
                await _in_scene(app, pilot, scene, place, watch)


async def _in_scene(
    app: DeckApp, pilot: Pilot[None], scene: Scene, place: Place, watch: Watch
) -> None:
    await _again(app, pilot, scene, watch)
    here = app.screen
    for key, name in left(place, watch):
        writing = here.focused is not None and place != "composer"
        if app.screen is not here or writing or place not in here.places():
            await _again(app, pilot, scene, watch)
            here = app.screen
        if place == "composer":
            here.composer.prompt.text = "" if key.id == "take_back" else "words"
        if key.id == "expand":
            here.composer.prompt.on_paste(events.Paste("a line\n" * 200))
        if place in here.places() and here.can(key):
            await watch.press(pilot, name)


async def _again(app: DeckApp, pilot: Pilot[None], scene: Scene, watch: Watch) -> None:
    """Back to the deck, and to the screen again."""
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    watch.stays = False
    await _lead(app, pilot, scene)
    watch.stays = True


async def _lead(app: DeckApp, pilot: Pilot[None], scene: Scene) -> None:
    home = app.screen
    home.do_write() if scene.face == "composer" else home.do_lanes()
    await pilot.pause()
    for name in scene.lead:
        if name.startswith("open "):
            app.post_message(Open(name.removeprefix("open ")))
        else:
            await pilot.press(name)
        await pilot.pause(0.02)
        if hasattr(app.screen, "armed") and name != "y":
            await until(pilot, lambda: app.screen.armed)
            app.screen.do_page_down() if app.screen.id == "inbox" else None
        elif app.screen.id == "review":
            await until(pilot, lambda: app.screen.ready)
        elif app.screen.id == "zoom":
            await until(pilot, lambda: app.model.in_hand in app.model.transcripts)
            await pilot.pause()
        elif app.screen.id == "settings_dialog":
            await until(pilot, lambda: app.screen.sets)
            await pilot.pause(0.05)
        elif app.screen.id == "tool_log":
            await until(pilot, lambda: app.screen.calls.line is not None)
        elif app.screen.id == "call":
            await until(pilot, lambda: app.screen.page is not None)
        elif app.screen.id == "search" and name == "t":
            await until(pilot, lambda: app.screen.hits)
        elif app.screen.id == "land":
            app.screen.gh = True
            await until(pilot, lambda: app.screen.page is not None)


def test_every_place_has_a_scene():
    assert {home_of(key, name) for key in KEYS for name in key.keys} == set(SCENES)


def test_every_act_has_help_and_an_entry_in_the_palette():
    """The palette lists what has a title and works; sessions stand there by their names."""

    class Everywhere(Keyed[None]):
        """A screen of all places, on which every key does something."""

        def places(self) -> tuple[Place, ...]:
            return tuple(SCENES)

        def can(self, key: Key) -> bool:
            return True

    async def listed() -> set[str]:
        app = deck(shop())
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.model.attached)
            await app.push_screen(Everywhere(app.helm))
            await pilot.press("ctrl+p")
            await until(pilot, lambda: app.screen.id == "palette")
            await pilot.pause()
            return {pick.id for pick in app.screen.list.picks}

    shown = asyncio.run(listed())
    for key in KEYS:
        assert key.id and key.where, key
        assert key.title[:1].isupper() and not key.title.endswith("."), key.id
        # This is the palette; and sessions stand there by their names.
        assert key.id in shown or key.id == "palette" or key.id.startswith("slot_"), key.id


def test_every_place_is_on_the_page_of_keys():
    from steerdeck.screens.help import help_lines

    told = {span.text for line in help_lines(Keymap()) for span in line.spans}
    for key in KEYS:
        if not key.id.startswith(("slot_", "choice_")):
            assert key.title in told, key.id
