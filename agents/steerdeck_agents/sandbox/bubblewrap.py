"""The argument list for bubblewrap: what a command sees, written out; all else does not exist.

Order decides. Temporary file systems come first, then the folders that are shown, then the
workspace, and on top of it the read-only parts of its `.git`: an agent that could write there
would choose the config, hooks and object folders of our own git (a mount point can't be renamed,
which is why `.git` and `.git/objects` are mounted onto themselves).
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from steerdeck_agents.facts.errors import BadArguments, SteerdeckError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.sandbox.descendants import MARKER
from steerdeck_agents.sandbox.environment import HOME_INSIDE
from steerdeck_agents.sandbox.guarded import GIT_FILES, GIT_FOLDERS, became_a_link

PROGRAM = "/usr/bin/bwrap"
"""The system's own by its full path: Ubuntu's AppArmor profile names it, and no PATH shapes it."""

SYSTEM_LINKS = ("bin", "sbin", "lib", "lib64", "lib32", "libx32")
ETC = (
    "passwd", "group", "hosts", "nsswitch.conf", "ld.so.cache", "localtime", "alternatives",
    "ssl/certs", "ssl/openssl.cnf", "pki/tls/certs", "pki/ca-trust",
)  # fmt: skip
ETC_ONLINE = ("resolv.conf", "host.conf", "gai.conf", "services", "protocols")
"""What finding a host by its name needs besides."""
Reach = Literal["own", "joined", "machine"]
"""Its network: an empty one of its own, an empty one of whoever starts it, or the machine's."""
_READ_ONLY_GIT = (*GIT_FILES, *GIT_FOLDERS)


def arguments(
    workspace: Workspace,
    folder: str,
    argv: Sequence[str],
    *,
    toolchains: tuple[str, ...],
    program: str = PROGRAM,
    nested: bool = False,
    filter_fd: int | None = None,
    status_fd: int | None = None,
    reach: Reach = "own",
    held: Sequence[str] = (),
    memory: int = 0,
) -> list[str]:
    """The complete argv that runs `argv` in `folder` (relative to the workspace).

    `nested` says that this bubblewrap can't forbid user namespaces inside (before 0.8);
    `filter_fd` holds the system call filter, `status_fd` gets bubblewrap's report as JSON lines;
    `held` are paths in the workspace to be read-only, `memory` the bytes its temporary files may
    take (0 leaves it to the system, and so does an old bubblewrap).
    Raises BadArguments for a folder outside the workspace.
    """
    start = start_folder(workspace, folder)
    given = [program, "--unshare-all", "--unshare-user", "--die-with-parent", "--new-session"]
    given += ["--cap-drop", "ALL", "--unsetenv", MARKER]
    if reach != "own":
        given.append("--share-net")
    if not nested:
        given.append("--disable-userns")
    given += [
        *_system(ETC if reach != "machine" else (*ETC, *ETC_ONLINE)),
        "--proc",
        "/proc",
        *("--ro-bind", "/proc/sys", "/proc/sys"),
        "--dev",
        "/dev",
    ]
    size = ["--size", str(memory)] if memory and not nested else []
    for empty in ("/dev/shm", "/tmp", "/var/tmp", "/run", "/home", "/root"):
        given += [*size, "--tmpfs", empty]
    given += ["--dir", HOME_INSIDE]
    for shown in (*toolchains, *workspace.borrows, *workspace.links):
        given += ["--ro-bind-try", shown, shown]
    given += ["--bind", workspace.path, workspace.path, *_git(Path(workspace.path))]
    for path in held:
        given += ["--ro-bind", path, path]
    given += ["--remount-ro", "/", "--chdir", start]
    if filter_fd is not None:
        given += ["--seccomp", str(filter_fd)]
    if status_fd is not None:
        given += ["--json-status-fd", str(status_fd)]
    return [*given, "--", *argv]


def holder(program: str, status_fd: int) -> list[str]:
    """The argv of a process that only holds a user namespace and an empty network in it.

    It repeats its input, so an answer says that the network is up.
    """
    given = [program, "--unshare-user", "--unshare-net", "--unshare-ipc", "--die-with-parent"]
    given += ["--cap-drop", "ALL", *_system(), "--remount-ro", "/"]
    return [*given, "--json-status-fd", str(status_fd), "--", "/usr/bin/cat"]


def start_folder(workspace: Workspace, folder: str) -> str:
    """The absolute path a command starts in; raises BadArguments when it is not a folder inside."""
    top = Path(workspace.path)
    if not top.is_dir():
        raise SteerdeckError(f"The workspace {top} is gone, so nothing can run in it.")
    place = top / folder
    if not place.resolve().is_relative_to(top.resolve()):
        raise BadArguments(f"The folder {folder!r} leads outside the workspace; start inside it.")
    if not place.is_dir():
        raise BadArguments(f"There is no folder {folder!r} in the workspace.")
    return os.path.normpath(place)


def _system(settings: tuple[str, ...] = ETC) -> list[str]:
    given = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM_LINKS:
        path = Path("/") / name
        if path.is_symlink():
            given += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            given += ["--ro-bind", str(path), str(path)]
    for name in settings:
        given += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return given


def _git(top: Path) -> list[str]:
    git = top / ".git"
    if git.is_file() and not git.is_symlink():
        return ["--ro-bind", str(git), str(git)]
    given: list[str] = []
    for option, name in [
        ("--bind", "."), ("--bind", "objects"), *(("--ro-bind", name) for name in _READ_ONLY_GIT)
    ]:  # fmt: skip
        path = git / name
        if path.is_symlink():
            raise became_a_link(path)
        if path.exists():
            given += [option, str(path), str(path)]
    return given
