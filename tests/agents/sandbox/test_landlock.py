"""Where user namespaces are refused: what Landlock and the filter hold, and what is put back."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import landlock
from steerdeck_agents.sandbox.live import start_live
from steerdeck_agents.sandbox.process import Finished, Spawn, environment

Runner = Callable[..., Finished]


@pytest.fixture
def beside() -> Level:
    if landlock.abi() < 6:
        pytest.skip("this kernel has no Landlock, or an old one")
    return Level(name="landlock", files=True, network=True)


def test_a_command_writes_its_workspace_and_nothing_else(
    go: Runner, beside: Level, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "theirs").write_text("canary")
    theirs = tmp_path / "theirs"
    theirs.write_text("canary")
    script = f"echo x > new; echo x > {tmp_path}/escaped; cat {theirs}; : > {theirs}; rm {theirs}; "
    done = go(f"{script} ln {theirs} x; mv new {tmp_path}/escaped; mkdir {tmp_path}/escaped",
              beside)  # fmt: skip
    assert not (tmp_path / "escaped").exists()
    assert (Path(workspace.path) / "new").read_text() == "x\n"
    assert theirs.read_text() == "canary"
    assert "canary" not in done.head_tail


def test_what_a_command_needs_still_works(go: Runner, beside: Level, workspace: Workspace) -> None:
    script = (
        "cat <(echo pipes); touch ~/x $TMPDIR/y && echo home; echo two >> a.txt && "
        "git commit -qam second && git log --format=%s; "
        "python -c 'import threading, asyncio, subprocess as s; "
        't = threading.Thread(target=print, args=("thread",)); t.start(); t.join(); '
        'asyncio.run(asyncio.sleep(0)); s.run(["true"], check=True); print("ok")\''
    )
    done = go(script, beside)
    assert done.head_tail == "pipes\nhome\nsecond\nfirst\nthread\nok\n"
    assert done.problem == ""


def test_no_socket_is_made_but_a_pair_unless_the_network_was_given(
    go: Runner, beside: Level
) -> None:
    code = (
        "import socket\n"
        "for family in (1, 2, 10, 16, 17, 40):\n"
        "    for kind in (1, 2):\n"
        "        try: socket.socket(family, kind); print('got', family)\n"
        "        except OSError: pass\n"
        "socket.socketpair()\nprint('done')\n"
    )
    script = f"python -I -S - <<'END'\n{code}END"
    assert go(script, beside).head_tail == "done\n"
    given = go(script, beside, network=True).head_tail.split("\n")
    assert {"got 2", "done"} <= set(given)
    assert "got 1" not in given


def test_outsiders_are_not_signalled_and_their_variables_not_read(
    go: Runner, beside: Level
) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        done = go(f"kill -9 {other.pid}; cat /proc/{other.pid}/environ", beside)
        assert other.poll() is None
        other.kill()
    assert done.head_tail.count("Operation not permitted") == 1
    assert done.head_tail.count("Permission denied") == 1


def test_root_keeps_no_capability_and_nobody_makes_namespaces(go: Runner, beside: Level) -> None:
    done = go("grep -E 'Cap(Prm|Eff)|NoNewP' /proc/self/status | cut -f2; unshare -U true", beside)
    assert done.head_tail.split("\n")[:3] == ["0" * 16, "0" * 16, "1"]
    assert done.exit_code == 1


def test_who_started_it_is_not_confined_afterwards(
    go: Runner, beside: Level, tmp_path: Path
) -> None:
    before = threading.active_count()
    go("true", beside)
    (tmp_path / "mine").write_text("still")
    assert "NoNewPrivs:\t0" in Path("/proc/self/status").read_text()
    assert threading.active_count() <= before


def test_a_command_and_all_it_left_behind_are_ended(go: Runner, beside: Level) -> None:
    done = go("setsid sleep 61.5 & (sleep 61.5 &) ; echo $$", beside)
    found = subprocess.run(["pgrep", "-f", "sleep 61.5"], capture_output=True, check=False)
    assert done.exit_code == 0
    assert found.stdout == b""
    assert go("kill -TERM $$", beside).signal == signal.SIGTERM


def test_a_dialogue_on_a_terminal_works(
    beside: Level, workspace: Workspace, tmp_path: Path
) -> None:
    async def main() -> str:
        spawn = Spawn(
            script="stty size; read -rp 'name: ' x; echo hello $x; echo out > /dev/tty",
            workspace=workspace,
            environment=environment(Surroundings(), workspace, beside),
            level=beside,
        )
        live = start_live(spawn, tty=True, on_output=lambda _: None, spool=tmp_path / "live")
        live.write("you\n")
        await live.done.wait()
        assert live.finished is not None and live.finished.exit_code == 0
        return live.read_new()

    said = asyncio.run(main())
    assert "30 100\n" in said and "hello you\nout\n" in said


def test_a_linked_folder_is_read_and_never_written(
    go: Runner, beside: Level, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "a.js").write_text("theirs")
    (Path(workspace.path) / "m").symlink_to(tmp_path / "modules")
    place = msgspec.structs.replace(workspace, links=(str(tmp_path / "modules"),))
    done = go("cat m/a.js; echo x > m/a.js; rm m/a.js", beside, workspace=place)
    assert done.head_tail.startswith("theirs") and done.exit_code == 1
    assert (tmp_path / "modules" / "a.js").read_text() == "theirs"


def test_a_sandbox_that_can_not_be_set_up_runs_nothing(
    go: Runner, beside: Level, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock.seccomp, "program", lambda **_: None)
    with pytest.raises(SteerdeckError, match="nothing ran"):
        go("touch ran", beside)
    assert not (Path(workspace.path) / "ran").exists()


@pytest.fixture(params=["landlock", "none"])
def loose(request: pytest.FixtureRequest) -> Iterator[Level]:
    """A level at which no mount can hold the settings of git."""
    if request.param == "landlock" and landlock.abi() < 6:
        pytest.skip("this kernel has no Landlock, or an old one")
    yield Level(name=request.param)


def settings(git: Path) -> dict[str, bytes]:
    """What decides which programs a git runs."""
    names = ("config", "config.worktree", "commondir", "hooks", "info", "objects/info")
    files = [git / name for name in names] + [f for n in names for f in (git / n).rglob("*")]
    return {str(f): f.read_bytes() for f in sorted(files) if f.is_file()}


@pytest.mark.parametrize(
    ("attempt", "named"),
    [
        ("git config core.fsmonitor ./evil", ".git/config"),
        ("ln .git/config x; echo >> x", ".git/config"),
        ("echo x > .git/hooks/pre-commit", ".git/hooks/pre-commit"),
        ("rmdir .git/hooks; ln -s /tmp .git/hooks", ".git/hooks"),
        ("rm -rf .git/info; mkdir .git/info; mkfifo .git/info/attributes", ".git/info/attributes"),
        ("echo /tmp > .git/objects/info/http-alternates", ".git/objects/info/http-alternates"),
        ("mkdir .git/hooks/pre-commit && touch .git/hooks/pre-commit/x", ".git/hooks/pre-commit"),
        ("echo /tmp > .git/commondir", ".git/commondir"),
        ("rm .git/config.worktree; mkdir .git/config.worktree", ".git/config.worktree"),
        ("mv .git/objects old; mkdir -p .git/objects; ln -s /tmp .git/objects/info",
         ".git/objects/info"),
    ],
)  # fmt: skip
def test_the_settings_of_git_are_put_back(
    attempt: str, named: str, go: Runner, loose: Level, workspace: Workspace
) -> None:
    git = Path(workspace.path) / ".git"
    go("true", loose)
    before = settings(git)
    done = go(attempt, loose)
    after = settings(git)
    after.pop(str(git / "objects/info/alternates"), None)
    before.pop(str(git / "objects/info/alternates"), None)
    assert after == before
    assert not any((git / name).is_symlink() for name in ("hooks", "info", "objects/info"))
    assert f"changed {named}" in done.problem or f", {named}" in done.problem
    assert (git / "config").stat().st_nlink == 1


def test_a_git_that_was_swapped_for_a_link_is_a_link_no_more(
    go: Runner, loose: Level, workspace: Workspace, tmp_path: Path
) -> None:
    done = go("mv .git old && ln -s old .git", loose)
    assert "changed .git," in done.problem
    assert not (Path(workspace.path) / ".git").is_symlink()


def test_what_would_run_unasked_stays_and_is_told(
    go: Runner, loose: Level, workspace: Workspace
) -> None:
    done = go("echo 'touch ran' > .envrc; mkdir .vscode; touch other", loose)
    assert "There is a new .envrc, .vscode: programs may read that unasked." in done.problem
    assert (Path(workspace.path) / ".envrc").is_file()
    assert go("echo more >> .envrc", loose).problem == ""


def test_a_repack_that_makes_a_clone_independent_stays(
    go: Runner, loose: Level, workspace: Workspace
) -> None:
    alternates = Path(workspace.path) / ".git/objects/info/alternates"
    assert alternates.exists()
    assert go("rm .git/objects/info/alternates", loose).problem == ""
    assert not alternates.exists()


def test_our_own_files_are_not_open_in_a_landlocked_command(
    go: Runner, beside: Level, tmp_path: Path
) -> None:
    with (tmp_path / "journal").open("w") as journal:
        os.set_inheritable(journal.fileno(), True)
        done = go(f"ls /proc/self/fd; {sys.executable} -c 'print(1)'", beside)
    assert done.head_tail.split() == ["0", "1", "2", "3", "1"]
