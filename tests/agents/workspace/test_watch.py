import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kit.repositories import plain, write
from steerdeck_agents.sandbox.guarded import Hold
from steerdeck_agents.workspace.watch import Watcher, polls_because

FEW_WATCHES = "echo 0 > /proc/sys/user/max_inotify_instances && exec "
IN_A_SMALL_WORLD = """
import asyncio, sys
from pathlib import Path
from steerdeck_agents.workspace.watch import Watcher

async def main():
    top = Path(sys.argv[1])
    seen, said = asyncio.Event(), []
    def on_change(workspace, paths):
        if "file" in paths or (said and not paths):
            seen.set()
    watcher = Watcher(on_change, said.append)
    watcher.add(top)
    await watcher.start()
    while not said:
        await asyncio.sleep(0.01)
    (top / "file").write_text("x")
    await seen.wait()
    await watcher.stop()
    print(said[0])

asyncio.run(asyncio.wait_for(main(), 30))
"""


class Heard:
    """What a watcher told, and a way to wait for it."""

    def __init__(self) -> None:
        self.paths: set[tuple[str, str]] = set()
        self.anything: list[str] = []
        self._news = asyncio.Event()

    def on_change(self, workspace: Path, paths: frozenset[str]) -> None:
        if not paths:
            self.anything.append(workspace.name)
        self.paths |= {(workspace.name, path) for path in paths}
        self._news.set()

    async def until(self, *wanted: tuple[str, str]) -> None:
        async with asyncio.timeout(20):
            while not self.paths.issuperset(wanted):
                self._news.clear()
                await self._news.wait()

    async def started(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.anything) < count:
                self._news.clear()
                await self._news.wait()


@pytest.mark.parametrize("polling", [False, True])
def test_changes_are_told_by_workspace_without_those_of_git(tmp_path: Path, polling: bool):
    async def live() -> None:
        one, two = tmp_path / "w/one", tmp_path / "w/two"
        for place in (one, two):
            write(place, ".git/index", "x")
            # Polling compares whole seconds.
            os.utime(write(place, "old", "x"), (1, 1))
        heard = Heard()
        watcher = Watcher(heard.on_change, polling=polling)
        watcher.add(one)
        watcher.add(two)
        await watcher.start()
        await heard.started(2)
        write(one, ".git/index", "changed")
        write(one, "old", "changed")
        write(two, "new", "x")
        await heard.until(("one", "old"), ("two", "new"))
        (two / "new").unlink()
        write(two, "sub/.git/x", "x")
        write(two, "sub/deep/file", "x")
        await heard.until(("two", "sub/deep/file"))
        assert not [path for _, path in heard.paths if ".git" in path]
        await watcher.stop()

    asyncio.run(live())


def test_workspaces_come_and_go_while_it_watches(tmp_path: Path):
    async def live() -> None:
        heard = Heard()
        watcher = Watcher(heard.on_change)
        await watcher.start()
        first, second, far = tmp_path / "w/first", tmp_path / "w/second", tmp_path / "far/away"
        write(first, "a", "x")
        watcher.add(first)
        await heard.started(1)
        write(second, "b", "x")
        watcher.add(second)
        write(second, "c", "x")
        await heard.until(("second", "c"))
        write(far, "d", "x")
        watcher.add(far)
        await heard.started(3)
        watcher.remove(first)
        write(first, "unseen", "x")
        write(far, "e", "x")
        await heard.until((["far", "away"][1], "e"))
        assert ("first", "unseen") not in heard.paths
        shutil.rmtree(far)
        write(second, "f", "x")
        await heard.until(("second", "f"))
        await watcher.stop()

    asyncio.run(live())


def test_without_watches_left_it_polls_and_says_so(tmp_path: Path):
    for number in range(10):
        (tmp_path / f"w/one/{number}").mkdir(parents=True)
    inside = ["unshare", "--user", "--map-root-user", "sh", "-c"]
    if subprocess.run([*inside, FEW_WATCHES + "true"], capture_output=True).returncode:
        pytest.skip("no user namespace to take the watches away in")
    command = f'{FEW_WATCHES} "$0" -c "$1" "$2"'
    done = subprocess.run(
        [*inside, command, sys.executable, IN_A_SMALL_WORLD, str(tmp_path / "w/one")],
        capture_output=True, text=True,
    )  # fmt: skip
    assert "max_user_instances" in done.stdout, done.stderr


def test_where_no_folder_more_can_be_watched_that_limit_is_named():
    assert "Raise fs.inotify.max_user_watches to" in polls_because("no space left on device")


def watches() -> int:
    """How many folders this process watches."""
    infos = Path("/proc/self/fdinfo").iterdir()
    found = 0
    for info in infos:
        with contextlib.suppress(OSError):
            found += info.read_text().count("inotify wd:")
    return found


def test_links_and_what_git_ignores_are_not_watched(tmp_path: Path):
    if sys.platform != "linux":
        pytest.skip("counted in /proc")
    linked, top = tmp_path / "linked", tmp_path / "w/one"
    for number in range(40):
        write(linked, f"{number}/file", "x")
        write(top, f"target/{number}/file", "x")
    plain(top / "inner").rename(tmp_path / "made")
    shutil.copytree(tmp_path / "made", top, dirs_exist_ok=True, symlinks=True)
    (top / "node_modules").symlink_to(linked)
    write(top, ".gitignore", "node_modules\ntarget/\n")

    async def live() -> None:
        heard = Heard()
        watcher = Watcher(heard.on_change)
        before = watches()
        watcher.add(top)
        await watcher.start()
        await heard.started(1)
        assert watches() - before < 12
        write(top, "src/new/deep/file", "x")
        write(top, "target/fresh/deep/file", "x")
        await heard.until(("one", "src/new/deep/file"))
        write(linked, "0/file", "changed")
        for number in range(12):
            write(top, f"more/{number}/deep/file", "x")
            await heard.until(("one", f"more/{number}/deep/file"))
            write(top, f"more/{number}/deep/file", "again")
            write(top, f"more/{number}/deep/other", "x")
            await heard.until(("one", f"more/{number}/deep/other"))
        assert not [path for _, path in heard.paths if "node_modules/" in path]
        assert not [path for _, path in heard.paths if path.startswith("target/fresh/")]
        await watcher.stop()
        # A thread that was about to wait again lets go of its watches with its next breath.
        async with asyncio.timeout(20):
            while watches() != before:
                await asyncio.sleep(0.05)

    asyncio.run(live())


def test_a_folder_made_for_a_command_is_watched_only_when_it_stays_after_it(tmp_path: Path):
    top = plain(tmp_path / "w/one").resolve()

    class Asked(Watcher):
        """Knows which folders were found new."""

        def __init__(self, heard: Heard) -> None:
            super().__init__(heard.on_change)
            self.new: list[str] = []

        async def not_ignored(self, new: list[str]) -> list[str]:
            self.new += new
            return await super().not_ignored(new)

    async def live() -> None:
        heard = Heard()
        watcher = Asked(heard)
        watcher.add(top)
        await watcher.start()
        await heard.started(1)
        hold = Hold(top)
        for name in ("first", "second"):
            write(top, name, "x")
            await heard.until(("one", name))
        assert watcher.new == []
        write(top, ".vscode/settings.json", "{}")
        hold.release()
        settings = ("one", ".vscode/settings.json")
        await heard.until(settings)
        heard.paths.clear()
        write(top, ".vscode/settings.json", "{ }")
        await heard.until(settings)
        assert watcher.new == [str(top / ".vscode")]
        await watcher.stop()

    asyncio.run(live())
