"""When a call is over nothing of it runs any more, however it tried to get away."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from steerdeck_agents.facts.places import Level, Workspace
from steerdeck_agents.sandbox import bubblewrap, descendants
from steerdeck_agents.sandbox.process import Finished

Runner = Callable[..., Finished]
LOOP = "while :; do touch alive; sleep 0.01; done"
DOUBLE = (
    "import os, time\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "while True: open('alive', 'w').close(); time.sleep(0.01)\n"
)
WAYS = {
    "background": f"({LOOP}) &",
    "nohup": f"nohup bash -c '{LOOP}' >/dev/null 2>&1 &",
    "setsid": f"setsid bash -c '{LOOP}' >/dev/null 2>&1 &",
    "setsid ignoring TERM": f"setsid bash -c 'trap \"\" TERM; {LOOP}' >/dev/null 2>&1 &",
    "double fork": f"python3 -I -S -c \"{DOUBLE}\" >/dev/null 2>&1 &",
    "double fork with the pipe open": f'python3 -I -S -c "{DOUBLE}"',
    "cleared environment": f"env -i /usr/bin/setsid /bin/bash -c '{LOOP}' >out 2>&1 & sleep 0.5",
    "stopped": "bash -c 'touch alive; kill -STOP $$' & sleep 0.1",
}  # fmt: skip
UNTIL_SEEN = "\nfor _ in {1..500}; do test -e alive && break; sleep 0.01; done; echo end"


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_a_call_survives_it(
    way: str, go: Runner, level: Level, workspace: Workspace
) -> None:
    children = descendants.children(os.getpid())
    done = go(WAYS[way] + UNTIL_SEEN, level)
    assert (done.exit_code, done.head_tail.strip()) == (0, "end")
    alive = Path(workspace.path) / "alive"
    alive.unlink()  # fails when the process never ran
    time.sleep(0.1)
    assert not alive.exists()
    here = str(Path(workspace.path))
    assert not [pid for pid in everybody() if folder_of(pid) == here]
    assert descendants.children(os.getpid()) == children


def test_a_timeout_ends_the_whole_tree(go: Runner, level: Level, workspace: Workspace) -> None:
    done = go(f"setsid bash -c 'trap \"\" TERM; {LOOP}' & sleep 600", level, timeout_s=0.5)
    assert done.timed_out
    assert not [pid for pid in everybody() if folder_of(pid) == workspace.path]


def test_a_background_child_does_not_hold_up_the_call(go: Runner, level: Level) -> None:
    done = go("sleep 600 & echo started", level, timeout_s=60)
    assert not done.timed_out
    assert done.head_tail == "started\n"


def test_a_call_does_not_touch_processes_of_others(go: Runner, level: Level) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as other:
        go("sleep 600 & true", level)
        assert other.poll() is None
        other.kill()


def test_a_fork_bomb_ends_with_its_call(go: Runner, level: Level, workspace: Workspace) -> None:
    bomb = "for i in {1..40}; do setsid bash -c 'sleep 600 & sleep 600' & done; sleep 0.2"
    go(bomb, level)
    assert not [pid for pid in everybody() if folder_of(pid) == workspace.path]


def test_the_death_of_the_runtime_ends_confined_commands(
    confined: Level, workspace: Workspace, tmp_path: Path
) -> None:
    runtime = start_runtime("bubblewrap", workspace, tmp_path)
    runtime.kill()
    runtime.wait()
    alive = Path(workspace.path) / "alive"
    until(lambda: not [pid for pid in everybody() if folder_of(pid) == workspace.path])
    alive.unlink(missing_ok=True)
    time.sleep(0.05)
    assert not alive.exists()


def test_unconfined_commands_of_a_dead_runtime_are_found_again(
    workspace: Workspace, tmp_path: Path
) -> None:
    runtime = start_runtime("none", workspace, tmp_path)
    descendants.end_leftovers()
    assert [pid for pid in everybody() if folder_of(pid) == workspace.path]  # it still works
    runtime.kill()
    runtime.wait()
    assert descendants.end_leftovers() >= 1
    until(lambda: not [pid for pid in everybody() if folder_of(pid) == workspace.path])


def test_half_a_bubblewrap_that_waits_for_ever_is_found_again(confined: Level) -> None:
    """Killed between making its child and letting it go, it leaves the child; here a pipe waits."""
    go_on, never = os.pipe()
    # Alive as long as others, that look for leftovers too, must not take this for one.
    owner = subprocess.Popen(["sleep", "600"])
    seen = descendants.look(owner.pid)
    assert seen is not None
    marker = f"{owner.pid}-{seen.born}-1"
    with subprocess.Popen(
        [bubblewrap.PROGRAM, "--unshare-all", "--ro-bind", "/", "/", "--block-fd", str(go_on),
         "--", "/bin/true"],
        env={descendants.MARKER: marker}, pass_fds=(go_on,),
    ) as outer:  # fmt: skip
        until(lambda: len(descendants.descendants(outer.pid)) > 0)
        half = descendants.descendants(outer.pid)
        outer.kill()
    assert all(alive(one.pid) for one in half)
    owner.kill()
    owner.wait()
    descendants.end_leftovers()
    until(lambda: all(not alive(one.pid) for one in half))
    os.close(go_on)
    os.close(never)


def test_a_confined_command_does_not_see_the_marker(confined: Level, go: Runner) -> None:
    assert descendants.MARKER not in go("env", confined).head_tail


def alive(pid: int) -> bool:
    seen = descendants.look(pid)
    return seen is not None and seen.state != "Z"


def start_runtime(level: str, workspace: Workspace, tmp_path: Path) -> "subprocess.Popen[bytes]":
    code = f"""
import asyncio, pathlib
from steerdeck_agents.facts.places import *
from steerdeck_agents.sandbox.process import *
workspace = Workspace(path={workspace.path!r}, repository="", branch="", base="")
level = Level(name={level!r})
spawn = Spawn(script={LOOP!r}, workspace=workspace, level=level,
              environment=environment(Surroundings(), workspace, level))
asyncio.run(run(spawn, on_output=print, stop=asyncio.Event(), spool=pathlib.Path("x")))
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    until(lambda: (Path(workspace.path) / "alive").exists())
    return process


def until(holds: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not holds():
            await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(wait(), 20))


def everybody() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def folder_of(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
