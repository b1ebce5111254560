"""Several decks on one runtime know the same, and one answer is one answer for all of them."""

import asyncio
from functools import partial
from pathlib import Path

import pytest

from kit.repositories import plain
from kit.scene import Scene, order_id, scene
from steerdeck.bridge import Bridge
from steerdeck.model import DeckModel
from steerdeck.source import Source
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.local import attach_in_process


def asking(talk: Conversation) -> Reply:
    if talk.calls:
        return Reply((Say("It is made.", final=True),))
    return Reply((Call("shell", {"command": "touch made", "why": "Make it."}),))


async def _until(ready) -> None:
    async with asyncio.timeout(20):
        while not ready():
            await asyncio.sleep(0.005)


class _Deck:
    """A bridge on the runtime of a scene, following."""

    def __init__(self, playing: Scene) -> None:
        self._playing = playing
        self._serving: list[asyncio.Task[None]] = []
        self.model = DeckModel()
        self.bridge = Bridge(self._connect, self.model, lambda dirty: None)

    async def _connect(self) -> Source:
        client, serving = await attach_in_process(self._playing.runtime, "0")
        self._serving.append(serving)
        return client

    async def __aenter__(self) -> "_Deck":
        self._task = asyncio.create_task(self.bridge.run())
        await _until(lambda: self.model.attached)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.bridge.close()
        await asyncio.gather(*self._serving, return_exceptions=True)


def _is_at(deck: _Deck, state: SessionState) -> bool:
    return deck.model.states[state.id] == state


def test_two_decks_know_the_same_and_the_second_answer_is_refused(tmp_path: Path):
    repository = plain(tmp_path / "repository").resolve()

    async def play() -> None:
        async with scene(tmp_path / "home", {"asking": asking}) as playing:
            session = await playing.start(repository, "asking", mode="ask")
            async with _Deck(playing) as one:
                await _until(lambda: one.model.inbox())
                # The second comes when it is asked already, and knows of it at once.
                async with _Deck(playing) as other:
                    assert other.model.inbox() == one.model.inbox() != []
                    (asked,) = other.model.states[session].approvals

                    def answer() -> o.Decide:
                        return o.Decide(
                            id=order_id(), session=session, approval=asked.id, allow=True,
                            shown=asked.binding,
                        )  # fmt: skip

                    await one.bridge.give(answer())
                    await _until(lambda: not other.model.states[session].approvals)
                    with pytest.raises(OrderRefused):
                        await other.bridge.give(answer())
                    await playing.status(session, "done")
                    for deck in (one, other):
                        whole = playing.state(session)
                        await _until(partial(_is_at, deck, whole))

    asyncio.run(play())
