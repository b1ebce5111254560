"""Set-up and tear-down scripts: how they end, what is told, and what a consent is bound to."""

import asyncio
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from kit.repositories import plain, write
from kit.workspaces import workspace_of
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.facts.setup import Ports
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.settings.project import Project, Script
from steerdeck_agents.work.setup import SetupResult, identity, run_script, started_files

BARE = Level()
SHELL = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")


def _run(
    script: Script,
    ours: Workspace,
    *,
    level: Level = BARE,
    heard: list[str] | None = None,
    stop_at: str = "",
) -> SetupResult:
    ours = msgspec.structs.replace(ours, ports=Ports(21_010, 10))

    async def main() -> SetupResult:
        stop = asyncio.Event()

        def hear(text: str) -> None:
            if heard is not None:
                heard.append(text)
            if stop_at and stop_at in text:
                stop.set()

        return await run_script(
            script,
            workspace=ours,
            level=level,
            surroundings=SHELL,
            environment=environment(SHELL, ours, level),
            spool=Path(ours.path).parent / "spool",
            on_output=hear,
            stop=stop,
        )

    return asyncio.run(main())


@pytest.fixture
def ours(tmp_path: Path) -> Workspace:
    return workspace_of(plain(tmp_path / "top"), tmp_path / "w/one")


def test_a_set_up_script_runs_in_the_top_folder_and_shows_its_log(ours: Workspace):
    heard: list[str] = []
    done = _run(Script("setup", "pwd\necho $PORT > port\necho problems >&2"), ours, heard=heard)
    assert (done.status, done.exit_code, done.good) == ("done", 0, True)
    assert done.log == f"{ours.path}\nproblems\n".encode() == "".join(heard).encode()
    assert done.text == done.log.decode()
    assert (Path(ours.path) / "port").read_text() == "21010\n"
    assert done.sentence.startswith("The set-up script ended well after ")


def test_a_script_that_fails_says_so_with_the_way_out(ours: Workspace):
    done = _run(Script("setup", "echo no such package; exit 3"), ours)
    assert (done.status, done.exit_code) == ("failed", 3)
    assert "ended with exit code 3, so this workspace may not be ready to run" in done.sentence
    assert ".steerdeck.toml" in done.sentence
    assert done.log == b"no such package\n"


def test_a_script_that_hangs_is_ended_after_its_time(ours: Workspace):
    done = _run(Script("setup", "echo begun; sleep 60", timeout_s=0.3), ours)
    assert done.status == "failed"
    assert "was ended after 0.3 s" in done.sentence
    assert "setup_timeout" in done.sentence
    assert done.log == b"begun\n"


def test_a_script_can_be_stopped(ours: Workspace):
    done = _run(Script("setup", "echo begun; sleep 60", timeout_s=30), ours, stop_at="begun")
    assert done.status == "failed"
    assert "was stopped" in done.sentence


def test_a_script_that_cannot_be_started_is_a_result_too(ours: Workspace):
    done = _run(Script("setup", "true"), ours, level=Level(name="seatbelt"))
    assert done.status == "refused"
    assert "was not started: /usr/bin/sandbox-exec could not be started" in done.sentence


def test_a_script_reaches_the_network_only_when_it_was_consented_to(ours: Workspace):
    level = asyncio.run(probe())
    if level.name != "bubblewrap":
        pytest.skip(level.why)
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = f"echo x > /dev/tcp/127.0.0.1/{server.getsockname()[1]}"
        assert _run(Script("setup", text), ours, level=level).status == "failed"
        assert _run(Script("setup", text, network=True), ours, level=level).good


def test_a_failing_tear_down_blocks_nothing_and_names_what_may_be_left(ours: Workspace):
    done = _run(Script("teardown", "exit 1"), ours)
    assert done.status == "failed"
    assert "what it was to clear away may still be there" in done.sentence


def test_a_long_log_is_kept_whole(ours: Workspace):
    whole = "".join(f"{number}\n" for number in range(1, 20001)).encode()
    assert _run(Script("setup", "seq 1 20000"), ours).log == whole


def _binding(folder: Path, text: str, *, network: bool = False, teardown: str = "") -> str:
    last = Script("teardown", teardown) if teardown else None
    return identity(Project(setup=Script("setup", text, network), teardown=last), folder)


def test_consent_is_bound_to_the_scripts_and_the_network(tmp_path: Path):
    bindings = [
        _binding(tmp_path, "npm ci"),
        _binding(tmp_path, "npm ci "),
        _binding(tmp_path, "npm ci", network=True),
        _binding(tmp_path, "npm ci", teardown="rm -r tmp"),
        _binding(tmp_path, "npm ci", teardown="rm -r tmq"),
        identity(Project(teardown=Script("teardown", "npm ci")), tmp_path),
    ]
    assert len(set(bindings)) == len(bindings)
    assert _binding(tmp_path, "npm ci") == bindings[0]
    assert identity(Project(), tmp_path) == ""


@pytest.mark.parametrize(
    "text",
    [
        "./do/it.sh --all",
        "do/it.sh",
        "bash -eu do/it.sh",
        "source do/it.sh",
        ". do/it.sh",
        "set -e\nMODE=x ./do/it.sh",
        "true && ./do/it.sh > log 2>&1",
        "(cd web; true) | ./do/it.sh",
        "if true; then\n  ./do/it.sh\nfi",
        "env -i A=1 ./do/it.sh",
        "echo 'two\nlines'; ./do/it.sh",
        "./do/../do/it.sh",
        "if ! ./do/it.sh; then exit 1; fi",
        "npm ci & ./do/it.sh",
        "./do/link",
        "if ./do/it.sh; then true; fi",
        "for a in 1 2; do ./do/it.sh; done",
        ">log 2>&1 ./do/it.sh",
        "export A=$(./do/it.sh) B=`./do/it.sh`",
        "diff <(./do/it.sh) b",
        "echo \\\n && \\\n ./do/it.sh",
    ],
)
def test_consent_is_bound_to_the_bytes_of_what_the_script_starts(tmp_path: Path, text: str):
    write(tmp_path, "do/it.sh", "echo one\n", 0o755)
    (tmp_path / "do/link").symlink_to("it.sh")
    before = _binding(tmp_path, text)
    write(tmp_path, "do/it.sh", "echo two\n", 0o755)
    assert _binding(tmp_path, text) != before
    (tmp_path / "do/it.sh").unlink()
    assert _binding(tmp_path, text) != before


def test_what_a_script_starts_can_be_shown(tmp_path: Path):
    write(tmp_path, "do/it.sh", "echo one\n")
    write(tmp_path, "data.json", "{}\n")
    [file] = started_files(Script("setup", "./do/it.sh data.json; npm ci"), tmp_path)
    assert (file.path, file.data) == ("do/it.sh", b"echo one\n")


@pytest.mark.parametrize("text", ["../outside.sh", "/etc/passwd", "./leads-out", "./turns", "."])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, text: str):
    write(tmp_path, "outside.sh", "secret\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "leads-out").symlink_to("../outside.sh")
    (inside / "turns").symlink_to("turns")
    found = started_files(Script("setup", text), inside)
    assert all(b"secret" not in file.data and b"root" not in file.data for file in found)


def test_a_started_file_that_cannot_be_read_is_no_consent(tmp_path: Path):
    write(tmp_path, "big.sh", b"#" * 5_000_000)
    with pytest.raises(SteerdeckError, match=r"big\.sh, which the set-up script starts"):
        _binding(tmp_path, "./big.sh")
