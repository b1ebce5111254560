"""The settings on the deck, and the first page of a home."""

import asyncio
import os
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from textual.pilot import Pilot

from kit.desk import NOW, Feed, deck, told, until
from kit.shop import OUTLOOK, shop
from steerdeck.app import DeckApp
from steerdeck.found import Found
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel
from steerdeck.panes.empty import empty_lines
from steerdeck.panes.first import first_lines
from steerdeck.panes.room import room
from steerdeck.verbs.berth import Berth
from steerdeck.verbs.mooring import Mooring
from steerdeck.widgets.strips import rows_of
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.runtime import wire
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.knobs import KNOBS
from steerdeck_agents.settings.paths import Paths, paths
from steerdeck_themes.wardrobe import Wardrobe

Play = Callable[[DeckApp, Pilot[None]], Awaitable[None]]


def play(scene: Play, app: DeckApp) -> None:
    async def run() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot)

    asyncio.run(run())


@pytest.fixture
def home() -> Paths:
    return paths(os.environ)


def test_what_is_changed_on_the_deck_is_in_the_file_with_its_comments(home: Paths):
    home.config.mkdir(parents=True)
    home.config_file.write_text("# mine\nascii = false  # here\n")
    app = deck(shop(), face="deck")
    app.helm.home = home

    async def scene(app, pilot):
        await pilot.press("Z")
        await until(pilot, lambda: app.screen.id == "settings_dialog" and app.screen.sets)
        await pilot.press("l")
        await until(pilot, lambda: app.theme == "steerdeck-light")
        await pilot.press("j", "enter")
        await until(pilot, lambda: load(home, {}).ascii)
        await pilot.press("x")
        await until(pilot, lambda: not load(home, {}).ascii)
        app.screen.at = [knob.name for knob in KNOBS].index("notify.delay")
        await pilot.press("enter", *["backspace"] * 3, *"soon", "enter")
        await until(pilot, lambda: "notify.delay is a number" in told(app))
        await pilot.press("enter", *["backspace"] * 3, *"30", "enter")
        await until(pilot, lambda: load(home, {}).notify.delay == 30)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.id == "deck")

    play(scene, app)
    assert home.config_file.read_text().startswith("# mine\n")
    assert load(home, {}).theme == "light"


def test_a_theme_of_the_developer_s_own_is_among_those_one_turns_through(home: Paths):
    folder = home.config / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('like = "light"\n')
    (folder / "torn.toml").write_text("like")
    app = DeckApp(shop().connect, "/home/kim/shop", wardrobe=Wardrobe(folder), home=home)
    app.model.face = "deck"

    async def scene(app, pilot):
        await pilot.press("Z")
        await until(pilot, lambda: app.screen.id == "settings_dialog" and app.screen.sets)
        assert "h l  change" in told(app) and "Enter  write" in told(app)
        await pilot.press("h")
        await until(pilot, lambda: app.theme == "steerdeck-mine")
        assert load(home, {}).theme == "mine"
        await until(pilot, lambda: app.screen.sets["theme"].value == "mine")
        await pilot.press("l")
        await until(pilot, lambda: app.theme == "steerdeck-dark")
        app.screen.at = [knob.name for knob in KNOBS].index("ascii")
        await pilot.press("k", "j")
        assert "Enter" not in told(app).partition("plain letters")[2]

    play(scene, app)


def test_the_first_page_says_what_works_and_a_key_goes_on(home: Paths):
    feed = Feed(outlook=OUTLOOK)
    found = Found(("OPENAI_API_KEY",), ("codex",))
    app = DeckApp(feed.connect, "/home/kim/shop", now_ms=lambda: NOW, home=home, found=found)

    async def scene(app, pilot):
        await until(pilot, lambda: app.screen.id == "welcome" and "gpt-5.2-codex" in told(app))
        seen = told(app)
        assert "codex" in seen and "OPENAI_API_KEY" in seen and "try the demo" in seen
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "deck")
        await pilot.press("z")
        assert app.screen.composer.prompt.text == "z"

    play(scene, app)


def test_the_demo_is_opened_when_the_deck_is_closed_for_it():
    app = DeckApp(Feed(outlook=OUTLOOK).connect, "/home/kim/shop", found=Found())

    async def scene(app, pilot):
        await until(pilot, lambda: app.screen.id == "welcome")
        await pilot.press("d")
        await until(pilot, lambda: app.wants_demo)

    play(scene, app)


def test_without_a_model_the_demo_is_what_to_do_and_no_session_is_offered():
    model = DeckModel("/home/kim/shop")
    model.attached = True
    model.outlook = msgspec.structs.replace(OUTLOOK, models=(), model_problem="There is no key.")
    lines = first_lines(model, Keymap(), Found(), 70, 24)
    words = ["".join(span.text for span in line.spans) for line in lines]
    (first,) = [text for text, line in zip(words, lines, strict=True) if line.bg == "s2"]
    assert "try the demo" in first and any("There is no key." in text for text in words)
    assert not any("new session" in text for text in words)
    assert not any(span.fg == "needs" for line in lines for span in line.spans)


def test_on_an_empty_deck_at_80_columns_the_promise_is_whole_and_a_long_name_stands_apart():
    model = DeckModel("/home/kim/shop")
    model.attached = True
    long = "/home/kim/shop-backend-with-a-rather-long-name"
    model.outlook = msgspec.structs.replace(OUTLOOK, repository=long)
    lines = empty_lines(model, Keymap(), room(80, 24))
    words = "\n".join("".join(span.text for span in line.spans) for line in lines)
    assert "long-name nothing uncommitted" in words
    assert sum(rows_of(line, 80, 1) for line in lines) <= 17


def test_a_model_that_was_missing_is_found_once_the_settings_name_one(monkeypatch):
    monkeypatch.setattr("steerdeck.app.HINDERED_S", 0.05)
    feed = Feed(
        outlook=msgspec.structs.replace(OUTLOOK, models=(), model_problem="There is no key.")
    )
    app = DeckApp(feed.connect, "/home/kim/shop")

    def looks() -> int:
        return sum(isinstance(query, wire.Look) for query in feed.asked)

    async def scene(app, pilot):
        await until(pilot, lambda: "No model yet" in told(app) and looks() > 2)
        feed.outlook = OUTLOOK
        await until(pilot, lambda: "Nothing is running" in told(app))
        assert "say what to do" in told(app)
        before = looks()
        await asyncio.sleep(0.2)
        assert looks() <= before + 1, "nothing is in the way any more"
        app.helm.say("This was said, " * 10 + "and is read to its very-last-word.")
        await until(pilot, lambda: "very-last-word." in told(app))
        await pilot.press("f2")
        await until(pilot, lambda: "This was said" not in told(app))

    play(scene, app)


def test_nobody_is_welcomed_twice_nor_who_has_settings(home: Paths, tmp_path, monkeypatch):
    program = tmp_path / "codex"
    program.write_text("")
    program.chmod(0o755)
    environ = {"PATH": str(tmp_path), "OPENAI_API_KEY": "sk-secret"}
    berth = Berth(
        paths=home, folder="/", environ=environ, keys={}, surroundings=Surroundings(), settings=home
    )
    assert Mooring(berth).found() == Found(("OPENAI_API_KEY",), ("codex",))
    assert Mooring(berth).found() is None
    (home.state / "welcomed").unlink()
    home.config.mkdir(parents=True)
    home.config_file.write_text("")
    assert Mooring(berth).found() is None
