"""The verify loop, end to end: what a checked session does between "done" and done."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.loop.verify import HALT, LEAVE, TRY
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

Story = Callable[[Scene, Path], Awaitable[None]]
WORD = Check(name="word", command="cat word; grep -q good word")
QUIET = Check(name="word", command="test ! -e word || grep -q good word")


def writer(*words: str) -> Callable[[Conversation], Reply]:
    """Writes the next word into a file, then says that it is done; after each refusal again."""

    def script(talk: Conversation) -> Reply:
        number = len(talk.calls)
        told = bool(talk.calls) and not talk.note.startswith("You")
        if told and len(talk.messages) < number:
            return Reply((Say(f"Done {number}.", id=f"msg_{number}", final=True),))
        word = words[min(number, len(words) - 1)]
        patch = (
            f"*** Begin Patch\n*** Delete File: word\n*** Add File: word\n+{word}\n*** End Patch"
        )
        if not number:
            patch = f"*** Begin Patch\n*** Add File: word\n+{word}\n*** End Patch"
        return Reply((Call("apply_patch", {"patch": patch}, f"call_{talk.salt}_{number}"),))

    return script


def play(
    tmp_path: Path, story: Story, script: Callable[[Conversation], Reply], word: str = ""
) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(tmp_path / "home", {"m": script}) as playing:
            await story(playing, repository)

    asyncio.run(run())


def kinds(playing: Scene, session: SessionId) -> list[str]:
    wanted = (e.ChecksJudged, e.DoneRefused, e.QuestionAsked, e.DoneClaimed, e.TurnEnded)
    told = []
    for event in playing.of(session, *wanted):
        match event:
            case e.ChecksJudged():
                told.append(f"{event.round} {event.verdict}")
            case e.TurnEnded():
                told.append(event.status)
            case other:
                told.append(type(other).__name__)
    return told


def test_a_red_check_sends_the_agent_back_and_a_green_one_is_its_evidence(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(WORD,))
        state = await playing.status(session, "done", "asks", "failed")
        assert kinds(playing, session) == [
            "0 old", "1 red", "DoneRefused", "2 green", "DoneClaimed", "completed",
        ]  # fmt: skip
        claim = state.verify.claim
        assert claim is not None
        assert [(r.check, r.status) for r in claim.checks] == [("word", "passed")]
        assert (claim.files, claim.added, claim.rounds) == (1, 1, 2)
        await playing.give(o.Review, session)
        assert playing.state(session).verify.claim is None

    play(tmp_path, story, writer("bad", "good"))


def test_what_never_passes_gets_three_rounds_and_one_question(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(WORD,))
        state = await playing.status(session, "done", "asks", "failed")
        assert kinds(playing, session) == [
            "0 old", "1 red", "DoneRefused", "2 red", "DoneRefused", "3 red", "QuestionAsked",
        ]  # fmt: skip
        (asked,) = state.questions
        assert asked.asker == "checks" and "3 rounds" in asked.text
        assert asked.choices == (TRY, LEAVE, HALT)
        await playing.give(o.Answer, session, question=asked.id, text=LEAVE)
        state = await playing.status(session, "done", "failed")
        assert kinds(playing, session)[7:] == ["DoneClaimed", "completed"]
        assert state.verify.claim is not None and not state.verify.claim.checks[0].good

    play(tmp_path, story, writer("one", "two", "three", "four", "good"))


def test_the_same_failure_twice_asks_at_once_and_trying_again_counts_anew(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(QUIET,))
        state = await playing.status(session, "done", "asks", "failed")
        assert kinds(playing, session) == [
            "0 green", "1 red", "DoneRefused", "2 red", "QuestionAsked",
        ]  # fmt: skip
        (asked,) = state.questions
        assert "the same failure" in asked.text
        await playing.give(o.Answer, session, question=asked.id, text="Write good into it.")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        assert kinds(playing, session)[5:] == ["DoneRefused", "1 green", "DoneClaimed", "completed"]

    play(tmp_path, story, writer("bad", "worse", "good"))


def test_an_agent_that_stops_again_without_a_change_is_asked_about_not_checked_again(
    tmp_path: Path,
):
    def script(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say("Done.", id=f"msg_{len(talk.messages)}", final=True),))
        return writer("bad")(talk)

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(WORD,))
        state = await playing.status(session, "done", "asks", "failed")
        assert kinds(playing, session) == ["0 old", "1 red", "DoneRefused", "QuestionAsked"]
        assert "without a change" in state.questions[0].text
        await playing.give(o.Answer, session, question=state.questions[0].id, text=HALT)
        assert (await playing.status(session, "failed")).reason == (
            "Its checks are red, and you said stop."
        )

    play(tmp_path, story, script)


def test_what_failed_before_is_not_the_agents_and_is_labelled(tmp_path: Path):
    said = "FAILED tests/test_a.py::test_old - x"
    summary = f"=== short test summary info ===\\n{said}\\n=== 1 failed, 2 passed in 0.1s ==="
    old = Check(name="old", command=f"printf '{summary}\\n'; exit 1")

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(old,))
        state = await playing.status(session, "done", "asks", "failed")
        assert kinds(playing, session) == ["0 old", "1 old", "DoneClaimed", "completed"]
        assert state.verify.claim is not None
        assert state.verify.claim.old == ("tests/test_a.py::test_old",)

    play(tmp_path, story, writer("good"))


def test_a_hanging_check_is_killed_and_named(tmp_path: Path):
    hangs = Check(name="slow", command="test ! -e word || sleep 600", timeout_s=0.3)

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(hangs,))
        await playing.until(lambda: playing.of(session, e.DoneRefused))
        (ended,) = [x for x in playing.of(session, e.CheckEnded) if getattr(x, "round", 0)][:1]
        assert isinstance(ended, e.CheckEnded)
        assert ended.result.status == "hung" and "hung after 0.3 s" in ended.result.problem

    play(tmp_path, story, writer("good", "good"))


def test_without_a_change_no_check_runs_and_nothing_is_claimed(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        return Reply((Say("It is a shop.", final=True),))

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(WORD,))
        await playing.status(session, "idle")
        assert not [x for x in playing.of(session, e.ChecksJudged) if getattr(x, "round", 0)]
        assert playing.state(session).verify.claim is None
        await playing.until(lambda: not playing.state(session).verify.running)

    play(tmp_path, story, script)


def test_words_said_while_the_checks_ask_are_the_answer(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(WORD,))
        await playing.status(session, "asks")
        await playing.give(o.Say, session, text="Use good, please.")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        assert playing.of(session, e.QuestionExpired)
        assert kinds(playing, session)[-2:] == ["DoneClaimed", "completed"]

    def script(talk: Conversation) -> Reply:
        if len(talk.said) > 1 and len(talk.calls) < 3:
            return writer("bad", "bad", "good")(talk)
        if len(talk.calls) >= 3:
            return Reply((Say("Done.", id="msg_last", final=True),))
        return writer("bad")(talk)

    play(tmp_path, story, script)


def test_an_interrupt_ends_a_running_check(tmp_path: Path):
    slow = Check(name="slow", command="test ! -e word || sleep 600")

    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m", checks=(slow,))
        await playing.until(
            lambda: playing.state(session).verify.running and playing.state(session).verify.round
        )
        await playing.give(o.Interrupt, session)
        state = await playing.status(session, "interrupted")
        assert not state.verify.running and state.verify.judged is None

    play(tmp_path, story, writer("good"))


def test_a_deleted_test_is_flagged_with_the_claim(tmp_path: Path):
    def script(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say("Done.", id="msg_1", final=True),))
        patch = "*** Begin Patch\n*** Delete File: tests/test_shop.py\n*** End Patch"
        return Reply((Call("apply_patch", {"patch": patch}, f"call_{talk.salt}"),))

    async def story(playing: Scene, repository: Path) -> None:
        write(repository, "tests/test_shop.py", "def test_total():\n    assert 1 + 1 == 2\n")
        commit(repository)
        green = Check(name="green", command="true")
        session = await playing.start(repository, "m", checks=(green,))
        state = await playing.status(session, "done")
        assert state.verify.claim is not None
        assert [mark.path for mark in state.verify.claim.marks] == ["tests/test_shop.py"]

    play(tmp_path, story, script)
