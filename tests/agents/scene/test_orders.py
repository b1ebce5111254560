"""Orders that come together: each session obeys them one by one, and each id once."""

import asyncio
from pathlib import Path

from kit.repositories import plain
from kit.scene import Scene, order_id, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.local import attach_in_process

ROUNDS = 20


def asking(talk: Conversation) -> Reply:
    """Asks for one command after the other."""
    return Reply((Call("shell", {"command": f"touch {len(talk.calls)}", "why": "Ask."}),))


def together(playing: Scene, *orders: o.Order) -> "asyncio.Future[list[wire.Given | Exception]]":
    return asyncio.gather(*map(playing.client.give, orders), return_exceptions=True)


async def waiting(playing: Scene, session: SessionId, number: int) -> o.Decide:
    """A no to the approval of that number, once it waits."""
    await playing.until(lambda: len(playing.of(session, e.ApprovalRequested)) > number)
    await playing.status(session, "needs_you")
    (asked,) = playing.state(session).approvals
    return o.Decide(
        id=order_id(), session=session, approval=asked.id, allow=False, shown=asked.binding
    )


def test_of_a_no_and_a_yes_at_once_only_the_first_counts(tmp_path: Path, short_folder: Path):
    async def play() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(short_folder, {"asking": asking}) as playing:
            session = await playing.start(repository, "asking")
            for number in range(ROUNDS):
                no = await waiting(playing, session, number)
                yes = o.Decide(
                    id=order_id(), session=session, approval=no.approval, allow=True, shown=no.shown
                )
                first, second = await together(playing, no, yes)
                assert isinstance(first, wire.Given)
                assert isinstance(second, OrderRefused)
            decided = playing.of(session, e.ApprovalDecided)
            assert [fact.decision for fact in decided] == ["reject"] * ROUNDS
            assert playing.of(session, e.CallStarted) == []

    asyncio.run(play())


def test_one_order_sent_twice_at_once_is_obeyed_once(tmp_path: Path, short_folder: Path):
    async def play() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(short_folder, {"asking": asking}) as playing:
            session = await playing.start(repository, "asking")
            await waiting(playing, session, 0)
            other, serving = await attach_in_process(playing.runtime, "0")
            for _ in range(ROUNDS):
                say = o.Say(id=order_id(), session=session, text="Well?", delivery="queue")
                first, second = await asyncio.gather(playing.client.give(say), other.give(say))
                assert first.seq == second.seq
            await other.close()
            await serving
            assert len(playing.of(session, e.MessageSent)) == 1 + ROUNDS

    asyncio.run(play())


def test_sessions_started_together_get_names_and_slots_of_their_own(
    tmp_path: Path, short_folder: Path
):
    async def play() -> None:
        repository = plain(tmp_path / "repository")
        async with scene(short_folder, {"asking": asking}) as playing:
            await asyncio.gather(*(playing.start(repository, "asking") for _ in range(ROUNDS)))
            made = [event for event in playing.events if isinstance(event, e.SessionCreated)]
            assert sorted(event.slot for event in made) == list(range(1, ROUNDS + 1))
            assert len({event.name for event in made}) == ROUNDS

    asyncio.run(play())
