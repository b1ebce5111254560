"""Calls a model gets wrong in every way: each is answered with an error, and nothing falls over.

They go the whole way: streamed by the scripted model, kept in the journal, answered, sent back
with the next request; then the runtime is started anew on the same home and folds all of it again,
and each session is replayed on a deck.
"""

import asyncio
import json
import os
import random
from pathlib import Path

import msgspec

from kit import sealed
from kit.command import losses
from kit.repositories import plain
from kit.scene import scene
from prove.claim import Claim, Counted, Tally, world
from prove.replays import replayed
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.settings.paths import Paths
from steerdeck_agents.tools import registry

CALLS = int(os.environ.get("STEERDECK_BAD_CALLS", "500"))
PER_SESSION = 20
HUGE_EVERY = 160
"""Each so many has 1 MB of arguments, which takes the model some seconds to stream."""
SEED = 20261120
NOWHERE = Workspace(path="/nowhere", repository="/", branch="", base="")
VALID = {
    "shell": {"command": "ls", "why": "look"},
    "read_file": {"path": "a.txt", "first": 1},
    "list_files": {"folder": "."},
    "search": {"pattern": "x"},
    "apply_patch": {"patch": "*** Begin Patch\n*** Add File: b\n+x\n*** End Patch\n"},
    "update_plan": {"steps": [{"text": "a", "status": "pending"}]},
    "ask": {"question": "Which?"},
    "read_skill": {"name": "notes"},
    "shell_session": {"id": "sh-1"},
}
STRANGERS = (
    "__class__",
    "__init__",
    "constructor",
    "Shell",
    "shell ",
    "",
    "eval",
    "tool\x00",
    "ü" * 64,
)
"""Names no tool has."""
VALUES = (1, -1, 1.5, True, None, [], {}, [[]], {"a": 1}, 10**30, "x\0y")


def one(dice: random.Random) -> tuple[str, bytes]:
    """A tool's name and arguments that are wrong in one way."""
    name = dice.choice(sorted(VALID))
    text = json.dumps(VALID[name]).encode()
    field = dice.choice(sorted(VALID[name]))
    match dice.randrange(9):
        case 0:
            return dice.choice(STRANGERS), text
        case 1:
            return name, text[: dice.randrange(len(text))]
        case 2:
            return name, json.dumps({**VALID[name], field: dice.choice(VALUES)}).encode()
        case 3:
            return name, json.dumps({**VALID[name], "__class__": "os"}).encode()
        case 4:
            wrong = dice.choice(
                (b"null", b"[]", b"7", b'"x"', b"{}x", b"\x00", b"\xef\xbb\xbf{}", b"")
            )
            return name, wrong
        case 5:
            surrogate = dice.choice((b"\\ud800", b"\\udfff\\ud800", b"a\\udc00"))
            return name, b'{"%s": "%s", "why": ""}' % (field.encode(), surrogate)
        case 6:
            return name, b'{"%s": "a\\u0000b", "why": ""}' % field.encode()
        case 7:
            deep = dice.choice((100, 2_000, 10_000))
            return name, b'{"%s": %s' % (field.encode(), b"[" * deep)
        case _:
            return name, b'{"%s": "%s", "more": 1}' % (field.encode(), b"x" * 100)


def is_bad(name: str, arguments: bytes) -> bool:
    """Whether this is to be refused when it is read; anything but a refusal counts as bad too."""
    tool = registry.by_name(name)
    try:
        return tool is None or not tool.read(arguments.decode(errors="replace"), NOWHERE)
    except (BadArguments, PatchError):
        return True


def made(count: int, seed: int = SEED) -> list[tuple[str, bytes]]:
    dice = random.Random(seed)
    found: list[tuple[str, bytes]] = []
    while len(found) < count:
        huge = len(found) % HUGE_EVERY == HUGE_EVERY - 1
        case = ("shell", b'{"why": "%s"}' % (b"x" * 1_048_576)) if huge else one(dice)
        if is_bad(*case):
            found.append(case)
    return found


async def played(folder: Path, cases: list[tuple[str, bytes]], tally: Tally) -> Paths:
    """Have a session meet each lot, and look at what came of it; then start again and look."""
    repository = plain(folder / "repository").resolve()
    lots = [cases[at : at + PER_SESSION] for at in range(0, len(cases), PER_SESSION)]
    answered: dict[str, dict[str, str | None]] = {}

    def play(talk: Conversation) -> Reply:
        number = int(talk.task.rpartition(" ")[2])
        if not talk.calls:
            return Reply(tuple(Call(tool, msgspec.Raw(text)) for tool, text in lots[number]))
        answered[talk.task] = {call.id: call.output for call in talk.calls}
        return Reply((Say("Done.", final=True),))

    home = folder / "s"
    async with scene(home, {"bad": play}) as now:
        for number, lot in enumerate(lots):
            session = await now.start(repository, "bad", f"Lot {number}")
            async with asyncio.timeout(180):
                while (state := now.state(session)).status in ("starting", "working", "parked"):
                    if state.parked:
                        # Three in a row pause an agent; here all of them are wanted.
                        await now.give(o.Resume, session)
                    await asyncio.sleep(0.02)
            ended = list(now.of(session, e.CallEnded))
            refused = [fact for fact in ended if fact.status == "failed" and fact.result]
            what = f"lot {number} ({state.status})"
            for place, (tool, text) in enumerate(lot):
                tally.see(place < len(refused), f"{what}: {tool!r} {text[:80]!r} was not refused")
            outputs = answered.get(f"Lot {number}", {})
            tally.see(len(outputs) == len(lot) and all(outputs.values()), f"{what}: unanswered")
            tally.see(not now.of(session, e.CallStarted), f"{what}: something was done")
        before = {name: now.state(name) for name in now.runtime.fleet.sessions}
        tally.lost, tally.twice = losses(now.events, now.paths)
        where = now.paths
    async with scene(home, {"bad": play}) as again:
        for name, state in before.items():
            after = again.state(name)
            tally.see(
                after.status == state.status and not after.calls, f"{name} came back otherwise"
            )
    return where


def replayed_all(where: Paths, file: Path, tally: Tally) -> int:
    """Each session of that home, replayed on a deck that can start nothing; how many."""
    if not sealed.possible():
        return 0
    reader = JournalReader(where.journal)
    states = reader.sessions()
    for state in states:
        texts = reader.events(state.id, limit=10**6)
        file.write_text("".join(f"{text}\n" for text in texts))
        replayed(file, [len(texts)], tally)
        print("replayed", state.id, len(texts), tally.notes, flush=True)
    return len(states)


def bad_calls() -> Counted:
    tally = Tally()
    with world() as folder:
        where = asyncio.run(played(folder, made(CALLS), tally))
        count = replayed_all(where, folder / "events.jsonl", tally)
    told = f"{CALLS} calls, {PER_SESSION} to a session, seed {SEED}; {count} sessions replayed"
    return tally.done(told).of(CALLS)


CLAIMS = (
    Claim("bad-calls", "Calls a model gets wrong are answered, whatever is wrong", bad_calls),
)
