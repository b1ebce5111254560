"""Furnishing a workspace, end to end: files, ports, and scripts that wait for a consent."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.models.scripted import Conversation, Reply, Say

Story = Callable[[Scene, Path], Awaitable[None]]


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def play(tmp_path: Path, story: Story, project: str) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        write(repository, ".steerdeck.toml", project)
        write(repository, ".gitignore", "build/\n*.log\n.env\n")
        write(repository, ".worktreeinclude", ".env\n")
        commit(repository)
        write(repository, ".env", "KEY=1\n")
        async with scene(tmp_path / "home", {"m": echo}) as playing:
            await story(playing, repository)

    asyncio.run(run())


def test_a_set_up_script_runs_after_a_consent_and_before_the_first_turn(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "needs_you")
        (asked,) = state.approvals
        assert asked.kind == "setup" and "echo hello > made.log" in asked.what
        assert not (Path(state.workspace.path) / "made.log").exists()
        await playing.decide(session, allow=True, scope="everywhere")
        state = await playing.status(session, "idle")
        place = Path(state.workspace.path)
        assert (place / "made.log").read_text() == "hello\n"
        assert (place / ".env").read_text() == "KEY=1\n"
        first = state.workspace.ports.first
        assert (place / "port.log").read_text() == f"{first} {session}\n"
        assert state.files == () and state.setup.status == "done"
        # Remembered: the next session of this repository is not asked, and gets ports of its own.
        other = await playing.start(repository, "m")
        state = await playing.status(other, "idle")
        assert state.workspace.ports.first >= first + 10
        assert not playing.of(other, e.ApprovalRequested)

    script = "echo hello > made.log; echo $PORT $STEERDECK_SESSION > port.log"
    play(tmp_path, story, f'[workspace]\nsetup = "{script}"\n')


def test_a_consent_for_all_sessions_answers_those_that_ask_the_same_already(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        first = await playing.start(repository, "m")
        second = await playing.start(repository, "m")
        for session in (first, second):
            await playing.status(session, "needs_you")
        write(repository, ".steerdeck.toml", '[workspace]\nsetup = "echo other"\n')
        commit(repository, "another script")
        third = await playing.start(repository, "m")
        await playing.status(third, "needs_you")
        await playing.decide(first, allow=True, scope="everywhere")
        for session in (first, second):
            assert (await playing.status(session, "idle")).setup.status == "done"
        (told,) = playing.of(second, e.ApprovalDecided)
        assert isinstance(told, e.ApprovalDecided) and told.words == "remembered for all sessions"
        assert playing.state(third).status == "needs_you"

    play(tmp_path, story, '[workspace]\nsetup = "echo hello"\n')


def test_a_script_that_fails_parks_the_session_and_runs_again_on_resume(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "needs_you")
        await playing.decide(session, allow=True)
        state = await playing.status(session, "parked")
        assert "exit code 3" in state.reason and "no tool" in state.reason
        (Path(state.workspace.path) / "ready.log").write_text("")
        await playing.give(o.Resume, session)
        await playing.status(session, "idle")
        assert len(playing.of(session, e.SetupStarted)) == 2

    play(tmp_path, story, '[workspace]\nsetup = "test -e ready.log || (echo no tool; exit 3)"\n')


def test_a_refused_script_never_runs_and_the_session_goes_on(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "needs_you")
        await playing.decide(session, allow=False)
        await playing.status(session, "idle")
        assert not playing.of(session, e.SetupStarted)
        await playing.give(o.Archive, session)
        assert not playing.of(session, e.SetupStarted)

    play(tmp_path, story, '[workspace]\nsetup = "touch ran.log"\nteardown = "touch torn.log"\n')


def test_a_tear_down_script_runs_at_the_end_unless_it_was_changed(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        await playing.status(session, "needs_you")
        await playing.decide(session, allow=True)
        state = await playing.status(session, "idle")
        place = Path(state.workspace.path)
        await playing.give(o.Archive, session)
        await playing.status(session, "archived")
        assert (place / "torn.log").exists()
        other = await playing.start(repository, "m")
        await playing.status(other, "needs_you")
        await playing.decide(other, allow=True)
        state = await playing.status(other, "idle")
        (Path(state.workspace.path) / "run.sh").write_text("echo something else\n")
        await playing.give(o.Archive, other)
        await playing.status(other, "archived")
        assert not (Path(state.workspace.path) / "torn.log").exists()
        assert any(
            "did not run" in str(getattr(x, "text", "")) for x in playing.of(other, e.Noticed)
        )

    project = '[workspace]\nsetup = "true"\nteardown = "./run.sh && touch torn.log"\n'
    play(tmp_path, story, project)


def test_a_project_file_that_can_not_be_read_parks_with_its_line(tmp_path: Path):
    async def story(playing: Scene, repository: Path) -> None:
        session = await playing.start(repository, "m")
        state = await playing.status(session, "parked")
        assert ".steerdeck.toml, line 2" in state.reason
        write(repository, ".steerdeck.toml", "")
        await playing.give(o.Resume, session)
        await playing.status(session, "idle")

    play(tmp_path, story, "[workspace]\nsetupp = 'x'\n")
