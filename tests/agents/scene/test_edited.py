"""A command the developer edits is another command: judged, asked for and bound anew."""

import asyncio
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import RandomIds
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say


def script(talk: Conversation) -> Reply:
    if any(call.output is not None for call in talk.calls):
        return Reply((Say(f"It said: {talk.calls[-1].output}", final=True),))
    return Reply((Call("shell", {"command": "touch a.txt", "why": "Because."}),))


def test_an_edited_command_asks_anew_and_the_model_is_told_what_ran(tmp_path: Path) -> None:
    repository = plain(tmp_path / "repository").resolve()

    async def run() -> None:
        async with scene(tmp_path / "home", {"m": script}, ids=RandomIds()) as playing:
            session = await playing.start(repository, "m")
            await playing.status(session, "needs_you")
            (first,) = playing.state(session).approvals

            def edit(text: str, shown: str = first.binding) -> o.EditCommand:
                return o.EditCommand(id=order_id(), session=session, approval=first.id,
                                     shown=shown, text=text)  # fmt: skip

            for wrong in (edit(first.what), edit(" "), edit("ls", "0" * 64)):
                with pytest.raises(OrderRefused):
                    await playing.client.give(wrong)
            await playing.client.give(edit("touch b.txt && echo made"))
            await playing.until(lambda: len(playing.of(session, e.ApprovalRequested)) == 2)
            await playing.status(session, "needs_you")
            (second,) = playing.state(session).approvals
            assert second.what == "touch b.txt && echo made"
            assert second.binding != first.binding and "you edited" in second.why
            assert not playing.of(session, e.CallStarted), "editing allows nothing"
            with pytest.raises(OrderRefused):
                await playing.client.give(edit("touch c.txt"))
            await playing.decide(session, allow=True)
            await playing.status(session, "done")
            root = Path(playing.state(session).workspace.path)
            assert (root / "b.txt").exists() and not (root / "a.txt").exists()
            (ended,) = playing.of(session, e.CallEnded)
            assert ended.result.startswith("The developer edited your command. This ran instead")
            assert "touch b.txt && echo made" in ended.result and "made\n" in ended.result

    asyncio.run(run())
