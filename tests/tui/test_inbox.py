import asyncio

import pytest
from textual import events

from kit.asks import ask, begin
from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import BUBBLEWRAP, OUTLOOK, shop
from steerdeck.screens import arming
from steerdeck.screens.deck import DeckScreen
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.palette import Palette
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId, Sha, TurnId
from steerdeck_agents.facts.places import Level, Workspace

PLACE = Workspace("/w/s", "/home/kim/shop", "steerdeck/s", "abc")


def play(scene, feed: Feed, *, size=(120, 36), armed=True) -> None:
    """Open the inbox on the first thing that waits and run the scene there."""

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached and app.model.inbox())
            await pilot.press("i")
            await until(pilot, lambda: isinstance(app.screen, InboxScreen))
            if armed:
                await until(pilot, lambda: app.screen.armed)
            await pilot.pause()
            await scene(app, pilot, feed)

    asyncio.run(run())


def waiting(event: e.KnownEvent, *, level: Level = BUBBLEWRAP) -> Feed:
    """One session, one call, and what waits because of it."""
    story = Story()
    story.add("s", e.SessionCreated(name="one", task="", workspace=PLACE, model="m", slot=1,
                                    level=level))  # fmt: skip
    story.add("s", e.TurnStarted(turn=TurnId("t")))
    story.add("s", e.CallRequested(call=CallId("c"), tool="shell", arguments="{}", title="make"))
    story.add("s", event)
    return Feed(story.events, OUTLOOK)


def asking(what: str, **more: object) -> e.ApprovalRequested:
    return e.ApprovalRequested(
        approval=ApprovalId("a"), call=CallId("c"), kind="command", what=what,
        binding=Sha("b" * 64), reasons=("no rule names it",), **more,
    )  # fmt: skip


def test_who_types_on_is_waited_for(monkeypatch):
    # Long enough for a machine that does much else at the time.
    monkeypatch.setattr("steerdeck.screens.arming.ARM_S", 1.5)
    monkeypatch.setattr("steerdeck.screens.arming.PAUSE_S", 1.49)

    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.screen._arm_timer)
        first = app.screen._due
        while app.screen._due == first:
            await pilot.press("y")
            assert not app.screen.armed
        assert app.screen._due >= first
        await until(pilot, lambda: app.screen.armed)
        assert feed.orders == []

    play(scene, shop(), armed=False)


def test_keys_answer_only_once_the_card_has_been_in_view(monkeypatch):
    monkeypatch.setattr(arming, "ARM_S", 3600.0)

    async def scene(app, pilot, feed):
        await pilot.press("y", "s", "n", "N")
        await pilot.pause()
        assert feed.orders == []
        assert "once" not in told(app)
        app.screen._arm()
        await pilot.pause()
        assert " y  once" in told(app)
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)

    play(scene, shop(), armed=False)


def test_a_key_typed_early_and_handled_late_answers_nothing():
    async def scene(app, pilot, feed):
        early = events.Key("y", "y")
        early.time = app.screen.armed_from - 0.01
        app.screen.on_key(early)
        await pilot.pause()
        assert feed.orders == []
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)

    play(scene, shop())


@pytest.mark.parametrize(("key", "allow", "scope"), [("y", True, "once"), ("n", False, "once")])
def test_a_decision_carries_the_hash_of_what_was_shown(key, allow, scope):
    async def scene(app, pilot, feed):
        await pilot.press(key)
        await until(pilot, lambda: feed.orders)
        (decided,) = feed.orders
        assert isinstance(decided, o.Decide)
        assert (decided.session, decided.approval) == ("csv", "ask_csv")
        assert (decided.allow, decided.scope, decided.shown) == (allow, scope, "f" * 64)

    play(scene, shop())


def test_a_no_can_carry_words():
    async def scene(app, pilot, feed):
        await pilot.press("N", *"y use csv", "enter")
        await until(pilot, lambda: feed.orders)
        (decided,) = feed.orders
        assert (decided.allow, decided.words) == (False, "y use csv")

    play(scene, shop())


def test_esc_and_enter_answer_nothing():
    async def scene(app, pilot, feed):
        await pilot.press("enter")
        await pilot.pause()
        assert feed.orders == []
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await pilot.press("escape")
        await pilot.pause()
        assert feed.orders == []

    play(scene, shop())


def test_a_long_command_can_be_allowed_only_after_its_end_was_seen():
    long = "\n".join(f"echo line {n}" for n in range(80)) + "\nrm -rf build"

    async def scene(app, pilot, feed):
        assert "rm -rf build" not in told(app)
        assert "more lines" in told(app)
        await pilot.press("y", "s")
        await pilot.pause()
        assert feed.orders == []
        for _ in range(8):
            await pilot.press("enter")
        await pilot.pause()
        assert "rm -rf build" in told(app)
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)

    play(scene, waiting(asking(long)))


def test_a_missing_sandbox_stands_on_the_card():
    async def scene(app, pilot, feed):
        assert "NO SANDBOX   bubblewrap is not installed" in told(app)

    play(scene, waiting(asking("make"), level=Level("none", why="bubblewrap is not installed")))


def test_escape_sequences_of_a_command_are_shown_not_sent():
    async def scene(app, pilot, feed):
        assert "␛]52;c;x␇" in told(app)
        assert "⟨U+202E⟩" in told(app)

    play(scene, waiting(asking("echo \x1b]52;c;x\x07 \u202e gnp.exe")))


def test_a_patch_is_shown_as_a_diff():
    patch = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-old = 1\n+new = 2\n"

    async def scene(app, pilot, feed):
        text = told(app)
        assert "asks to change files" in text
        assert "− old = 1" in text and "+ new = 2" in text
        assert "this session" not in text

    asked = e.ApprovalRequested(
        approval=ApprovalId("a"), call=CallId("c"), kind="patch", what=patch, binding=Sha("b")
    )
    play(scene, waiting(asked))


def test_a_question_is_answered_by_number_or_in_words():
    async def scene(app, pilot, feed):
        assert "In which currency?" in told(app)
        await pilot.press("2")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].text == "USD"
        await pilot.press("w", *"3 of them", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[1] == o.Answer(
            id=feed.orders[1].id, session="s", question="q", text="3 of them"
        )

    asked = e.QuestionAsked(
        question=ApprovalId("q"), call=CallId("c"), text="In which currency?",
        choices=("EUR", "USD"),
    )  # fmt: skip
    play(scene, waiting(asked))


@pytest.mark.parametrize(("key", "verdict"), [("d", "done"), ("f", "failed")])
def test_a_call_lost_in_a_crash_is_settled_by_the_developer(key, verdict):
    async def scene(app, pilot, feed):
        assert "not run again" in told(app)
        early = events.Key(key, key)
        early.time = app.screen.armed_from - 0.01
        app.screen.on_key(early)
        await pilot.pause()
        assert feed.orders == [], "typed before it could be read"
        await pilot.press(key)
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].call, feed.orders[0].verdict) == ("c", verdict)

    play(scene, waiting(e.CallLost(call=CallId("c"))))


def test_a_parked_session_says_why_and_goes_on():
    async def scene(app, pilot, feed):
        assert "The key OPENAI_API_KEY is missing." in told(app)
        assert "Export it and press r." in told(app)
        await pilot.press("r")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0] == o.Resume(id=feed.orders[0].id, session="s")

    parked = e.SessionParked(
        reason="The key OPENAI_API_KEY is missing.", way_out="Export it and press r."
    )
    play(scene, waiting(parked))


def test_what_was_answered_makes_room_for_the_next_which_arms_anew():
    async def scene(app, pilot, feed):
        first = app.screen.item.id
        seq = feed.events[-1].seq + 1
        feed.feed(
            e.ApprovalDecided(
                approval=ApprovalId("ask_csv"), call=CallId("csv_c3"), decision="allow",
                seq=seq, session=SessionId("csv"), at_ms=NOW,
            )
        )  # fmt: skip
        await until(pilot, lambda: app.screen.item.id != first)
        assert not app.screen.armed

    play(scene, shop())


@pytest.mark.parametrize(
    ("moves", "gone", "then"),
    [(("j",), ["b", "c"], "d"), (("j",) * 3, ["d"], "c"), (("j",), ["a"], "b")],
)
def test_after_an_answer_the_next_one_of_the_list_is_in_hand(moves, gone, then):
    story = Story()
    for number, name in enumerate("abcd"):
        begin(story, name, number + 1)
        ask(story, name, f"make {name}", 90 - number)

    async def scene(app, pilot, feed):
        await pilot.press(*moves)
        await pilot.pause()
        feed.feed(
            *(
                e.ApprovalDecided(
                    approval=ApprovalId(f"{name}_a"), decision="allow", seq=99 + number,
                    session=SessionId(name), at_ms=NOW,
                )
                for number, name in enumerate(gone)
            )
        )  # fmt: skip
        await until(pilot, lambda: len(app.model.inbox()) == 4 - len(gone))
        await until(pilot, lambda: app.screen.item.session == then)

    play(scene, Feed(story.events, OUTLOOK), armed=False)


def test_an_empty_inbox_closes_itself():
    async def scene(app, pilot, feed):
        feed.feed(
            e.ApprovalDecided(
                approval=ApprovalId("a"), call=CallId("c"), decision="reject",
                seq=99, session=SessionId("s"), at_ms=NOW,
            )
        )  # fmt: skip
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene, waiting(asking("make")))


@pytest.mark.parametrize("secret", [False, True])
def test_what_is_written_when_another_deck_answers_is_no_command_and_not_lost(secret: bool):
    async def scene(app, pilot, feed):
        if secret:
            app.screen.secret.display = True
            app.screen.secret.focus()
        else:
            await pilot.press("N")
        await pilot.press(*"keep it")
        answered = e.ApprovalDecided(seq=len(feed.events) + 1, session=SessionId("s"),
                                     approval=ApprovalId("a"), decision="allow")  # fmt: skip
        feed.feed(answered)
        await until(pilot, lambda: not app.model.inbox())
        await pilot.press(*"x D")
        assert isinstance(app.screen, InboxScreen), "what is typed on is for nobody"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))
        await pilot.pause()
        assert app.screen.composer.prompt.text == ("" if secret else "keep it")
        assert feed.orders == []

    play(scene, waiting(asking("make install")))


def test_an_inbox_that_grows_empty_under_a_dialog_leaves_the_dialog_and_closes_after_it():
    async def scene(app, pilot, feed):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Palette))
        feed.feed(
            e.ApprovalDecided(
                approval=ApprovalId("a"), call=CallId("c"), decision="reject",
                seq=99, session=SessionId("s"), at_ms=NOW,
            )
        )  # fmt: skip
        await until(pilot, lambda: not app.model.inbox())
        await pilot.pause(0.05)
        assert isinstance(app.screen, Palette)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DeckScreen))

    play(scene, waiting(asking("make")))


def test_the_inbox_never_opens_by_itself():
    async def run() -> None:
        feed = shop()
        app = deck(feed, face="composer")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("a")
            story = asking("make")
            feed.feed(
                e.ApprovalRequested(
                    approval=ApprovalId("late"), call=CallId("late"), kind="command",
                    what=story.what, binding=story.binding, seq=999,
                    session=SessionId("docs"), at_ms=NOW,
                )
            )  # fmt: skip
            await until(pilot, lambda: len(app.model.claims()) == 2)
            await pilot.press("y")
            assert isinstance(app.screen, DeckScreen)
            assert app.screen.composer.prompt.text == "ay"
            assert feed.orders == []

    asyncio.run(run())


def test_a_refused_answer_is_said_on_the_card():
    async def scene(app, pilot, feed):
        feed.refuse = "The command has changed since it was shown."
        await pilot.press("y")
        await until(pilot, lambda: app.model.notice)
        await pilot.pause()
        assert "has changed since it was shown" in told(app)

    play(scene, shop())
