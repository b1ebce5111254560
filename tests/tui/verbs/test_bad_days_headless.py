"""Bad days of a model's server as `run --json` tells them: facts to the end, and an exit code.

A few days stand for all; with STEERDECK_CHAOS each is played.
"""

import asyncio
import json
from pathlib import Path

import pytest

from kit.bad_days import DAYS, RUN, course, days, shell_once, times
from kit.faulty import faulty
from kit.lawful import check_laws
from kit.repositories import plain
from kit.scene import scene
from steerdeck.verbs.ending import DONE, FAILED, WAITS
from steerdeck.verbs.errand import Errand
from steerdeck_agents.runtime.local import attach_in_process

CODES = {"done": DONE, "failed": FAILED, "parked": WAITS}


@pytest.mark.parametrize("name", days())
def test_a_run_survives_or_ends_by_its_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    day = DAYS[name]
    code = asyncio.run(errand(name, tmp_path))
    told = capsys.readouterr()
    facts = [json.loads(line) for line in told.out.splitlines()]
    assert code == CODES[day.ends]
    seqs = [fact["seq"] for fact in facts]
    assert seqs == sorted(set(seqs))
    assert day.says in told.out
    last = facts[-1]
    match day.ends:
        case "done":
            assert (last["type"], last["status"]) == ("turn.ended", "completed")
            words = [fact["text"] for fact in facts if fact["type"] == "item.ended"]
            assert words[-1] == "Whole."
            assert sum(fact["type"] == "call.started" for fact in facts) == 1
        case "failed":
            assert last["type"] == "turn.ended"
            assert last["error"] in told.err
        case "parked":
            assert last["type"] == "session.parked"
            assert "steerdeck resume" in told.err


async def errand(name: str, tmp_path: Path) -> int:
    """The exit code of a run on that day."""
    repository = plain(tmp_path / "repository").resolve()
    patience, silence_s = times(name)
    async with (
        faulty(shell_once, course(name)) as server,
        scene(
            tmp_path / "home", {}, allowed={RUN: repository}, urls={"m": server.url},
            patience=patience, silence_s=silence_s,
        ) as playing,
    ):  # fmt: skip
        client, serving = await attach_in_process(playing.runtime, "0")
        session = await playing.start(repository, "m")
        async with asyncio.timeout(50):
            code = await Errand(client, session, approve="rules", as_json=True).follow(0)
        state = playing.state(session)
        ran = Path(state.workspace.path) / "ran.txt"
        assert DAYS[name].ends != "done" or ran.read_text() == "ran\n"
        check_laws(playing.runtime.fleet.reader, state)
        await client.close()
        await serving
        return code
