"""Other machines for tests: a stand-in `ssh` that runs what it is told here, in another home.

Each host is a folder with a HOME and a STEERDECK_HOME of its own, found by the name `ssh` is given.
The stand-in reads its arguments as ssh(1) does: options, `--`, the host, one command for its shell.
"""

import os
import stat
import sys
from pathlib import Path
from typing import NamedTuple

from steerdeck_agents.settings.paths import Paths, paths

_SSH = r"""#!/bin/sh
# A stand-in for ssh: hosts are folders beside this program.
place=$(dirname "$0")
asked="$*"
echo "$@" >>"$place/asked"
while [ "$1" != "--" ]; do shift; done
host=$2 command=$3
[ -e "$place/down" ] && { echo "ssh: connect to host $host: No route to host" >&2; exit 255; }
[ -e "$place/$host/locked" ] && case "$asked" in *BatchMode=yes*)
echo "kim@$host: Permission denied (publickey,password)." >&2; exit 255;; esac
[ -d "$place/$host" ] || { echo "ssh: Could not resolve hostname $host" >&2; exit 255; }
echo $$ >"$place/$host/line"
exec env -i HOME="$place/$host" SHELL=/bin/sh USER=kim sh -c "$command"
"""
ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


class FarHost(NamedTuple):
    """One machine that is none."""

    name: str
    home: Path

    @property
    def where(self) -> Paths:
        """The paths of its Steerdeck."""
        return paths({"STEERDECK_HOME": str(self.home / "s"), "HOME": str(self.home)})

    @property
    def line(self) -> int:
        """The process at the far end of the line that was made last."""
        return int((self.home / "line").read_text())


def far_host(place: Path, name: str, *profile: str) -> FarHost:
    """A host below `place`, whose login shell finds this checkout's Steerdeck."""
    place.mkdir(exist_ok=True)
    ssh = place / "ssh"
    if not ssh.exists():
        ssh.write_text(_SSH)
        ssh.chmod(ssh.stat().st_mode | stat.S_IXUSR)
    home = place / name
    home.mkdir()
    (home / ".profile").write_text("\n".join(login(home, *profile)) + "\n")
    return FarHost(name, home)


def login(home: Path, *profile: str) -> list[str]:
    """What a login shell of that home reads."""
    sources = ":".join(str(ROOT / part) for part in ("tui", "agents", "themes"))
    return [
        f"export PATH={BIN}:/usr/local/bin:/usr/bin:/bin",
        f"export STEERDECK_HOME={home}/s",
        f"export PYTHONPATH={sources}",
        "export GIT_CONFIG_NOSYSTEM=1 LANG=C.UTF-8",
        *profile,
    ]


def path_with(place: Path) -> str:
    """A PATH on which that `ssh` comes first."""
    return f"{place}:{os.environ['PATH']}"


def login_environ(home: Path) -> dict[str, str]:
    """The environment in which a runtime of that home may be started from here."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
