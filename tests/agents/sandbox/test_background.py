"""What agents do stands back: as a session where the kernel has such groups, and by niceness."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.repositories import write
from steerdeck_agents.facts.places import Level
from steerdeck_agents.sandbox import landlock
from steerdeck_agents.sandbox.background import NICE, OF_COMMANDS, go_slow, stand_back
from steerdeck_agents.sandbox.process import Finished
from steerdeck_agents.workspace.git import text

Runner = Callable[..., Finished]
GROUPS = Path("/proc/self/autogroup")
needs_groups = pytest.mark.skipif(
    not GROUPS.exists(), reason="this kernel shares out time by process"
)
# Its session, its group of processes and its niceness (proc(5), stat), when that has been set.
GIT = """#!/bin/sh
case "$*" in *version*) echo git version 2.45.0; exit;; esac
left=50000
while [ $left -gt 0 ]; do
    read -r line < /proc/$$/stat
    set -- ${line##*) }
    [ "${17}" = 5 ] && break
    left=$((left - 1))
done
echo "$4 $(($3 == $$)) ${17}"
"""


@needs_groups
def test_a_session_stands_back_as_a_whole():
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    told, mine = Path(f"/proc/{child.pid}/autogroup"), GROUPS.read_text()
    try:
        for _ in range(100):
            stand_back(child.pid)
            if told.read_text().endswith(f"nice {NICE}\n"):
                break
            time.sleep(0.02)  # the kernel takes only so many from ordinary users
        assert told.read_text().endswith(f"nice {NICE}\n")
        assert GROUPS.read_text() == mine
    finally:
        child.kill()
        child.wait()


def _stood_back(go: Runner, level: Level) -> str:
    """What a command reads of its session; in a few tries, as others may have wished meanwhile."""
    told = ""
    for _ in range(5):
        time.sleep(0.11)
        told = go("cat /proc/self/autogroup", level).head_tail
        if told.endswith(f"nice {OF_COMMANDS}\n"):
            break
    return told


@needs_groups
def test_the_session_of_a_command_stands_back(go: Runner, level: Level):
    """The one it is in: bubblewrap makes another one than it was started in."""
    assert _stood_back(go, level).endswith(f"nice {OF_COMMANDS}\n")


@needs_groups
@pytest.mark.skipif(landlock.abi() < 6, reason="this kernel has no Landlock, or an old one")
def test_the_session_of_a_command_that_may_not_say_so_itself_stands_back(go: Runner):
    assert _stood_back(go, Level(name="landlock", files=True, network=True)).endswith(
        f"nice {OF_COMMANDS}\n"
    )


def test_git_is_of_the_session_that_asked_but_nicer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write(tmp_path, "bin/git", GIT, 0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    told = asyncio.run(text(tmp_path, "rev-parse", "HEAD"))
    assert told == f"{os.getsid(0)} 1 {NICE}"


def test_what_has_ended_is_left_alone():
    child = subprocess.Popen(["true"])
    child.wait()
    stand_back(child.pid)
    go_slow(child.pid)
