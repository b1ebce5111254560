"""Why a line is there: the call, the decision and the words behind it, also after landing."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.share.why import Why, Written, why

PATCH = (
    "*** Begin Patch\n*** Update File: poem.txt\n@@\n one\n+one and a half\n two\n*** End Patch\n"
)
APPEND = "echo four >> poem.txt"


def script(talk: Conversation) -> Reply:
    match len(talk.calls):
        case 0:
            return Reply((Say("I put a line between."), Call("apply_patch", {"patch": PATCH})))
        case 1:
            return Reply((Say("Now the end."), Call("shell", {"command": APPEND, "why": "End."})))
        case _:
            return Reply((Say("Done.", final=True),))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    top = plain(tmp_path / "repository").resolve()
    write(top, "poem.txt", "one\ntwo\nthree\n")
    commit(top, "poem")
    return top


async def written(playing: Scene, repository: Path) -> str:
    """A session that wrote two lines, the second allowed by the developer."""
    session = await playing.start(repository, "m", "Make the poem longer.", mode="auto")
    await playing.status(session, "needs_you")
    await playing.decide(session, allow=True, words="fine")
    await playing.status(session, "idle", "done")
    await playing.until(lambda: playing.of(session, e.TurnEnded))
    return session


def by_line(found: Why) -> dict[int, Written]:
    return {line: one for one in found.written for line in one.lines}


def test_a_line_is_traced_to_its_call_its_decision_and_the_words_before(tmp_path, repository):
    async def run() -> tuple[Why, Why]:
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await written(playing, repository)
            reader = JournalReader(playing.paths.journal)
            here = Path(playing.state(session).workspace.path)
            before = await why(reader, here, "poem.txt")
            await playing.give(o.Land, session, how="merge")
            # Somebody goes on with the file, so that line numbers differ from the session's.
            text = (repository / "poem.txt").read_text()
            (repository / "poem.txt").write_text(f"title\n\n{text}")
            return before, await why(reader, repository, "poem.txt")

    before, landed = asyncio.run(run())

    for found, shift in ((before, 0), (landed, 2)):
        lines = by_line(found)
        assert sorted(lines) == [2 + shift, 5 + shift]
        patch, append = lines[2 + shift].effect, lines[5 + shift].effect
        assert patch is not None and append is not None
        assert (patch.tool, patch.words) == ("apply_patch", "I put a line between.")
        assert patch.task == "Make the poem longer."
        assert patch.request is not None and patch.request != append.request
        assert (append.tool, append.words, append.allowed_by) == (
            "shell", "Now the end.", "developer",
        )  # fmt: skip
        assert append.card is not None and append.card.what == APPEND
        assert append.card.decision == "allow"
        card = append.card
        assert [one.program for one in card.outline.commands] == ["echo"]
        assert card.outline.writes == ("poem.txt",)
        assert (card.kind, card.level, card.taint, card.danger) == ("command", "none", (), "")
        assert card.binding == card.shown and card.folder
        assert append.mode == "auto"
        times = (append.requested_ms, append.card.asked_ms, append.card.decided_ms)
        assert list(times) == sorted(times) and append.started_ms <= append.ended_ms


def test_a_line_of_the_base_and_one_nobody_wrote_have_no_writer(tmp_path, repository):
    async def run() -> tuple[Why, Why]:
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await written(playing, repository)
            reader = JournalReader(playing.paths.journal)
            here = Path(playing.state(session).workspace.path)
            return await why(reader, here, "poem.txt", 1), await why(
                reader, repository, "poem.txt", 2
            )

    for found in asyncio.run(run()):
        assert found.written == ()


def test_a_change_made_by_hand_is_told_as_none_of_a_call(tmp_path, repository):
    async def run() -> Why:
        async with scene(tmp_path / "home", {"m": script}) as playing:
            session = await playing.start(repository, "m", "Go.", mode="auto")
            await playing.status(session, "needs_you")
            here = Path(playing.state(session).workspace.path)
            text = (here / "poem.txt").read_text()
            (here / "poem.txt").write_text(text.replace("three", "3"))
            await playing.decide(session, allow=True)
            await playing.status(session, "idle", "done")
            return await why(JournalReader(playing.paths.journal), here, "poem.txt", 4)

    (one,) = asyncio.run(run()).written

    assert (one.source, one.effect) == ("outside", None)
    assert one.reason == "before call"
