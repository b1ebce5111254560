"""The scripted server is as strict and as true to the API as the tests need."""

import asyncio
import json

import pytest

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.choose import list_models
from steerdeck_agents.models.scripted import (
    Call,
    Conversation,
    Refuse,
    Reply,
    Say,
    Think,
)
from steerdeck_agents.models.scripted_events import events_of
from steerdeck_agents.models.scripted_input import read_request
from steerdeck_agents.models.scripted_server import serve
from steerdeck_agents.settings.config import ModelSettings

CALL = {"type": "function_call", "call_id": "c1", "name": "shell", "arguments": "{}", "id": "fc"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "exit code: 0"}
REASONING = {"type": "reasoning", "id": "rs", "summary": []}


def _user(text: str) -> dict[str, object]:
    return {"role": "user", "content": [{"type": "input_text", "text": text}]}


def _read(*items: object, **more: object) -> Conversation | Refuse:
    return read_request(
        json.dumps({"model": "m", "stream": True, "input": list(items), **more}).encode()
    )


def test_a_conversation_holds_what_was_said_called_and_answered():
    note = "The developer interrupted the turn. Calls that were running may have done a part."
    said = {"type": "message", "role": "assistant", "id": "msg_1", "content": []}
    talk = _read(
        {"role": "developer", "content": "be good"},
        _user("<environment>\nhere\n</environment>"),
        _user("fix it"),
        REASONING,
        CALL,
        OUTPUT,
        _user(note),
        said,
        _user("<b> looks odd"),
    )
    assert isinstance(talk, Conversation)
    assert talk.said == ("fix it", "<b> looks odd")
    assert [(call.id, call.output) for call in talk.calls] == [("c1", "exit code: 0")]
    assert talk.messages == ("msg_1",)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([CALL], "No tool output found for function call c1"),
        ([OUTPUT], "No tool call found for function call output c1"),
        ([CALL, OUTPUT, OUTPUT], "No tool call found"),
        ([CALL, OUTPUT, CALL, OUTPUT], "Duplicate function call"),
        ([OUTPUT, CALL], "No tool call found"),
        ([REASONING], "without its required following item"),
        ([REASONING, _user("hm")], "without its required following item"),
        (["text"], "Invalid type for 'input'"),
    ],
)
def test_what_openai_refuses_is_refused(items: list[object], said: str):
    refused = _read(*items)
    assert isinstance(refused, Refuse)
    assert refused.status == 400
    assert said in refused.message


@pytest.mark.parametrize("body", [b"", b"[]", b'{"model":', b'{"model":"m"}', b"\xff"])
def test_a_body_that_is_no_request_is_refused(body: bytes):
    assert isinstance(read_request(body), Refuse)


def test_sessions_differ_in_their_ids_and_one_session_does_not():
    reply = Reply((Say("a"), Call("shell", {})))

    def ids(talk: Conversation | Refuse) -> list[object]:
        assert isinstance(talk, Conversation)
        done = [e["item"] for e in events_of(talk, reply) if e["type"].endswith("item.done")]
        return [item["id"] for item in done]

    one = _read(_user("x"), prompt_cache_key="one")
    assert ids(one) == ids(_read(_user("x"), prompt_cache_key="one"))
    assert not {*ids(one)} & {*ids(_read(_user("x"), prompt_cache_key="two"))}
    longer = _read(_user("x"), CALL, OUTPUT, prompt_cache_key="one")
    assert not {*ids(one)} & {*ids(longer)}


def test_events_come_in_the_order_of_the_api():
    talk = _read(_user("x"))
    assert isinstance(talk, Conversation)
    parts = (Think("hm"), Say("yes"), Call("shell", {}))
    events = list(events_of(talk, Reply(parts)))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [str(event["type"]).removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]


def test_every_event_is_one_the_sdk_knows():
    from openai.types.responses import ResponseStreamEvent
    from pydantic import TypeAdapter

    talk = _read(_user("x"))
    assert isinstance(talk, Conversation)
    adapter: TypeAdapter[object] = TypeAdapter(ResponseStreamEvent)
    for event in events_of(talk, Reply((Think("hm"), Say("yes"), Call("shell", {})))):
        if event["type"] in ("response.created", "response.in_progress", "response.completed"):
            event = {**event, "response": {**event["response"], **_PARAMETERS}}
        found = adapter.validate_python(event)
        assert found.type == event["type"]


_PARAMETERS = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
"""Fields the SDK wants that only repeat the request."""


def test_the_list_of_models_is_the_list_of_scripts():
    async def scene() -> list[str]:
        server = await serve({"a": _silent, "b": _silent})
        settings = ModelSettings("m", "", server.url, key_variable="")
        try:
            return await list_models(settings, None)
        finally:
            await server.close()

    assert asyncio.run(scene()) == ["a", "b"]


def test_a_list_that_can_not_be_had_is_a_model_error():
    async def scene(url: str) -> None:
        await list_models(ModelSettings("m", "", url, key_variable=""), None)

    async def elsewhere() -> None:
        server = await serve({})
        try:
            await scene(server.url.replace("/v1", "/other"))
        finally:
            await server.close()

    with pytest.raises(ModelError, match="can't be reached"):
        asyncio.run(scene("http://127.0.0.1:1/v1"))
    with pytest.raises(ModelError, match="base URL"):
        asyncio.run(elsewhere())


@pytest.mark.parametrize(
    "bytes_in",
    [
        b"\x00\xff\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\ncontent-length: -5\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\ncontent-length: many\r\n\r\n",
        b"POST /v1/responses HTTP/1.1\r\ncontent-length: 99\r\n\r\nshort",
        b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % n for n in range(200)) + b"\r\n",
        b"GET / HTTP/1.1\r\nh: " + b"x" * 200_000 + b"\r\n\r\n",
    ],
)
def test_a_peer_that_speaks_no_http_ends_its_own_connection_only(bytes_in: bytes):
    async def scene() -> tuple[bytes, list[str]]:
        server = await serve({"a": _silent})
        port = int(server.url.split(":")[2].removesuffix("/v1"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(bytes_in)
        writer.write_eof()
        try:
            got = await reader.read()
        except ConnectionResetError:
            got = b""
        writer.close()
        models = await list_models(ModelSettings("m", "", server.url, key_variable=""), None)
        await server.close()
        return got, models

    assert asyncio.run(scene()) == (b"", ["a"])


def test_closing_drops_a_stream_that_is_on_its_way():
    async def scene() -> bytes:
        server = await serve({"m": lambda talk: Reply((Say("x" * 10_000),))}, pace=10)
        port = int(server.url.split(":")[2].removesuffix("/v1"))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps({"model": "m", "stream": True, "input": "hi"}).encode()
        writer.write(b"POST /v1/responses HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body))
        writer.write(body)
        await reader.readuntil(b"output_text.delta")
        await server.close()
        rest = await reader.read()
        writer.close()
        return rest

    assert b"response.completed" not in asyncio.run(scene())


def _silent(talk: Conversation) -> Reply:
    return Reply(())
