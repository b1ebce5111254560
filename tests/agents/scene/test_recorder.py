"""The flight recorder: every body again as the server received it, and where the time went.

With STEERDECK_TURNS the long session is made longer; then its journal is measured as well.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from kit.faulty import STREAM, Fault, FaultyServer, faulty, refusal, sse
from kit.repositories import commit, plain, write
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.ids import RandomIds, SessionId, sha_of
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.loop import pace
from steerdeck_agents.loop.pace import Pace
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.headers import worth_keeping
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script, Think
from steerdeck_agents.share.recorder import body_of, closely, named, requests_of

TURNS = int(os.environ.get("STEERDECK_TURNS", "10"))
MEASURED = 200
"""Turns from which on a journal is so long that what every journal begins with hardly counts."""
PAGE = 8_000
"""Characters of source code an agent reads in each turn."""
ENGINE = Path(pace.__file__).parents[1]
QUICK = Patience(first_s=0.01, longest_s=0.02, network_first_s=0.02, network_longest_s=0.05)
BEGUN = (
    sse(type="response.output_item.added", output_index=0,
        item={"type": "message", "id": "msg_1"}),
    sse(type="response.output_text.delta", output_index=0, item_id="msg_1", delta="Half"),
)  # fmt: skip
BREAKS = (refusal(429, retry_after="0.01"), Fault(BEGUN, ending="reset"), refusal(500), Fault())


def one_page_a_turn(talk: Conversation) -> Reply:
    if "<summarize>" in talk.note:
        return Reply((Say("Pages were read."),))
    turn = max((int(call.id.split("_")[2]) for call in talk.calls), default=0)
    if turn and f"msg_{turn}" not in talk.messages:
        return Reply((Say(f"That was page {turn}.", id=f"msg_{turn}", final=True),))
    path = {"path": f"pages/{turn % 7}.txt"}
    return Reply((Think(f"Next is {turn}."), Call("read_file", path, f"call_x_{turn + 1}")))


def echo(talk: Conversation) -> Reply:
    return Reply((Say(f"You said: {talk.said[-1]}", final=True),))


def test_every_body_is_put_together_again_as_the_server_received_it(tmp_path: Path):
    asyncio.run(long_session(tmp_path))


async def long_session(tmp_path: Path) -> None:
    """Turns with breaks and compactions, a restart in the middle, and all compared at the end."""
    repository = plain(tmp_path / "repository")
    sources = [path.read_text() for path in sorted(ENGINE.glob("*/*.py"))]
    for number, text in enumerate([text for text in sources if len(text) > PAGE][:7]):
        write(repository, f"pages/{number}.txt", text[:PAGE])
    commit(repository, "pages")
    home = tmp_path / "home"
    session = SessionId("")
    async with faulty(one_page_a_turn) as server:
        for half in (range(TURNS // 2), range(TURNS // 2, TURNS)):
            async with scene(
                home, {}, urls={"m": server.url}, ids=RandomIds(), patience=QUICK
            ) as playing:
                if half.start:
                    await playing.until(lambda: playing.runtime.fleet.sessions)
                for turn in half:
                    if turn % 5 == 2:
                        server.faults = [None, BREAKS[turn // 5 % len(BREAKS)]]
                    session = await one_turn(playing, repository, session, turn)
                    if turn % 50 == 4:
                        await ended(playing, session, playing.give(o.Compact, session))
        compare(JournalReader(playing.paths.journal), session, server)
    if TURNS >= MEASURED:
        measure(playing.paths.journal, JournalReader(playing.paths.journal), session)


async def one_turn(playing: Scene, repository: Path, session: SessionId, turn: int) -> SessionId:
    if not turn:
        session = await playing.start(repository, "m")
        await playing.until(lambda: playing.of(session, e.TurnEnded))
        return session
    await ended(playing, session, playing.give(o.Say, session, text=f"And page {turn}?"))
    return session


async def ended(playing: Scene, session: SessionId, act: Awaitable[object]) -> None:
    before = len(playing.of(session, e.TurnEnded))
    await act
    await playing.until(lambda: len(playing.of(session, e.TurnEnded)) > before)


def compare(reader: JournalReader, session: SessionId, server: FaultyServer) -> None:
    found = requests_of(reader, session)
    assert [one.sent.body for one in found] == server.received
    for one in found:
        assert sha_of(body_of(reader.request(one.sent.request))) == one.sent.body
        assert one.ended is not None
        assert (one.retry is not None) == (one.ended.status == "failed")
    assert {one.sent.attempt for one in found} == {1, 2}
    assert {one.sent.compacts for one in found} == {True, False}
    assert len({one.sent.window for one in found}) == 1 + len(range(4, TURNS, 50))
    print(f"{len(found)} requests, {sum(one.retry is not None for one in found)} asked again")


def measure(path: Path, reader: JournalReader, session: SessionId) -> None:
    """The journal beside the distinct bytes the server received: items and parameters, once."""
    with closing(sqlite3.connect(path)) as journal:
        journal.execute("pragma wal_checkpoint(truncate)")
    requests = [reader.request(one.id) for one in reader.requests(session)]
    unique = {text for one in requests for text in (*one.items, one.fields)}
    sent = sum(len(text.encode()) for one in requests for text in (*one.items, one.fields))
    size, once = path.stat().st_size, sum(len(text.encode()) for text in unique)
    print(f"journal {size:,} bytes, {size / once:.2f} times {once:,} unique of {sent:,} sent")
    assert size <= 3 * once


def play(tmp_path: Path, faults: list[Fault | None], script: Script = echo) -> list[e.RequestEnded]:
    """The ends of the requests of one turn with these faults."""

    async def run() -> list[e.RequestEnded]:
        repository = plain(tmp_path / "repository")
        async with (
            faulty(script, faults) as server,
            scene(tmp_path / "home", {}, urls={"m": server.url}, patience=QUICK) as playing,
        ):
            session = await playing.start(repository, "m")
            await playing.status(session, "idle", "failed")
            return [x for x in playing.of(session, e.RequestEnded) if isinstance(x, e.RequestEnded)]

    return asyncio.run(run())


def whole(*headers: tuple[str, str], pause_s: float = 0.0) -> Fault:
    """An answer that says `Half more`, with these headers."""
    item = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Half more", "annotations": []}],
    }
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
    }
    rest = (
        sse(type="response.output_text.delta", output_index=0, item_id="msg_1", delta=" more"),
        sse(type="response.output_item.done", output_index=0, item=item),
        sse(
            type="response.completed",
            response={"model": "m-2026", "status": "completed", "output": [item], "usage": usage},
        ),
    )
    parts = (*BEGUN, pause_s, rest[0], pause_s, *rest[1:])
    return Fault(parts, headers=(*STREAM[1].items(), *headers))


def test_headers_that_speak_of_limits_are_kept_of_refusals_too(tmp_path: Path):
    told = (
        ("X-RateLimit-Remaining-Requests", "41"),
        ("x-request-id", "req_abc"),
        ("openai-processing-ms", "12"),
        ("set-cookie", "session=secret"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    )
    refused, ended = play(
        tmp_path, [refusal(429, retry_after="0.01", x_ratelimit_limit_requests="1"), whole(*told)]
    )
    assert refused.headers == {"retry-after": "0.01", "x-ratelimit-limit-requests": "1"}
    assert refused.timing.first_byte_ms is not None
    assert ended.headers == {
        "x-ratelimit-remaining-requests": "41",
        "x-request-id": "req_abc",
        "openai-processing-ms": "12",
        "x-ratelimit-reset-tokens": "6m0s",
    }
    usage = ended.usage
    assert (usage.input, usage.cached, usage.written) == (100, 60, 30)
    assert (usage.output, usage.reasoning) == (20, 5)
    assert ended.served_model == "m-2026"


def test_headers_can_not_flood_the_journal():
    many = {f"x-ratelimit-{number}": "9" * 1_000 for number in range(100)}
    kept = worth_keeping({**many, "authorization": "Bearer sk"})
    assert len(kept) == 32
    assert {len(value) for value in kept.values()} == {200}


def test_stalls_within_an_answer_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "STALL_S", 0.2)
    (ended,) = play(tmp_path, [whole(pause_s=0.3)])
    assert (ended.status, ended.timing.stalls) == ("completed", 2)
    assert ended.timing.longest_stall_ms >= 0.9 * 300
    assert ended.first_token_ms is not None
    assert ended.timing.first_byte_ms is not None
    assert 0 <= ended.timing.first_byte_ms <= ended.first_token_ms
    assert ended.timing.stream_ms >= 2 * 0.9 * 300
    assert ended.duration_ms >= ended.first_token_ms + ended.timing.stream_ms - 2


def test_a_request_nobody_answered_has_no_first_byte(tmp_path: Path):
    reset, broken, ended = play(
        tmp_path, [Fault(headless=True, ending="reset"), Fault(BEGUN, ending="reset"), whole()]
    )
    assert (reset.timing.first_byte_ms, reset.first_token_ms) == (None, None)
    assert broken.first_token_ms is not None
    assert ended.status == "completed"


def test_time_is_split_where_it_was_spent():
    watch = Pace(10.0)
    watch.opened(10.5)
    assert watch.heard(11.0)
    for at in (11.5, 14.0, 14.1, 20.1):
        assert not watch.heard(at)
    timing = watch.timing(20.2)
    assert (timing.first_byte_ms, timing.stream_ms) == (500, 9100)
    assert (timing.stalls, timing.longest_stall_ms) == (2, 6000)
    assert (watch.first_token_ms, watch.duration_ms(20.2)) == (1000, 10200)
    assert replace(watch.timing(23.0), stream_ms=0).stalls == 3, "a silence at the end counts"


def test_a_body_that_was_changed_is_not_given(tmp_path: Path):
    async def run() -> Path:
        repository = plain(tmp_path / "repository")
        async with (
            faulty(echo) as server,
            scene(tmp_path / "home", {}, urls={"m": server.url}) as playing,
        ):
            session = await playing.start(repository, "m")
            await playing.status(session, "idle")
        return playing.paths.journal

    path = asyncio.run(run())
    reader = JournalReader(path)
    (state,) = reader.sessions()
    (one,) = requests_of(reader, state.id)
    stored = named(reader, one.sent.request[:8])
    assert closely(reader, stored).verified
    assert sum(part.bytes for part in closely(reader, stored).items) < len(body_of(stored))
    with closing(sqlite3.connect(path)) as journal, journal:
        journal.execute(
            "update prompt_item set text = replace(text, 'Do it.', 'Do ti.')"
            " where origin = 'developer'"
        )
    changed = named(reader, one.sent.request)
    assert not closely(reader, changed).verified
    with pytest.raises(JournalError, match="can't be put together again"):
        body_of(changed)
    with pytest.raises(JournalError, match="There is no request req_nothing"):
        named(reader, "req_nothing")
