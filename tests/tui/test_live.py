"""The deck on a real runtime: real git, real SQLite, real frames; keys in, facts out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from textual.pilot import Pilot

from kit.desk import told, until
from kit.repositories import fingerprint, plain
from kit.scene import SURROUNDINGS, Scene, scene
from steerdeck.app import DeckApp
from steerdeck.screens.inbox import InboxScreen
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.runtime.local import attach_in_process

PATCH = "*** Begin Patch\n*** Add File: fresh.txt\n+new\n*** End Patch\n"
Play = Callable[[DeckApp, Pilot[None], Scene], Awaitable[None]]


def writes(talk: Conversation) -> Reply:
    """Adds a file by a patch, and ends with the developer's last words."""
    asked = [call for call in talk.calls if call.output is not None]
    if not asked:
        return Reply((Say("I add a file."), Call("apply_patch", {"patch": PATCH})))
    return Reply((Say(f"Done: {talk.said[-1]}", final=True),))


def asks(talk: Conversation) -> Reply:
    """Asks for a colour, and ends with the answer."""
    answered = [call.output for call in talk.calls if call.output is not None]
    if not answered:
        call = Call("ask", {"question": "Which colour?", "choices": ["red", "blue"]})
        return Reply((call,))
    return Reply((Say(f"You chose: {answered[-1]}", final=True),))


def sleeps(talk: Conversation) -> Reply:
    """Runs one long command."""
    if not talk.calls:
        return Reply((Call("shell", {"command": "sleep 60", "why": "To wait."}),))
    return Reply((Say(f"Heard: {talk.said[-1]}", final=True),))


def play(
    tmp_path: Path,
    scripts: Mapping[str, Script],
    act: Play,
    *,
    allowed: tuple[str, ...] = (),
    size: tuple[int, int] = (160, 45),
) -> None:
    """A deck in a repository of its own, attached to a runtime of its own."""
    repository = plain(tmp_path / "repository").resolve()

    async def run() -> None:
        rules = dict.fromkeys(allowed, repository)
        async with scene(tmp_path / "home", scripts, allowed=rules) as playing:
            serving = []

            async def connect():
                client, task = await attach_in_process(playing.runtime, "0")
                serving.append(task)
                return client

            app = DeckApp(connect, str(repository), surroundings=SURROUNDINGS)
            async with app.run_test(size=size) as pilot:
                await until(pilot, lambda: app.model.attached)
                await act(app, pilot, playing)
            await asyncio.gather(*serving, return_exceptions=True)
        assert fingerprint(repository) == before

    before = fingerprint(repository)
    asyncio.run(run())


def test_a_session_is_started_approved_and_seen_to_its_end_by_keyboard(tmp_path):
    async def act(app, pilot, playing):
        await pilot.press("f2", "n")
        await until(pilot, lambda: app.screen.id == "new")
        await pilot.press(*"Add a file", "enter")
        await until(pilot, lambda: app.model.claims())
        session = app.model.in_hand
        await until(pilot, lambda: "needs you" in told(app))
        await pilot.press("full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
        await pilot.pause()
        assert "+ new" in told(app)
        await pilot.press("y")
        await until(pilot, lambda: app.model.states[session].status == "done")
        await pilot.press("escape")
        await until(pilot, lambda: "fresh.txt" in told(app))
        await until(pilot, lambda: "Ready for review" in told(app))
        (decided,) = playing.of(session, e.ApprovalDecided)
        (asked,) = playing.of(session, e.ApprovalRequested)
        assert decided.shown == asked.binding
        assert app.model.states[session] == playing.state(session)

    play(tmp_path, {"m": writes}, act)


def test_a_no_with_words_reaches_the_model(tmp_path):
    async def act(app, pilot, playing):
        session = (await app.helm.start("Add a file")).session
        await until(pilot, lambda: app.model.claims())
        await pilot.press("alt+full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
        await pilot.press("N", *"not here", "enter")
        await until(pilot, lambda: app.model.states[session].status == "idle")
        (ended,) = playing.of(session, e.CallEnded)
        assert ended.status == "rejected"
        assert "not here" in ended.result

    play(tmp_path, {"m": writes}, act)


def test_a_question_is_answered_by_its_number(tmp_path):
    async def act(app, pilot, playing):
        await app.helm.start("Paint it")
        await until(pilot, lambda: app.model.claims())
        await pilot.press("alt+full_stop")
        await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
        await pilot.press("2")
        await until(pilot, lambda: "You chose" in told(app))
        assert "blue" in told(app)

    play(tmp_path, {"m": asks}, act)


def test_a_steer_is_marked_when_the_model_received_it_and_esc_interrupts(tmp_path):
    async def act(app, pilot, playing):
        session = (await app.helm.start("Wait", mode="auto")).session
        await until(pilot, lambda: playing.of(session, e.CallStarted))
        await until(pilot, lambda: "running sleep" in told(app))
        await pilot.press(*"hello", "tab")
        await until(pilot, lambda: "queued, for after the turn" in told(app))
        await pilot.press("escape")
        await until(pilot, lambda: playing.of(session, e.TurnEnded))
        assert playing.of(session, e.CallEnded)[0].status == "interrupted"
        await until(pilot, lambda: "reached the model" in told(app))
        await until(pilot, lambda: "Heard: hello" in told(app))

    play(tmp_path, {"m": sleeps}, act, allowed=("sleep 60",))


def test_a_discard_leaves_the_rail_and_u_brings_it_back(tmp_path):
    async def act(app, pilot, playing):
        session = (await app.helm.start("Paint it")).session
        await until(pilot, lambda: app.model.claims())
        await pilot.press("f2", "D")
        await until(pilot, lambda: app.screen.id == "confirm")
        await pilot.press("enter")
        await until(pilot, lambda: not app.model.sessions())
        await until(pilot, lambda: "brings it back" in told(app))
        await pilot.press("u")
        await until(pilot, lambda: [s.id for s in app.model.sessions()] == [session])

    play(tmp_path, {"m": asks}, act)


def test_the_past_is_replayed_from_the_journal(tmp_path):
    async def act(app, pilot, playing):
        session = (await app.helm.start("Paint it")).session
        await until(pilot, lambda: app.model.claims())
        await playing.give(o.Answer, session, question=app.model.claims()[0].id, text="green")
        await until(pilot, lambda: app.model.states[session].status == "idle")
        await pilot.press("f2", "r")
        await until(pilot, lambda: app.screen.id == "replay" and len(app.screen.tape))
        await pilot.press("a")
        await until(pilot, lambda: "Which colour?" in told(app))
        assert "green" not in told(app)
        await pilot.press("G")
        await until(pilot, lambda: "green" in told(app))
        assert app.screen.tape.states[session] == playing.state(session)

    play(tmp_path, {"m": asks}, act)


def test_two_decks_see_the_same(tmp_path):
    async def act(app, pilot, playing):
        async def connect():
            return (await attach_in_process(playing.runtime, "0"))[0]

        other = DeckApp(connect, app.model.folder, surroundings=SURROUNDINGS)
        async with other.run_test(size=(80, 24)) as second:
            await until(second, lambda: other.model.attached)
            session = (await app.helm.start("Paint it")).session
            await until(second, lambda: other.model.claims())
            await playing.give(o.Answer, session, question=other.model.claims()[0].id, text="x")
            await until(second, lambda: other.model.states[session].status == "idle")
            await until(pilot, lambda: app.model.states[session] == other.model.states[session])

    play(tmp_path, {"m": asks}, act)
