"""A real `sshd` on loopback for this user alone, and an `ssh` on PATH that knows it as `far`.

Keys and configuration are made for it and lie in one folder; nothing of the machine's own is read.
"""

import getpass
import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kit.far_hosts import FarHost, login

HOST = "far"
_SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {place}/host_key
AuthorizedKeysFile {place}/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
SetEnv HOME={home} SHELL=/bin/sh
"""
_SSH = """\
Host {host}
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {place}/key
  IdentitiesOnly yes
  UserKnownHostsFile {place}/known
  StrictHostKeyChecking accept-new
"""


class Sshd(NamedTuple):
    """The server, and the machine it leads to."""

    host: FarHost
    place: Path
    """Where its `ssh` is."""
    pid: int


def why_not() -> str:
    """Why no `sshd` can be run here; empty when it can."""
    missing = [name for name in ("ssh", "ssh-keygen") if shutil.which(name) is None]
    if _program() is None:
        missing.append("sshd")
    if missing:
        return f"{', '.join(missing)} not installed (Debian: openssh-server)"
    if os.getuid() == 0 and not _privileges():
        return "sshd has no /run/sshd"
    return ""


def _program() -> str | None:
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def _privileges() -> bool:
    """The folder sshd(8) wants for its less privileged part, when it is started by root."""
    try:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    except OSError:
        return False
    return True


@contextmanager
def sshd(place: Path, *profile: str) -> Iterator[Sshd]:
    """Run one until the block ends; `profile` is more of what its login shell reads."""
    place.mkdir(exist_ok=True)
    home = place / HOST
    home.mkdir()
    (home / ".profile").write_text("\n".join(login(home, *profile)) + "\n")
    for name in ("host_key", "key"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / name)], check=True
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    named = {"place": place, "home": home, "port": port, "host": HOST, "user": getpass.getuser()}
    (place / "sshd_config").write_text(_SSHD.format(**named))
    (place / "config").write_text(_SSH.format(**named))
    _wrapped(place)
    program = _program()
    assert program is not None, "asked before"
    log = (place / "sshd.log").open("wb")
    child = subprocess.Popen(
        [program, "-D", "-e", "-f", str(place / "sshd_config")],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        _until_it_listens(port)
        yield Sshd(FarHost(HOST, home), place, child.pid)
    finally:
        child.terminate()
        child.wait(10)
        log.close()


def _wrapped(place: Path) -> None:
    """The machine's `ssh` with that configuration in the place of the developer's own."""
    ssh = place / "bin/ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {place}/config "$@"\n')
    ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)


def _until_it_listens(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def line_of(server: Sshd) -> dict[str, int]:
    """The processes of the line that is up now: `ssh` here, `sshd`'s session, the program there."""
    found: dict[str, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        told = b" ".join(words)
        if os.fsencode(f"{server.place}/config") in words and b"stdio" in told:
            found["ssh"] = int(entry.name)
        elif words[2:4] == [b"runtime", b"stdio"] and _is_of(entry, server.host.home):
            found |= {"far": int(entry.name)}
            # A program whose line was just killed belongs to nobody any more.
            found |= {"sshd": parent} if _is_sshd(parent) else {}
    return found


def decks_of(server: Sshd) -> dict[str, int]:
    """The processes of a deck that runs over there behind `ssh -tt`; some, while it comes or goes.

    The deck is its session's own child: every shell on the way has put itself in its place.
    """
    found: dict[str, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if os.fsencode(f"{server.place}/config") in words and b"-tt" in words:
            found["ssh"] = int(entry.name)
        elif b"-C" in words[2:] and _is_of(entry, server.host.home):
            found |= {"deck": int(entry.name)}
            found |= {"sshd": parent} if _is_sshd(parent) else {}
    return found


def _is_sshd(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/comm").read_text().startswith("sshd")
    except OSError:
        return False


def _is_of(entry: Path, home: Path) -> bool:
    try:
        return os.fsencode(f"HOME={home}") in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
