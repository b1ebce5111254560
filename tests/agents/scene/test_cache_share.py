"""How much of each request a prefix cache could already hold, over many turns and a restart.

The cache is simulated on what was recorded: a request finds what it shares, from its first byte
on, with the request before it. Possible is all that this one held. With STEERDECK_TURNS the
session is made longer.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import pairwise, takewhile
from pathlib import Path

from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId, sha_of
from steerdeck_agents.journal.reader import StoredRequest
from steerdeck_agents.loop.request import body
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Think
from steerdeck_agents.runtime import wire

TURNS = int(os.environ.get("STEERDECK_TURNS", "60"))
received: list[int] = []


def one_call_a_turn(talk: Conversation) -> Reply:
    """Read a file, then say so; counts the bytes the server received."""
    received.append(talk.bytes)
    if "<summarize>" in talk.note:
        return Reply((Say("Pages were read."),))
    turn = max((int(call.id.split("_")[2]) for call in talk.calls), default=0)
    if turn and f"msg_{turn}" not in talk.messages:
        return Reply((Say(f"That was page {turn}.", id=f"msg_{turn}", final=True),))
    path = {"path": f"pages/{turn % 7}.txt"}
    return Reply((Think("Next."), Call("read_file", path, f"call_{talk.salt}_{turn + 1}")))


def test_the_prefix_cache_is_kept_over_turns_restarts_and_new_instructions(tmp_path: Path):
    received.clear()
    asyncio.run(many_turns(tmp_path, compact_after=0))


def test_a_compaction_costs_the_cache_once_and_its_own_request_finds_it(tmp_path: Path):
    received.clear()
    asyncio.run(many_turns(tmp_path, compact_after=4, turns=8))


def test_a_fork_finds_in_the_cache_what_its_source_left_there(tmp_path: Path):
    received.clear()
    asyncio.run(forked_twice(tmp_path, max(4, TURNS // 4)))


async def forked_twice(tmp_path: Path, turns: int) -> None:
    """As many turns in a session, in its fork, and after a restart in the fork of that."""
    repository = plain(tmp_path / "repository")
    for number in range(7):
        write(repository, f"pages/{number}.txt", f"Page {number}.\n" * 60)
    commit(repository, "pages")
    line = [SessionId("")]
    asked: list[StoredRequest] = []
    for _ in range(3):
        async with scene(tmp_path / "home", {"m": one_call_a_turn}, ids=RandomIds()) as playing:
            if line[-1]:
                line.append((await playing.give(o.Fork, line[-1])).session)
            for turn in range(turns):
                line[-1] = await one_turn(playing, repository, line[-1], turn + bool(line[0]))
            # The first of the line goes on as well: the cache is asked by both in turn.
            if len(line) > 1:
                await one_turn(playing, repository, line[0], turns)
            reading = playing.runtime.fleet.reader
            asked += [reading.request(one.id) for one in reading.requests(line[-1])]
    assert len(asked) == 3 * 2 * turns
    assert len({one.session for one in asked}) == len({*line}) == 3
    share = cache_share(asked)
    print(f"{len(asked)} requests of three forks, cached share {share:.4%} of what is possible")
    assert share >= 0.99


async def many_turns(tmp_path: Path, compact_after: int, turns: int = TURNS) -> None:
    repository = plain(tmp_path / "repository")
    for number in range(7):
        write(repository, f"pages/{number}.txt", f"Page {number}.\n" * 60)
    write(repository, "AGENTS.md", "Read slowly.")
    commit(repository, "pages")
    models = {"m": one_call_a_turn}
    session = SessionId("")
    for half in (range(turns // 2), range(turns // 2, turns)):
        async with scene(tmp_path / "home", models, ids=RandomIds()) as playing:
            for turn in half:
                session = await one_turn(playing, repository, session, turn)
                if turn == 2:
                    workspace = Path(playing.state(session).workspace.path)
                    write(workspace, "AGENTS.md", "Read slowly, and twice.")
                if turn + 1 == compact_after:
                    await ended(playing, partial(playing.give, o.Compact, session))
            if half.stop == turns:
                await check(playing, session, turns, 1 if compact_after else 0)


async def ended(playing: Scene, act: Callable[[], Awaitable[object]]) -> object:
    """Do something that makes a turn, and wait for its end."""
    before = len([event for event in playing.events if isinstance(event, e.TurnEnded)])
    given = await act()
    await playing.until(
        lambda: len([x for x in playing.events if isinstance(x, e.TurnEnded)]) > before
    )
    return given


async def one_turn(playing: Scene, repository: Path, session: SessionId, turn: int) -> SessionId:
    if not turn:
        started = await ended(playing, lambda: playing.start(repository, "m"))
        assert isinstance(started, str)
        return SessionId(started)
    await ended(playing, lambda: playing.give(o.Say, session, text=f"And page {turn}?"))
    return session


async def check(playing: Scene, session: SessionId, turns: int, compactions: int) -> None:
    reading = playing.runtime.fleet.reader
    sent = {
        fact.request: fact
        for text in reading.of_type(session, "request.sent")
        if isinstance(fact := e.decode(text), e.RequestSent)
    }
    requests = [reading.request(one.id) for one in reading.requests(session)]
    assert len(requests) == 2 * turns + compactions
    rebuilt = [body(one.fields, one.items) for one in requests]
    assert [sha_of(data) for data in rebuilt] == [sent[one.id].body for one in requests]
    assert [len(data) for data in rebuilt] == received, "what was recorded is what was received"
    share = cache_share(requests)
    print(f"{len(requests)} requests, cached share {share:.4%} of what is possible")
    assert share >= 0.99
    assert len({one.window for one in requests}) == 1 + compactions
    await check_page(playing, session, compactions)


def cache_share(requests: list[StoredRequest]) -> float:
    """Cached bytes through possible ones, over all requests but the first of each window."""
    cached = possible = 0
    for before, request in pairwise(requests):
        if before.window == request.window:
            cached += shared(request, before)
            possible += shared(before, before)
    return cached / possible


def shared(one: StoredRequest, other: StoredRequest) -> int:
    """Bytes two requests have in common from the beginning, by whole items."""
    if one.fields != other.fields:
        return 0
    pairs = zip(one.items, other.items, strict=False)
    common = takewhile(lambda pair: pair[0] == pair[1], pairs)
    return len(one.fields) + sum(len(text) for text, _ in common)


async def check_page(playing: Scene, session: SessionId, compactions: int) -> None:
    """The page of the prompt tells the same story."""
    lines = await playing.client.ask(wire.Prompt(session), list[wire.PromptLine])
    assert all(abs(line.tokens - len(line.text.encode()) / 4) < 1 for line in lines)
    states = [line.cached for line in lines]
    assert states == sorted(states, reverse=True), "what is cached is a beginning"
    assert states[0]
    assert not states[-1]
    assert sum(states) / len(states) > (0.9 if len(lines) > 100 else 0.5)
    marks = await playing.client.ask(wire.Windows(session), list[wire.WindowMark])
    assert [(mark.window, mark.reason) for mark in marks] == [(1, "compaction")] * compactions
