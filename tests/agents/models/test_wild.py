"""What servers get wrong, in both APIs: a named error or an answer, never a crash."""

import asyncio
import json
from collections.abc import Sequence

import httpx2
import openai
import pytest

from agents.models.wild_server import RESET, STALL, Wild, event, wild
from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models import failures
from steerdeck_agents.models.chat import ChatModel
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, Model, TextDelta
from steerdeck_agents.models.responses import ResponsesModel
from steerdeck_agents.settings.model import ModelSettings

BODY = json.dumps(
    {"model": "m", "stream": True, "input": [{"role": "user", "content": "hi"}]}
).encode()
APIS = ["responses", "chat"]
BIG = json.dumps({"command": "x" * 1_000_000})


def _item(text: str, place: int = 0, **more: object) -> list[dict[str, object]]:
    where = {"output_index": place, "item_id": "msg"}
    part = {"type": "output_text", "text": text}
    item = {"type": "message", "id": "msg", "role": "assistant", "content": [part], **more}
    return [
        {"type": "response.output_item.added", **where, "item": {**item, "content": []}},
        {"type": "response.output_text.delta", **where, "delta": text},
        {"type": "response.output_item.done", **where, "item": item},
    ]


def _delta(**delta: object) -> dict[str, object]:
    return {"model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def _last(reason: str | None = "stop", **delta: object) -> dict[str, object]:
    return {"model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


COMPLETED = {"type": "response.completed", "response": {"model": "m", "output": []}}
USAGE = {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def said(api: str, text: str = "Hello.") -> list[bytes]:
    """A good answer as parts, the last of which ends it."""
    if api == "responses":
        return [*(event(e) for e in _item(text)), event(COMPLETED)]
    first, second = text[:2], text[2:]
    return [
        event(_delta(role="assistant", content=first)),
        event(_delta(content=second)),
        event(_last()) + event(USAGE) + event("[DONE]"),
    ]


def called(api: str, arguments: str, **more: object) -> list[bytes]:
    if api == "responses":
        item = {"type": "function_call", "call_id": "c", "name": "shell", "arguments": arguments}
        done = {"type": "response.output_item.done", "output_index": 0, "item": {**item, **more}}
        return [event(done), event(COMPLETED)]
    function = {"name": more.get("name", "shell"), "arguments": arguments}
    return [
        event(_delta(tool_calls=[{"index": 0, "id": "c", "function": function}])),
        event(_last("tool_calls")),
        event("[DONE]"),
    ]


def ask(api: str, answer: Wild | Sequence[object], idle_s: float = 0.3) -> list[Chunk]:
    given = answer if isinstance(answer, Wild) else Wild(parts=answer)

    async def scene() -> list[Chunk]:
        async with wild({"/responses": given, "/chat/completions": given}) as server:
            settings = ModelSettings("m", "m", server.url, key_variable="")
            kind = ChatModel if api == "chat" else ResponsesModel
            model: Model = kind(settings, None, idle_s)
            try:
                return [chunk async for chunk in model.stream(BODY)]
            finally:
                await model.close()

    return asyncio.run(scene())


def words(chunks: list[Chunk]) -> str:
    (item,) = [c for c in chunks if isinstance(c, ItemDone) and c.type == "message"]
    return str(json.loads(item.text)["content"][0]["text"])


def failure(api: str, answer: Wild | Sequence[object]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(api, answer)
    return caught.value


@pytest.mark.parametrize("api", APIS)
def test_a_good_answer_is_one(api: str):
    chunks = ask(api, said(api))
    assert words(chunks) == "Hello."
    assert "".join(c.text for c in chunks if isinstance(c, TextDelta)) == "Hello."
    assert isinstance(chunks[-1], Ended)
    assert chunks[-1].ending == ""


@pytest.mark.parametrize("size", [1, 3, 50])
@pytest.mark.parametrize("api", APIS)
def test_an_answer_may_come_in_pieces_of_any_size(api: str, size: int):
    whole = b"".join(said(api, "Grüße 👩‍🚀!")).replace(b"\n", b"\r\n")
    parts = [whole[first : first + size] for first in range(0, len(whole), size)]
    assert words(ask(api, parts)) == "Grüße 👩‍🚀!"


@pytest.mark.parametrize(
    "garbage",
    [
        b"<<<garbage>>>\n\n",
        b": keep-alive\n\n",
        b"\n\n\n",
        b"id: 7\nretry: 10\n\n",
        b"\xff\xfe\x00\n\n",
        event({"type": "response.brand_new.thing", "choices": "none"}),
        event({"choices": [None, {"index": 1, "delta": {"content": "other"}}]}),
        event("[1, 2]"),
        event("null"),
    ],
)
@pytest.mark.parametrize("api", APIS)
def test_garbage_between_events_is_passed_over(api: str, garbage: bytes):
    first, *rest = said(api)
    assert words(ask(api, [garbage, first, garbage, *rest[:-1], garbage, rest[-1]])) == "Hello."


@pytest.mark.parametrize("api", APIS)
def test_without_the_last_event_there_is_no_answer(api: str):
    parts = said(api)
    for ending in ([], [RESET], [parts[-1][:20]], [parts[-1][:20], RESET]):
        error = failure(api, [*parts[:-1], *ending])
        assert error.retryable
        assert error.cause == "network"


@pytest.mark.parametrize("beat", [b"", b": still here\n\n"])
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("api", APIS)
def test_silence_ends_an_answer_whatever_keeps_the_connection_open(
    api: str, after: int, beat: bytes
):
    error = failure(api, Wild(parts=[*said(api)[:after], STALL], beat=beat))
    assert error.retryable
    assert error.cause == "silence"


def test_a_broken_delta_is_made_good_by_its_item():
    added, delta, done, last = said("responses")
    assert words(ask("responses", [added, delta[: len(delta) // 2] + b"\n\n", done, last])) == (
        "Hello."
    )


def test_a_broken_item_is_made_good_by_the_last_event_or_asked_again():
    added, delta, done, _ = said("responses")
    half = done[: len(done) // 2] + b"\n\n"
    whole = json.loads(done.partition(b"data: ")[2])["item"]
    told = {"type": "response.completed", "response": {"model": "m", "output": [whole]}}
    assert words(ask("responses", [added, delta, half, event(told)])) == "Hello."
    assert failure("responses", [added, delta, half, event(COMPLETED)]).retryable


def test_a_broken_chunk_of_chat_is_lost_for_good_so_it_is_asked_again():
    first, second, last = said("chat")
    error = failure("chat", [first, second[: len(second) // 2] + b"\n\n", last])
    assert error.retryable
    assert "can't be read" in str(error)


@pytest.mark.parametrize("api", APIS)
def test_cut_characters_become_marks(api: str):
    parts = [part.replace(b"Hello", b"He\xf0\x9f\x98lo").replace(b"llo", b"l\xf0\x9f\x98o")
             for part in said(api)]  # fmt: skip
    text = words(ask(api, parts))
    assert "\ufffd" in text
    text.encode()


@pytest.mark.parametrize("api", APIS)
def test_lone_surrogates_become_marks(api: str):
    text = words(ask(api, said(api, "a\ud83d b")))
    assert text == "a⟨U+D83D⟩ b"


@pytest.mark.parametrize("api", APIS)
def test_a_call_of_a_megabyte_is_a_call(api: str):
    chunks = ask(api, called(api, BIG))
    (item,) = [c for c in chunks if isinstance(c, ItemDone)]
    assert json.loads(item.text)["arguments"] == BIG


@pytest.mark.parametrize("arguments", ["", "{", "[]", "nul", '{"a":\x00}'])
@pytest.mark.parametrize("api", APIS)
def test_bad_arguments_are_kept_as_they_are(api: str, arguments: str):
    (item,) = [c for c in ask(api, called(api, arguments)) if isinstance(c, ItemDone)]
    assert json.loads(item.text)["arguments"] in (arguments, "{}")


@pytest.mark.parametrize(
    "said",
    [
        {"resets_in_seconds": 1e308},
        {"resets_in_seconds": 10**400},
        {"resets_at": 1e300},
        {"resets_at": 10**400},
        {"message": f"Try again in {'9' * 400}h."},
        {"message": f"Try again in {'9' * 40}s."},
    ],
)
@pytest.mark.parametrize("code", ["usage_limit_reached", "overloaded_error"])
def test_a_time_no_clock_can_tell_is_none(said: dict[str, object], code: str):
    error = failures.reported("host", code, str(said.get("message", "")), body=said)
    assert error.retry_after_s is None


@pytest.mark.parametrize("after", ["inf", "1e300", "nan", "9" * 400, "-inf", "9" * 5000])
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_a_header_no_clock_can_tell_says_no_wait_or_none(name: str, after: str):
    response = httpx2.Response(
        429, headers={name: after}, request=httpx2.Request("POST", "http://host/v1")
    )
    refused = openai.RateLimitError("Slow down.", response=response, body=None)
    error = failures.from_sdk(
        refused, ModelSettings(name="m", model="m", base_url="http://host/v1"), 1.0
    )
    assert error.retry_after_s in (None, 0.0)


@pytest.mark.parametrize("api", APIS)
def test_a_failure_told_within_the_stream_is_named(api: str):
    told = {"error": {"message": "Overloaded, try again in 1.5s.", "code": "overloaded_error"}}
    error = failure(api, [*said(api)[:1], event(told)])
    assert (error.retryable, error.cause, error.retry_after_s) == (True, "limit", 1.5)
    named = failure(api, [event({"message": "Boom."}, name="error")])
    assert "Boom." in str(named)


@pytest.mark.parametrize("api", APIS)
def test_deep_nesting_is_a_named_error(api: str):
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    last = event('{"type":"response.output_item.done","item":' + deep + "}")
    with pytest.raises(ModelError):
        ask(api, [last, said(api)[-1]] if api == "responses" else [last])


@pytest.mark.parametrize(
    ("kind", "body", "said_of_it"),
    [
        ("text/html", b"<html>Sign in</html>", "text/html"),
        ("application/xml", b"<a/>", "application/xml"),
        ("application/json", b"[]", "JSON"),
        ("application/json", b"{", "can't be read"),
        ("application/json", b'{"ok": true}', ""),
    ],
)
@pytest.mark.parametrize("api", APIS)
def test_an_answer_of_the_wrong_kind_is_named(api: str, kind: str, body: bytes, said_of_it: str):
    error = failure(api, Wild(200, kind, [body]))
    assert said_of_it in str(error)


def test_a_whole_answer_without_a_stream_is_one():
    item = json.loads(said("responses")[2].partition(b"data: ")[2])["item"]
    response = {"object": "response", "status": "completed", "model": "m", "output": [item]}
    whole = Wild(200, "application/json", [json.dumps(response).encode()])
    assert words(ask("responses", whole)) == "Hello."
    message = {"role": "assistant", "content": "Hello."}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    completion = {"object": "chat.completion", "model": "m", "choices": choices}
    whole = Wild(200, "application/json", [json.dumps(completion).encode()])
    assert words(ask("chat", whole)) == "Hello."


@pytest.mark.parametrize("api", APIS)
def test_an_error_with_a_status_of_success_is_an_error(api: str):
    told = json.dumps({"error": {"message": "No GPU left.", "code": "server_error"}}).encode()
    assert "No GPU left." in str(failure(api, Wild(200, "application/json", [told])))


@pytest.mark.parametrize(
    ("api", "parts", "ending"),
    [
        ("responses", _item("", content=[{"type": "refusal", "refusal": "No."}]), "refused"),
        ("responses", [], "empty"),
        ("responses", [{"type": "response.output_item.done", "output_index": 0,
                        "item": {"type": "reasoning", "id": "rs", "summary": []}}], "empty"),
        ("responses", _item(""), "empty"),
        ("chat", [_delta(refusal="No."), _last()], "refused"),
        ("chat", [_last()], "empty"),
        ("chat", [_delta(reasoning_content="Hm."), _last()], "empty"),
        ("chat", [_delta(content="Hel"), _last("length")], "cut_off"),
        ("chat", [_delta(content="Hel"), _last("content_filter")], "filtered"),
    ],
)  # fmt: skip
def test_an_end_of_its_own_kind_has_a_name(api: str, parts: list[dict[str, object]], ending: str):
    last = event(COMPLETED) if api == "responses" else event("[DONE]")
    (*_, ended) = ask(api, [*(event(part) for part in parts), last])
    assert isinstance(ended, Ended)
    assert ended.ending == ending


@pytest.mark.parametrize(
    ("reason", "ending"), [("max_output_tokens", "cut_off"), ("content_filter", "filtered")]
)
def test_an_incomplete_response_has_the_name_of_its_reason(reason: str, ending: str):
    response = {"status": "incomplete", "incomplete_details": {"reason": reason}}
    told = event({"type": "response.incomplete", "response": response})
    (*_, ended) = ask("responses", [*said("responses")[:2], told])
    assert isinstance(ended, Ended)
    assert ended.ending == ending
    other = {"status": "incomplete", "incomplete_details": {"reason": "moon phase"}}
    told = event({"type": "response.incomplete", "response": other})
    assert "moon phase" in str(failure("responses", [told]))
