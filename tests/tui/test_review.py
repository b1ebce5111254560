"""The review screen: moving, verdicts, comments and the mouse on pages of the real comparison."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from msgspec import structs
from textual.pilot import Pilot

from kit.desk import Feed, deck, told, until
from kit.guard import no_work_on_this_loop
from kit.repositories import commit, plain, write
from kit.reviewed import FIX, PATH, reviewed
from kit.scene import SURROUNDINGS, scene
from steerdeck import outside
from steerdeck.app import DeckApp
from steerdeck.screens.pick_session import PickSession
from steerdeck.screens.review import ReviewScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import review_orders as r
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.local import attach_in_process

Play = Callable[[DeckApp, Pilot[None], Feed], Awaitable[None]]


def play(scene: Play, *keys: str, size: tuple[int, int] = (160, 45)) -> None:
    async def run() -> None:
        feed = reviewed()
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached)
            with no_work_on_this_loop() as found:
                await pilot.press("d")
                await until(pilot, lambda: app.screen.id == "review" and app.screen.ready)
                await pilot.press(*keys)
                await pilot.pause()
                await scene(app, pilot, feed)
            assert found == []

    asyncio.run(run())


def review(app: DeckApp) -> ReviewScreen:
    assert isinstance(app.screen, ReviewScreen)
    return app.screen


def under(app: DeckApp) -> tuple[int, int]:
    """Old and new line under the cursor; 0 where there is none."""
    on = review(app).chosen()
    return (on.old[0], on.new[0]) if on is not None else (0, 0)


async def told_soon(app: DeckApp, pilot: Pilot[None], words: str) -> None:
    await until(pilot, lambda: words in told(app))


def test_files_hunks_and_both_sides_stand_beside_each_other():
    async def scene(app, pilot, feed):
        await told_soon(app, pilot, "@@ 44         1 comment")
        text = told(app)
        assert "3 files              +20 −7" in text
        assert "▸ @@ 3           accepted" in text
        assert "1 of 7 hunks" in text
        assert "before   base 4f21c0a" in text
        await pilot.press("]", "]")
        await told_soon(app, pilot, "hunk 3 of 5")
        assert "43 −         return self.row.expires < time.time()" in told(app)
        assert "44 +         return self.row.expires <= self.clock.now()" in told(app)
        assert "S send review to fix-login" in told(app)
        await pilot.press("v")
        await told_soon(app, pilot, "auth/session.py   +10 −6")
        assert "hunk 3 of 5" in told(app)

    play(scene)


def test_a_file_that_is_wholly_new_has_no_empty_half_beside_it():
    async def scene(app, pilot, feed):
        screen = review(app)
        assert screen.sheet.split and screen.can_layout()
        page = screen.page
        for kind in ("added", "removed"):
            await screen.lay(structs.replace(page, kind=kind))
            assert not screen.sheet.split and not screen.can_layout()
            await pilot.press("v")
            await told_soon(app, pilot, "there is nothing beside its lines")
        await screen.lay(page)
        assert screen.sheet.split

    play(scene)


def test_keys_move_by_line_hunk_file_page_and_pane():
    async def scene(app, pilot, feed):
        assert under(app) == (3, 0)
        await pilot.press("j")
        assert under(app) == (4, 3)
        await pilot.press("K", "]", "[", "J", "J")
        assert under(app) == (43, 44)
        await pilot.press("k")
        assert under(app) == (42, 43)
        assert "hunk 2 of 5" in told(app)
        await pilot.press("G")
        assert under(app)[1] == len(feed.sides["fix", PATH][1].splitlines())
        last = review(app).sheet.cursor
        await pilot.press("pageup")
        assert 20 < last - review(app).sheet.cursor < 45
        await pilot.press("g", "pagedown")
        assert under(app)[1] > 20
        await pilot.press("n")
        await told_soon(app, pilot, "hunks of tokens.py")
        await pilot.press("p")
        await told_soon(app, pilot, "hunks of session.py")
        await pilot.press("tab", "j", "j")
        await told_soon(app, pilot, "hunks of test_login.py")
        await pilot.press("enter", "j")
        assert "hunks of test_login.py" in told(app)
        await pilot.press("p", "p")
        await told_soon(app, pilot, "hunks of session.py")
        await pilot.press("E")
        await until(pilot, lambda: not any(pair.gap for pair in review(app).page.pairs))
        await pilot.press("w", "b")
        await told_soon(app, pilot, "whitespace is ignored")
        assert review(app).sheet.wrap or not review(app).wrapped
        await pilot.press("q")
        await until(pilot, lambda: app.screen.id != "review")

    play(scene)


def test_past_the_last_hunk_of_a_file_comes_the_next_file_and_past_the_last_file_a_word():
    async def scene(app, pilot, feed):
        await pilot.press("n")
        await told_soon(app, pilot, "hunks of tokens.py")
        await pilot.press("[")
        await told_soon(app, pilot, "hunks of session.py")
        await told_soon(app, pilot, "hunk 5 of 5")
        await pilot.press("]")
        await told_soon(app, pilot, "hunks of tokens.py")
        await pilot.press("n")
        await told_soon(app, pilot, "hunks of test_login.py")
        await pilot.press("n")
        await told_soon(app, pilot, "That is the last file.")
        await pilot.press("G", "]")
        await told_soon(app, pilot, "That was the last hunk of the last file.")

    play(scene)


def test_where_a_rejected_hunk_was_the_next_one_is_in_hand():
    async def scene(app, pilot, feed):
        screen = review(app)
        await pilot.press("]", "r")
        await until(pilot, lambda: any(isinstance(order, r.RejectLines) for order in feed.orders))
        (first, last), (begin, end) = feed.orders[-1].on.old, feed.orders[-1].on.new
        before, after = (side.splitlines(keepends=True) for side in feed.sides["fix", PATH])
        after[begin - 1 : end] = before[first - 1 : last]
        feed.sides["fix", PATH] = ("".join(before), "".join(after))
        screen.read()
        await told_soon(app, pilot, "hunk 2 of 4")
        assert screen.sheet.cursor == screen.sheet.entry_of_hunk(1)

    play(scene)


def test_verdicts_name_the_lines_that_were_on_the_screen():
    async def scene(app, pilot, feed):
        digest = review(app).page.digest
        await pilot.press("]", "]", "y")
        await until(pilot, lambda: feed.orders)
        yes = feed.orders[-1]
        assert isinstance(yes, r.AcceptLines)
        assert (yes.on.path, yes.on.shown) == (PATH, digest)
        assert (yes.on.old, yes.on.new) == ((43, 46), (44, 51))
        assert "hunk 4 of 5" in told(app)
        await pilot.press("u")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[-1] == r.AcceptLines(
            id=feed.orders[-1].id, session=FIX, on=yes.on, accepted=False
        )
        await pilot.press("r")
        await until(pilot, lambda: len(feed.orders) == 3)
        no = feed.orders[-1]
        assert isinstance(no, r.RejectLines)
        assert (no.on.old, no.on.new) == ((55, 56), (60, 60))
        await told_soon(app, pilot, "took back line 60")
        await pilot.press("[", "V", "j", "j", "j")
        assert "accept lines 44–47" in told(app)
        await pilot.press("r")
        await until(pilot, lambda: len(feed.orders) == 4)
        assert (feed.orders[-1].on.old, feed.orders[-1].on.new) == ((43, 45), (44, 47))
        await pilot.press("m")
        await until(pilot, lambda: len(feed.orders) == 5)
        assert feed.orders[-1] == r.MarkViewed(
            id=feed.orders[-1].id, session=FIX, path=PATH, digest=digest
        )
        await told_soon(app, pilot, "hunks of tokens.py")
        await pilot.press("U")
        await until(pilot, lambda: len(feed.orders) == 6)
        assert feed.orders[-1] == o.Undo(
            id=feed.orders[-1].id, session=FIX, paths=("auth/tokens.py",)
        )

    play(scene)


def test_comments_are_written_edited_dropped_and_sent():
    async def scene(app, pilot, feed):
        await pilot.press("c", *"No", "escape")
        assert feed.orders == []
        await pilot.press("]", "c", *"Why?", "enter")
        await until(pilot, lambda: feed.orders)
        note = feed.orders[-1]
        assert isinstance(note, r.CommentOn)
        assert (note.text, note.on.new, note.on.old) == ("Why?", (16, 16), (0, 0))
        await pilot.press("]", *["j"] * 8)
        assert review(app).note is not None
        await pilot.press("c", "!", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[-1].comment == "note_1"
        assert feed.orders[-1].text.endswith("a test for it.!")
        await pilot.press("x")
        await until(pilot, lambda: len(feed.orders) == 3)
        assert isinstance(feed.orders[-1], r.DropComment)
        await pilot.press("S")
        await until(pilot, lambda: len(feed.orders) == 4)
        assert feed.orders[-1] == r.SendReview(id=feed.orders[-1].id, session=FIX)
        await told_soon(app, pilot, "said to fix-login: 1 comment")
        feed.refuse = "That file has changed since it was shown."
        await pilot.press("k", "k", "c", *"L?", "enter")
        await told_soon(app, pilot, "L?")
        words = review(app).words
        assert words.has_focus
        give, answer = feed.give, asyncio.Event()

        async def late(order):
            await answer.wait()
            return await give(order)

        feed.give = late
        orders = len(feed.orders)
        await pilot.press("enter", "c", *"Mine")
        answer.set()
        await until(pilot, lambda: len(feed.orders) > orders)
        await pilot.pause()
        assert words.text == "Mine"
        await pilot.press("escape")
        assert (words.text, words.display) == ("L?", True)

    play(scene)


def test_other_screens_are_a_key_away_and_the_editor_says_why_it_did_not_open():
    async def scene(app, pilot, feed):
        await pilot.press("e")
        await told_soon(app, pilot, "no file of this workspace any more")
        for key, name in (("L", "land"), ("i", "inbox"), (".", "inbox")):
            await pilot.press("full_stop" if key == "." else key)
            await until(pilot, lambda name=name: app.screen.id == name)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen.id == "review")
        await pilot.press("h")
        await until(pilot, lambda: app.screen.id == "zoom" and app.screen.active == 0)
        assert feed.orders == []

    play(scene)


def test_two_results_are_compared_with_each_other():
    async def scene(app, pilot, feed):
        await pilot.press("=")
        await until(pilot, lambda: isinstance(app.screen, PickSession))
        await pilot.press(*"csv", "enter")
        await told_soon(app, pilot, "against add-csv")
        await told_soon(
            app,
            pilot,
            "44 −         return self.row.expires < self.clock.now()",
        )
        assert "accept hunk" not in told(app)
        await pilot.press("y", "r")
        assert feed.orders == []
        await pilot.press("=")
        await told_soon(app, pilot, "before   base 4f21c0a")

    play(scene)


def test_the_mouse_picks_files_hunks_and_ranges():
    async def scene(app, pilot, feed):
        screen = review(app)
        await told_soon(app, pilot, "@@ 44")
        rows = told(app).splitlines()
        at = next(n for n, row in enumerate(rows) if "@@ 44" in row)
        await pilot.click(offset=(5, at))
        await told_soon(app, pilot, "hunk 3 of 5")
        rows = told(app).splitlines()
        first = next(n for n, row in enumerate(rows) if "47 +" in row)
        top = screen.view.region.y
        await pilot.mouse_down(screen.view, offset=(90, first - top))
        await pilot.hover(screen.view, offset=(90, first - top + 2))
        await pilot.mouse_up(screen.view, offset=(90, first - top + 2))
        await told_soon(app, pilot, "accept lines 47–49")
        at = next(n for n, row in enumerate(rows) if "tokens.py" in row)
        await pilot.click(offset=(8, at))
        await told_soon(app, pilot, "hunks of tokens.py")

    play(scene)


def test_narrow_terminals_show_one_column_and_the_files_on_request():
    async def scene(app, pilot, feed):
        assert "file 1 of 3   hunk 1 of 5" in told(app)
        assert "▾ auth/" not in told(app)
        await pilot.press("tab")
        assert "▾ auth/" in told(app)
        await pilot.press("j", "enter")
        await told_soon(app, pilot, "token.until = now + LASTS_S")

    play(scene, size=(80, 24))


def test_a_file_opens_in_the_editor_at_the_line(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("x\n")
    (tmp_path / "link.py").symlink_to("/etc/hostname")
    ran = []
    monkeypatch.setattr(outside.subprocess, "run", lambda *args, **how: ran.append(args[0]) or Done)

    class Done:
        returncode = 0

    class App:
        def suspend(self):
            return (tmp_path / "src/a.py").open()

    for name in ("vi", "code"):
        monkeypatch.setenv("VISUAL", name)
        outside.edit_file(App(), str(tmp_path), "src/a.py", 7)
    file = str(tmp_path / "src/a.py")
    assert ran == [["vi", "+7", file], ["code", "-g", f"{file}:7"]]
    for path in ("link.py", "../other", "src"):
        try:
            outside.edit_file(App(), str(tmp_path), path, 1)
        except outside.EditorError as error:
            assert "no file of this workspace" in str(error)
        else:
            raise AssertionError(path)


SOURCE = "".join(f"value_{n} = {n}\n" for n in range(1, 31))
CHANGE = """*** Begin Patch
*** Update File: src/values.py
@@
-value_5 = 5
+value_5 = 50
@@
-value_20 = 20
+value_20 = 200
*** End Patch
"""


def writes(talk: Conversation) -> Reply:
    if not any(call.output is not None for call in talk.calls):
        return Reply((Call("apply_patch", {"patch": CHANGE}),))
    return Reply((Say("Written.", final=True),))


def test_a_real_session_is_reviewed_by_keyboard_and_hears_of_it(tmp_path):
    repository = plain(tmp_path / "repository").resolve()
    write(repository, "src/values.py", SOURCE)
    commit(repository)

    async def run() -> None:
        async with scene(tmp_path / "home", {"m": writes}) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            serving = []

            async def connect():
                client, task = await attach_in_process(playing.runtime, "0")
                serving.append(task)
                return client

            app = DeckApp(connect, str(repository), surroundings=SURROUNDINGS)
            app.model.face = "deck"
            async with app.run_test(size=(160, 45)) as pilot:
                await until(pilot, lambda: app.model.attached)
                await pilot.press("d")
                await told_soon(app, pilot, "hunk 1 of 2")
                file = Path(playing.state(session).workspace.path) / "src/values.py"
                await pilot.press("c", *"Why?", "enter")
                await told_soon(app, pilot, "not sent yet")
                await pilot.press("]", "r")
                await until(pilot, lambda: "value_20 = 20\n" in file.read_text())
                await told_soon(app, pilot, "hunk 1 of 1")
                await pilot.press("u")
                await until(pilot, lambda: "value_20 = 200\n" in file.read_text())
                await told_soon(app, pilot, "hunk 1 of 2")
                await pilot.press("g", "]", "r")
                await told_soon(app, pilot, "stale")
                await pilot.press("S")
                await until(pilot, lambda: len(playing.of(session, e.TurnEnded)) == 2)
            said = playing.of(session, e.MessageSent)[-1].text
            assert "src/values.py:5 (as it was then" in said
            assert "> value_5 = 50\nWhy?" in said
            assert playing.state(session).review.waiting == ()
            await asyncio.gather(*serving, return_exceptions=True)

    asyncio.run(run())
