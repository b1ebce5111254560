"""What no command may change, there or not, and what stays of the places made for it: nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import guarded
from steerdeck_agents.sandbox.live import start_live
from steerdeck_agents.sandbox.process import Finished, Spawn, environment

Runner = Callable[..., Finished]


@pytest.mark.parametrize(
    "attempt",
    [
        "echo 'touch ran' > .envrc",
        "mkdir -p .vscode && echo '{}' > .vscode/tasks.json",
        "rmdir .vscode; mkdir x && mv x .vscode && touch .vscode/tasks.json",
        "rm -rf .claude; ln -s /tmp .claude; touch .claude/settings.json",
        "mkdir new && mv .idea gone",
        "echo '{}' > .mcp.json",
        "ln -sf a.txt .mcp.json/x",
        "umount .envrc && echo x > .envrc",
    ],
)
def test_what_is_not_there_can_not_be_made(
    attempt: str, go: Runner, confined: Level, workspace: Workspace
) -> None:
    before = {path.name for path in Path(workspace.path).iterdir()}
    assert go(attempt, confined).exit_code != 0
    after = {path.name for path in Path(workspace.path).iterdir()}
    assert after - before <= {"new", "x"}


@pytest.mark.parametrize("name", [".envrc", ".vscode/tasks.json", ".cursor/rules", ".husky/pre"])
def test_what_is_there_is_read_and_stays(
    name: str, go: Runner, confined: Level, workspace: Workspace
) -> None:
    file = Path(workspace.path) / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("theirs\n")
    done = go(f"cat {name}; echo x > {name}; rm -f {name}; mv {name} x", confined)
    assert done.head_tail.startswith("theirs")
    assert file.read_text() == "theirs\n"


@pytest.mark.parametrize(
    ("missing", "attempt"),
    [
        ("hooks", "mkdir .git/hooks; echo x > .git/hooks/pre-commit"),
        ("info", "mkdir .git/info; echo x > .git/info/attributes"),
        ("config.worktree", "echo x > .git/config.worktree"),
        ("commondir", "rm -f .git/commondir; echo /tmp > .git/commondir"),
    ],
)
def test_a_part_of_git_that_is_missing_is_made_and_held(
    missing: str, attempt: str, go: Runner, confined: Level, workspace: Workspace
) -> None:
    place = Path(workspace.path) / ".git" / missing
    if place.is_dir():
        place.rmdir()
    else:
        place.unlink(missing_ok=True)
    assert go(attempt, confined).exit_code != 0
    assert go("git status --short && git log -1 --format=%s", confined).head_tail == "first\n"
    assert place.read_text() in ("", ".\n") if place.is_file() else list(place.iterdir()) == []


def test_git_does_not_see_the_places_made_for_what_is_missing(
    go: Runner, confined: Level, workspace: Workspace
) -> None:
    done = go("git status --short; git add -A && git status --short", confined)
    assert done.head_tail == ""


def test_nothing_stays_of_them_after_the_last_command(
    confined: Level, workspace: Workspace, go: Runner, tmp_path: Path
) -> None:
    top = Path(workspace.path)

    async def main() -> None:
        spawn = Spawn(
            script="read -r x; echo > .envrc; touch .vscode/x",
            workspace=workspace,
            environment=environment(Surroundings(), workspace, confined),
            level=confined,
        )
        live = start_live(spawn, tty=False, on_output=lambda _: None, spool=tmp_path / "live")
        while not (top / ".envrc").is_dir():
            await asyncio.sleep(0.01)
        await asyncio.to_thread(go, "true", confined)
        assert (top / ".envrc").is_dir(), "the other command still lies on it"
        (top / ".vscode" / "settings.json").write_text("the developer's")
        live.write("\n")
        await live.done.wait()
        assert live.finished is not None and live.finished.exit_code != 0

    asyncio.run(main())
    assert not (top / ".envrc").exists()
    assert [path.name for path in (top / ".vscode").iterdir()] == ["settings.json"]
    assert not guarded._held


def test_an_empty_folder_that_a_crash_left_is_taken_away(
    go: Runner, confined: Level, workspace: Workspace
) -> None:
    (Path(workspace.path) / ".envrc").mkdir()
    go("true", confined)
    assert not (Path(workspace.path) / ".envrc").exists()
