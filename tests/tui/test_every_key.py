"""Every key of the table is pressed on a screen where it works, and its act is carried out.

A key that no scene below can reach fails the test: then a scene is missing, or the key is dead.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import pytest
from textual.pilot import Pilot

from kit.asks import ask, begin, danger, listed, ruled
from kit.desk import NOW, Feed, Story, deck, until
from kit.planned import planned
from kit.reviewed import reviewed
from kit.shop import OUTLOOK, shop
from kit.yard import yard
from steerdeck.app import DeckApp
from steerdeck.keymap import KEYS, Keymap
from steerdeck.keys.key import Key, Place
from steerdeck.screens.keyed import Keyed
from steerdeck.screens.steering import Steering
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ApprovalId, CallId, RequestId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.usage import Usage


class Scene(NamedTuple):
    """Whose sessions, which keys lead to the screen, and where the keys go at first."""

    feed: Callable[[], Feed]
    lead: tuple[str, ...] = ()
    face: str = "deck"
    size: tuple[int, int] = (120, 36)


REQUEST = RequestId("r")
SENT = e.RequestSent(request=REQUEST, window=1, model="m", items=3, body="b")


def nine() -> Feed:
    """As many sessions as have a key."""
    story = Story()
    for number in range(1, 10):
        begin(story, f"s{number}", number)
    return Feed(story.events, OUTLOOK)


def rare() -> Feed:
    """Sessions as one seldom has them, each waiting for another reason."""
    story = Story()
    limits = Limits(dollars=1.0)
    for slot, name in enumerate(("lost", "parked", "rests", "asks", "quiz", "long"), 1):
        begin(story, name, slot)
    place = Workspace("/w/broke", "/home/kim/shop", "steerdeck/broke", "abc")
    story.add("broke", e.SessionCreated(name="broke", task="", model="m", slot=7, limits=limits,
                                        workspace=place), 300)  # fmt: skip
    story.add("lost", e.CallRequested(call=CallId("c"), tool="shell", arguments="{}", title="make"))
    story.add("lost", e.CallLost(call=CallId("c")))
    story.add("broke", SENT)
    usage = Usage(input=9_000, output=1_000, dollars=1.7, priced=True)
    story.add("broke", e.RequestEnded(request=REQUEST, status="completed", usage=usage))
    story.add("broke", e.SessionParked(reason="Its budget of $1.00 is spent."))
    story.add("parked", e.SessionParked(reason="Its key is missing."))
    story.add("parked", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    story.add("rests", e.SessionParked(reason="The limit is met.", until_ms=NOW + 7_200_000))
    ask(story, "asks", "mcp-server-git", kind="server")
    choices = tuple(f"choice {number}" for number in range(1, 10))
    story.add("quiz", e.QuestionAsked(question=ApprovalId("q"), text="Which?", choices=choices))
    story.add("quiz", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    ask(story, "long", "\n".join(f"echo {number}" for number in range(80)))
    away = Workspace("/w/away", "/home/kim/bakery", "steerdeck/away", "abc")
    story.add(
        "away", e.SessionCreated(name="away", task="", model="m", slot=8, workspace=away), 300
    )
    story.add("away", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    return Feed(story.events, OUTLOOK)


RARE = tuple(Scene(rare, ("i", *("j",) * down)) for down in range(8))
SCENES: dict[Place, tuple[Scene, ...]] = {
    "composer": (Scene(nine, face="composer"), Scene(shop, face="composer")),
    "deck": (Scene(nine), Scene(shop), Scene(shop, ("A", "enter")), Scene(yard, ("2",)),
             Scene(shop, ("3",)), Scene(rare, ("2",)), Scene(rare, ("3",)),
             Scene(rare, ("5",)), Scene(rare, ("7",)), Scene(yard, ("1",))),
    "zoom": (Scene(shop, ("enter", "k", "k", "k")), Scene(shop, ("enter", "o")),
             Scene(yard, ("2", "enter")), Scene(shop, ("enter", "/", "t", "enter"))),
    "mark": (Scene(shop, ("enter", "Y", "v")),),
    "review": (Scene(reviewed, ("d",)),
               Scene(reviewed, ("d", "]", "]", *"jjjjjjjj"), size=(160, 45)),
               Scene(reviewed, ("d", "]", "]", "y"))),
    "plan": (Scene(planned, ("p",)), Scene(planned, ("p", "g", "j", "j"))),
    "inbox": (Scene(shop, ("i",)),),
    "card": (Scene(shop, ("i",)), Scene(danger, ("i", "y")), Scene(ruled, ("i",)),
             Scene(shop, ("i", "j", "j")), *RARE),
    "scope": (Scene(shop, ("i", "a")), Scene(shop, ("i", "a"), size=(60, 16))),
    "replay": (Scene(shop, ("r",)), Scene(shop, ("3", "r", "G"))),
    "land": (Scene(shop, ("3", "L")),),
    "rules": (Scene(listed, ("P",)),),
    "dialog": (Scene(shop, ("A",)),),
    "help": (Scene(shop, ("?",)),),
    "anywhere": (Scene(shop), Scene(shop, ("i",))),
}  # fmt: skip


class Watch:
    """Which keys were pressed and led to their act."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pressing = ""
        self.done: set[tuple[str, str]] = set()
        carried_out, submitted = Keyed.do, Steering.submit

        def do(screen: Keyed[object], key: Key) -> None:
            self.done.add((key.id, self.pressing))
            carried_out(screen, key)

        def submit(screen: Steering[object], text: str, how: str) -> None:
            self.done.add(({"steer": "send"}.get(how, how), self.pressing))
            submitted(screen, text, how)

        monkeypatch.setattr(Keyed, "do", do)
        monkeypatch.setattr(Steering, "submit", submit)

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
    for scene in SCENES[place]:
        if left(place, watch):
            asyncio.run(_play(scene, place, watch))
    assert [(key.id, name) for key, name in left(place, watch)] == []


async def _play(scene: Scene, place: Place, watch: Watch) -> None:
    """Press what is left in a scene, each key on the screen as the scene leads to it."""
    app = deck(scene.feed(), face=scene.face)
    async with app.run_test(size=scene.size) as pilot:
        await until(pilot, lambda: app.model.attached)
        await _lead(app, pilot, scene)
        here = app.screen
        for key, name in left(place, watch):
            writing = here.focused is not None and place != "composer"
            if app.screen is not here or writing or place not in here.places():
                await _again(app, pilot, scene)
                here = app.screen
            if place == "composer":
                here.composer.prompt.text = "" if key.id == "take_back" else "words"
            if place in here.places() and here.can(key):
                await watch.press(pilot, name)


async def _again(app: DeckApp, pilot: Pilot[None], scene: Scene) -> None:
    """Back to the deck, and to the screen again."""
    while len(app.screen_stack) > 1:
        await app.pop_screen()
    await _lead(app, pilot, scene)


async def _lead(app: DeckApp, pilot: Pilot[None], scene: Scene) -> None:
    home = app.screen
    home.do_write() if scene.face == "composer" else home.do_lanes()
    await pilot.pause()
    for name in scene.lead:
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


def test_every_act_has_help_and_an_entry_in_the_palette():
    """The palette lists what has a title and works; sessions stand there by their names."""
    for key in KEYS:
        assert key.id and key.where, key
        assert key.title[:1].isupper() and not key.title.endswith("."), key.id


def test_every_place_is_on_the_page_of_keys():
    from steerdeck.screens.help import help_lines

    told = {span.text for line in help_lines(Keymap()) for span in line.spans}
    for key in KEYS:
        if not key.id.startswith(("slot_", "choice_")):
            assert key.title in told, key.id
