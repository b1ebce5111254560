"""A fork goes on from where another session stands, with its words and its files."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec
import pytest

from kit.lawful import check_laws
from kit.repositories import (
    fingerprint,
    partial,
    plain,
    run,
    shallow,
    sparse,
    with_submodule,
    write,
)
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.journal.reader import JournalReader, StoredRequest
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.workspace.clone import borrowed

PATCH = "*** Begin Patch\n*** Add File: fresh.txt\n+new\n*** End Patch\n"
CHANGE = (
    "echo one >> src/shop.py; git add -A; git commit -q -m one; echo two >> src/shop.py;"
    " git rm -q readme.md; ln -s fresh.txt linked"
)
STEPS = [{"text": "Write", "status": "completed"}, {"text": "Look", "status": "in_progress"}]
SLOW = "echo begun; sleep 20"


def writes(talk: Conversation) -> Reply:
    """Plans, adds a file, commits, leaves more uncommitted; then does as the last words say."""
    if "<summarize>" in talk.note:
        return Reply((Say("Files were written."),))
    done = sum(call.output is not None for call in talk.calls)
    if done == 0:
        return Reply((Call("update_plan", {"steps": STEPS}),))
    if done == 1:
        return Reply((Call("apply_patch", {"patch": PATCH}),))
    if done == 2:
        return Reply((Call("shell", {"command": CHANGE, "why": "More."}),))
    asked = [call for call in talk.calls if call.id.startswith("asked")]
    number = len(talk.messages)
    match talk.said[-1] if talk.said else "", bool(asked and asked[-1].output):
        case "Ask.", False:
            return Reply((Call("ask", {"question": "Blue?"}, "asked"),))
        case "Run it.", False:
            return Reply((Call("shell", {"command": SLOW, "why": "So."}, "asked"),))
        case "Ask to run.", False:
            return Reply((Call("shell", {"command": "touch x", "why": "So."}, "asked"),))
        case "Hang.", _:
            return Reply((Say("Well", id=f"msg_{number}"),), broken="stall", after=3)
    return Reply((Say(f"Answer {number}.", id=f"msg_{number}", final=True),))


def playing_at(tmp_path: Path, repository: Path) -> AbstractAsyncContextManager[Scene]:
    allowed = {CHANGE: repository, SLOW: repository}
    return scene(tmp_path / "home", {"m": writes}, ids=RandomIds(), allowed=allowed)


def play(
    tmp_path: Path,
    story: Callable[[Scene, SessionId], Awaitable[None]],
    make: Callable[[Path], Path] = plain,
) -> None:
    """A session whose first turn is done."""
    repository = make(tmp_path / "repository").resolve()

    async def run_it() -> None:
        async with playing_at(tmp_path, repository) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            await story(playing, session)
            for state in playing.runtime.fleet.states():
                check_laws(playing.runtime.fleet.reader, state)

    asyncio.run(run_it())


async def forked(playing: Scene, session: SessionId, name: str = "") -> SessionId:
    """A fork of it, with its workspace made."""
    given = await playing.give(o.Fork, session, name=name)
    await playing.status(given.session, "done", "idle", "interrupted")
    return given.session


def place(playing: Scene, session: SessionId) -> Path:
    return Path(playing.state(session).workspace.path)


def files(folder: Path) -> dict[str, object]:
    """Every path outside .git, with its kind, mode and contents."""
    return {
        str(path.relative_to(folder)): path.readlink()
        if path.is_symlink()
        else (path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.relative_to(folder).parts and (path.is_symlink() or path.is_file())
    }


def requests(playing: Scene, session: SessionId) -> list[StoredRequest]:
    reading = playing.runtime.fleet.reader
    return [reading.request(one.id) for one in reading.requests(session)]


async def said(playing: Scene, session: SessionId, text: str) -> StoredRequest:
    """Say something; the request that carried it."""
    before = len(playing.of(session, e.TurnEnded))
    await playing.give(o.Say, session, text=text)
    await playing.until(lambda: len(playing.of(session, e.TurnEnded)) > before)
    return requests(playing, session)[-1]


def test_a_fork_has_the_same_files_words_and_settings(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        then = playing.state(session)
        before = fingerprint(Path(then.workspace.repository))
        copy = await forked(playing, session, "second way")
        source, fork = playing.state(session), playing.state(copy)
        here, there = place(playing, copy), place(playing, session)
        assert files(here) == files(there)
        assert "readme.md" not in files(here)
        assert run(here, "rev-parse", "HEAD") == run(there, "rev-parse", "HEAD")
        assert run(here, "symbolic-ref", "--short", "HEAD") == fork.workspace.branch
        assert fork.workspace.branch == "steerdeck/second-way" != source.workspace.branch
        assert fork.workspace.base == source.workspace.base != run(here, "rev-parse", "HEAD")
        assert fork.forked_from == session
        assert [step.text for step in fork.plan.steps] == ["Write", "Look"]
        assert (fork.model, fork.mode, fork.limits) == (source.model, source.mode, source.limits)
        assert fork.files == source.files
        assert fork.counts.requests == fork.usage.input == 0
        assert msgspec.structs.replace(source, seq=0) == msgspec.structs.replace(then, seq=0)
        assert fingerprint(Path(then.workspace.repository)) == before

    play(tmp_path, story)


def test_the_workspace_of_a_fork_stands_on_its_own_and_can_be_undone(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        copy = await forked(playing, session)
        await playing.until(lambda: not playing.state(copy).workspace.borrows)
        assert borrowed(place(playing, copy)) == ()
        await playing.give(o.Archive, session, discard=True)
        shutil.rmtree(playing.paths.bin)
        run(place(playing, copy), "fsck", "--full")
        await playing.give(o.Undo, copy, paths=("readme.md",))
        assert (place(playing, copy) / "readme.md").read_text() == "# Plain\n"

    play(tmp_path, story)


def test_its_next_request_begins_with_the_same_bytes_and_both_go_on_by_themselves(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        copy = await forked(playing, session)
        shared = len(requests(playing, session)[-1].items) + 1
        (theirs, mine) = [await said(playing, s, "Go on.") for s in (session, copy)]
        assert mine.fields == theirs.fields
        assert f'"prompt_cache_key":"{session}"' in mine.fields
        assert mine.items[:shared] == theirs.items[:shared]
        assert any(str(place(playing, copy)) in item for item in mine.items[shared:])
        write(place(playing, copy), "fresh.txt", "of the fork\n")
        assert (place(playing, session) / "fresh.txt").read_text() == "new\n"
        await playing.give(o.Archive, session, discard=True)
        assert (await said(playing, copy, "Still there?")).items[:shared] == mine.items[:shared]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("words", "status", "why"),
    [
        ("Ask.", "asks", "waits for your answer"),
        ("Ask to run.", "needs_you", "waits for your answer"),
        ("Run it.", "working", "A call of .* is open"),
    ],
)
def test_a_session_with_an_open_call_is_not_forked(tmp_path, words, status, why):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Say, session, text=words)
        await playing.until(
            lambda: (
                playing.state(session).status == status
                and any(
                    call.started or status != "working" for call in playing.state(session).calls
                )
            )
        )
        with pytest.raises(OrderRefused, match=why):
            await playing.give(o.Fork, session)
        await playing.give(o.Interrupt, session)
        await playing.status(session, "interrupted")
        copy = await forked(playing, session)
        assert not playing.state(copy).calls
        await said(playing, copy, "Go on.")

    play(tmp_path, story)


def test_an_archived_session_and_one_without_files_are_not_forked(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Archive, session)
        with pytest.raises(OrderRefused, match="reopen it"):
            await playing.give(o.Fork, session)
        await playing.give(o.Reopen, session)
        shutil.rmtree(place(playing, session))
        with pytest.raises(OrderRefused, match="is gone"):
            await playing.give(o.Fork, session)
        assert len(playing.runtime.fleet.states()) == 1

    play(tmp_path, story)


def test_words_that_wait_and_an_open_request_stay_with_the_source(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Say, session, text="Hang.")
        await playing.until(lambda: (turn := playing.state(session).turn) and turn.request)
        await playing.give(o.Say, session, text="Later.", delivery="queue")
        copy = await forked(playing, session)
        fork, source = playing.state(copy), playing.state(session)
        assert source.turn is not None
        assert [message.text for message in source.queue] == ["Later."]
        assert (fork.status, fork.turn, fork.queue) == ("interrupted", None, ())
        mine = await said(playing, copy, "Go on.")
        begun = requests(playing, session)[-1]
        assert mine.items[: len(begun.items)] == begun.items
        await playing.give(o.Interrupt, session)
        await playing.until(lambda: not playing.state(session).queue)
        await playing.status(session, "done", "interrupted")

    play(tmp_path, story)


def test_a_result_no_request_has_carried_yet_goes_along(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Say, session, text="Ask.")
        await playing.status(session, "asks")
        await playing.give(o.Configure, session, limits=Limits(turns=1))
        (asked,) = playing.state(session).questions
        await playing.give(o.Answer, session, question=asked.id, text="Green.")
        await playing.status(session, "parked")
        copy = await forked(playing, session)
        shared = playing.state(session).prompt_items + 1
        mine = await said(playing, copy, "Go on.")
        await playing.give(o.Configure, session, limits=Limits(turns=9))
        await playing.give(o.Resume, session)
        await playing.status(session, "done")
        theirs = requests(playing, session)[-1]
        assert mine.items[:shared] == theirs.items[:shared]
        assert "Green." in mine.items[shared - 1]

    play(tmp_path, story)


def test_a_later_window_is_forked_as_it_is(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Compact, session)
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        copy = await forked(playing, session)
        assert playing.state(copy).window == 1
        shared = playing.state(session).prompt_items
        (theirs, mine) = [await said(playing, s, "Go on.") for s in (session, copy)]
        assert mine.items[:shared] == theirs.items[:shared]

    play(tmp_path, story)


def test_what_no_checkpoint_keeps_is_named_and_not_copied(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        write(place(playing, session), ".env", "KEY=secret\n")
        copy = await forked(playing, session)
        assert not (place(playing, copy) / ".env").exists()
        texts = [fact.text for fact in playing.of(copy, e.Noticed)]
        assert any("not copied" in text and ".env" in text for text in texts)

    play(tmp_path, story)


def test_a_fork_is_told_what_its_source_was_not_told_yet(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        await playing.give(o.Undo, session, paths=("readme.md",))
        copy = await forked(playing, session)
        assert (place(playing, copy) / "readme.md").exists()
        told = [await said(playing, s, "Go on.") for s in (session, copy)]
        items = [[item for item in one.items if "put these files back" in item] for one in told]
        assert items[0] == items[1] != []

    play(tmp_path, story)


@pytest.mark.parametrize("make", [shallow, partial, sparse, with_submodule])
def test_odd_repositories_are_forked_too(tmp_path, make):
    async def story(playing: Scene, session: SessionId) -> None:
        copy = await forked(playing, session)
        here, there = place(playing, copy), place(playing, session)
        assert files(here) == files(there)
        assert run(here, "rev-parse", "HEAD") == run(there, "rev-parse", "HEAD")

    play(tmp_path, story, make)


def test_a_fork_finishes_itself_after_a_crash_as_the_source_was_then(tmp_path):
    repository = plain(tmp_path / "repository").resolve()

    async def story() -> None:
        async with playing_at(tmp_path, repository) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            there = place(playing, session)
            then = files(there)
            copy = (await playing.give(o.Fork, session)).session
        assert JournalReader(playing.paths.journal).state_at(copy).copying is not None
        write(playing.paths.workspaces / copy, "half/made.txt", "by a runtime that was killed\n")
        write(there, "src/shop.py", "later\n")
        run(there, "commit", "-q", "-a", "--amend", "-m", "later")
        async with playing_at(tmp_path, repository) as playing:
            await playing.until(lambda: playing.state(copy).copying is None)
            await playing.status(copy, "done")
            assert files(place(playing, copy)) == then
            await said(playing, copy, "Go on.")
            check_laws(playing.runtime.fleet.reader, playing.state(copy))

    asyncio.run(story())


def test_a_fork_that_cannot_be_made_is_parked_and_made_on_resume(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        repository = Path(playing.state(session).workspace.repository)
        repository.rename(tmp_path / "away")
        copy = (await playing.give(o.Fork, session)).session
        await playing.status(copy, "parked")
        (tmp_path / "away").rename(repository)
        await playing.give(o.Resume, copy)
        await playing.status(copy, "done")
        assert files(place(playing, copy)) == files(place(playing, session))

    play(tmp_path, story)


def test_a_fork_of_a_fork_keeps_the_key_of_the_first_over_a_restart(tmp_path):
    repository = plain(tmp_path / "repository").resolve()

    async def story() -> None:
        async with playing_at(tmp_path, repository) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "done")
            copy = await forked(playing, session)
            write(place(playing, copy), "only_here.txt", "yes\n")
            second = await forked(playing, copy)
            assert files(place(playing, second)) == files(place(playing, copy))
        async with playing_at(tmp_path, repository) as playing:
            first, mine = [(await said(playing, s, "Go on.")) for s in (session, second)]
            assert mine.fields == first.fields
            assert len({playing.state(s).name for s in (session, copy, second)}) == 3
            check_laws(playing.runtime.fleet.reader, playing.state(second))

    asyncio.run(story())


def test_a_fork_carries_the_checks_with_what_failed_before_and_not_the_goal(tmp_path):
    said = "FAILED tests/test_a.py::test_old - x"
    summary = f"=== short test summary info ===\\n{said}\\n=== 1 failed, 2 passed in 0.1s ==="
    old = Check(name="old", command=f"printf '{summary}\\n'; exit 1")

    async def run_it() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with playing_at(tmp_path, repository) as playing:
            goal = Goal("Reach it.", check_in_turns=1, waits=True)
            session = await playing.start(repository, "m", checks=(old,), goal=goal)
            await playing.status(session, "parked")
            source = playing.state(session)
            copy = await forked(playing, session)
            verify = playing.state(copy).verify
            assert verify.checks == (old,)
            assert verify.baseline == source.verify.baseline != ()
            assert verify.old == ("tests/test_a.py::test_old",)
            assert (verify.round, verify.results, verify.claim) == (0, (), None)
            assert playing.state(copy).goal is None and playing.state(session).goal is not None

    asyncio.run(run_it())
