"""A plan from the command line: shown with what is other, changed, sent back, approved."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit.planned import LIMIT, planned
from kit.repositories import plain
from kit.scene import scene
from steerdeck.verbs.ending import USAGE, WAITS, Ending
from steerdeck.verbs.group import group
from steerdeck.verbs.planning import plan_lines
from steerdeck.verbs.sessions import told
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

STATE = planned().states()[SessionId(LIMIT)]


async def verb(*words: str) -> Result:
    def run() -> Result:
        done = CliRunner().invoke(group, ["plan", *words], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return done

    return await asyncio.to_thread(run)


def plans(talk: Conversation) -> Reply:
    done = sum(call.output is not None for call in talk.calls)
    if done < len(talk.said):
        steps = [{"text": text, "status": "pending"} for text in ("look", "start Redis", "test")]
        return Reply((Call("update_plan", {"steps": steps}),))
    return Reply((Say("That is the plan.", final=True),))


def test_a_revised_plan_in_lines_says_what_was_where_and_what_happened():
    lines = plan_lines(STATE.plan)
    assert "  4 ~ in_progress run the whole suite without Redis  (was 3)" in lines
    assert "    -             run the whole suite" in lines
    assert "    - dropped     start Redis in a container for the tests  (was 4)" in lines
    assert "  6 ^ pending     document the limit and its headers  (was 6)" in lines
    assert "2 calls, 2 files, 1 check; last: check tests: failed" in "\n".join(lines)
    assert "asks        for a yes to its plan: steerdeck plan rate-limit" in told(STATE, "", {})


def test_a_plan_is_read_changed_sent_back_and_approved_by_verbs(
    short_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("STEERDECK_HOME", str(short_folder))

    async def run() -> None:
        repository = plain(tmp_path / "repository").resolve()
        async with scene(short_folder, {"m": plans}) as playing:
            await playing.runtime.listen()
            session = await playing.start(repository, "m", name="one", mode="plan")
            first = (await playing.status(session, "needs_you")).plan.binding
            with pytest.raises(Ending, match=f"--shown {first[:12]}") as waits:
                await verb("one")
            assert waits.value.code == WAITS
            for change in (
                ("--strike", "2"), ("--add", "1", "ask Kim"), ("--edit", "1", "look around"),
                ("--comment", "4", "only the fast ones"),
            ):  # fmt: skip
                assert "Changed the plan of one" in (await verb("one", *change)).stdout
            with pytest.raises(Ending, match="no step of one, which has 4"):
                await verb("one", "--strike", "9")
            with pytest.raises(Ending, match="is another one now"):
                await verb("one", "--approve", "--shown", first)
            with pytest.raises(Ending, match="One thing at a time") as usage:
                await verb("one", "--approve", "--strike", "1")
            assert usage.value.code == USAGE
            told = json.loads((await verb("one", "--json")).stdout)
            assert (told["waits"], told["mode"], told["version"]) == (True, "plan", 1)
            assert [step["text"] for step in told["steps"]] == [
                "look around", "ask Kim", "start Redis", "test"
            ]  # fmt: skip
            assert "Sent the plan back" in (await verb("one", "--send-back", "No.")).stdout
            await playing.until(lambda: playing.state(session).status == "needs_you")
            assert "Approved the plan of one; mode ask." in (await verb("one", "--approve")).stdout
            with pytest.raises(OrderRefused, match="not in plan mode"):
                await verb("one", "--approve")

    asyncio.run(run())
