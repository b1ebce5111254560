"""Commands the developer runs by hand: the agent's sandbox, no approval, and told to the model."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.canaries import canaries, kept, seen_in
from kit.lawful import check_laws
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.by_hand import OpenHand, RunByHand, StopByHand
from steerdeck_agents.facts.errors import JournalError, OrderRefused
from steerdeck_agents.facts.ids import CallId, RequestId, SessionId
from steerdeck_agents.facts.orders import Say
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Transcript
from steerdeck_agents.journal.search import words_of
from steerdeck_agents.loop.by_hand import untold
from steerdeck_agents.loop.recover import left_open
from steerdeck_agents.models.scripted import Conversation, Reply
from steerdeck_agents.models.scripted import Say as Says
from steerdeck_agents.share.lines import LineTeller
from steerdeck_agents.share.why_call import Record

Story = Callable[[Scene, SessionId], Awaitable[None]]


def echo(talk: Conversation) -> Reply:
    return Reply((Says(f"You said: {' | '.join(talk.said)}", final=True),))


def play(tmp_path: Path, story: Story) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "shop")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            session = await playing.start(repository, "m", mode="ask")
            await playing.status(session, "idle", "done")
            await story(playing, session)
            await playing.until(lambda: playing.state(session).turn is None)
            check_laws(playing.runtime.fleet.reader, playing.state(session))

    asyncio.run(run())


def ended(playing: Scene, session: SessionId) -> list[e.HandEnded]:
    return [event for event in playing.of(session, e.HandEnded) if isinstance(event, e.HandEnded)]


def test_it_runs_unasked_in_the_workspace_and_the_model_hears_of_it_with_the_next_words(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(RunByHand, session, script="echo seven | tee made.txt; exit 3")
        await playing.until(lambda: ended(playing, session))
        (done,) = ended(playing, session)
        assert (done.status, done.summary, done.exit_code) == ("failed", "exit 3", 3)
        state = playing.state(session)
        assert (Path(state.workspace.path) / "made.txt").read_text() == "seven\n"
        assert not state.hands and state.turn is None, "it begins no turn"
        assert playing.of(session, e.ApprovalRequested, e.CallRequested) == []
        effect = Record(playing.runtime.fleet.reader, session).effect(done.call or CallId(""))
        assert effect is not None and effect.title.startswith("echo seven")
        assert (effect.allowed_by, effect.words) == ("you, who ran it by hand", "")
        kinds = [type(event) for event in playing.of(session, e.HandOrdered, e.HandStarted)]
        assert kinds == [e.HandOrdered, e.HandStarted]
        await playing.until(lambda: playing.state(session).files)
        await playing.give(Say, session, text="go on")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        said = [event.text for event in playing.of(session, e.ItemEnded)][-1]
        assert "$ echo seven | tee made.txt; exit 3" in said and said.endswith("| go on")
        assert "seven" in said and "exit code: 3" in said
        assert playing.state(session).hand_notes == ()
        assert len(playing.of(session, e.HandTold)) == 1

    play(tmp_path, story)


def test_what_can_t_be_undone_runs_only_with_its_very_danger_accepted(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        script = "rm -rf /"
        with pytest.raises(OrderRefused, match="danger: ") as refused:
            await playing.give(RunByHand, session, script=script)
        danger = str(refused.value).removeprefix("danger: ")
        with pytest.raises(OrderRefused):
            await playing.give(RunByHand, session, script=script, accepted="something else")
        with pytest.raises(OrderRefused, match="not the one there is"):
            await playing.give(RunByHand, session, script="true", accepted=danger)
        assert playing.of(session, e.HandOrdered) == []

    play(tmp_path, story)


def test_it_can_be_stopped_and_only_one_runs_at_a_time(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(RunByHand, session, script="echo begun; sleep 60")
        await playing.until(lambda: playing.of(session, e.HandPrinted))
        with pytest.raises(OrderRefused, match="One command by hand"):
            await playing.give(RunByHand, session, script="true")
        (hand,) = playing.state(session).hands
        await playing.give(StopByHand, session, call=hand.call)
        await playing.until(lambda: ended(playing, session))
        assert ended(playing, session)[0].status == "interrupted"
        (note,) = playing.state(session).hand_notes
        assert note.told is not None
        told = playing.runtime.fleet.reader.blob(note.told).decode()
        assert "$ echo begun; sleep 60" in told and "stopped by the developer" in told
        with pytest.raises(OrderRefused, match="ended already"):
            await playing.give(StopByHand, session, call=hand.call)

    play(tmp_path, story)


def test_on_a_full_disk_its_end_waits_and_the_next_one_can_run(tmp_path, monkeypatch):
    monkeypatch.setattr("steerdeck_agents.loop.site.STORAGE_RETRY_S", 0.01)

    async def story(playing: Scene, session: SessionId) -> None:
        writer = playing.runtime.fleet.writer
        append, refused = writer.append, []

        async def appending(*facts: e.KnownEvent, **how: object) -> object:
            if isinstance(facts[0], e.HandEnded) and len(refused) < 2:
                refused.append(facts[0])
                raise JournalError("The disk is full; make room.", retryable=True)
            return await append(*facts, **how)

        writer.append = appending
        await playing.give(RunByHand, session, script="echo one")
        await playing.until(lambda: ended(playing, session))
        assert len(refused) == 2
        await playing.give(RunByHand, session, script="echo two")
        await playing.until(lambda: len(ended(playing, session)) == 2)

    play(tmp_path, story)


def test_a_secret_in_what_was_typed_is_not_kept(tmp_path):
    planted = canaries(3)[:2]

    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(
            RunByHand, session, script=f"test {planted[0].secret} {planted[1].secret}"
        )
        await playing.until(lambda: ended(playing, session))

    play(tmp_path, story)
    for place, data in kept(tmp_path / "home/data/journal.db"):
        assert seen_in(data, planted) == [], place


def test_one_that_a_crash_cut_off_is_never_run_again_and_said_to_have_no_end():
    hand = OpenHand(CallId("hand_1"), "make", seq=4, at_ms=0, started=True)
    state = SessionState(id=SessionId("s"), hands=(hand,))
    (fact,) = left_open(state, "the runtime ended")
    assert isinstance(fact, e.HandEnded)
    assert fact.status == "interrupted" and "nobody saw how it ended" in fact.result
    after = fold([fact], state)
    assert after.hands == () and after.hand_notes[0].title == "make"


def test_of_more_than_the_model_is_told_of_it_hears_the_number():
    hands = tuple(OpenHand(CallId(f"hand_{n}"), "make", n, 0, started=True) for n in range(11))
    state = SessionState(id=SessionId("s"), hands=hands)
    after = fold(left_open(state, "the runtime ended"), state)
    assert (len(after.hand_notes), after.hands_dropped) == (8, 3)
    ((item, *_),) = untold(after.hands_dropped)
    assert "ran 3 commands" in item and untold(0) == []
    told = e.HandTold(session=state.id, call=hands[-1].call, request=RequestId("r"))
    assert fold([told], after).hands_dropped == 0


def test_one_that_a_crash_kept_from_beginning_is_not_told_to_the_model():
    hand = OpenHand(CallId("hand_1"), "make", seq=4, at_ms=0)
    state = SessionState(id=SessionId("s"), hands=(hand,))
    (fact,) = left_open(state, "the runtime ended")
    assert isinstance(fact, e.HandEnded) and fact.result == "not run"
    after = fold([fact], state)
    assert (after.hands, after.hand_notes) == ((), ())


def test_a_transcript_shows_it_as_a_call_of_the_developer():
    told = Transcript()
    call = CallId("hand_1")
    told.add(e.HandOrdered(seq=1, call=call, script="ls"))
    told.add(e.HandStarted(seq=2, call=call, binding="x", at_ms=5))
    told.add(e.HandPrinted(seq=3, call=call, text="a.py\n"))
    entry = told.entries[call]
    assert isinstance(entry, Called)
    assert (entry.by_hand, entry.phase, entry.output) == (True, "running", "a.py\n")
    told.add(e.HandEnded(seq=4, call=call, status="done", result="a.py", summary="exit 0"))
    assert told.entries[call].phase == "done"


def test_what_ran_by_hand_is_told_in_line_mode_and_found_by_search():
    teller = LineTeller(lambda session: "shop")
    call = CallId("hand_1")
    ordered = e.HandOrdered(session=SessionId("s"), call=call, script="make it")
    ended = e.HandEnded(
        session=SessionId("s"), call=call, status="failed", result="no rule", summary="exit 2"
    )
    lines = [line for event in (ordered, ended) for line in teller.tell(event)]
    assert [" ".join(line.split()[1:]) for line in lines] == [
        "by hand make it",
        "by hand exit 2",
        "no rule",
    ]
    assert [words_of(event) for event in (ordered, ended)] == ["make it", "no rule"]
