"""A journal with rows in every table, written by the writer itself: sessions that spoke and worked.

Small on purpose and always the same: whoever damages a copy of it knows what was in every page.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import (
    CallId,
    CheckpointId,
    ItemId,
    MessageId,
    OrderId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
    sha_of,
)
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import (
    CheckpointBytes,
    CheckpointFile,
    CheckpointStored,
    Enclosure,
    NewBlob,
    NewItem,
    NewRequest,
    OrderAnswered,
)
from steerdeck_agents.journal.writer import Writer

PLACE = Workspace(path="/w", repository="/r", branch="steerdeck/x", base="0" * 40)
Told = tuple[list[e.KnownEvent], list[Enclosure]]


class Ticks:
    """A clock that moves a second each time it is asked."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def now_ms(self) -> int:
        self.now += 1000
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


def words(dice: random.Random, count: int) -> str:
    return " ".join(f"{dice.choice('bdklmnprst')}{dice.choice('aeiou')}{n}" for n in range(count))


def born(session: SessionId) -> Told:
    made = e.SessionCreated(
        session=session, name=f"name-{session}", task="Do it.", workspace=PLACE, model="m"
    )
    return [made], [OrderAnswered(OrderId(f"start-{session}"), session)]


def turn(session: SessionId, number: int, dice: random.Random, items: list[Sha]) -> Iterator[Told]:
    """The appends of one turn: words, a request, streamed text, a call with output and files."""
    turn_id, call = TurnId(f"turn-{session}-{number}"), CallId(f"call-{session}-{number}")
    message, request = MessageId(f"msg-{session}-{number}"), RequestId(f"req-{session}-{number}")
    item = ItemId(f"item-{session}-{number}")
    said = words(dice, 20)
    yield (
        [
            e.MessageSent(session=session, message=message, text=said),
            e.TurnStarted(session=session, turn=turn_id),
        ],
        [],
    )
    text = f'{{"role": "user", "content": "{words(dice, dice.choice((5, 200)))}"}}'
    sha = sha_of(text.encode())
    added = e.ItemAdded(session=session, window=1, index=len(items), sha=sha, origin="loop.prompt")
    items.append(sha)
    sent = e.RequestSent(
        session=session, turn=turn_id, request=request, window=1, model="m", items=len(items),
        body=sha_of(said.encode()),
    )  # fmt: skip
    whole = NewRequest(request, session, 1, "m", '{"model": "m"}', tuple(items), sent.body)
    yield (
        [added, e.MessageDelivered(session=session, message=message, request=request), sent],
        [
            NewItem(sha, text, "loop.prompt"),
            whole,
        ],
    )
    yield [
        e.TextAdded(session=session, turn=turn_id, item=item, kind="message",
                    text=f"part {part} {words(dice, 3)} ")
        for part in range(12)
    ], []  # fmt: skip
    yield [
        e.ItemEnded(session=session, turn=turn_id, item=item, kind="message", text=words(dice, 40)),
        e.RequestEnded(session=session, turn=turn_id, request=request, status="completed", calls=1),
        e.CallRequested(session=session, turn=turn_id, call=call, tool="shell",
                        arguments='{"command": "make"}', title=f"make {number}"),
    ], []  # fmt: skip
    yield (
        [
            e.CallStarted(
                session=session, turn=turn_id, call=call, binding=Sha(""), allowed_by="rule"
            )
        ],
        [],
    )
    output = dice.randbytes(dice.choice((200, 3000, 12_000))).hex().encode()
    file = words(dice, 300).encode()
    taken = CheckpointId(f"check-{session}-{number}")
    yield [
        e.CallEnded(session=session, turn=turn_id, call=call, status="done", result="made",
                    exit_code=0, output=sha_of(output)),
        e.CheckpointTaken(session=session, turn=turn_id, call=call, checkpoint=taken,
                          reason="after call", paths=(f"src/{number}.py",)),
        e.TurnEnded(session=session, turn=turn_id, status="completed"),
    ], [
        NewBlob(sha_of(output), output),
        CheckpointBytes(sha_of(file), file),
        CheckpointStored(taken, session, (
            CheckpointFile(f"src/{number}.py", 0o644, sha_of(file), None),
        )),
    ]  # fmt: skip


async def fill(path: Path, sessions: int, turns: int, seed: int, archived: int = 0) -> None:
    """Write the journal; the first `archived` sessions are archived in the end."""
    dice = random.Random(seed)
    writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None)
    await writer.start()
    names = [SessionId(f"ses_{number:02}") for number in range(sessions)]
    items: dict[SessionId, list[Sha]] = {name: [] for name in names}
    for name in names:
        await _append(writer, born(name))
    for number in range(turns):
        rounds = [list(turn(name, number, dice, items[name])) for name in names]
        for together in zip(*rounds, strict=True):
            await asyncio.gather(*(_append(writer, told) for told in together))
    for name in names[:archived]:
        await writer.append(e.SessionArchived(session=name, reason="stopped"), full=True)
    await writer.stop()


async def _append(writer: Writer, told: Told) -> Sequence[e.KnownEvent]:
    facts, enclosed = told
    return await writer.append(*facts, full=True, enclosed=enclosed)


def filled(path: Path, sessions: int = 3, turns: int = 6, seed: int = 1, archived: int = 0) -> Path:
    """A journal of some sessions that took so many turns each."""
    asyncio.run(fill(path, sessions, turns, seed, archived))
    return path
