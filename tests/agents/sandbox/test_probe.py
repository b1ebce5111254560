"""The level is what was tried, and its absence is a sentence with the way out."""

import asyncio
from pathlib import Path

import pytest

from steerdeck_agents.facts.places import Level
from steerdeck_agents.sandbox import attempts, landlock, remedy
from steerdeck_agents.sandbox.probe import Trial, probe, trial, trials


def without(program: str) -> Level:
    """What bubblewrap amounts to where `program` stands for it."""
    return asyncio.run(trial("bubblewrap", program)).level


def fake(tmp_path: Path, text: str) -> str:
    program = tmp_path / "bwrap"
    program.write_text(f"#!/bin/bash\n{text}\n")
    program.chmod(0o700)
    return str(program)


def test_a_working_bubblewrap_holds_everything_back(confined: Level) -> None:
    assert confined == Level(name="bubblewrap", files=True, network=True, processes=True)


def test_without_bubblewrap_there_is_no_sandbox_and_a_way_out(tmp_path: Path) -> None:
    level = without(str(tmp_path / "bwrap"))
    assert (level.title, level.files, level.network) == ("NO SANDBOX", False, False)
    assert "install bubblewrap" in level.why


@pytest.mark.parametrize(
    "said",
    [
        "Creating new namespace failed: Operation not permitted",
        "setting up uid map: Permission denied",
        "loopback: Failed RTM_NEWADDR: Operation not permitted",
        "No permissions to create new namespace, likely because the kernel does not allow",
    ],
)
def test_a_refused_namespace_names_what_to_change(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake(tmp_path, f"echo 'bwrap: {said}' >&2; exit 1")
    monkeypatch.setattr(remedy, "setting", lambda name: "")
    monkeypatch.setattr(remedy, "in_container", lambda: False)
    assert "in a container" in without(program).why
    monkeypatch.setattr(remedy, "setting", lambda name: "0" if "max_user" in name else "")
    assert "sysctl" in without(program).why
    monkeypatch.setattr(remedy, "setting", lambda name: "1" if "apparmor" in name else "")
    assert "AppArmor" in without(program).why


def test_a_bubblewrap_that_confines_nothing_is_not_relied_on(tmp_path: Path) -> None:
    through = (
        'while [ $# -gt 0 ] && [ "$1" != -- ]; do\n'
        '    [ "$1" = --json-status-fd ] && report=$2; [ "$1" = --chdir ] && cd "$2"; shift\n'
        'done; shift; "$@"; code=$?; echo "{\\"exit-code\\": $code}" >&$report; exit $code'
    )
    level = without(fake(tmp_path, through))
    assert level.name == "none"
    for escape in ("wrote a file", "read a file", "a port", "Unix socket", "saw the processes"):
        assert escape in level.why


def test_a_bubblewrap_that_leaves_the_network_is_not_relied_on(
    confined: Level, tmp_path: Path
) -> None:
    leak = 'args=("$@"); exec /usr/bin/bwrap "${args[0]}" --share-net "${args[@]:1}"'
    level = without(fake(tmp_path, leak))
    assert level.name == "none"
    assert "reached a port" in level.why
    assert "wrote a file" not in level.why


def test_a_silent_failure_is_said_too(tmp_path: Path) -> None:
    level = without(fake(tmp_path, "echo nonsense; exit 5"))
    assert level.name == "none"
    assert "nonsense" in level.why


def test_a_bubblewrap_that_can_not_be_started_is_said_too(tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("no program")
    level = without(str(tmp_path / "bwrap"))
    assert level.name == "none"
    assert level.why


def test_the_probe_leaves_nothing_behind(confined: Level, tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    deep = tmp_path / ("long-" * 20)
    monkeypatch.setattr("steerdeck_agents.settings.scratch.place", lambda uid: deep)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert asyncio.run(probe()).name == "bubblewrap"
    assert list(deep.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


BESIDES = {"mode", "seen"}
"""What Landlock can't hold, as its row of the table says."""


def test_every_tier_is_tried_with_every_escape(confined: Level) -> None:
    found = {one.tier: one for one in asyncio.run(trials())}
    assert {attempt.name for attempt in found["bubblewrap"].attempts if not attempt.held} == set()
    if landlock.abi() < 6:
        pytest.skip("this kernel has no Landlock, or an old one")
    open_ones = {attempt.name for attempt in found["landlock"].attempts if not attempt.held}
    assert open_ones == BESIDES
    assert len(found["landlock"].attempts) == len(attempts.ESCAPES)


def test_landlock_is_used_where_bubblewrap_can_not_be_and_says_what_it_leaves(
    tmp_path: Path,
) -> None:
    level = asyncio.run(probe(str(tmp_path / "bwrap")))
    if landlock.abi() < landlock.OLDEST:
        pytest.skip("this kernel has no Landlock, or an old one")
    assert (level.name, level.files, level.network, level.processes) == (
        "landlock", True, True, False,
    )  # fmt: skip
    assert "can change the mode of a file outside, and see the processes" in level.why
    assert "bubblewrap would hold more: bubblewrap is not installed" in level.why


def test_an_old_landlock_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 2)
    old = asyncio.run(trial("landlock"))
    assert old == Trial("landlock", Level(why=old.level.why))
    assert "version 3 (Linux 6.2) is needed" in old.level.why


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ('NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', "apt install"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"', "dnf install"),
        ("ID=opensuse-tumbleweed", "zypper install"),
        ("ID=unheard", "apt, dnf or pacman"),
        ("", "apt, dnf or pacman"),
    ],
)
def test_how_to_install_it_is_said_for_this_system(release: str, said: str) -> None:
    assert said in remedy.install(release)
