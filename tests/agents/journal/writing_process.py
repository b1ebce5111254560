"""A process that writes a journal until it is killed; run by the crash tests, not imported.

`writing_process.py write PATH` appends for ever and prints the seqs of what was acknowledged.
`writing_process.py fill PATH BYTES` may write no file longer than BYTES, until it was refused
once; then it goes on without that limit. It prints what happened as JSON.
`writing_process.py hold PATH` takes the journal, says so, and waits.
"""

import asyncio
import json
import os
import resource
import signal
import sys
from pathlib import Path

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import ItemEnded, Noticed, SessionCreated, TextAdded
from steerdeck_agents.facts.ids import ItemId, SessionId, SystemClock, sha_of
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.enclosures import NewBlob
from steerdeck_agents.journal.writer import Writer

PLACE = Workspace(path="/w", repository="/r", branch="b", base="c")


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


async def talk(writer: Writer, session: SessionId) -> None:
    if writer.state(session) is None:
        new = SessionCreated(session=session, name="n", task="t", workspace=PLACE, model="m")
        say(str((await writer.append(new, full=True))[0].seq))
    for number in range(10**9):
        item = ItemId(f"i{number}")
        streamed = [
            writer.append(TextAdded(session=session, item=item, kind="message", text="words "))
            for _ in range(5)
        ]
        data = f"{session} {number}".encode() * 50
        ended = writer.append(
            ItemEnded(session=session, item=item, kind="message", text="words " * 5),
            full=number % 2 == 0,
            enclosed=[NewBlob(sha=sha_of(data), data=data)],
        )
        for kept in await asyncio.gather(*streamed, ended):
            say(str(kept[0].seq))


async def write(path: Path) -> None:
    writer = Writer(path, clock=SystemClock(), on_committed=lambda batch: None)
    await writer.start()
    await asyncio.gather(*(talk(writer, SessionId(f"s{number}")) for number in range(3)))


async def fill(path: Path, most: int) -> None:
    writer = Writer(path, clock=SystemClock(), on_committed=lambda batch: None)
    await writer.start()
    session = SessionId("s1")
    await writer.append(
        SessionCreated(session=session, name="n", task="t", workspace=PLACE, model="m"), full=True
    )
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    kept = refused = 0
    sentence = ""
    while not refused:
        two = [writer.append(Noticed(session=session, text="x" * 3000)) for _ in range(2)]
        for answer in await asyncio.gather(*two, return_exceptions=True):
            if isinstance(answer, JournalError):
                refused, sentence = refused + 1, str(answer)
            else:
                kept += 1
    state = writer.state(session)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    after = await writer.append(Noticed(session=session, text="room again"), full=True)
    await writer.stop()
    told = {
        "kept": kept, "refused": refused, "sentence": sentence, "after": after[0].seq,
        "folded": state.seq if state else 0,
    }  # fmt: skip
    say(json.dumps(told))


async def hold(path: Path) -> None:
    writer = Writer(path, clock=SystemClock(), on_committed=lambda batch: None)
    await writer.start()
    say("holding")
    await asyncio.Event().wait()


if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    match what:
        case "write":
            asyncio.run(write(where))
        case "fill":
            asyncio.run(fill(where, int(sys.argv[3])))
        case "hold":
            asyncio.run(hold(where))
