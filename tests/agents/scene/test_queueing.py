"""Words that wait can be changed, reordered and sent at once, until the model has them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from kit.lawful import check_laws
from kit.repositories import plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.orders import Say
from steerdeck_agents.facts.queueing import ArrangeQueue, ChangeMessage
from steerdeck_agents.models.scripted import Call, Conversation, Reply
from steerdeck_agents.models.scripted import Say as Says

Story = Callable[[Scene, SessionId], Awaitable[None]]


def asks_once(talk: Conversation) -> Reply:
    if not talk.calls:
        return Reply((Call("shell", {"command": "touch a", "why": "Because."}),))
    return Reply((Says(f"You said: {talk.said[-1]}", final=True),))


def play(tmp_path: Path, story: Story) -> None:
    async def run() -> None:
        repository = plain(tmp_path / "shop")
        async with scene(tmp_path / "home", {"m": asks_once}) as playing:
            session = await playing.start(repository, "m", mode="ask")
            await playing.status(session, "needs_you")
            for text in ("one", "two", "three"):
                await playing.give(Say, session, text=text, delivery="queue")
            await story(playing, session)
            check_laws(playing.runtime.fleet.reader, playing.state(session))

    asyncio.run(run())


def waiting(playing: Scene, session: SessionId) -> dict[str, MessageId]:
    return {message.text: message.id for message in playing.state(session).queue}


def answers(playing: Scene, session: SessionId) -> list[str]:
    return [event.text for event in playing.of(session, e.ItemEnded)]


def test_what_waits_is_delivered_as_it_was_changed_and_in_the_order_it_was_given(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        queue = waiting(playing, session)
        await playing.give(ArrangeQueue, session, messages=(queue["three"],))
        assert list(waiting(playing, session)) == ["three", "one", "two"]
        await playing.give(ChangeMessage, session, message=queue["one"], text="one, but better")
        assert list(waiting(playing, session)) == ["three", "one, but better", "two"]
        with pytest.raises(OrderRefused, match="take it back instead"):
            await playing.give(ChangeMessage, session, message=queue["one"], text=" ")
        await playing.decide(session, allow=True)
        await playing.until(lambda: len(playing.of(session, e.TurnEnded)) == 4)
        said = [text.removeprefix("You said: ") for text in answers(playing, session)]
        assert said == ["Do it.", "three", "one, but better", "two"]
        with pytest.raises(OrderRefused, match="already reached"):
            await playing.give(ChangeMessage, session, message=queue["one"], text="late")
        with pytest.raises(OrderRefused, match="waits any more"):
            await playing.give(ArrangeQueue, session, messages=(queue["two"],))

    play(tmp_path, story)


def test_one_that_waits_can_be_sent_at_once(tmp_path):
    async def story(playing: Scene, session: SessionId) -> None:
        queue = waiting(playing, session)
        await playing.give(ChangeMessage, session, message=queue["two"], delivery="now")
        await playing.until(lambda: "You said: two" in answers(playing, session))
        first, *_ = playing.of(session, e.TurnEnded)
        assert isinstance(first, e.TurnEnded) and first.status == "interrupted"
        await playing.until(lambda: not playing.state(session).queue)
        await playing.until(lambda: playing.state(session).turn is None)

    play(tmp_path, story)
