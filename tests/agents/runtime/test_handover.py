"""A newer version takes over where nothing is broken off, or says what it waits for."""

import asyncio
import os
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.state import OpenCall, OpenTurn, SessionState
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.handover import HOLD_S, Handover, newer
from steerdeck_agents.runtime.lifecycle import attach, ensure
from steerdeck_agents.runtime.local import attach_in_process

RUN = "echo ran >> ran.txt; sleep 0.2; echo ended >> ended.txt"


def at_work(**more: object) -> SessionState:
    turn = OpenTurn("turn", 1, 0)
    return SessionState(id=SessionId("s"), name="fix", turn=turn, **more)


def calling(title: str) -> SessionState:
    return at_work(calls=(OpenCall(CallId("c"), "shell", "{}", title, 1, 0, started=True),))


@pytest.mark.parametrize(
    ("theirs", "mine", "is_newer"),
    [
        ("0.2.0", "0.1.9", True), ("0.10", "0.9", True), ("1.0", "1.0", False),
        ("0.1", "0.2", False), ("1.0+local7", "1.0", False), ("1", "", True),
        ("0.1.0.dev3", "0.1.0", False),
    ],
)  # fmt: skip
def test_a_version_is_newer_by_its_numbers(theirs: str, mine: str, is_newer: bool):
    assert newer(theirs, mine) is is_newer


def test_with_nothing_at_work_it_ends_at_once():
    assert Handover().look([SessionState(id=SessionId("s"), name="rests")], 0, 1.0)


def test_what_runs_is_waited_for_and_named_while_the_others_stand_still():
    handover = Handover()
    handover.ask("2.0")
    assert not handover.look([calling("make test")], 0, 1.0)
    assert handover.held
    assert handover.told == (
        "Steerdeck 2.0 takes over when nothing is under way: it waits for `make test` of fix."
    )
    # It has ended, and its session stands still before the next request.
    assert handover.look([at_work()], 0, 2.0)


def test_nobody_stands_still_for_long():
    handover = Handover()
    handover.ask("2.0")
    for now_s, held in ((1, True), (HOLD_S, True), (HOLD_S + 2, False), (HOLD_S + 9, False),
                        (2 * HOLD_S + 3, True)):  # fmt: skip
        assert not handover.look([calling("make all")], 0, now_s)
        assert handover.held is held, now_s


def test_a_shell_session_is_waited_for_without_holding_anybody():
    handover = Handover()
    handover.ask("2.0")
    server = OpenShell(id="sh-1", title="npm run dev", seq=1, at_ms=0)
    assert not handover.look([at_work(shells=(server,)), calling("ls")], 0, 1.0)
    assert not handover.held
    assert handover.waits_for == ("the shell session `npm run dev` of fix", "`ls` of fix")
    assert "`npm run dev` of fix and 1 more" in handover.told


def test_an_order_in_hand_is_let_to_its_end():
    handover = Handover()
    assert not handover.look([], 1, 1.0)
    assert handover.look([], 0, 1.1)


def once(talk: Conversation) -> Reply:
    done = sum(call.output is not None for call in talk.calls)
    if done == 2:
        return Reply((Say("Done.", final=True),))
    return Reply((Call("shell", {"command": RUN, "why": "So."}, f"call_{done}"),))


def test_a_newer_deck_takes_over_between_two_calls_and_breaks_nothing_off(
    short_folder: Path, tmp_path: Path
):
    asyncio.run(taken_over(short_folder, plain(tmp_path / "repository").resolve()))


async def taken_over(home: Path, repository: Path) -> None:
    server = await serve({"m": once}, pace=0)
    where = home_at(home, {"m": server.url}, {RUN: repository})
    old = await ensure(where, "0", os.environ)
    try:
        start = o.Start(id=order_id(), task="Run twice.", folder=str(repository), mode="auto",
                        surroundings=SURROUNDINGS)  # fmt: skip
        session = (await old.give(start)).session
        await old.watch(SessionId(""), "status")
        frames = old.incoming()
        async for frame in frames:
            if isinstance(frame, wire.Facts) and b'"call.started"' in b"".join(
                bytes(raw) for raw in frame.events
            ):
                break
        # The runtime here is the one that is installed; what says hello is newer than that.
        newer_one = await attach(where, "999.0")
        assert newer_one is not None
        async for frame in frames:
            if isinstance(frame, wire.Bye):
                assert (frame.reason, frame.told) == (
                    "The runtime ended: steerdeck 999.0 takes over.", False,
                )  # fmt: skip
        await newer_one.close()
        again = await ensure(where, "0", os.environ)
        assert again.hello.pid != old.hello.pid
        async with asyncio.timeout(30):
            while (await again.ask(wire.StateAt(session), SessionState)).status != "done":
                await asyncio.sleep(0.01)
        texts = await again.ask_raw(wire.Events(session, limit=1000))
        assert texts.count(b'"call.started"') == texts.count(b'"call.ended"') == 2
        assert b'"call.lost"' not in texts
        assert b'"interrupted"' not in texts
        await again.give(o.StopRuntime(id=order_id()))
        await again.close()
    finally:
        await old.close()
        await server.close()


def test_an_older_client_changes_nothing(tmp_path: Path):
    async def run() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            client, serving = await attach_in_process(playing.runtime, "0")
            page = await client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert (page.handover, page.waits_for, page.program) == ("", (), "")
            await client.close()
            await serving

    asyncio.run(run())


def test_a_newer_client_is_told_what_is_waited_for(tmp_path: Path):
    async def run() -> None:
        async with scene(tmp_path / "home", {}) as playing:
            client, serving = await attach_in_process(playing.runtime, "7.0")
            page = await client.ask(wire.RuntimeStatus(), wire.StatusPage)
            assert page.handover.startswith("Steerdeck 7.0 takes over")
            assert await playing.runtime.until_told() == "steerdeck 7.0 takes over"
            assert not playing.of(SessionId(""), e.RuntimeEnded)
            await client.close()
            await serving

    asyncio.run(run())
