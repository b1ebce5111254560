"""Secrets in files, outputs, errors, arguments and words: none is stored, sent or exported."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.canaries import canaries, ground, kept, seen_in
from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.gate.secret_marks import MARK, home_key
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.share.export import page_to_read, redactor_for, stored
from steerdeck_agents.share.recorder import body_of

Story = Callable[[Scene], Awaitable[None]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return plain(tmp_path / "repository").resolve()


def play(
    tmp_path: Path, script: Script, story: Story, commands: dict[str, Path] | None = None
) -> None:
    async def run() -> None:
        async with scene(tmp_path / "home", {"m": script}, allowed=commands) as playing:
            await story(playing)

    asyncio.run(run())


def once(*calls: Call) -> Script:
    def script(talk: Conversation) -> Reply:
        done = len(talk.calls)
        return Reply((calls[done],) if done < len(calls) else (Say("Done.", final=True),))

    return script


def test_forty_planted_secrets_are_nowhere_that_is_kept_sent_or_exported(tmp_path, repository):
    planted = canaries(9)
    assert len({canary.secret for canary in planted}) == 40
    made = ground(repository, planted)
    sent: list[bytes] = []

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m", made.task, name=planted[1].secret)
        await playing.status(session, "idle", "done")
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        reader = JournalReader(playing.paths.journal)
        sent.extend(body_of(reader.request(one.id)) for one in reader.requests(session))
        state = playing.state(session)
        sent.extend(piece.encode() for piece in page_to_read(state, stored(reader, session)))

    play(tmp_path, made.script, story, dict.fromkeys(made.commands, repository))

    for place, data in kept(tmp_path / "home/data/journal.db"):
        assert seen_in(data, planted) == [], (place, data[:400])
    for body in sent:
        assert seen_in(body, planted) == []
    for file in (tmp_path / "home").rglob("*"):
        if file.is_file() and not {"workspaces", "config"} & set(file.parts):
            assert seen_in(file.read_bytes(), planted) == [], file
