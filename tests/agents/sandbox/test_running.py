"""Starting, watching and ending a command, with and without bubblewrap."""

import asyncio
import os
import signal
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

Runner = Callable[..., Finished]


def test_output_and_exit_code_come_back(go: Runner, level: Level) -> None:
    heard: list[str] = []
    done = go("echo out; echo err >&2; exit 3", level, heard=heard)
    assert (done.exit_code, done.signal) == (3, None)
    assert done.head_tail == "out\nerr\n" == "".join(heard)
    assert (done.total, done.spool) == (8, None)
    assert not (done.timed_out or done.interrupted or done.capped)


def test_the_script_arrives_exactly(go: Runner, level: Level) -> None:
    script = """printf '%s|' "$0" "$#" 'a  b' $'\\t' "$(echo '"quoted" \\\\ é')" 'last\nline'"""
    assert go(script, level).head_tail == '/bin/bash|0|a  b|\t|"quoted" \\\\ é|last\nline|'


def test_a_command_starts_in_its_folder(go: Runner, level: Level, workspace: Workspace) -> None:
    (Path(workspace.path) / "deep" / "er").mkdir(parents=True)
    assert go("pwd", level, folder="deep/er").head_tail == f"{workspace.path}/deep/er\n"


@pytest.mark.parametrize("folder", ["..", "/", "link", "a/../../x"])
def test_a_folder_outside_the_workspace_is_refused(
    folder: str, go: Runner, level: Level, workspace: Workspace
) -> None:
    (Path(workspace.path) / "link").symlink_to("/usr")
    with pytest.raises(BadArguments, match="outside the workspace"):
        go("pwd", level, folder=folder)


def test_a_missing_folder_is_a_sentence(go: Runner, level: Level) -> None:
    with pytest.raises(BadArguments, match="no folder 'nowhere'"):
        go("pwd", level, folder="nowhere")


@pytest.mark.parametrize("script", ["echo \0", "echo \ud800", "echo " + "x" * 140_000])
def test_what_no_shell_can_run_is_refused(script: str, go: Runner, level: Level) -> None:
    with pytest.raises(BadArguments):
        go(script, level)


def test_a_level_that_is_not_built_runs_nothing(go: Runner) -> None:
    with pytest.raises(SteerdeckError, match="nothing was run"):
        go("true", Level(name="seatbelt"))


def test_the_environment_is_complete_and_minimal(
    go: Runner, level: Level, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "canary")
    monkeypatch.setenv("GIT_DIR", "canary")
    done = go("env | cut -d= -f1 | sort | tr '\\n' ' '; echo $TERM $NO_COLOR $PAGER $LANG", level)
    names = done.head_tail.split()
    assert "EDITOR" not in names and "GIT_DIR" not in names
    assert names[-4:] == ["dumb", "1", "cat", "C.UTF-8"]


def test_home_is_private_and_writable(go: Runner, level: Level) -> None:
    done = go('rm -f ~/x; ls -A ~; touch ~/x && stat -c %U ~; test "$HOME" != "$1"', level)
    assert len(done.head_tail.split()) == 1
    assert done.exit_code == 0


def test_input_is_empty(go: Runner, level: Level) -> None:
    assert go("cat; read -r x; echo done", level).head_tail == "done\n"


def test_limits_and_priority_are_set(go: Runner, level: Level) -> None:
    done = go("ulimit -c; ulimit -n; ulimit -f; nice", level)
    ours = min(19, os.nice(0) + 5)
    assert done.head_tail.split() == ["0", "4096", str(8 * 1024 * 1024), str(ours)]


def test_the_python_that_runs_us_runs_inside(go: Runner, level: Level) -> None:
    done = go(f"{sys.executable} -c 'import sys, json, unittest; print(sys.base_prefix)'", level)
    assert done.head_tail == f"{sys.base_prefix}\n"


def test_a_timeout_ends_the_command(go: Runner, level: Level) -> None:
    done = go("echo begun; sleep 600", level, timeout_s=0.2)
    assert done.timed_out and not done.interrupted
    assert done.head_tail == "begun\n"
    assert done.exit_code != 0


def test_a_command_may_tidy_up_on_sigterm(go: Runner, level: Level, workspace: Workspace) -> None:
    go("trap 'echo tidy > left; exit 7' TERM; echo ok; sleep 600 & wait", level, timeout_s=0.3)
    assert (Path(workspace.path) / "left").read_text() == "tidy\n"


def begin(
    workspace: Workspace, level: Level, script: str, spool: Path, stop: asyncio.Event,
    hear: Callable[[str], None],
) -> "asyncio.Task[Finished]":  # fmt: skip
    spawn = Spawn(
        script=script,
        workspace=workspace,
        environment=environment(Surroundings(), workspace, level),
        level=level,
    )
    return asyncio.create_task(run(spawn, on_output=hear, stop=stop, spool=spool))


def test_an_interrupt_ends_the_command(level: Level, workspace: Workspace, tmp_path: Path) -> None:
    async def main() -> Finished:
        stop = asyncio.Event()
        return await begin(
            workspace, level, "echo up; sleep 600", tmp_path / "x", stop, lambda _: stop.set()
        )

    done = asyncio.run(main())
    assert done.interrupted and not done.timed_out
    assert done.head_tail == "up\n"


def test_a_command_that_ignores_sigterm_is_killed(
    level: Level, workspace: Workspace, tmp_path: Path
) -> None:
    async def main() -> Finished:
        stop = asyncio.Event()
        script = "trap '' TERM; echo deaf; while :; do sleep 0.05; done"
        return await begin(workspace, level, script, tmp_path / "x", stop, lambda _: stop.set())

    done = asyncio.run(main())
    assert done.interrupted
    assert (done.exit_code, done.signal) == (None, signal.SIGKILL)


def test_a_cancelled_call_leaves_nothing_running(
    level: Level, workspace: Workspace, tmp_path: Path
) -> None:
    async def main() -> None:
        up = asyncio.Event()
        script = "echo up; while :; do touch tick; sleep 0.01; done"
        task = begin(workspace, level, script, tmp_path / "x", asyncio.Event(), lambda _: up.set())
        await up.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        tick = Path(workspace.path) / "tick"
        tick.unlink(missing_ok=True)
        await asyncio.sleep(0.1)
        assert not tick.exists()

    asyncio.run(main())


def test_a_cancelled_call_that_printed_much_keeps_no_file_open(
    level: Level, workspace: Workspace, tmp_path: Path
) -> None:
    async def main() -> list[Path]:
        up = asyncio.Event()
        spool = tmp_path / "x"
        script = "head -c 100000 /dev/zero | tr '\\0' 'x'; sleep 600"
        task = begin(workspace, level, script, spool, asyncio.Event(), lambda _: up.set())
        await up.wait()
        while not spool.exists():
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        opened = Path("/proc/self/fd").iterdir()
        return [one.readlink() for one in opened if os.path.lexists(one)]

    assert tmp_path / "x" not in asyncio.run(main())


def test_many_commands_run_side_by_side(level: Level, workspace: Workspace, tmp_path: Path) -> None:
    async def main() -> list[Finished]:
        tasks = [
            begin(workspace, level, f"sleep 0.05; echo {n}; exit {n}", tmp_path / str(n),
                  asyncio.Event(), lambda _: None)
            for n in range(12)
        ]  # fmt: skip
        return await asyncio.gather(*tasks)

    done = asyncio.run(main())
    assert [one.exit_code for one in done] == list(range(12))
    assert [one.head_tail for one in done] == [f"{n}\n" for n in range(12)]


def test_bytes_that_are_no_text_are_marked_and_kept(go: Runner, level: Level) -> None:
    done = go(r"printf 'a\xff\xfe\x00b\xc3\xa9\xc3'", level)
    assert done.head_tail == "a⟨FF⟩⟨FE⟩\0bé⟨C3⟩"
    assert done.spool is not None
    assert done.spool.read_bytes() == b"a\xff\xfe\x00b\xc3\xa9\xc3"


def test_a_flood_keeps_memory_flat_and_the_whole_in_a_file(go: Runner, level: Level) -> None:
    size = 20_000_000
    heard: list[str] = []
    tracemalloc.start()
    done = go(f"yes 0123456789abcde | head -c {size}", level, heard=heard)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000
    assert done.total == size
    assert done.spool is not None and done.spool.stat().st_size == size
    assert done.spool.stat().st_mode & 0o777 == 0o600
    assert len(done.head_tail.encode()) <= 32 * 1024
    assert f"[… {size - 2 * 16344:,} bytes cut here …]" in done.head_tail
    assert all(len(text.encode()) <= 8 * 1024 for text in heard)


def test_an_endless_flood_is_stopped_at_the_cap(go: Runner, level: Level) -> None:
    done = go("yes", level, cap=1_000_000)
    assert done.capped and not done.timed_out
    assert done.total == 1_000_000
    assert done.spool is not None and done.spool.stat().st_size == 1_000_000


def test_no_descriptor_and_no_zombie_is_left_behind(go: Runner, level: Level) -> None:
    go("true", level)
    before = len(list(Path("/proc/self/fd").iterdir()))
    children = descendants.children(os.getpid())
    for _ in range(5):
        go("(sleep 0 &); echo x", level)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert descendants.children(os.getpid()) == children
