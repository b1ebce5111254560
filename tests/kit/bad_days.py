"""What goes wrong between a harness and a model's server, by name, and how a turn comes through.

One list for three tellers: the engine alone, `run --json`, and the deck. On each day a session has
one command to run and one sentence to say; whatever the server does, the command runs once.
"""

import json
import os
from typing import Literal, NamedTuple

from msgspec import structs

from kit.faulty import Fault, Twist, answer, good, refusal, sse, told
from steerdeck_agents.loop.patience import Patience
from steerdeck_agents.models.scripted import Call, Conversation, Part, Reply, Say, Script

RUN = "echo ran >> ran.txt"
WHY = "Because."
QUICK = Patience(
    first_s=0.01, longest_s=0.02, network_first_s=0.02, network_longest_s=0.05, said_s=0.05,
    ended_s=0.3, line_s=0.01, line_again_s=0.05,
)  # fmt: skip
CALM = structs.replace(QUICK, said_s=20.0, ended_s=60.0)
BEGUN = (
    sse(type="response.output_item.added", output_index=0,
        item={"type": "message", "id": "msg_1"}),
    sse(type="response.output_text.delta", output_index=0, item_id="msg_1", delta="Half"),
)  # fmt: skip
CALLING = (
    sse(type="response.output_item.added", output_index=0,
        item={"type": "function_call", "id": "fc_1", "name": "shell", "call_id": "c"}),
    sse(type="response.function_call_arguments.delta", output_index=0, item_id="fc_1",
        delta='{"command": "echo ra'),
)  # fmt: skip
LIMIT = {"code": "rate_limit_exceeded", "message": "Rate limit. Please try again in 10ms."}
BROKEN = {"status": "failed", "error": {"code": "server_error", "message": "It broke."}}
SPENT = {"code": "usage_limit_reached", "message": "Enough.", "resets_in_seconds": 3600}
GARBAGE = b': here\n\nnonsense\n\ndata: {"half\n\ndata: [1, 2]\n\nevent: \n\ndata:\n\n\x00\xff\n\n'


class BadDay(NamedTuple):
    """Answers of the server before a good one, and what comes of them."""

    answers: tuple[Fault | Twist, ...]
    taken: Literal["not", "whole", "odd"] = "not"
    """`not`: each is asked again; `whole`: it is as good as the good one; `odd`: it is answered."""
    silent: bool = False
    ends: str = "done"
    """Status the session comes to rest in."""
    says: str = ""
    """What the developer is told of it."""


def shell_once(talk: Conversation) -> Reply:
    """One command, then the end."""
    ran = [call for call in talk.calls if call.output is not None and _command(call.arguments)]
    if ran:
        return Reply((Say("Whole.", final=True),))
    return Reply((Call("shell", {"command": RUN, "why": WHY}),))


def _command(arguments: str) -> bool:
    return arguments == json.dumps({"command": RUN, "why": WHY}, separators=(",", ":"))


def frames(body: bytes, script: Script) -> list[bytes]:
    return [part for part in good(body, script).parts if isinstance(part, bytes)]


def between(what: bytes) -> Twist:
    """A good answer with something strange after each of its events."""
    return lambda body, script: Fault(tuple(one + what for one in frames(body, script)))


def asked_for(*parts: Part) -> Twist:
    """A whole answer of these parts."""
    return lambda body, script: answer(body, Reply(parts))


def a_million_characters(body: bytes, script: Script) -> Fault:
    """A call with an argument of a megabyte, a thousand characters in each event."""
    call = Call("shell", {"command": f"{RUN} # {'~' * 4000}", "why": WHY})
    short = frames(body, lambda _: Reply((call,)))
    return Fault(tuple(one.replace(b"~", b"x" * 250) for one in short))


def half_an_event(body: bytes, script: Script) -> Fault:
    *whole, last = frames(body, script)
    return Fault((*whole, last[: len(last) // 2]))


def broken_last_event(body: bytes, script: Script) -> Fault:
    *whole, last = frames(body, script)
    return Fault((*whole, last.replace(b'"status"', b'"status')))


def broken_delta(body: bytes, script: Script) -> Fault:
    def wound(one: bytes) -> bytes:
        return one.replace(b'"delta": "', b'"delta": ""', 1)

    return Fault(tuple(wound(one) for one in frames(body, script)))


def cut_characters(body: bytes, script: Script) -> Fault:
    """A character whose second half never comes, and one cut in two on its way."""
    lone = [one.replace(b'"delta": "', b'"delta": "\xc3', 1) for one in frames(body, script)]
    whole = 'data: {"type": "response.note", "text": "caf\u00e9"}\n\n'.encode()
    at = whole.index(b"\xc3") + 1
    return Fault((*lone[:3], whole[:at], 0.01, whole[at:], *lone[3:]))


def told_twice(body: bytes, script: Script) -> Fault:
    """Each event comes twice, with the same ids."""
    *whole, last = frames(body, script)
    return Fault((*(one for one in whole for _ in range(2)), last))


def other_model(body: bytes, script: Script) -> Fault:
    return Fault(
        tuple(one.replace(b'"model": "m"', b'"model": "cheap"') for one in frames(body, script))
    )


def cut_off(body: bytes, script: Script) -> Fault:
    talked = good(body, script).parts[:-1]
    response = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    return Fault((*talked, sse(type="response.incomplete", response=response)))


def refuses(body: bytes, script: Script) -> Fault:
    part = {"type": "refusal", "refusal": "I won't."}
    item = {"type": "message", "role": "assistant", "content": [part]}
    done = sse(type="response.output_item.done", output_index=0, item=item)
    return Fault((done, sse(type="response.completed", response={"status": "completed"})))


def no_json(body: bytes, script: Script) -> Fault:
    item = {"type": "function_call", "id": "fc_1", "call_id": "call_bad", "name": "shell",
            "arguments": '{"command": "echo ra'}  # fmt: skip
    done = sse(type="response.output_item.done", output_index=0, item=item)
    last = {"status": "completed", "output": [item]}
    return Fault((done, sse(type="response.completed", response=last)))


RUNS = Call("shell", {"command": RUN, "why": WHY}, "call_same")
READS = Call("read_file", {"path": "readme.md"}, "call_same")
WHOLE = Say("Whole.", final=True)

DAYS: dict[str, BadDay] = {
    "429": BadDay((refusal(429),)),
    "429 with Retry-After": BadDay((refusal(429, retry_after="0.02"),)),
    "429 with retry-after-ms": BadDay((refusal(429, retry_after_ms="20"),)),
    "429 told in a stream": BadDay((told(type="error", **LIMIT),)),
    "429 told in a stream that had begun": BadDay((Fault((*BEGUN, sse(type="error", **LIMIT))),)),
    "a failed response that tells of a limit": BadDay(
        (told(type="response.failed", response={"status": "failed", "error": LIMIT}),)
    ),
    "500": BadDay((refusal(500),)),
    "502 with HTML": BadDay(
        (Fault(("<html>",), "502 Bad Gateway", (("content-type", "text/html"),)),)
    ),
    "503": BadDay((refusal(503),)),
    "eight in a row": BadDay((refusal(500),) * 8),
    "twelve limits in a row": BadDay((refusal(429),) * 12),
    "529": BadDay((refusal(529, "overloaded_error"),)),
    "reset before the first byte": BadDay((Fault(headless=True, ending="reset"),)),
    "reset after headers": BadDay((Fault(ending="reset"),)),
    "reset within the text": BadDay((Fault(BEGUN, ending="reset"),)),
    "reset within a call": BadDay((Fault(CALLING, ending="reset"),)),
    "stall after headers": BadDay((Fault(ending="stall"),), silent=True),
    "stall within a call": BadDay((Fault(CALLING, ending="stall"),), silent=True),
    "comments that keep a silent stream open": BadDay(
        (Fault((": here\n\n", 0.05) * 60),), silent=True
    ),
    "events that say nothing": BadDay((Fault((sse(type="ping"), 0.05) * 60),), silent=True),
    "an end without a terminal event": BadDay((Fault(BEGUN),)),
    "an empty stream": BadDay((Fault(),)),
    "half an event": BadDay((half_an_event,)),
    "malformed JSON in the last event": BadDay((broken_last_event,)),
    "malformed JSON within": BadDay((broken_delta,), taken="whole"),
    "garbage lines between events": BadDay((between(GARBAGE),), taken="whole"),
    "cut UTF-8": BadDay((cut_characters,), taken="whole"),
    "unknown events": BadDay(
        (between(sse(type="response.weather.changed", wind=[1]).encode()),), taken="whole"
    ),
    "events told twice": BadDay((told_twice,), taken="whole"),
    "response.failed": BadDay((told(type="response.failed", response=BROKEN),)),
    "incomplete": BadDay((cut_off,), taken="odd"),
    "incomplete twice": BadDay(
        (cut_off, cut_off), taken="odd", ends="failed", says="limit of output tokens twice"
    ),
    "refusal": BadDay((refuses,), taken="odd", ends="failed", says="refused to go on"),
    "wrong served model": BadDay((other_model,), taken="whole", says="cheap"),
    "empty answer": BadDay((asked_for(),), taken="odd", ends="failed", says="with nothing"),
    "bad arguments": BadDay((asked_for(Call("shell", {"comand": RUN})),), taken="odd"),
    "arguments that are no JSON": BadDay((no_json,), taken="odd"),
    "unknown tool": BadDay((asked_for(Call("fly", {"to": "Mars"})),), taken="odd"),
    "1 MB argument": BadDay((a_million_characters,), taken="odd"),
    "duplicate ids": BadDay((asked_for(RUNS, READS), asked_for(WHOLE)), taken="odd"),
    "usage limit with reset": BadDay(
        (Fault((json.dumps({"error": SPENT}),), "429 Error",
               (("content-type", "application/json"),)),),
        taken="odd", ends="parked", says="Enough.",
    ),
    "what never ends": BadDay((refusal(500),) * 10, ends="failed", says="500"),
}  # fmt: skip
SAMPLE = ("reset within a call", "stall within a call", "events told twice", "incomplete twice")


def course(name: str) -> list[Fault | Twist | None]:
    """The answers of a day: before the call is asked for, and where it may be, before its answer.

    None stands for a good one.
    """
    day = DAYS[name]
    match day.taken:
        case "not" if day.ends == "done":
            return [*day.answers, None, *day.answers, None]
        case "whole":
            return [*day.answers, *day.answers]
        case _:
            return [*day.answers]


def times(name: str) -> tuple[Patience, float]:
    """How long the loop waits on that day, and the seconds of silence that end a stream."""
    return (QUICK, 0.2) if DAYS[name].silent else (CALM, 60.0)


def days() -> tuple[str, ...]:
    """The days to try where a few stand for all; with STEERDECK_CHAOS all of them."""
    return tuple(DAYS) if os.environ.get("STEERDECK_CHAOS") else SAMPLE
