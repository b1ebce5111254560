"""A whole review of a real session: comments, verdicts, one message, what the model is told."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts import review_orders as r
from steerdeck_agents.facts.comparison import FilePage, ReviewPage
from steerdeck_agents.facts.errors import JournalError, OrderRefused, SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.reviewing import Selection
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.client import PageError

SOURCE = "".join(f"value_{n} = {n}\n" for n in range(1, 31))
PATCH = """*** Begin Patch
*** Update File: src/values.py
@@
-value_5 = 5
+value_5 = 50
@@
-value_20 = 20
+value_20 = 200
+value_twenty = value_20
*** End Patch
"""
AGAIN = """*** Begin Patch
*** Update File: src/values.py
@@
-value_1 = 1
+value_0 = 0
+value_1 = 1
*** End Patch
"""


def writes(talk: Conversation) -> Reply:
    """Changes two places, and after the developer spoke the beginning of the file."""
    done = sum(call.output is not None for call in talk.calls)
    if done < min(2, len(talk.said)):
        return Reply((Call("apply_patch", {"patch": (PATCH, AGAIN)[done]}),))
    return Reply((Say("Written.", final=True),))


def play(tmp_path: Path, story: Callable[[Scene, SessionId, Path], Awaitable[None]]) -> None:
    repository = plain(tmp_path / "repository").resolve()
    write(repository, "src/values.py", SOURCE)
    commit(repository)

    async def run_it() -> None:
        async with scene(tmp_path / "home", {"m": writes}) as playing:
            session = await playing.start(repository, "m")
            state = await playing.status(session, "done")
            await story(playing, session, Path(state.workspace.path) / "src/values.py")

    asyncio.run(run_it())


async def page(playing: Scene, session: SessionId) -> FilePage:
    return await playing.client.ask(wire.FileOf(session, "src/values.py"), FilePage)


async def lines(
    playing: Scene, session: SessionId, old: tuple[int, int], new: tuple[int, int]
) -> Selection:
    digest = (await page(playing, session)).digest
    return Selection("src/values.py", digest, old, new)


def test_a_review_goes_as_one_message_and_the_model_is_told_what_was_taken_back(tmp_path):
    async def story(playing: Scene, session: SessionId, file: Path) -> None:
        first = await lines(playing, session, (5, 5), (5, 5))
        second = await lines(playing, session, (0, 0), (21, 21))
        await playing.give(r.CommentOn, session, on=first, text="Why fifty?")
        await playing.give(r.CommentOn, session, on=second, text="A better name, please.")
        await playing.give(r.RejectLines, session, on=first)
        assert "value_5 = 5\n" in file.read_text()
        assert "value_20 = 200\n" in file.read_text()
        with pytest.raises(OrderRefused, match="has changed since it was shown"):
            await playing.give(r.RejectLines, session, on=first)
        assert [one.line for one in (await page(playing, session)).comments] == [0, 21]

        await playing.give(r.SendReview, session)
        (message,) = playing.of(session, e.MessageSent)[1:]
        assert message.text == (
            "I reviewed your changes: 2 comments. Please see to all of them.\n\n"
            "src/values.py:5 (as it was then; these lines have changed since)\n"
            "> value_5 = 50\nWhy fifty?\n\n"
            "src/values.py:21\n> value_twenty = value_20\nA better name, please.\n\n"
            "I took back 2 changed lines at src/values.py:5; do not make them again."
        )
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        prompt = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
        (told,) = [line.text for line in prompt if line.origin == "world.review"]
        assert "+value_5 = 50" in told
        assert "src/values.py, near line 5" in told
        assert not [line for line in prompt if line.origin == "world.undone"]
        # The agent wrote a line above them: one comment has moved, the other is still stale.
        assert [one.line for one in (await page(playing, session)).comments] == [0, 22]
        assert playing.state(session).review.waiting == ()
        with pytest.raises(OrderRefused, match="no comment to send"):
            await playing.give(r.SendReview, session)

    play(tmp_path, story)


def test_a_comment_that_was_written_while_the_file_changed_is_not_lost(tmp_path):
    async def story(playing: Scene, session: SessionId, file: Path) -> None:
        on = await lines(playing, session, (0, 0), (21, 21))
        gone = await lines(playing, session, (0, 0), (5, 5))
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        await playing.give(r.RejectLines, session, on=await lines(playing, session, (5, 5), (6, 6)))
        seen = ("value_twenty = value_20",)
        await playing.give(r.CommentOn, session, on=on, text="A name.", seen=seen)
        await playing.give(r.CommentOn, session, on=gone, text="Why?", seen=("value_5 = 50",))
        assert [one.line for one in (await page(playing, session)).comments] == [22, 0]
        with pytest.raises(OrderRefused, match="changed since it was shown"):
            await playing.give(r.AcceptLines, session, on=on)

    play(tmp_path, story)


def test_what_was_taken_back_is_put_back_though_the_agent_went_on(tmp_path):
    async def story(playing: Scene, session: SessionId, file: Path) -> None:
        given = await playing.give(
            r.RejectLines, session, on=await lines(playing, session, (20, 20), (20, 21))
        )
        assert "value_20 = 20\n" in file.read_text()
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        await playing.give(r.PutBack, session, taken=given.seq)
        assert file.read_text() == ("value_0 = 0\n" + SOURCE).replace(
            "value_5 = 5\n", "value_5 = 50\n"
        ).replace("value_20 = 20\n", "value_20 = 200\nvalue_twenty = value_20\n")
        with pytest.raises(OrderRefused, match="put back already"):
            await playing.give(r.PutBack, session, taken=given.seq)

    play(tmp_path, story)


def test_verdicts_and_looks_are_facts_and_fall_off_when_the_file_changes(tmp_path):
    async def story(playing: Scene, session: SessionId, file: Path) -> None:
        async def row() -> tuple[int, int, bool]:
            found = await playing.client.ask(wire.ReviewOf(session), ReviewPage)
            (only,) = found.files
            return only.hunks, only.accepted, only.viewed

        shown = (await page(playing, session)).digest
        await playing.give(r.MarkViewed, session, path="src/values.py", digest=shown)
        await playing.give(r.AcceptLines, session, on=await lines(playing, session, (5, 5), (5, 5)))
        assert await row() == (2, 1, True)
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        assert await row() == (3, 1, False)
        known = playing.state(session).review
        asked = wire.StateAt(session, playing.state(session).seq)
        stored = await playing.client.ask(asked, type(playing.state(session)))
        assert stored.review == known
        file.unlink()
        os.mkfifo(file)
        (only,) = (await playing.client.ask(wire.ReviewOf(session), ReviewPage)).files
        assert (only.path, only.kind) == ("src/values.py", "unread")
        assert (await page(playing, session)).note.endswith("is not a file.")
        with pytest.raises(PageError, match="not a plain path"):
            await playing.client.ask(wire.FileOf(session, "../values.py"), FilePage)

    play(tmp_path, story)


def test_two_sessions_results_are_compared_with_each_other(tmp_path):
    async def story(playing: Scene, session: SessionId, file: Path) -> None:
        repository = Path(playing.state(session).workspace.repository)
        other = await playing.start(repository, "m", task="Again.")
        await playing.status(other, "done")
        await playing.give(r.RejectLines, other, on=await lines(playing, other, (5, 5), (5, 5)))
        against = await playing.client.ask(wire.ReviewOf(session, other), ReviewPage)
        assert [(row.path, row.added, row.removed) for row in against.files] == [
            ("src/values.py", 1, 1)
        ]
        found = await playing.client.ask(
            wire.FileOf(session, "src/values.py", other=other), FilePage
        )
        (pair,) = [pair for pair in found.pairs if not pair.same]
        assert (pair.old.text, pair.new.text) == ("value_5 = 5", "value_5 = 50")

    play(tmp_path, story)


def test_a_rejection_cut_off_by_a_crash_is_told_and_comments_are_there_again(tmp_path):
    repository = plain(tmp_path / "repository").resolve()
    write(repository, "src/values.py", SOURCE)
    commit(repository)
    home = tmp_path / "home"

    async def first() -> SessionId:
        async with scene(home, {"m": writes}, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            on = await lines(playing, session, (5, 5), (5, 5))
            await playing.give(r.CommentOn, session, on=on, text="Why?")
            append = playing.runtime.fleet.writer.append

            async def appending(*facts: e.KnownEvent, **how: object) -> object:
                if any(isinstance(fact, e.LinesTakenBack) for fact in facts):
                    raise JournalError("cut off")
                return await append(*facts, **how)

            playing.runtime.fleet.writer.append = appending
            with pytest.raises(SteerdeckError, match="cut off"):
                await playing.give(r.RejectLines, session, on=on)
            return session

    async def second(session: SessionId) -> None:
        async with scene(home, {"m": writes}, ids=RandomIds()) as playing:
            state = playing.state(session)
            assert "value_5 = 5\n" in (Path(state.workspace.path) / "src/values.py").read_text()
            assert (state.restoring, state.undone) == (None, ("src/values.py",))
            assert [one.text for one in state.review.comments] == ["Why?"]
            assert [one.line for one in (await page(playing, session)).comments] == [0]

    asyncio.run(second(asyncio.run(first())))
