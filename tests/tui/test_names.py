"""What the deck prints and other tools call it is found by name, and a wrong name is no message."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from kit.desk import deck, told, until
from kit.writing import WritingFeed, writing
from steerdeck.app import DeckApp
from steerdeck.keymap import KEYS, Keymap
from steerdeck.keys.key import Place
from steerdeck.keys.names import ALSO, MOVES, names_of
from steerdeck.messages import Quit
from steerdeck.panes.suggest import Offer, SuggestRows
from steerdeck.screens.deck import DeckScreen
from steerdeck.widgets.pick_list import Pick, narrowed

Play = Callable[[DeckApp, Pilot[None], WritingFeed], Awaitable[None]]
PLACES: tuple[Place, ...] = tuple(dict.fromkeys(place for key in KEYS for place in key.where))
WORDS = (
    ("diff", "diff"), ("review", "diff"), ("quit", "quit_by_steps"), ("exit", "quit_by_steps"),
    ("help", "help"), ("resume", "resume"), ("merge", "land"), ("commit", "land"),
    ("approve", "next_waiting"), ("cost", "zoom"), ("status", "zoom"), ("context", "zoom"),
    ("pause", "interrupt"), ("stop", "interrupt"), ("clear", "new"), ("rewind", "replay"),
    ("undo", "undo"), ("config", "settings"), ("history", "recall"), ("compact", "compact"),
    ("fork", "fork"), ("model", "model"), ("permissions", "mode"),
)  # fmt: skip


def play(scene: Play) -> None:
    async def run() -> None:
        feed = writing()
        app = deck(feed, face="composer")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def entries(*places: Place) -> list[Pick]:
    return [
        Pick(key.id, (), key.title, "commands", names_of(key))
        for key in Keymap().of(*places)
        if not key.id.startswith(("slot_", "choice_")) and key.id != "palette"
    ]


@pytest.mark.parametrize("place", PLACES)
def test_each_verb_a_footer_shows_finds_its_act_among_the_first_three(place: Place):
    for key in Keymap().of(place, "anywhere"):
        shared = [one for one in entries(place, "anywhere") if key.verb in one.names]
        found = narrowed(entries(place, "anywhere"), key.verb)
        if key.verb and any(one.id == key.id for one in shared):
            first = [one.id for one in found[: max(len(shared), 1)]]
            assert key.id in first, (key.verb, first)
            assert first.index(key.id) < 3 or key.verb in MOVES, (key.verb, first)


@pytest.mark.parametrize(("word", "id"), WORDS)
def test_the_words_of_other_tools_find_the_act_first(word: str, id: str):
    found = narrowed(entries("composer", "deck", "anywhere"), word)
    assert id in [one.id for one in found[: 2 if word in ("permissions", "undo") else 1]]


def test_names_stand_for_acts_there_are():
    assert set(ALSO) <= {key.id for key in KEYS}


def test_scattered_letters_find_no_act():
    titles = [one.words for one in narrowed(entries("composer", "deck", "anywhere"), "clear")]
    assert not any(title.startswith("Draw") for title in titles)
    rows = SuggestRows()
    rows._draw = lambda: None
    acts = [Offer(one.id, one.words, names=one.names) for one in entries("deck", "anywhere")]
    rows.offer("help", acts, ranked=False)
    assert rows.in_hand is not None and rows.in_hand.id == "help"
    rows.offer("xpx", acts, ranked=False)
    assert rows.in_hand is None


def test_what_follows_the_leader_is_found_in_the_palette():
    async def scene(app, pilot, feed):
        behind = [key for _, key in app.helm.keymap.all_behind_leader() if app.screen.can(key)]
        await pilot.press("ctrl+p")
        await until(pilot, lambda: app.screen.id == "palette")
        await pilot.pause()
        for key in behind:
            if key.verb and key.id != "palette" and not key.id.startswith("slot_"):
                app.screen.list.filter(key.verb)
                assert key.id in [pick.id for pick in app.screen.list.picks[:3]], key.id

    play(scene)


def test_a_name_that_nothing_has_is_held_back_and_ctrl_s_sends_it():
    async def scene(app, pilot, feed):
        await pilot.press(*"/nothing", "enter")
        await until(pilot, lambda: "No act or template is called /nothing." in told(app))
        assert "Ctrl+S sends it." in told(app)
        assert app.screen.composer.prompt.text == "/nothing" and feed.orders == []
        await pilot.press("ctrl+s")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == "/nothing" and feed.orders[0].delivery == "steer"

    play(scene)


def test_ctrl_s_at_once_is_no_way_past_it_and_another_text_is_asked_anew():
    async def scene(app, pilot, feed):
        await pilot.press(*"/nothing", "ctrl+s")
        await until(pilot, lambda: "is called /nothing." in told(app))
        await pilot.press(*"s", "ctrl+s")
        await until(pilot, lambda: "is called /nothings." in told(app))
        assert feed.orders == []

    play(scene)


@pytest.mark.parametrize("text", ["/etc/hosts", "// a remark", "/etc/hosts is odd"])
def test_a_path_is_text(text: str):
    async def scene(app, pilot, feed):
        await pilot.press(*text, "enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == text

    play(scene)


def test_an_act_by_the_name_the_deck_prints_is_done_and_not_said():
    async def scene(app, pilot, feed):
        await pilot.press("alt+3", *"/diff", "enter")
        await until(pilot, lambda: not isinstance(app.screen, DeckScreen))
        assert app.screen.id == "review" and feed.orders == []

    play(scene)


def test_an_act_is_done_by_its_name_with_the_list_closed_too_but_takes_no_words():
    async def scene(app, pilot, feed):
        await pilot.press(*"/help me", "enter")
        await until(pilot, lambda: "/help takes no words" in told(app))
        await pilot.press(*["backspace"] * 3, "escape", "enter")
        await until(pilot, lambda: app.screen.id == "help")
        assert feed.orders == []

    play(scene)


def test_an_act_that_can_do_nothing_now_says_so():
    async def scene(app, pilot, feed):
        await pilot.press(*"/config", "enter")
        await until(pilot, lambda: "/config has nothing to do now. Ctrl+S sends it." in told(app))
        assert feed.orders == []

    play(scene)


def test_quit_by_its_name_needs_no_second_press(monkeypatch):
    asked: list[Quit] = []

    async def scene(app, pilot, feed):
        monkeypatch.setattr(type(app), "on_quit", lambda self, event: asked.append(event))
        await pilot.press(*"/quit", "enter")
        await until(pilot, lambda: asked)

    play(scene)


def test_a_template_takes_the_words_behind_its_name():
    async def scene(app, pilot, feed):
        await pilot.press(*"/fix")
        await until(pilot, lambda: "Mend one issue" in told(app))
        await pilot.press(*" #4 now", "enter")
        assert app.screen.composer.prompt.text == "Fix issue #4 now and test it."
        app.screen.composer.fill("Look at it.", "all of it")
        assert app.screen.composer.prompt.text == "Look at it.\n\nall of it"
        assert feed.orders == []

    play(scene)


def test_the_list_of_acts_names_no_way_to_where_one_is_and_moves_come_last():
    async def scene(app, pilot, feed):
        ids = [offer.id for offer in app.screen._commands()]
        assert not {"write", "back", "send"} & set(ids)
        assert ids.index("page_down") > ids.index("quit_by_steps")

    play(scene)
