"""A workspace made as the product makes them, and a way to run a script in it at either level."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

BARE = Level()
Runner = Callable[..., Finished]


@pytest.fixture(scope="session")
def probed() -> Level:
    return asyncio.run(probe())


@pytest.fixture(params=["bubblewrap", "none"])
def level(request: pytest.FixtureRequest, probed: Level) -> Level:
    if request.param == "none":
        return BARE
    return confine(probed)


@pytest.fixture
def confined(probed: Level) -> Level:
    return confine(probed)


def confine(probed: Level) -> Level:
    """Skip where the system has no sandbox, but fail where ours leaks."""
    assert "is not relied on" not in probed.why, probed.why
    if probed.name != "bubblewrap":
        pytest.skip(probed.why)
    return probed


def git(folder: Path, *words: str) -> str:
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *words], cwd=folder, env=clean, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    repository, clone = tmp_path / "repository", tmp_path / "clone"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    (repository / "a.txt").write_text("one\n")
    git(repository, "add", ".")
    git(repository, "-c", "user.name=D", "-c", "user.email=d@example.org", "commit", "-qm", "first")
    git(tmp_path, "clone", "-q", "--template=", "--shared", str(repository), str(clone))
    git(clone, "config", "user.name", "Agent")
    git(clone, "config", "user.email", "agent@example.org")
    for name in ("hooks", "info"):
        (clone / ".git" / name).mkdir(exist_ok=True)
    (clone / ".git" / "commondir").write_text(".\n")
    place = Workspace(
        path=str(clone),
        repository=str(repository),
        branch="main",
        base=git(repository, "rev-parse", "HEAD"),
        borrows=(str(repository / ".git" / "objects"),),
    )
    yield place
    shutil.rmtree(environment(Surroundings(), place, BARE)["HOME"], ignore_errors=True)


@pytest.fixture
def go(workspace: Workspace, tmp_path: Path) -> Runner:
    """Run a script to its end; keyword arguments are those of Spawn, `cap`, and `heard`."""

    def start(
        script: str,
        level: Level,
        *,
        heard: list[str] | None = None,
        cap: int = 1 << 27,
        **more: object,
    ) -> Finished:
        around = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")
        fields: dict[str, object] = {
            "environment": environment(around, workspace, level),
            "surroundings": around,
            "workspace": workspace,
            **more,
        }
        spawn = Spawn(script=script, level=level, **fields)
        hear = (heard if heard is not None else []).append

        async def main() -> Finished:
            return await run(
                spawn, on_output=hear, stop=asyncio.Event(), spool=tmp_path / "out" / "x", cap=cap
            )

        return asyncio.run(main())

    return start
