"""A transcript in a zoom: its items, a search through all of it, marked text, ways out of it."""

import asyncio
import os
import re

from kit.desk import Feed, Story, deck, told, until
from kit.paged import DOCS, paged
from kit.shop import OUTLOOK, shop
from steerdeck.outside import to_read, to_tmux
from steerdeck.panes.told_text import entry_text
from steerdeck.screens import perusing
from steerdeck.screens.tab_names import TOOLS
from steerdeck.screens.zoom import ZoomScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, SessionId
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.transcript import Called
from steerdeck_agents.settings import scratch


def play(scene, feed: Feed | None = None, size=(120, 36), *, opened: bool = True) -> None:
    async def run() -> None:
        fed = feed or shop()
        app = deck(fed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            if opened:
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, ZoomScreen))
                await until(pilot, lambda: app.screen.hand.id in app.model.transcripts)
                await pilot.pause(0.06)
            await scene(app, pilot)

    asyncio.run(run())


def long(count: int) -> Feed:
    """A session that has said a lot, with a word at its beginning and one in the middle."""
    story = Story()
    place = Workspace("/w/s", "/home/kim/shop", "steerdeck/s", "abc")
    story.add("s", e.SessionCreated(name="s", task="", model="m", slot=1, workspace=place))
    story.add(
        "s", e.MessageSent(message=MessageId("first"), text="Find the needle", delivery="first")
    )
    for number in range(count):
        text = "the NEEDLE is here" if number == count // 2 else f"words {number}"
        story.add("s", e.ItemEnded(item=ItemId(f"i{number}"), kind="message", text=text))
    call = CallId("c")
    story.add("s", e.CallRequested(call=call, tool="shell", arguments="{}", title="make"))
    result = "\n".join(f"row {number}" for number in range(40))
    story.add("s", e.CallEnded(call=call, status="done", result=result, summary="ok"))
    return Feed(story.events, OUTLOOK)


def test_items_are_stepped_over_and_unfolded_in_place():
    async def scene(app, pilot) -> None:
        await pilot.press("k")
        assert app.screen.text.hand.id == "c"
        assert "Enter unfold" in told(app) and "row 39" not in told(app)
        await pilot.press("enter")
        assert "row 0" in told(app) and "lines between" in told(app) and "Enter fold" in told(app)
        await pilot.press("enter")
        assert "row 0" not in told(app)
        await pilot.press("k", "escape")
        assert app.screen.text.hand is None and isinstance(app.screen, ZoomScreen)

    play(scene, long(6))


def test_a_search_goes_through_all_of_the_session_and_reads_what_it_needs():
    async def scene(app, pilot) -> None:
        session = app.screen.hand.id
        assert "first" not in app.model.transcripts[session].entries
        await pilot.press("/", *"needle", "enter")
        await until(pilot, lambda: "2 of 2" in told(app) and "the NEEDLE is here" in told(app))
        assert app.screen.text.hand.id == "i450"
        await pilot.press("N")
        await until(pilot, lambda: "1 of 2" in told(app) and "Find the needle" in told(app))
        shining = [
            segment.text
            for y in range(app.screen.text.size.height)
            for segment in app.screen.text.render_line(y)
            if segment.style.bold and re.fullmatch("needle", segment.text)
        ]
        assert shining == ["needle"]
        await pilot.press("n")
        await until(pilot, lambda: "2 of 2" in told(app))
        await pilot.press("escape")
        assert "2 of 2" not in told(app) and app.screen.text.pattern is None
        await pilot.press("/", *"nobody said", "enter")
        await until(pilot, lambda: "Nothing in this session has 'nobody said'" in told(app))

    play(scene, long(900))


def test_a_search_whose_tab_is_left_while_it_reads_ends_there():
    async def scene(app, pilot) -> None:
        older, read = app.bridge.older, asyncio.Event()

        async def left(session: SessionId, upto: int | None = None) -> bool:
            app.screen.active = TOOLS
            found = await older(session, upto)
            read.set()
            return found

        app.bridge.older = left
        app.screen.search("needle", 1)
        await until(pilot, read.is_set)
        await until(pilot, app.helm.rests)

    play(scene, long(900))


def test_text_is_marked_with_keys_and_copied_with_no_more_said_than_is_known():
    async def scene(app, pilot) -> None:
        await pilot.press("k", "k", "Y", "v", "w")
        assert app.screen.places()[0] == "mark" and app.screen.text.marked_text() == "words 5"[:7]
        await pilot.press("y")
        assert app.clipboard == "words 5"
        await until(pilot, lambda: "1 line sent to the terminal's clipboard" in told(app))
        assert "tmux" not in told(app) and app.screen.places()[0] == "zoom"
        await pilot.press("Y", "V", "k", "enter")
        assert app.clipboard == "words 4\n\nwords 5"
        await pilot.press("y")
        assert app.clipboard == "words 5", "without a mark it is the item in hand"

    play(scene, long(6))


def test_the_keys_that_mark_and_copy_stand_first_and_a_copy_of_nothing_says_what_marks():
    async def scene(app, pilot) -> None:
        await pilot.press("Y")
        await until(pilot, lambda: "v mark   V mark lines" in told(app))
        await pilot.press("y")
        await until(pilot, lambda: "v marks from here." in told(app))
        await pilot.press("v", "w")
        await until(pilot, lambda: "v mark   y copy" in told(app))

    play(scene, long(6), size=(80, 24))


def test_text_is_marked_with_the_mouse_and_copied_when_it_is_let_go():
    async def scene(app, pilot) -> None:
        pane = app.screen.text
        rows = [pane.render_line(y).text for y in range(pane.size.height)]
        y = next(n for n, row in enumerate(rows) if "words 4" in row)
        await pilot.mouse_down(pane, offset=(4, y))
        await pilot.hover(pane, offset=(8, y + 2))
        await pilot.mouse_up(pane, offset=(8, y + 2))
        await pilot.pause()
        assert app.clipboard == "words 4\n\nwords"
        assert pane.hand is None and not app.screen.text.unfolded
        await pilot.click(pane, offset=(4, y))
        assert pane.origin is None

    play(scene, long(6))


def test_a_click_unfolds_a_call_on_a_lane_too():
    async def run() -> None:
        app = deck(long(3), face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: "$ make" in told(app))
            pane = app.screen.lanes[0].transcript
            y = next(n for n in range(pane.size.height) if "make" in pane.render_line(n).text)
            await pilot.click(pane, offset=(6, y))
            await until(pilot, lambda: "lines between" in told(app))

    asyncio.run(run())


def test_a_pager_and_an_editor_get_the_text_and_no_escape_sequences(monkeypatch):
    shown: list[tuple[str, list[str]]] = []

    def read(app, folder, command):
        (file,) = folder.path.iterdir()
        shown.append((file.read_text(), command))

    monkeypatch.setattr(perusing, "read", read)
    monkeypatch.setenv("PAGER", "more -s")
    monkeypatch.setenv("VISUAL", "hx")
    feed = long(1_200)

    async def scene(app, pilot) -> None:
        await pilot.press("W")
        await until(pilot, lambda: len(shown) == 1)
        text, command = shown[0]
        assert command == ["more", "-s"]
        assert "> Find the needle" in text and "words 1199" in text and "    row 39" in text
        await pilot.press("k", "ctrl+o")
        await until(pilot, lambda: len(shown) == 2)
        assert shown[1] == (
            "$ make\n" + "".join(f"    row {n}\n" for n in range(40)) + "    = done, ok\n",
            ["hx"],
        )

    play(scene, feed)


def test_a_call_that_printed_much_is_read_and_copied_whole(monkeypatch):
    shown: list[str] = []

    def read(app, folder, command):
        (file,) = folder.path.iterdir()
        shown.append(file.read_text())

    monkeypatch.setattr(perusing, "read", read)

    async def scene(app, pilot) -> None:
        app.model.take(DOCS)
        await pilot.press("enter")
        await until(pilot, lambda: DOCS in app.model.transcripts and "make docs" in told(app))
        await pilot.press("k")
        assert app.screen.text.hand.id == "c_long"
        await pilot.press("K")
        await until(pilot, lambda: bool(shown))
        assert "line 1\n" in shown[0] and "line 1200\n" in shown[0] and "…" not in shown[0]
        await pilot.press("y")
        await until(pilot, lambda: "1,202 lines sent" in told(app))

    play(scene, paged(), opened=False)


def test_how_a_call_ended_is_told_once():
    ended = Called("c", 1, 0, "shell", "ls", phase="done", exit_code=0, summary="exit 0")
    assert entry_text(ended) == "$ ls\n    = done, exit 0"


def test_a_program_whose_name_can_t_be_read_is_said_and_ends_no_deck(monkeypatch):
    monkeypatch.setenv("PAGER", "less 'of")
    monkeypatch.setenv("VISUAL", "vim 'of")

    async def scene(app, pilot) -> None:
        await pilot.press("W")
        await until(pilot, lambda: "$PAGER is no command" in app.model.notice)
        await pilot.press("space", *"draft", "ctrl+g")
        await until(pilot, lambda: "$VISUAL is no command" in app.model.notice)
        assert app.screen.composer.prompt.text == "draft"

    play(scene, long(3))


def test_where_nothing_can_be_opened_that_is_said_and_no_file_is_left(monkeypatch, tmp_path):
    place = tmp_path / "scratch"
    monkeypatch.setattr(scratch, "place", lambda uid: place)

    async def scene(app, pilot) -> None:
        await pilot.press("W")
        await until(pilot, lambda: "The deck can't be suspended here" in told(app))
        assert list(place.iterdir()) == []

    play(scene, long(3))


def test_tmux_is_named_only_when_it_took_the_text(monkeypatch, tmp_path):
    tmux = tmp_path / "tmux"
    tmux.write_text(f'#!/bin/sh\ncat > {tmp_path}/buffer\ntest "$2" = -\n')
    tmux.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("TMUX", raising=False)
    assert not to_tmux("a")
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    assert to_tmux("words\n") and (tmp_path / "buffer").read_text() == "words\n"
    tmux.write_text("#!/bin/sh\nexit 1\n")
    assert not to_tmux("a")


def test_what_a_pager_shows_lies_in_a_scratch_folder_that_only_its_owner_enters():
    folder = to_read("words of a session")
    try:
        file = folder.path / "transcript.txt"
        assert file.read_text() == "words of a session"
        assert file.stat().st_mode & 0o777 == 0o400
        assert folder.path.parent == scratch.place(os.getuid())
    finally:
        folder.remove()
    assert not folder.path.exists()
