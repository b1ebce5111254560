"""The composer: what letters may mean, and what becomes of a draft."""

import asyncio
from collections.abc import Awaitable, Callable

from msgspec import structs
from textual import events
from textual.pilot import Pilot

from kit.desk import NOW, deck, told, until
from kit.writing import WritingFeed, writing
from steerdeck.acts.drafts import Drawer, Unsent
from steerdeck.app import DeckApp
from steerdeck.panes.suggest import Wish, wish
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.recipients import circles
from steerdeck.widgets.chips import picture_path
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.by_hand import RunByHand, StopByHand
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import ApprovalId, CallId, MessageId, SessionId, Sha
from steerdeck_agents.facts.places import FileChange, Workspace
from steerdeck_agents.facts.state import SessionState

Play = Callable[[DeckApp, Pilot[None], WritingFeed], Awaitable[None]]


def play(scene: Play, *, face: str = "composer", size: tuple[int, int] = (120, 36)) -> None:
    async def run() -> None:
        feed = writing()
        app = deck(feed, face=face)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def test_letters_ask_for_something_only_where_a_sign_begins_a_word():
    def asked(draft: str) -> tuple[str, str] | None:
        found = wish(draft, len(draft))
        return None if found is None else (found.kind, found.query)

    assert asked("look at @csv") == ("file", "csv")
    assert asked("(@src/") == ("file", "src/")
    assert asked("like #fix") == ("session", "fix")
    assert asked("/land") == ("command", "land")
    assert asked("mail@home") is None
    assert asked("either/or") is None
    assert asked("@csv and") is None
    assert asked("# heading") is None
    assert asked("/two\nlines") is None
    assert wish("see @csv now", 7) == Wish("file", "cs", 4, 8)


def test_a_file_is_found_by_some_letters_and_its_path_put_in_their_place():
    async def scene(app, pilot, feed):
        await pilot.press(*"look at @tcs")
        await until(pilot, lambda: app.screen.composer.choosing)
        screen = told(app)
        assert "tests/test_csv.py" in screen and "Esc close" in screen
        await pilot.press("tab")
        assert app.screen.composer.prompt.text == "look at tests/test_csv.py "
        assert not app.screen.composer.choosing
        await pilot.press(*"@ab", "enter", *"ok", "enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == 'look at tests/test_csv.py "a b.md" ok'

    play(scene)


def test_the_zoom_has_the_same_composer():
    async def scene(app, pilot, feed):
        await pilot.press("f2", "enter")
        await until(pilot, lambda: app.screen.id == "zoom")
        await pilot.press("space", *"@tcs")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.press("enter")
        assert app.screen.composer.prompt.text == "tests/test_csv.py "

    play(scene)


def test_esc_closes_the_list_and_interrupts_nobody():
    async def scene(app, pilot, feed):
        await pilot.press(*"@csv")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.press("escape")
        assert not app.screen.composer.choosing
        assert app.screen.composer.prompt.text == "@csv"
        await pilot.press(*"x", "escape")
        assert app.model.face == "deck", "so soon after closing it interrupts nothing"
        assert feed.orders == []

    play(scene)


def test_the_arrows_choose_and_a_click_takes():
    async def scene(app, pilot, feed):
        before = [(lane.region, lane.transcript.above) for lane in app.screen.lanes]
        await pilot.press(*"@csv")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.pause()
        assert before == [(lane.region, lane.transcript.above) for lane in app.screen.lanes]
        assert app.screen.dock.display, "what waits stays in view"
        assert app.screen.composer.suggest.region.bottom == app.screen.dock.region.y
        feed.feed(
            e.ApprovalDecided(
                approval=ApprovalId("ask_csv"), call=CallId("csv_c3"), decision="allow",
                seq=feed.events[-1].seq + 1, session=SessionId("csv"), at_ms=NOW,
            )
        )  # fmt: skip
        await until(pilot, lambda: not app.screen.dock.display)
        await until(
            pilot,
            lambda: app.screen.composer.suggest.region.bottom == app.screen.composer.region.y,
        )
        await pilot.press("down", "enter")
        assert app.screen.composer.prompt.text == "tests/test_csv.py "
        await pilot.press(*"@csv")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.pause()
        suggest = app.screen.composer.suggest
        row = next(n for n in range(suggest.size.height)
                   if "src/csv_out.py" in suggest.render_line(n).text)  # fmt: skip
        await pilot.click(suggest, offset=(8, row))
        assert app.screen.composer.prompt.text == "tests/test_csv.py src/csv_out.py "

    play(scene)


def test_a_session_is_named_and_the_agent_is_told_which_one_that_is():
    async def scene(app, pilot, feed):
        await pilot.press(*"do it as #doc")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.press("enter")
        assert app.screen.composer.prompt.text == "do it as #docs "
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        text = feed.orders[0].text
        assert text.startswith("do it as #docs \n\n(#docs is another session of mine, done")
        assert "steerdeck/docs" in text and "can't see" in text

    play(scene)


def test_a_slash_does_an_act_of_the_palette_and_elsewhere_it_is_a_slash():
    async def scene(app, pilot, feed):
        await pilot.press(*"and/or", "ctrl+u", *"/every k")
        assert app.screen.composer.choosing
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, DeckScreen))
        assert app.screen.id == "help"
        assert app.screen_stack[0].composer.prompt.text == ""

    play(scene)


def test_a_template_comes_into_the_draft_with_the_caret_where_words_are_missing():
    async def scene(app, pilot, feed):
        await pilot.press(*"/fix")
        await until(pilot, lambda: "Mend one issue" in told(app))
        await pilot.press("enter", *"#4")
        assert app.screen.composer.prompt.text == "Fix issue #4 and test it."

    play(scene)


def test_own_words_are_found_again_and_esc_gives_the_draft_back():
    async def scene(app, pilot, feed):
        await pilot.press(*"the", "ctrl+r")
        await until(pilot, lambda: app.screen.composer.choosing)
        assert "mend the parser" in told(app) and "2 lines" in told(app)
        await pilot.press(*" t", "ctrl+r")
        await pilot.press("escape")
        assert app.screen.composer.prompt.text == "the"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen.composer.choosing)
        await pilot.press("down", "enter")
        assert app.screen.composer.prompt.text == "run the tests\nand tell me"

    play(scene)


def test_what_is_looked_for_in_vain_is_not_sent():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+r", *"xyz")
        await until(pilot, lambda: "nothing like that" in told(app))
        await pilot.press("enter", "escape")
        assert app.screen.composer.prompt.text == "" and feed.orders == []

    play(scene)


def test_the_arrow_up_goes_on_into_the_words_of_earlier_decks():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.helm.written.words)
        await pilot.press("alt+3")
        await pilot.press("up")
        assert app.screen.composer.prompt.text == "mend the parser"

    play(scene)


def test_a_large_paste_is_a_chip_that_is_sent_whole_and_can_be_opened():
    pasted = "\n".join(f"line {n}" for n in range(214)) + "\n"

    async def scene(app, pilot, feed):
        prompt = app.screen.composer.prompt
        await pilot.press(*"see ")
        prompt.post_message(events.Paste(pasted))
        await pilot.pause()
        assert "see [pasted\u00a0214\u00a0lines]" in told(app)
        assert prompt.text == f"see {pasted}"
        await pilot.press("backspace")
        await pilot.press("ctrl+o")
        assert "No paste stands in the draft" in told(app)
        assert prompt.text == "see "
        prompt.post_message(events.Paste(pasted))
        await pilot.press(*" ok")
        await pilot.press("ctrl+o")
        assert "line 213" in told(app) and prompt.text == f"see {pasted} ok", (
            "wherever the caret is"
        )
        await pilot.press("ctrl+underscore")
        assert "[pasted" in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        assert [order.text for order in feed.orders] == [f"see {pasted} ok"]
        assert isinstance(feed.orders[0], o.Say)

    play(scene)


def test_a_line_behind_an_exclamation_mark_runs_in_the_workspace_and_shows_its_output():
    async def scene(app, pilot, feed):
        await pilot.press(*"!ls")
        assert "run in its workspace" in told(app) and "$ !ls" in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        (order,) = feed.orders
        assert isinstance(order, RunByHand)
        assert (order.session, order.script, order.accepted) == ("fix", "ls", "")
        seq = len(feed.events)
        fix, call = SessionId("fix"), CallId("hand_1")
        facts = (e.HandOrdered(seq=seq + 1, session=fix, call=call, script="ls"),
                 e.HandStarted(seq=seq + 2, session=fix, call=call, binding=Sha("b")),
                 e.HandPrinted(seq=seq + 3, session=fix, call=call, text="auth\n"))  # fmt: skip
        feed.feed(*facts)
        await until(pilot, lambda: "  auth" in told(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert isinstance(feed.orders[1], StopByHand) and feed.orders[1].call == call

    play(scene)


def test_what_can_t_be_undone_comes_back_into_the_draft_and_takes_another_key():
    async def scene(app, pilot, feed):
        feed.refuse = "danger: It deletes everything."
        await pilot.press(*"!rm x", "enter")
        await until(pilot, lambda: "Ctrl+S runs it all the same" in told(app))
        assert app.screen.composer.prompt.text == "!rm x"
        feed.refuse = ""
        await pilot.press("ctrl+s")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert [order.accepted for order in feed.orders] == ["", "It deletes everything."]

    play(scene)


def test_a_command_by_hand_is_for_one_session_only():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+x", "a", *"!ls", "enter")
        await until(pilot, lambda: "of one session" in told(app))
        assert app.screen.composer.prompt.text == "!ls" and feed.orders == []

    play(scene)


def test_what_waits_is_listed_and_can_be_changed_hastened_moved_and_taken_back():
    async def scene(app, pilot, feed):
        fix = SessionId("fix")
        seq = len(feed.events)
        feed.feed(e.MessageSent(seq=seq + 1, session=fix, message=MessageId("later"),
                                text="then land it", delivery="queue"))  # fmt: skip
        await until(pilot, lambda: len(app.model.hand.queue) == 2)
        first = app.model.hand.queue[0].id
        row = app.screen.composer.target
        await pilot.click(row, offset=(row.render_line(0).text.index("on the way"), 0))
        await until(pilot, lambda: app.screen.id == "queue_dialog")
        await pilot.press("escape", "ctrl+x", "Q")
        await until(pilot, lambda: "then land it" in told(app))
        assert "2 messages" in told(app) and "after the turn" in told(app)
        await pilot.press("j", "e", *", please", "enter")
        await pilot.press("K", "s")
        await until(pilot, lambda: len(feed.orders) == 3)
        change, arrange, hasten = feed.orders
        assert (change.message, change.text) == ("later", "then land it, please")
        assert arrange.messages == ("later", first)
        assert (hasten.message, hasten.delivery) == ("later", "now")
        await pilot.press("e", "escape", "x")
        await until(pilot, lambda: len(feed.orders) == 4)
        assert isinstance(feed.orders[3], o.Withdraw)
        assert app.screen.id == "queue_dialog", "Esc left the words, not the list"
        await pilot.press("k", "J", "escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert feed.orders[4].messages == ("later", first)
        assert app.screen.composer.prompt.text == "then land it"

    play(scene)


def test_one_speaks_to_all_that_touch_a_file_and_sees_before_who_that_is():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+x", "S")
        await until(pilot, lambda: app.screen.id == "recipients")
        await pilot.press(*"readme")
        assert "all touching README.md" in told(app)
        await pilot.press("tab", "ctrl+u", "home", "down", "tab")
        await pilot.pause()
        assert "to 2 add-csv, 3 docs" in told(app)
        await pilot.press("space")
        await pilot.pause()
        assert "to 3 docs" in told(app)
        await pilot.press("space")
        await pilot.pause()
        assert "to 2 add-csv, 3 docs" in told(app), "Space marks where nothing is typed"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        assert app.model.picked == {"csv", "docs"}
        assert "2 sessions  2 add-csv, 3 docs" in told(app)
        await pilot.press(*"hold on", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert {order.session for order in feed.orders} == {"csv", "docs"}
        give = feed.give

        async def refusing(order):
            given = await give(order)
            if order.session == "csv":
                raise OrderRefused("It is archived.")
            return given

        feed.give = refusing
        assert app.model.target == "one"
        await pilot.press("ctrl+x", "s", *"more", "enter")
        await until(pilot, lambda: "said to 1 of 2, not to add-csv: It is archived." in told(app))
        assert len(feed.orders) == 4 and app.screen.composer.prompt.text == ""

    play(scene)


def test_words_nobody_got_come_back_with_those_they_were_for():
    async def scene(app, pilot, feed):
        answered = asyncio.Event()
        answered.set()

        async def refusing(order):
            await answered.wait()
            raise OrderRefused("The disk is full.")

        feed.give = refusing
        await pilot.press("ctrl+x", "a", *"stop", "enter")
        await until(pilot, lambda: "The disk is full." in told(app))
        await until(pilot, lambda: app.screen.composer.prompt.text == "stop")
        assert app.model.target == "all"
        answered.clear()
        await pilot.press("enter", *"x")
        answered.set()
        await until(pilot, lambda: app.model.returned == {"all": "stop"})
        composer = app.screen.composer
        assert app.model.target == "one" and composer.prompt.text == "x"
        await pilot.press("ctrl+u", "ctrl+x", "a", "ctrl+u", *"typed fast")
        app.model.said_together("what was sent before it")
        composer.follow(app.model)
        await pilot.pause()
        assert composer.prompt.text == "typed fast" == app.model.drafts["fix"]
        assert app.model.drafts["all"] == ""

    play(scene)


def test_what_was_said_to_several_is_taken_back_from_all_who_have_not_got_it():
    async def scene(app, pilot, feed):
        seq = len(feed.events)
        feed.feed(
            *(
                e.MessageSent(seq=seq + n, session=SessionId(name), message=MessageId(f"to-{name}"),
                              text="stop that", delivery="queue")
                for n, name in enumerate(("fix", "csv", "docs"), 1)
            )
        )  # fmt: skip
        await until(pilot, lambda: app.model.states["docs"].queue)
        await pilot.press("ctrl+x", "a", "up")
        await until(pilot, lambda: len(feed.orders) == 3)
        assert {order.message for order in feed.orders} == {"to-fix", "to-csv", "to-docs"}
        assert app.screen.composer.prompt.text == "stop that"

    play(scene)


def test_groups_are_of_the_same_moment_as_the_rows_above_them_and_again_on_enter():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+x", "S")
        await until(pilot, lambda: app.screen.id == "recipients")
        await pilot.press(*"all: done")
        was, states = app.screen._in_hand(), app.model.states
        assert "all: done" in told(app) and "fix" not in was
        seq = max(event.seq for event in feed.events)
        feed.feed(e.TurnEnded(seq=seq + 1, session=SessionId("fix"), status="completed", at_ms=NOW))
        await until(pilot, lambda: app.screen._in_hand() == was | {"fix"})
        for one, state in states.items():
            states[one] = structs.replace(state, status="idle")
        await pilot.press("enter")
        assert app.screen.id == "recipients" and app.model.target == "one"
        await until(pilot, lambda: "Nobody is that any more" in told(app))

    play(scene)


def test_circles_are_states_tags_repositories_and_files():
    def session(name: str, *files: str, tags: tuple[str, ...] = (), top: str = "/shop"):
        return SessionState(
            id=SessionId(name), name=name, status="done", tags=tags,
            files=tuple(FileChange(path, "changed", 1, 0) for path in files),
            workspace=Workspace(path="", repository=top, branch="", base=""),
        )  # fmt: skip

    found = circles([session("a", "x.py", tags=("ui",)), session("b", "y.py", "x.py")])
    assert [(one.id, sorted(one.sessions)) for one in found] == [
        ("state:done", ["a", "b"]),
        ("tag:ui", ["a"]),
        ("file:x.py", ["a", "b"]),
        ("file:y.py", ["b"]),
    ]
    apart = circles([session("a"), session("b", top="/other")])
    assert [one.words for one in apart if one.kind == "by repository"] == [
        "all of shop",
        "all of other",
    ]


def test_a_dropped_picture_goes_along_and_another_path_stays_text():
    async def scene(app, pilot, feed):
        prompt = app.screen.composer.prompt
        prompt.post_message(events.Paste("'/home/kim/a shot.png'"))
        await until(pilot, lambda: "[picture\u00a0a\u00a0shot.png]" in told(app))
        prompt.post_message(events.Paste("/home/kim/gone.png"))
        await until(pilot, lambda: "Pasted as text" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: feed.orders)
        (order,) = feed.orders
        assert order.text == "[picture a shot.png]/home/kim/gone.png"
        assert order.pictures == ("/home/kim/a shot.png",)

    play(scene)


def test_what_was_refused_comes_back_with_its_chips_and_an_editor_keeps_them(monkeypatch):
    async def scene(app, pilot, feed):
        feed.refuse = "It is archived."
        prompt = app.screen.composer.prompt
        prompt.post_message(events.Paste("a\n" * 20))
        prompt.post_message(events.Paste("/home/kim/shot.png"))
        await until(pilot, lambda: "shot.png]" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: "It is archived" in told(app))
        assert "[pasted\u00a020\u00a0lines][picture\u00a0shot.png]" in told(app)
        opened = []
        monkeypatch.setattr(
            "steerdeck.screens.speaking.edit", lambda _, text: opened.append(text) or f"see {text}"
        )
        await pilot.press("ctrl+g")
        assert opened == ["a\n" * 20 + "[picture shot.png]"]
        feed.refuse = ""
        await pilot.press("enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[1].text == f"see {opened[0]}"
        assert feed.orders[1].pictures == ("/home/kim/shot.png",)

    play(scene)


def test_paths_of_pictures_are_known_however_a_terminal_pastes_them():
    assert picture_path("/a/b.PNG\n") == "/a/b.PNG"
    assert picture_path(r"/a/my\ shot.png") == "/a/my shot.png"
    assert picture_path("file:///a/my%20shot.jpg") == "/a/my shot.jpg"
    assert picture_path('"~/b.webp"') == "~/b.webp"
    assert [picture_path(text) for text in ("b.png", "/a/b.txt", "/a.png\n/b.png", "")] == [""] * 4


def test_drafts_and_their_chips_are_there_again_when_the_deck_is_opened_anew(tmp_path):
    drawer = Drawer(tmp_path / "cache" / "drafts.json")
    pasted = "a\n" * 20

    def opened(scene: Play) -> None:
        async def run() -> None:
            feed = writing()
            app = deck(feed)
            app.helm.open_drawer(drawer)
            async with app.run_test(size=(120, 36)) as pilot:
                await until(pilot, lambda: app.model.attached)
                await pilot.pause()
                await scene(app, pilot, feed)
                drawer.write(app.helm.unsent())

        asyncio.run(run())

    async def writes(app, pilot, feed):
        app.screen.composer.prompt.post_message(events.Paste(pasted))
        await pilot.press(*" why?", "alt+3", *"land it")
        await pilot.pause()

    async def finds(app, pilot, feed):
        prompt = app.screen.composer.prompt
        assert "[pasted\u00a020\u00a0lines] why?" in told(app)
        await pilot.press("enter", "alt+3")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == f"{pasted} why?"
        assert prompt.text == "land it"

    opened(writes)
    opened(finds)
    assert list(drawer.read().drafts.values()) == ["land it"]
    assert drawer.read().chips == {}
    for broken in (b"{", b'{"drafts":{"\xff":"a"}}', b'{"a":' + b"[" * 100_000):
        (tmp_path / "cache" / "drafts.json").write_bytes(broken)
        assert drawer.read() == Unsent()
