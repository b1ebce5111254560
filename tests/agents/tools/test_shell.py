import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from steerdeck_agents.facts.action import ListFiles, ReadFile, RunCommand, SearchFiles, SetPlan
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import command
from steerdeck_agents.sandbox.environment import environment
from steerdeck_agents.sandbox.process import Spawn
from steerdeck_agents.tools import shell
from steerdeck_agents.tools.outcome import LIMIT, Outcome
from steerdeck_agents.tools.perform import Bench, perform

BARE = Level()


def bench(workspace: Workspace, spool: Path, said: list[str] | None = None) -> Bench:
    async def files() -> Sequence[str]:
        return ["a.txt"]

    return Bench(
        workspace=workspace,
        level=BARE,
        surroundings=Surroundings(),
        environment=environment(Surroundings(), workspace, BARE),
        spool=spool,
        on_output=([] if said is None else said).append,
        stop=asyncio.Event(),
        files=files,
        skill={"notes": "How notes are written."}.get,
    )


def done(action: RunCommand, workspace: Workspace, tmp_path: Path) -> Outcome:
    async def run() -> Outcome:
        return await perform(action, bench(workspace, tmp_path / "spool"))

    return asyncio.run(run())


def test_a_command_tells_its_code_its_time_and_its_output(
    workspace: Workspace, tmp_path: Path
) -> None:
    outcome = done(RunCommand("echo out; echo err >&2; exit 3"), workspace, tmp_path)
    lines = outcome.text.split("\n")
    assert lines[0] == "exit code: 3" and lines[1].startswith("duration: ") and not lines[2]
    assert lines[3:] == ["out", "err", ""]
    assert (outcome.status, outcome.exit_code, outcome.summary) == ("failed", 3, "exit 3")
    quiet = done(RunCommand("true"), workspace, tmp_path)
    assert quiet.text.endswith("\n\n(no output)") and quiet.status == "done"
    assert quiet.complete is None


def test_long_output_is_cut_for_the_model_and_kept_for_people(
    workspace: Workspace, tmp_path: Path
) -> None:
    outcome = done(RunCommand("seq 1 30000"), workspace, tmp_path)
    assert len(outcome.text.encode()) <= LIMIT
    assert "\n\n1\n2\n" in outcome.text and outcome.text.endswith("29999\n30000\n")
    assert "the whole has 30,000 lines" in outcome.text
    assert outcome.complete == "".join(f"{n}\n" for n in range(1, 30001)).encode()


def test_output_that_is_no_text_is_marked_and_kept_exactly(
    workspace: Workspace, tmp_path: Path
) -> None:
    outcome = done(RunCommand(r"printf 'a\xffb'"), workspace, tmp_path)
    assert outcome.text.endswith("a⟨FF⟩b") and outcome.complete == b"a\xffb"


def test_a_command_that_takes_too_much_memory_says_so(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_MEMORY_EVERY_S", 0.05)
    monkeypatch.setattr(shell, "Spawn", partial(Spawn, memory=60_000_000))
    hungry = "exec python3 -ISc 'x = bytearray(200_000_000); import time; time.sleep(60)'"
    outcome = done(RunCommand(hungry), workspace, tmp_path)
    assert "\nstopped because it took too much memory; nothing of it" in f"\n{outcome.text}"
    assert (outcome.status, outcome.summary) == ("failed", "too much memory")


def test_hosts_stand_in_nobodys_way_where_nothing_holds_the_network_back(
    workspace: Workspace, tmp_path: Path
) -> None:
    outcome = done(RunCommand("echo $https_proxy-", hosts=("pypi.org",)), workspace, tmp_path)
    assert outcome.text.endswith("\n\n-\n")


def test_a_command_that_takes_too_long_says_so(workspace: Workspace, tmp_path: Path) -> None:
    outcome = done(RunCommand("echo begun; sleep 60", timeout_s=1), workspace, tmp_path)
    assert "timed out after 1 s" in outcome.text and outcome.text.endswith("begun\n")
    assert (outcome.status, outcome.summary) == ("failed", "timed out")


def test_an_interrupt_ends_the_command(workspace: Workspace, tmp_path: Path) -> None:
    async def run() -> Outcome:
        said: list[str] = []
        place = bench(workspace, tmp_path / "spool", said)
        task = asyncio.create_task(perform(RunCommand("echo begun; sleep 60"), place))
        while not said:
            await asyncio.sleep(0.01)
        place.stop.set()
        return await task

    outcome = asyncio.run(run())
    assert "stopped by the developer" in outcome.text and outcome.summary == "stopped"


def test_a_command_starts_in_a_folder_of_the_workspace_only(
    top: Path, workspace: Workspace, tmp_path: Path
) -> None:
    (top / "sub").mkdir()
    (top / "out").symlink_to(tmp_path)
    inside = done(RunCommand("pwd -P", folder="sub"), workspace, tmp_path)
    assert inside.text.endswith(f"{(top / 'sub').resolve()}\n")
    for folder in ("out", "nowhere"):
        refused = done(RunCommand("echo ran > ran", folder=folder), workspace, tmp_path)
        assert refused.status == "failed" and "folder" in refused.text
    assert not (tmp_path / "ran").exists()


def test_every_tool_is_performed_and_every_failure_is_a_result(
    top: Path, workspace: Workspace, tmp_path: Path
) -> None:
    (top / "a.txt").write_text("hello\n")

    async def run() -> None:
        place = bench(workspace, tmp_path / "spool")
        assert (await perform(ReadFile("a.txt"), place)).summary == "1–1"
        assert (await perform(ListFiles(), place)).text == "a.txt"
        assert (await perform(SearchFiles("hel+o"), place)).summary == "1 hit"
        missing = await perform(ReadFile("b.txt"), place)
        assert missing.status == "failed" and "does not exist" in missing.text
        with pytest.raises(TypeError):
            await perform(SetPlan(()), place)
        gone = Workspace(path=str(tmp_path / "gone"), repository="", branch="", base="")
        failed = await perform(ReadFile("a.txt"), bench(gone, tmp_path / "spool"))
        assert failed.status == "failed" and "No such file" in failed.text

    asyncio.run(run())
