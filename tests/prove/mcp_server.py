"""MCP servers: real ones from the package registry, and one that does everything wrong."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from kit.repositories import commit, without_commits
from kit.server_stage import AROUND, Stage
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.servers import link
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.settings.server import ServerSettings
from steerdeck_agents.tools.outcome import Outcome
from steerdeck_agents.tools.server_tool import FromServer, perform

NEWER = ("mcp-server-git", "mcp-server-time")
OLDER = ("mcp-server-sqlite", "mcp<2")
"""Written for the library before its second version: it speaks the protocol of its time."""
MOST_GROWTH_KB = 50 * 1024
Scene = Callable[[Stage, Tally], Awaitable[None]]


def installed(place: Path, packages: tuple[str, ...]) -> Path | str:
    """Where the programs of the packages are; or why they can't be had."""
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    done = subprocess.run(
        [place / "bin/pip", "install", "-q", *packages], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"{', '.join(packages)} could not be installed: {done.stderr.strip()[-200:]}"
    return place / "bin"


def _stage(folder: Path) -> Stage:
    repository = without_commits(folder / "repository")
    (repository / "readme.txt").write_text("one\n")
    commit(repository, "the first commit")
    (repository / "readme.txt").write_text("two\n")
    commit(repository, "the second commit")
    stage = Stage(repository, paths({"STEERDECK_HOME": str(folder / "s")}))
    stage.level = asyncio.run(probe())
    return stage


async def _play(stage: Stage, settings: ServerSettings, scene: Scene, tally: Tally) -> None:
    stage.stop = asyncio.Event()
    stage.open(settings)
    try:
        await stage.start()
        if settings.command != sys.executable:
            tally.see(stage.now.name == "ready", f"{settings.command}: {stage.now}")
        await scene(stage, tally)
    except SteerdeckError as problem:
        tally.see(False, f"{settings.name} {settings.args}: {problem}")
    finally:
        await stage.servers.close()


async def _call(stage: Stage, tool: str, **arguments: object) -> Outcome:
    listed = next((one for one in stage.servers.tools() if one.tool == tool), None)
    if listed is None:
        return Outcome("failed", f"{tool} is not offered: {stage.now}")
    action = FromServer(listed).read(msgspec.json.encode(arguments).decode(), stage.workspace)
    return await perform(
        action,
        servers=stage.servers,
        pictures=False,
        on_output=stage.heard.append,
        stop=stage.stop,
    )


async def _git(stage: Stage, tally: Tally) -> None:
    names = [one.name for one in stage.servers.tools()]
    tally.see(names == sorted(names) and "a__git_log" in names, f"git: {names}")
    log = await _call(stage, "git_log", repo_path=str(stage.folder), max_count=5)
    found = "the first commit" in log.text and "the second commit" in log.text
    tally.see(log.status == "done" and found, f"git_log: {log}")
    shown = await _call(stage, "git_show", repo_path=str(stage.folder), revision="HEAD")
    tally.see("+two" in shown.text and "-one" in shown.text, f"git_show: {shown}")
    (stage.folder / "new.txt").write_text("new\n")
    state = await _call(stage, "git_status", repo_path=str(stage.folder))
    tally.see("new.txt" in state.text, f"git_status: {state}")
    wrong = await _call(stage, "git_show", repo_path=str(stage.folder), revision="nowhere")
    tally.see(wrong.status == "failed", f"a wrong revision: {wrong}")
    away = await _call(stage, "git_log", repo_path="/")
    tally.see(away.status == "failed", f"a folder outside: {away}")


async def _time(stage: Stage, tally: Tally) -> None:
    told = await _call(
        stage, "convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo"
    )
    tally.see("21:00" in told.text, f"convert_time: {told}")


async def _sqlite(stage: Stage, tally: Tally) -> None:
    await _call(stage, "create_table", query="CREATE TABLE t (a INTEGER)")
    await _call(stage, "write_query", query="INSERT INTO t VALUES (41), (1)")
    told = await _call(stage, "read_query", query="SELECT sum(a) AS s FROM t")
    tally.see("42" in told.text, f"read_query: {told}")
    tally.see((stage.folder / "t.db").exists(), "the database lies in the workspace")


def real() -> Counted:
    tally = Tally()
    with world() as folder:
        newer = installed(folder / "newer", NEWER)
        older = installed(folder / "older", OLDER)
        if isinstance(newer, str) or isinstance(older, str):
            return Counted(skipped=f"{newer} {older}")
        stage = _stage(folder)
        stage.around = msgspec.structs.replace(AROUND, path=f"{newer}:{older}:/usr/bin:/bin")
        top = str(stage.folder)
        servers: dict[str, tuple[tuple[str, ...], Scene]] = {
            "mcp-server-git": (("--repository", top), _git),
            "mcp-server-time": (("--local-timezone", "UTC"), _time),
            "mcp-server-sqlite": (("--db-path", "t.db"), _sqlite),
        }
        for command, (args, scene) in servers.items():
            settings = ServerSettings(name="a", command=command, args=args)
            pins: set[Sha] = set()
            asyncio.run(_play(stage, settings, scene, tally))
            pins.add(stage.now.pin)

            async def again(
                stage: Stage, tally: Tally, pins: set[Sha] = pins, command: str = command
            ) -> None:
                asked = [status.name for status in stage.said]
                tally.see("asks" not in asked and "changed" not in asked, f"{command}: {asked}")
                pins.add(stage.now.pin)

            stage.said.clear()
            asyncio.run(_play(stage, settings, again, tally))
            tally.see(len(pins - {Sha("")}) == 1, f"{command}: the list changed by itself")
        level = stage.level.title
        stage.clear()
    return tally.done(f"{', '.join((*NEWER, *OLDER))}; sandbox: {level}")


BAD: dict[str, tuple[str, str, str]] = {
    "floods with messages": ("flood", "flooding", "messages a second"),
    "floods with one line": ("line", "flooding", "4 MB"),
    "floods with many parts": ("parts", "flooding", "50,000 parts"),
    "dies": ("die", "dead", "exit code 7"),
    "answers late": ("late", "late", "did not answer"),
    "changes its tools": ("change", "changed", "not those you allowed"),
}
BEGINS_BADLY = {"dies": "dead", "silent": "late", "endless": "flooding"}


def bad() -> Counted:
    tally = Tally()
    with world() as folder:
        stage = _stage(folder)
        assert link  # the library is there before anything is measured
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for kind, (tool, state, words) in BAD.items():

            async def scene(
                stage: Stage,
                tally: Tally,
                kind: str = kind,
                tool: str = tool,
                state: str = state,
                words: str = words,
            ) -> None:
                ended = await _call(stage, tool)
                expected = "done" if state == "changed" else "failed"
                tally.see(ended.status == expected, f"{kind}: {ended}")
                await stage.until(state)
                tally.see(words in stage.now.reason, f"{kind}: {stage.now}")
                tally.see(stage.now.way_out, f"{kind}: no way out is said")

            settings = stage.settings("good", timeout_s=2.0)
            asyncio.run(_play(stage, settings, scene, tally))
            stage.forget()
        for how, state in BEGINS_BADLY.items():

            async def begins(
                stage: Stage, tally: Tally, how: str = how, state: str = state
            ) -> None:
                tally.see(stage.now.name == state, f"begins {how}: {stage.now}")

            settings = stage.settings(how, timeout_s=2.0)
            asyncio.run(_play(stage, settings, begins, tally))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        tally.see(grown < MOST_GROWTH_KB, f"grown by {grown:,} kB")
        left = _left()
        tally.see(not left, f"left: {left}")
        stage.clear()
    return tally.done(f"memory of this process grew by {grown // 1024} MB at most")


def _left() -> list[str]:
    """Processes of ours that are still there."""
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return mine.read_text().split() if mine.exists() else []


CLAIMS = (
    Claim("mcp", "MCP servers of a registry, in the sandbox, driven end to end", real),
    Claim("mcp-bad", "A bad MCP server is a state with a name and a way out", bad),
)
