"""The story of a crash: what is kept, what was in flight, and who says how it goes on."""

import asyncio
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from kit.cutting import put_back
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.by_hand import HandOrdered, HandStarted
from steerdeck_agents.facts.cut_off import CutOff, InFlight
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
)
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.loop import cut_off, recover
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

ME, TURN = SessionId("s"), TurnId("t")
MAKE = CallId("c")
RUN = "echo ran >> ran.txt; sleep 30"
PLACE = Workspace(path="/w", repository="/r", branch="b", base="0" * 40)
BORN = e.SessionCreated(session=ME, name="fix", task="Do it.", model="m", workspace=PLACE)
OPEN = (BORN, e.TurnStarted(session=ME, turn=TURN))
ASKED = e.CallRequested(
    session=ME, turn=TURN, call=MAKE, tool="shell", arguments="{}", title="make test"
)
BEGUN = e.CallStarted(session=ME, turn=TURN, call=MAKE, binding=Sha("b"), allowed_by="rule")
SENT = e.RequestSent(session=ME, turn=TURN, request=RequestId("r"), window=1, model="m", items=1,
                     body=Sha("b"))  # fmt: skip
WAITS = e.ApprovalRequested(session=ME, turn=TURN, call=MAKE, approval=ApprovalId("a"),
                            kind="command", what="make test", binding=Sha("b"))  # fmt: skip


def state_of(*facts: e.KnownEvent, mode: str = "auto") -> SessionState:
    numbered = [structs.replace(fact, seq=n) for n, fact in enumerate((*OPEN, *facts), 1)]
    return structs.replace(fold(numbered), mode=mode)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ((ASKED, BEGUN), ["`make test`"]),
        ((ASKED,), []),
        ((SENT,), ["an answer of its model"]),
        (
            (SENT, e.TextAdded(session=ME, item="i", kind="message", text="half a word")),
            ["an answer of its model, of which 11 characters are kept"],
        ),
        (
            (HandOrdered(session=ME, call=MAKE, script="ls"),
             HandStarted(session=ME, call=MAKE, binding=Sha("b"))),
            ["your command `ls`"],
        ),
    ],
)  # fmt: skip
def test_what_was_in_flight_is_what_has_no_end(facts: tuple[e.KnownEvent, ...], told: list[str]):
    assert [one.what for one in cut_off.in_flight(state_of(*facts))] == told


@pytest.mark.parametrize(
    ("mode", "facts", "goes_on"),
    [
        ("auto", (), "session.resumed"),
        ("auto", (SENT,), "session.resumed"),
        ("auto", (ASKED, BEGUN), ""),
        ("ask", (SENT,), "session.parked"),
        ("plan", (), "session.parked"),
        ("ask", (ASKED, WAITS), "session.resumed"),
        ("ask", (ASKED, BEGUN), ""),
    ],
)
def test_after_a_kill_only_what_is_known_goes_on_and_only_where_rules_decide(
    mode: str, facts: tuple[e.KnownEvent, ...], goes_on: str
):
    closing = recover.after_crash(state_of(*facts, mode=mode), "killed")
    kinds = {type(fact).__struct_config__.tag for fact in closing}
    assert kinds & {"session.resumed", "session.parked"} == ({goes_on} if goes_on else set())


def test_after_an_end_in_peace_everybody_at_work_goes_on():
    for mode in ("auto", "ask", "plan"):
        (resumed,) = recover.after_crash(state_of(mode=mode))
        assert isinstance(resumed, e.SessionResumed)


def told_of(state: SessionState) -> CutOff:
    assert state.cut_off is not None
    return state.cut_off


def cut(**more: object) -> e.SessionCutOff:
    told = CutOff("killed", "the start of `make test`", 3, 0, (InFlight("`make test`", MAKE),))
    return e.SessionCutOff(session=ME, cut=structs.replace(told, **more))


LOST = e.CallLost(session=ME, turn=TURN, call=MAKE, reason="killed")


@pytest.mark.parametrize(
    "answer",
    [
        e.CallEnded(session=ME, turn=TURN, call=MAKE, status="done", result="ok"),
        e.SessionResumed(session=ME, actor="developer"),
        e.TurnEnded(session=ME, turn=TURN, status="interrupted"),
        e.SessionArchived(session=ME),
    ],
)
def test_the_story_stands_until_it_is_answered(answer: e.KnownEvent):
    state = state_of(ASKED, BEGUN, cut(), LOST)
    assert told_of(state).told == (
        "the runtime was killed while it worked; kept to: the start of `make test`;"
        " in flight: `make test`"
    )
    assert fold([answer], state).cut_off is None


def test_a_turn_that_is_given_up_leaves_nothing_parked():
    parked = e.SessionParked(session=ME, turn=TURN, reason="The runtime was killed.")
    state = state_of(SENT, cut(), parked, mode="ask")
    assert (state.status, state.cut_off is None) == ("parked", False)
    after = fold([e.TurnEnded(session=ME, turn=TURN, status="interrupted")], state)
    assert (after.status, after.parked, after.reason) == ("interrupted", False, "")


def once(talk: Conversation) -> Reply:
    results = [call.output for call in talk.calls if call.output is not None]
    if results:
        return Reply((Say(f"It said: {results[-1]}", final=True),))
    return Reply((Say("I run it."), Call("shell", {"command": RUN, "why": "So."})))


def killed(tmp_path: Path) -> Path:
    """A home as a kill leaves it: kept while a command runs, whose runtime then ends in peace."""
    repository = plain(tmp_path / "repository").resolve()

    async def run() -> None:
        async with scene(tmp_path / "home", {"m": once}, allowed={RUN: repository}) as playing:
            session = await playing.start(repository, "m")
            await playing.until(lambda: playing.of(session, e.CallStarted))
            shutil.copytree(tmp_path / "home", tmp_path / "kept", symlinks=True)

    asyncio.run(run())
    return tmp_path / "kept"


def again(kept: Path, act: Callable[[Scene, SessionState], object]) -> None:
    home = kept.with_name("home")
    put_back(kept, home)

    async def run() -> None:
        async with scene(home, {"m": once}) as playing:
            (state,) = playing.runtime.fleet.states()
            await act(playing, state)

    asyncio.run(run())


def test_a_killed_session_tells_its_story_and_takes_each_answer(tmp_path: Path):
    kept = killed(tmp_path)

    async def resolve(verdict: str, says: str, playing: Scene, state: SessionState) -> None:
        story = told_of(state)
        assert (state.status, story.how) == ("unknown", "killed")
        assert story.last == f"the start of `{RUN}`"
        assert [one.what for one in story.in_flight] == [f"`{RUN}`"]
        (call,) = state.calls
        await playing.give(o.Resolve, state.id, call=call.id, verdict=verdict)
        after = await playing.status(state.id, "done", "idle")
        assert after.cut_off is None
        assert says in after.last_words

    async def give_up(playing: Scene, state: SessionState) -> None:
        await playing.give(o.Interrupt, state.id)
        after = await playing.status(state.id, "interrupted")
        assert (after.calls, after.cut_off) == ((), None)

    again(kept, partial(resolve, "done", "says it is done"))
    again(kept, partial(resolve, "failed", "did not work"))
    again(kept, partial(resolve, "again", "ask for it again if need be"))
    again(kept, give_up)


def test_a_machine_that_was_restarted_is_told_from_a_killed_runtime(tmp_path: Path):
    kept = killed(tmp_path)

    async def look(playing: Scene, state: SessionState) -> None:
        reader = playing.runtime.fleet.reader
        assert cut_off.how_ended(reader, "") == "killed"
        assert cut_off.how_ended(reader, "another boot") == "restarted"
        await playing.runtime.fleet.close("in peace")
        assert cut_off.how_ended(reader, "another boot") is None

    again(kept, look)
