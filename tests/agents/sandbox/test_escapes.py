"""What a confined command must not be able to do, each tried for real."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.process import Finished, environment

Runner = Callable[..., Finished]


def python(code: str) -> str:
    return f"/usr/bin/env python -I -S - <<'END'\n{code}\nEND"


def test_nothing_outside_the_workspace_can_be_written(
    go: Runner, confined: Level, tmp_path: Path
) -> None:
    done = go(f"echo x > {tmp_path}/escaped; echo x > /usr/escaped; echo x > /escaped", confined)
    assert done.exit_code == 1
    assert not (tmp_path / "escaped").exists()
    assert not Path("/usr/escaped").exists()
    assert done.head_tail.count("Read-only file system") == 2


def test_the_workspace_itself_can_be_written(
    go: Runner, confined: Level, workspace: Workspace
) -> None:
    assert go("echo hello > new.txt", confined).exit_code == 0
    assert (Path(workspace.path) / "new.txt").read_text() == "hello\n"


def test_files_of_the_developer_do_not_exist_inside(
    go: Runner, confined: Level, tmp_path: Path, workspace: Workspace
) -> None:
    (tmp_path / "secret").write_text("canary")
    done = go(
        f"cat {tmp_path}/secret; cat {workspace.repository}/a.txt; ls -A ~; cat /etc/shadow",
        confined,
    )
    assert "canary" not in done.head_tail
    assert "one" not in done.head_tail
    assert done.head_tail.count("No such file") == 3


def test_no_process_inside_shows_a_key_of_ours(
    go: Runner, confined: Level, monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary-of-the-runtime")
    given = environment(Surroundings(), workspace, confined) | {"SOME_TOKEN": "canary-of-a-caller"}
    done = go("cat /proc/[0-9]*/environ | tr '\\0' '\\n'", confined, environment=given)
    assert "PATH=" in done.head_tail
    assert "canary" not in done.head_tail


def test_a_unix_socket_in_the_workspace_is_refused(
    go: Runner, confined: Level, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(workspace.path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        server.listen()
        done = go(
            python("import socket\nsocket.socket(socket.AF_UNIX).connect('s')\nprint('in')"),
            confined,
        )
    assert "PermissionError" in done.head_tail
    assert done.exit_code == 1


def test_socket_pairs_and_event_loops_still_work(go: Runner, confined: Level) -> None:
    code = "import asyncio, socket\nsocket.socketpair()\nasyncio.run(asyncio.sleep(0))\nprint('ok')"
    assert go(python(code), confined).head_tail == "ok\n"


def test_other_ways_around_the_network_are_refused(go: Runner, confined: Level) -> None:
    code = (
        "import ctypes, socket\n"
        "for family in (socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG):\n"
        "    try: socket.socket(family, socket.SOCK_STREAM); print('got', family)\n"
        "    except PermissionError: print('refused')\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.syscall(425, 1, 0), ctypes.get_errno())\n"
    )
    assert go(python(code), confined).head_tail == "refused\n" * 3 + "-1 38\n"


def test_a_port_of_this_machine_is_not_reached(go: Runner, confined: Level) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = go(f"exec 3<>/dev/tcp/127.0.0.1/{port} && echo in", confined)
    assert done.exit_code == 1
    assert "in\n" not in done.head_tail


def test_typing_into_the_terminal_is_refused(go: Runner, confined: Level) -> None:
    code = (
        "import fcntl, os, pty\nmaster, slave = pty.openpty()\n"
        "for request in (0x5412, 0x541C, 0x5412 | 1 << 40):\n"
        "    import ctypes\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    r = libc.ioctl(slave, ctypes.c_ulong(request), b'x')\n"
        "    print(r, ctypes.get_errno())\n"
    )
    assert go(python(code), confined).head_tail == "-1 1\n" * 3


@pytest.mark.parametrize(
    "attempt",
    [
        "git config core.fsmonitor ./evil",
        "echo x >> .git/config",
        "rm .git/config",
        "mv .git/config .git/old",
        "echo x > .git/hooks/pre-commit",
        "mv .git/hooks .git/old && mkdir .git/hooks",
        "echo x > .git/info/attributes",
        "echo /elsewhere > .git/objects/info/alternates",
        "mv .git/objects .git/old",
        "mv .git old && mkdir .git",
        "rm -rf .git/hooks && ln -s /tmp .git/hooks",
        "echo /tmp > .git/commondir",
        "rm .git/commondir",
        "ln -sf /tmp/x .git/commondir",
        "mount -o remount,rw,bind .git/config .git/config",
        "umount .git/config",
    ],
)
def test_the_git_of_the_workspace_keeps_its_settings(
    attempt: str, go: Runner, confined: Level, workspace: Workspace
) -> None:
    git = Path(workspace.path) / ".git"

    def settings() -> list[tuple[str, bytes]]:
        parts = ("config", "hooks", "info", "objects/info", "commondir")
        files = [git / part for part in parts] + [
            f for part in parts for f in (git / part).rglob("*")
        ]
        return [(str(f), f.read_bytes() if f.is_file() else b"") for f in sorted(files)]

    before = settings()
    assert go(attempt, confined).exit_code != 0
    assert settings() == before
    assert git.is_dir()


def test_commits_work_in_a_clone_that_borrows_objects(
    go: Runner, confined: Level, workspace: Workspace
) -> None:
    done = go("echo two >> a.txt && git commit -qam second && git log --format=%s", confined)
    assert done.head_tail == "second\nfirst\n"
    outside = subprocess.run(
        ["git", "-C", workspace.path, "-c", "safe.directory=*", "log", "--format=%s"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert outside.stdout == "second\nfirst\n"


def test_the_borrowed_objects_can_not_be_changed(
    go: Runner, confined: Level, workspace: Workspace
) -> None:
    assert go(f"touch {workspace.borrows[0]}/x", confined).exit_code == 1
    assert not (Path(workspace.borrows[0]) / "x").exists()


def shared(workspace: Workspace, folder: Path) -> Workspace:
    """The workspace with a folder of the developer linked into it."""
    folder.mkdir()
    (folder / "a.js").write_text("theirs")
    (Path(workspace.path) / "node_modules").symlink_to(folder)
    return msgspec.structs.replace(workspace, links=(str(folder),))


def test_a_linked_folder_is_read_and_never_written(
    go: Runner, confined: Level, workspace: Workspace, tmp_path: Path
) -> None:
    place = shared(workspace, tmp_path / "modules")
    script = "cat node_modules/a.js; echo x > node_modules/a.js; rm node_modules/a.js"
    done = go(script, confined, workspace=place)
    assert done.head_tail.startswith("theirs")
    assert done.head_tail.count("Read-only file system") == 2
    assert (tmp_path / "modules" / "a.js").read_text() == "theirs"


def test_without_a_sandbox_no_command_runs_beside_a_linked_folder(
    go: Runner, workspace: Workspace, tmp_path: Path
) -> None:
    place = shared(workspace, tmp_path / "modules")
    with pytest.raises(SteerdeckError, match="Start a new session"):
        go("touch ran", Level(), workspace=place)
    assert not (Path(workspace.path) / "ran").exists()


def test_the_network_of_the_machine_is_reached_only_by_who_was_given_it(
    go: Runner, confined: Level
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"echo > /dev/tcp/127.0.0.1/{server.getsockname()[1]} && wc -c < /etc/resolv.conf"
        assert go(script, confined).exit_code == 1
        assert go(script, confined, network=True).exit_code == 0
        unix = python("import socket\nsocket.socket(socket.AF_UNIX)")
        assert go(unix, confined, network=True).exit_code == 1


def test_processes_outside_are_neither_seen_nor_signalled(go: Runner, confined: Level) -> None:
    own = Path("/proc/self/ns/pid").readlink()
    done = go(f"readlink /proc/self/ns/pid; ls /proc | grep -c '^[0-9]'; kill -9 {os.getpid()}",
              confined)  # fmt: skip
    namespace, count = done.head_tail.split()[:2]
    assert namespace != str(own)
    assert int(count) < 10


def test_no_user_namespace_can_be_made_inside(go: Runner, confined: Level) -> None:
    assert go("unshare --user true", confined).exit_code != 0


def test_a_confined_root_has_no_capabilities(go: Runner, confined: Level) -> None:
    done = go("grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status | cut -f2 | sort -u", confined)
    assert done.head_tail == "0000000000000000\n"


def test_no_open_file_of_ours_reaches_a_command(go: Runner, level: Level, tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as journal:
        os.set_inheritable(journal.fileno(), True)
        done = go("ls -l /proc/self/fd | grep -c -e journal -e memfd; ls /proc/self/fd", level)
    assert done.head_tail.split() == ["0", "0", "1", "2", "3"]


def test_a_link_in_place_of_a_git_folder_is_refused(
    go: Runner, confined: Level, workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "private").mkdir()
    hooks = Path(workspace.path) / ".git" / "hooks"
    hooks.rmdir()
    hooks.symlink_to(tmp_path / "private")
    with pytest.raises(Exception, match="has become a link"):
        go("true", confined)
