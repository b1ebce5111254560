"""Streams with something wrong in them, thousands of times: a named error or an answer, no crash.

Each begins as a good answer with text and two calls, in one of both APIs, and is then cut, bent,
shuffled or stuffed. What counts is that calls only ever come of a stream whose end has arrived:
the loop begins none before that. Every so many also goes the whole way, to a command that runs.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from agents.models.wild_server import Wild, event, wild
from kit.bad_days import QUICK, RUN, frames, shell_once
from kit.command import losses
from kit.faulty import Fault, Twist, faulty
from kit.repositories import plain
from kit.scene import scene
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.facts.ids import RandomIds
from steerdeck_agents.models.chat import ChatModel
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, Model
from steerdeck_agents.models.responses import ResponsesModel
from steerdeck_agents.models.scripted import Script
from steerdeck_agents.settings.model import ModelSettings

CASES = int(os.environ.get("STEERDECK_FUZZ", "5000"))
WHOLE_EVERY = 50
HUGE_EVERY = 500
"""Each so many has a line of 10 MB."""
SEED = 20261120
IDLE_S = 5.0
ASKED = {"model": "m", "stream": True, "input": [{"role": "user", "content": "hi"}]}
BODY = json.dumps(ASKED).encode()
Parts = list[bytes]


def responses(dice: random.Random) -> Parts:
    """Text and two calls, the last part is the terminal event."""
    text = "".join(dice.choices("abc \u00e9\u4e2d\U0001f680", k=dice.randint(1, 40)))
    said = {"type": "message", "id": "msg", "role": "assistant",
            "content": [{"type": "output_text", "text": text}]}  # fmt: skip
    parts = [
        event({"type": "response.created", "response": {"status": "in_progress"}}),
        event({"type": "response.output_item.added", "output_index": 0,
               "item": {**said, "content": []}}),
        *(event({"type": "response.output_text.delta", "output_index": 0, "item_id": "msg",
                 "delta": text[at : at + 5]}) for at in range(0, len(text), 5)),
        event({"type": "response.output_item.done", "output_index": 0, "item": said}),
    ]  # fmt: skip
    for place in (1, 2):
        call = {
            "type": "function_call",
            "id": f"fc_{place}",
            "call_id": f"call_{place}",
            "name": "shell",
            "arguments": json.dumps({"command": "ls", "why": "So."}),
        }
        parts.append(event({"type": "response.output_item.done", "output_index": place,
                            "item": call}))  # fmt: skip
    done = {"status": "completed", "model": "m", "output": []}
    return [*parts, event({"type": "response.completed", "response": done})]


def chat(dice: random.Random) -> Parts:
    """The same of the other API; two parts end it."""
    text = "".join(dice.choices("abc \u00e9\u4e2d\U0001f680", k=dice.randint(1, 40)))

    def delta(reason: str | None = None, **more: object) -> bytes:
        return event({"model": "m", "choices": [
            {"index": 0, "delta": more, "finish_reason": reason}]})  # fmt: skip

    parts = [delta(role="assistant", content=""),
             *(delta(content=text[at : at + 5]) for at in range(0, len(text), 5))]  # fmt: skip
    for place in (0, 1):
        arguments = json.dumps({"command": "ls", "why": "So."})
        parts += [
            delta(tool_calls=[{"index": place, "id": f"call_{place}", "type": "function",
                               "function": {"name": "shell", "arguments": ""}}]),
            *(delta(tool_calls=[{"index": place, "function": {"arguments": part}}])
              for part in (arguments[at : at + 9] for at in range(0, len(arguments), 9))),
        ]  # fmt: skip
    return [*parts, delta("tool_calls"), event("[DONE]")]


def cut_anywhere(parts: Parts, dice: random.Random) -> Parts:
    whole = b"".join(parts)
    return [whole[: dice.randrange(len(whole))]]


def bent_byte(parts: Parts, dice: random.Random) -> Parts:
    whole = bytearray(b"".join(parts))
    for _ in range(dice.randint(1, 4)):
        whole[dice.randrange(len(whole))] = dice.randrange(256)
    return [bytes(whole)]


def bad_json(parts: Parts, dice: random.Random) -> Parts:
    at = dice.randrange(len(parts))
    half = parts[at][: dice.randrange(6, max(7, len(parts[at]) - 2))]
    return [*parts[:at], half + b"\n\n", *parts[at + 1 :]]


def wrong_order(parts: Parts, dice: random.Random) -> Parts:
    return dice.sample(parts, len(parts))


def told_twice(parts: Parts, dice: random.Random) -> Parts:
    return [one for part in parts for one in [part] * dice.randint(1, 2)]


def one_id(parts: Parts, dice: random.Random) -> Parts:
    first, second = (
        (b"call_1", b"call_2") if b"call_2" in b"".join(parts) else (b"call_0", b"call_1")
    )
    return [part.replace(second, first) for part in parts]


def left_out(parts: Parts, dice: random.Random) -> Parts:
    gone = dice.randrange(len(parts))
    return [part for at, part in enumerate(parts) if at != gone]


def no_end(parts: Parts, dice: random.Random) -> Parts:
    return parts[: -1 - (parts[-1] == event("[DONE]"))]


def garbage_between(parts: Parts, dice: random.Random) -> Parts:
    what = (b": here\n\n", b"nonsense\n\n", b"data: [1]\n\n", b"data:\n\n", b"\x00\xff\xfe\n\n",
            b"event: x\ndata: {}\n\n", b'data: {"type": 7}\n\n', b"data: null\n\n")  # fmt: skip
    return [one for part in parts for one in (part, dice.choice(what))]


def odd_pieces(parts: Parts, dice: random.Random) -> Parts:
    """Nothing wrong at all, but cut where no event ends."""
    whole, found, at = b"".join(parts), [], 0
    while at < len(whole):
        size = dice.randint(1, 60)
        found.append(whole[at : at + size])
        at += size
    return found


def huge_line(parts: Parts, dice: random.Random) -> Parts:
    line = b"data: " + b"x" * 10_000_000 + b"\n\n"
    at = dice.randrange(len(parts))
    return [*parts[:at], line, *parts[at:]]


KINDS: tuple[Callable[[Parts, random.Random], Parts], ...] = (
    cut_anywhere, bent_byte, bad_json, wrong_order, told_twice, one_id, left_out, no_end,
    garbage_between, odd_pieces,
)  # fmt: skip
ENDS = {"responses": (b'"response.completed"', b'"response.incomplete"', b'"response.failed"'),
        "chat": (b'"finish_reason": "', b"[DONE]")}  # fmt: skip


async def fuzzed(count: int, seed: int) -> tuple[Tally, Counter[str]]:
    """So many cases; a tally of what held, and how often which came out."""
    dice, tally, seen = random.Random(seed), Tally(), Counter[str]()
    now: Parts = []
    answer = Wild(parts=lambda body: now)
    async with wild({"/responses": answer, "/chat/completions": answer}) as server:
        settings = ModelSettings("m", "m", server.url, key_variable="")
        models: dict[str, Model] = {
            "responses": ResponsesModel(settings, None, IDLE_S),
            "chat": ChatModel(settings, None, IDLE_S),
        }
        for number in range(count):
            api = ("responses", "chat")[number % 2]
            good = (responses if api == "responses" else chat)(dice)
            bend = huge_line if number % HUGE_EVERY == HUGE_EVERY - 1 else KINDS[number // 2 % 10]
            now[:] = bend(good, dice)
            what = f"case {number} ({api}, {bend.__name__})"
            chunks, failed = await _asked(models[api], what, tally)
            _judge(api, b"".join(now), chunks, failed, what, tally)
            seen["error" if failed else "answer"] += 1
        for model in models.values():
            await model.close()
    return tally, seen


async def _asked(model: Model, what: str, tally: Tally) -> tuple[list[Chunk], bool]:
    """The chunks of an answer, and whether it ended in a named error."""
    chunks: list[Chunk] = []

    async def read() -> None:
        async for chunk in model.stream(BODY):
            chunks.append(chunk)

    task = asyncio.ensure_future(read())
    await asyncio.wait({task})
    error = task.exception()
    if error is not None:
        named = isinstance(error, ModelError) and bool(str(error))
        tally.see(named, f"{what}: {type(error).__name__}: {error}")
    return chunks, error is not None


def _judge(
    api: str, sent: bytes, chunks: list[Chunk], failed: bool, what: str, tally: Tally
) -> None:
    """An answer has one end, which was sent; calls are told apart and only of what was whole."""
    ends = [chunk for chunk in chunks if isinstance(chunk, Ended)]
    calls = [chunk for chunk in chunks if isinstance(chunk, ItemDone) and chunk.type != "message"]
    if failed:
        tally.see(not ends, f"{what}: an error after its end")
        return
    tally.see(len(ends) == 1, f"{what}: {len(ends)} ends")
    arrived = any(mark in sent for mark in ENDS[api])
    tally.see(arrived, f"{what}: an end that was never sent, with {len(calls)} calls")


def _bent(dice: random.Random, kind: Callable[[Parts, random.Random], Parts]) -> Twist:
    def twist(body: bytes, script: Script) -> Fault:
        return Fault(tuple(kind(frames(body, script), dice)))

    return twist


async def whole_way(folder: Path, count: int, seed: int) -> Tally:
    """Sessions whose first answers are bent: the command they ask for runs once."""
    dice, tally = random.Random(seed), Tally()
    repository = plain(folder / "repository").resolve()
    kinds = [kind for kind in KINDS if kind not in (bent_byte, one_id, wrong_order, left_out)]
    async with (
        faulty(shell_once) as server,
        scene(folder / "s", {}, allowed={RUN: repository}, urls={"m": server.url},
              patience=QUICK, ids=RandomIds()) as playing,
    ):  # fmt: skip
        for number in range(count):
            kind = kinds[number % len(kinds)]
            server.faults[:] = [_bent(dice, kind)]
            session = await playing.start(repository, "m")
            state = await playing.status(session, "done", "idle", "failed", "parked")
            file = Path(state.workspace.path) / "ran.txt"
            ran = file.read_text().splitlines() if file.exists() else []
            what = f"session {number} ({kind.__name__})"
            tally.see(state.status == "done", f"{what}: {state.status} {state.reason}")
            tally.see(ran == ["ran"], f"{what}: the command ran {len(ran)} times")
            whole = {
                fact.request for fact in playing.of(session, e.RequestEnded)
                if fact.status == "completed"
            }  # fmt: skip
            tally.see(len(whole) == 2, f"{what}: {len(whole)} whole answers")
        tally.lost, tally.twice = losses(playing.events, playing.paths)
    return tally


def fuzz() -> Counted:
    with world() as folder:
        tally, seen = asyncio.run(fuzzed(CASES, SEED))
        more = asyncio.run(whole_way(folder, CASES // WHOLE_EVERY, SEED))
    tally.counted += more.counted
    tally.wanted += more.wanted
    tally.notes += more.notes
    tally.lost, tally.twice = more.lost, more.twice
    told = ", ".join(f"{number:,} {what}s" for what, number in seen.most_common())
    return tally.done(f"seed {SEED}: {told}, {CASES // WHOLE_EVERY} the whole way").of(CASES)


CLAIMS = (
    Claim("fuzz", "malformed streams: a named error or an answer, no call of half of one", fuzz),
)
