"""The main job, end to end in one process: four sessions on one repository."""

import asyncio
from pathlib import Path

from kit.repositories import contents, fingerprint
from kit.scene import Scene, scene
from steerdeck_agents.demo import commands, project
from steerdeck_agents.demo.scripts import SCRIPTS
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId, sha_of
from steerdeck_agents.loop.request import body
from steerdeck_agents.workspace.git import text

MODELS = {name: SCRIPTS[f"scripted-{name}"] for name in ("fix-rounding", "add-csv", "currency")}


async def shop_at(folder: Path) -> Path:
    await project.make(folder, lambda where, *args: text(where, *args, profile="user"))
    return folder.resolve()


def changed(playing: Scene, session: SessionId) -> list[str]:
    return [file.path for file in playing.state(session).files]


def files_of(playing: Scene, session: SessionId) -> set[str]:
    return {
        path
        for path in contents(Path(playing.state(session).workspace.path))
        if not path.startswith(".git/")
    }


def kinds(playing: Scene, session: SessionId, *wanted: type) -> list[str]:
    return [e.type_of(event) for event in playing.of(session, *wanted)]


def test_four_sessions_one_approved_one_rejected_one_steered_one_interrupted(tmp_path: Path):
    asyncio.run(four_sessions(tmp_path))


async def four_sessions(tmp_path: Path) -> None:
    shop = await shop_at(tmp_path / "shop")
    before = fingerprint(shop)
    allowed = dict.fromkeys(commands.RULES, shop)
    async with scene(tmp_path / "home", MODELS, allowed=allowed, pace=400) as playing:
        approved = await playing.start(shop, "add-csv", name="approved")
        rejected = await playing.start(shop, "add-csv", name="rejected")
        steered = await playing.start(shop, "currency", name="steered")
        interrupted = await playing.start(shop, "fix-rounding", name="interrupted")

        await playing.until(lambda: playing.of(interrupted, e.CallEnded))
        await playing.give(o.Interrupt, interrupted)
        await playing.status(interrupted, "interrupted")

        await playing.status(steered, "asks")
        await playing.give(o.Say, steered, text="Please support yen as well.")
        (question,) = playing.state(steered).questions
        await playing.give(o.Answer, steered, question=question.id, text="GBP")

        await playing.status(approved, "needs_you")
        await playing.decide(approved, allow=True)
        await playing.status(rejected, "needs_you")
        await playing.decide(rejected, allow=False, words="Not into the workspace, please.")
        for session in (approved, rejected, steered):
            await playing.status(session, "done")

        assert fingerprint(shop) == before
        check_approved(playing, approved)
        check_rejected(playing, rejected)
        check_steered(playing, steered)
        check_interrupted(playing, interrupted, shop)
        await check_requests(playing, (approved, rejected, steered, interrupted))
        assert playing.runtime.fleet.reader.check() == []


def check_approved(playing: Scene, session: SessionId) -> None:
    (decided,) = playing.of(session, e.ApprovalDecided)
    assert (decided.decision, decided.actor) == ("allow", "developer")
    (started,) = [
        event for event in playing.of(session, e.CallStarted) if event.call == decided.call
    ]
    assert started.seq > decided.seq
    assert started.approval == decided.approval
    assert started.binding == decided.shown
    assert "order.csv" in files_of(playing, session)


def check_rejected(playing: Scene, session: SessionId) -> None:
    (decided,) = playing.of(session, e.ApprovalDecided)
    assert decided.words == "Not into the workspace, please."
    assert not [event for event in playing.of(session, e.CallStarted) if event.call == decided.call]
    (ended,) = [event for event in playing.of(session, e.CallEnded) if event.call == decided.call]
    assert ended.status == "rejected"
    assert "Not into the workspace, please." in ended.result
    assert "order.csv" not in files_of(playing, session)


def check_steered(playing: Scene, session: SessionId) -> None:
    said = playing.of(session, e.MessageSent)[1]
    (delivered,) = [
        event for event in playing.of(session, e.MessageDelivered) if event.message == said.message
    ]
    assert delivered.seq > said.seq
    answers = [
        event.text
        for event in playing.of(session, e.ItemEnded)
        if event.seq > delivered.seq and event.kind == "message"
    ]
    assert "yen" in answers[0]
    steps = [step.text for step in playing.state(session).plan.steps]
    assert any("yen" in step for step in steps)
    assert "GBP" in Path(playing.state(session).workspace.path, "shop/currency.py").read_text()


def check_interrupted(playing: Scene, session: SessionId, shop: Path) -> None:
    (ended,) = playing.of(session, e.TurnEnded)
    assert ended.status == "interrupted"
    after = [event for event in playing.of(session) if event.seq > ended.seq]
    assert not [event for event in after if isinstance(event, e.CallStarted | e.RequestSent)]
    calls = kinds(playing, session, e.CallRequested)
    assert len(kinds(playing, session, e.CallEnded)) == len(calls)
    if not changed(playing, session):
        workspace = Path(playing.state(session).workspace.path)
        assert (workspace / "shop/prices.py").read_bytes() == (shop / "shop/prices.py").read_bytes()


async def check_requests(playing: Scene, sessions: tuple[SessionId, ...]) -> None:
    """Laws 2, 3 and 4: bodies rebuilt byte for byte, prompts that only grow, one result a call."""
    reader = playing.runtime.fleet.reader
    for session in sessions:
        previous: tuple[str, ...] = ()
        for listed in reader.requests(session):
            stored = reader.request(listed.id)
            rebuilt = body(stored.fields, stored.items)
            sent = next(
                event for event in playing.of(session, e.RequestSent) if event.request == stored.id
            )
            assert sha_of(rebuilt) == sent.body
            assert stored.items[: len(previous)] == previous
            previous = stored.items
        started = [event.call for event in playing.of(session, e.CallStarted)]
        assert len(started) == len(set(started))
