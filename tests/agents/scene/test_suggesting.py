"""What a composer may be offered, asked of a whole runtime on a real repository."""

import asyncio
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.by_hand import HandOrdered, RunByHand
from steerdeck_agents.facts.events import encode
from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.runtime.suggesting import MOST_WORDS, with_newer
from steerdeck_agents.runtime.wire_words import (
    FilesLike,
    FoundPicture,
    OwnWords,
    PictureAt,
    Template,
    Templates,
)

Play = Callable[[Scene, Path], Awaitable[None]]


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def play(tmp_path: Path, story: Play) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "shop")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            await story(playing, repository)

    asyncio.run(run())


async def like(playing: Scene, session: str, folder: Path, query: str) -> list[str]:
    ask = FilesLike(SessionId(session), str(folder), query)
    return await playing.client.ask(ask, list[str])


def test_files_of_the_workspace_are_found_with_those_git_does_not_know_yet(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "idle", "done")
        top = Path(state.workspace.path)
        (top / "notes").mkdir()
        (top / "notes" / "plan-b.md").write_text("later\n")
        (top / ".gitignore").write_text("*.log\n")
        (top / "plan.log").write_text("noise\n")
        assert await like(playing, session, repository, "planb") == ["notes/plan-b.md"]
        assert (await like(playing, session, repository, "notes"))[:2] == [
            "notes/",
            "notes/plan-b.md",
        ]
        assert await like(playing, session, repository, "plan.log") == []
        assert "notes/plan-b.md" not in await like(playing, "", repository, "planb")
        assert await like(playing, "", tmp_path, "planb") == [], "no repository, no files"

    play(tmp_path, story)


def test_own_words_come_newest_first_each_once_and_only_of_this_repository(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        other = plain(tmp_path / "other")
        here = await playing.start(repository, "m", task="mend the parser")
        there = await playing.start(other, "m", task="paint the roof")
        for session in (here, there):
            await playing.status(session, "idle", "done")
        for text in ("run the tests", "mend the parser"):
            await playing.give(o.Say, here, text=text)
        top = playing.state(here).workspace.repository

        async def own(query: str = "", repository: str = top) -> list[str]:
            return await playing.client.ask(OwnWords(repository, query), list[str])

        assert await own() == ["mend the parser", "run the tests"]
        assert await own("tsts") == ["run the tests"]
        assert await own(repository="") == ["mend the parser", "run the tests", "paint the roof"]
        await playing.give(o.Say, here, text="and now land it")
        await playing.give(RunByHand, here, script="make it")
        assert (await own())[:2] == ["!make it", "and now land it"]

    play(tmp_path, story)


def test_templates_and_pictures_are_read_from_their_files(tmp_path):
    async def story(playing: Scene, repository: Path) -> None:
        prompts = playing.paths.config / "prompts"
        prompts.mkdir()
        (prompts / "fix.md").write_text("---\ndescription: Mend one issue\n---\nFix $ARGUMENTS.\n")
        (prompts / "tidy.md").write_text("Tidy up.\nAll of it.\n")
        assert await playing.client.ask(Templates(), list[Template]) == [
            Template("fix", "Fix $ARGUMENTS.", "Mend one issue"),
            Template("tidy", "Tidy up.\nAll of it.", "Tidy up."),
        ]
        shot = tmp_path / "shot.png"
        shot.write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 640, 480))
        found = await playing.client.ask(PictureAt(str(shot)), FoundPicture)
        assert found == FoundPicture(words="PNG, 640 × 480 pixels")
        (tmp_path / "no.png").write_text("no picture")
        refused = await playing.client.ask(PictureAt(str(tmp_path / "no.png")), FoundPicture)
        assert "is no picture" in refused.problem

    play(tmp_path, story)


def test_of_very_many_own_words_the_newest_are_kept():
    stored = [
        (
            n,
            encode(
                HandOrdered(seq=n, session=SessionId("s"), call=CallId("c"), script=f"make {n}")
            ),
        )
        for n in range(3)
    ]
    words = with_newer(((SessionId("s"), "old"),) * MOST_WORDS, stored)
    assert len(words) == MOST_WORDS
    assert [text for _, text in words[-4:]] == ["old", "!make 0", "!make 1", "!make 2"]
