"""Secrets in files, outputs, errors, arguments and words: none is stored, sent or exported."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.canaries import canaries, ground, kept, seen_in
from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.gate.secret_marks import MARK, home_key
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.share import secret_check
from steerdeck_agents.share.export import page_to_read, redactor_for, stored
from steerdeck_agents.share.recorder import body_of

Story = Callable[[Scene], Awaitable[None]]
PASSWORD = "tr0ub4dor"


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


def exported(playing: Scene, session: SessionId) -> list[bytes]:
    """A session as JSON lines and to read, cleaned as an export is."""
    reader = JournalReader(playing.paths.journal)
    redactor = redactor_for(reader, session, home_key(playing.paths.data))
    page = "".join(page_to_read(playing.state(session), stored(reader, session)))
    lines = [redactor.json(text) for text in stored(reader, session)]
    return [redactor.text(page).encode(), *(line.encode() for line in lines)]


def bodies(playing: Scene, session: SessionId) -> list[bytes]:
    reader = JournalReader(playing.paths.journal)
    return [body_of(reader.request(one.id)) for one in reader.requests(session)]


def test_forty_planted_secrets_are_nowhere_that_is_kept_sent_or_exported(tmp_path, repository):
    planted = canaries(7)
    assert len({canary.secret for canary in planted}) == 40
    made = ground(repository, planted)
    out: list[bytes] = []

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m", made.task, name=planted[1].secret)
        await playing.status(session, "idle", "done")
        await playing.give(o.Say, session, text="Go on.")
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 2)
        out.extend(bodies(playing, session))
        out.extend(exported(playing, session))
        # What the model wrote into a file stands there as it wrote it.
        written = Path(playing.state(session).workspace.path, "made.txt").read_text()
        for canary in planted[3::5]:
            assert canary.secret in written

    play(tmp_path, made.script, story, dict.fromkeys(made.commands, repository))

    assert len(out) > 100
    for data in out:
        assert seen_in(data, planted) == []
    for place, data in kept(tmp_path / "home/data/journal.db"):
        assert seen_in(data, planted) == [], place
    for file in (tmp_path / "home").rglob("*"):
        if file.is_file() and not {"workspaces", "config"} & set(file.parts):
            assert seen_in(file.read_bytes(), planted) == [], file
    home = paths({"STEERDECK_HOME": str(tmp_path / "home")})
    searched = secret_check.in_home(secret_check.redactor_here(home), home)
    assert searched.findings == ()
    # Undo needs the files as they were: what stands in them is told apart, and not printed.
    assert searched.files and {one.place.rpartition(" ")[2] for one in searched.kept} >= {
        "made.txt"
    }
    assert seen_in(repr(searched.kept).encode(), planted) == []


def test_a_reading_the_developer_allowed_is_in_that_result_and_in_no_export(tmp_path, repository):
    write(repository, ".env", f"DB_PASSWORD={PASSWORD}\nDEBUG=1\n")
    write(repository, "copy.txt", f"the word is {PASSWORD}\n")
    commit(repository, "secrets")
    reading = Call("shell", {"command": "cat .env", "why": "I need it."})
    show = Call("shell", {"command": "cat copy.txt", "why": "Again."})

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "needs_you")
        await playing.decide(session, allow=True)
        await playing.status(session, "idle", "done")

        read, shown = playing.of(session, e.CallEnded)
        assert isinstance(read, e.CallEnded) and isinstance(shown, e.CallEnded)
        assert PASSWORD in read.result
        assert playing.runtime.fleet.redactor.allowed(session, read.call) == ""
        assert PASSWORD not in shown.result and MARK.search(shown.result)
        *_, last = bodies(playing, session)
        assert last.count(PASSWORD.encode()) == 1
        assert not any(PASSWORD.encode() in data for data in exported(playing, session))
        home = playing.paths
        found = secret_check.in_home(secret_check.redactor_here(home), home).findings
        assert found
        assert all(PASSWORD not in str(one) for one in found)

    play(tmp_path, once(reading, show), story, {"cat copy.txt": repository})


def test_a_command_with_a_secret_runs_as_written_and_is_kept_redacted(tmp_path, repository):
    token = canaries(3)[1].secret
    command = f"printf %s {token} | wc -c; printf %s {token} > token.txt"

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "needs_you")
        (asked,) = playing.state(session).approvals
        assert token not in asked.what and MARK.search(asked.what)
        await playing.decide(session, allow=True)
        await playing.status(session, "idle", "done")
        (ended,) = playing.of(session, e.CallEnded)
        assert isinstance(ended, e.CallEnded) and f"\n{len(token)}\n" in ended.result
        written = Path(playing.state(session).workspace.path, "token.txt").read_text()
        assert written == token

    play(tmp_path, once(Call("shell", {"command": command, "why": "Keep it."})), story)

    for place, data in kept(tmp_path / "home/data/journal.db"):
        assert token.encode() not in data, place


def test_a_mark_the_model_copies_is_not_written_into_a_file(tmp_path, repository):
    patch = "*** Begin Patch\n*** Add File: a.txt\n+⟨secret value #0000⟩\n*** End Patch\n"

    async def story(playing: Scene) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "idle", "done")
        (ended,) = playing.of(session, e.CallEnded)
        assert isinstance(ended, e.CallEnded) and "hidden from you" in ended.result
        assert not Path(playing.state(session).workspace.path, "a.txt").exists()

    play(tmp_path, once(Call("apply_patch", {"patch": patch})), story)
