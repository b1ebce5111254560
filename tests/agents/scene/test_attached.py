"""Pictures that go along with the developer's words, end to end."""

import asyncio
from pathlib import Path

import pytest

from agents.models.test_provider_scenes import turned
from kit.lawful import check_laws
from kit.pictures import png
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId, sha_of
from steerdeck_agents.models.scripted import Conversation, Reply, Say


def looker(talk: Conversation) -> Reply:
    return Reply((Say(f"I see {talk.pictures} and read: {talk.said[-1]}", final=True),))


def words(playing: Scene, session: SessionId) -> str:
    return playing.state(session).last_words


def test_a_model_that_sees_gets_the_picture_as_it_was_when_it_was_sent(tmp_path: Path):
    shot = tmp_path / "shot.png"
    shot.write_bytes(png())
    data = shot.read_bytes()

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": looker}, more="images = true\n") as playing:
            session = await playing.start(repository, "m")
            await turned(playing, session)
            text = "What is wrong in [picture shot.png]?"
            await playing.give(o.Say, session, text=text, pictures=(str(shot),))
            shot.unlink()
            await turned(playing, session, 2)
            assert words(playing, session) == f"I see 1 and read: {text}"
            sent = playing.of(session, e.MessageSent)[-1]
            assert isinstance(sent, e.MessageSent)
            (kept,) = sent.pictures
            assert (kept.name, kept.sha) == ("shot.png", sha_of(data))
            assert playing.runtime.fleet.reader.blob(kept.sha) == data
            check_laws(playing.runtime.fleet.reader, playing.state(session))
            with pytest.raises(OrderRefused, match="no file any more"):
                await playing.give(o.Say, session, text=text, pictures=(str(shot),))

    asyncio.run(story())


def test_a_model_that_sees_nothing_is_told_so_and_the_developer_too(tmp_path: Path):
    shot = tmp_path / "shot.png"
    shot.write_bytes(png())

    async def story() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(tmp_path / "home", {"m": looker}) as playing:
            session = await playing.start(repository, "m")
            await turned(playing, session)
            await playing.give(o.Say, session, text="Look.", pictures=(str(shot),))
            await turned(playing, session, 2)
            assert words(playing, session).startswith("I see 0 and read: Look.")
            assert "not shown: shot.png (PNG" in words(playing, session)
            noticed = [event.text for event in playing.of(session, e.Noticed)]
            assert any("was told of shot.png, but not shown it" in text for text in noticed)

    asyncio.run(story())
