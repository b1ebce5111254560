"""The Responses API through the real SDK, against the scripted server: chunks and failures."""

import asyncio
import gc
import hashlib
import json
from collections.abc import Callable

import msgspec
import pytest

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.models.chat import ChatModel
from steerdeck_agents.models.connect import connect
from steerdeck_agents.models.model import Chunk, Ended, ItemDone, Opened, TextDelta
from steerdeck_agents.models.responses import Reading, ResponsesModel
from steerdeck_agents.models.scripted import (
    Call,
    Conversation,
    Refuse,
    Reply,
    Say,
    Script,
    Think,
)
from steerdeck_agents.models.scripted_server import ScriptedServer, serve
from steerdeck_agents.settings.config import ModelSettings

TEXT = "Grüße 👩‍🚀, zwei\nZeilen und ein \N{ESCAPE}[31mEscape."
REPLY = Reply(
    (
        Think("First look, then leap."),
        Say(TEXT),
        Call("shell", {"command": "ls", "why": "see"}),
        Call("read_file", {"path": "a.py"}),
    )
)


def body_of(*items: object, model: str = "m", key: str = "session") -> bytes:
    return json.dumps(
        {"model": model, "stream": True, "prompt_cache_key": key, "input": list(items)}
    ).encode()


HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}


async def _chunks(model: ResponsesModel, body: bytes) -> list[Chunk]:
    try:
        return [chunk async for chunk in model.stream(body)]
    finally:
        await model.close()


def ask(
    script: Script, body: bytes = body_of(HELLO), key: str = "", sent: str | None = None
) -> list[Chunk]:
    """The chunks of one request to a server that plays `script` as model `m`."""

    async def scene() -> list[Chunk]:
        server = await serve({"m": script}, pace=0, key=key)
        settings = ModelSettings(name="m", model="m", base_url=server.url, key_variable="")
        try:
            return await _chunks(ResponsesModel(settings, sent, idle_s=0.2), body)
        finally:
            await server.close()

    return asyncio.run(scene())


def always(reply: Reply | Refuse) -> Callable[[Conversation], Reply | Refuse]:
    return lambda talk: reply


def failure(reply: Reply | Refuse) -> ModelError:
    with pytest.raises(ModelError) as caught:
        ask(always(reply))
    return caught.value


def test_a_whole_answer_comes_as_text_items_and_an_end():
    chunks = ask(always(REPLY))
    items = [chunk for chunk in chunks if isinstance(chunk, ItemDone)]
    assert [item.type for item in items] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
    kinds = ("reasoning", "message", "arguments", "arguments")
    for item, kind in zip(items, kinds, strict=True):
        deltas = [d for d in chunks if isinstance(d, TextDelta) and d.item == item.item]
        assert {delta.kind for delta in deltas} == {kind}
        assert chunks.index(deltas[-1]) < chunks.index(item)
    streamed = "".join(d.text for d in chunks if isinstance(d, TextDelta) and d.kind == "message")
    assert streamed == TEXT
    assert isinstance(chunks[-1], Ended)
    assert chunks[-1].served_model == "m"
    assert sum(isinstance(chunk, Ended) for chunk in chunks) == 1


def test_an_item_is_the_servers_json_in_the_servers_order():
    chunks = ask(always(REPLY))
    texts = [chunk.text for chunk in chunks if isinstance(chunk, ItemDone)]
    reasoning, message, call, _ = map(msgspec.json.decode, texts)
    assert list(reasoning) == ["id", "type", "summary", "encrypted_content"]
    assert reasoning["encrypted_content"]
    assert message["content"][0]["text"] == TEXT
    assert list(call) == ["id", "type", "status", "arguments", "call_id", "name"]
    assert json.loads(call["arguments"]) == {"command": "ls", "why": "see"}
    assert "\n" not in texts[1]


def test_usage_is_what_the_server_counted():
    body = body_of(HELLO, *({**HELLO, "n": n} for n in range(50)))
    ended = ask(always(REPLY), body)[-1]
    assert isinstance(ended, Ended)
    assert ended.usage.input == len(body) // 4
    assert ended.usage.cached == 0
    assert 0 < ended.usage.reasoning < ended.usage.output
    assert not ended.usage.priced


def test_what_an_earlier_request_held_is_cached():
    texts = [chunk.text for chunk in ask(always(REPLY)) if isinstance(chunk, ItemDone)]
    items = [json.loads(text) for text in texts]
    outputs = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "x"}
        for item in items
        if item["type"] == "function_call"
    ]
    long = [{**HELLO, "pad": "p" * 4000}]
    body = body_of(*long, *items, *outputs)
    ended = ask(always(REPLY), body)[-1]
    assert isinstance(ended, Ended)
    new = sum(len(msgspec.json.encode(item)) for item in (*items, *outputs))
    assert ended.usage.cached == ((len(body) - new) // 4) // 128 * 128 > 0


def test_the_bytes_that_arrive_are_the_bytes_that_were_given():
    body = b'{"model":"m",  "stream":true,\n"input":[{"role":"user","content":"\xc3\xbc"}] }'
    arrived: list[str] = []

    async def scene() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            arrived.append(head)
            length = int(head.partition("content-length: ")[2].split()[0])
            arrived.append(hashlib.sha256(await reader.readexactly(length)).hexdigest())
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = ModelSettings("m", "m", f"http://127.0.0.1:{port}/v1", key_variable="")
            with pytest.raises(ModelError, match="can't be reached, or the connection broke off"):
                await _chunks(ResponsesModel(settings, None), body)

    asyncio.run(scene())
    assert "post /v1/responses" in arrived[0]
    assert "content-type: application/json" in arrived[0]
    assert arrived[1] == hashlib.sha256(body).hexdigest()
    assert len(arrived) == 2, "one request, no silent retry"


@pytest.mark.parametrize("after", [0, 1, 5, 20, 30])
@pytest.mark.parametrize("how", ["drop", "end"])
def test_a_stream_without_its_last_event_is_a_failure_to_retry(how: str, after: int):
    error = failure(msgspec.structs.replace(REPLY, broken=how, after=after))
    assert error.retryable


def test_silence_is_a_failure_to_retry():
    error = failure(msgspec.structs.replace(REPLY, broken="stall", after=8))
    assert error.retryable
    assert "sent nothing for" in str(error)


@pytest.mark.parametrize("how", ["error", "failed"])
def test_a_failure_told_within_the_stream_is_one(how: str):
    error = failure(msgspec.structs.replace(REPLY, broken=how, after=8))
    assert error.retryable
    assert "told to fail" in str(error)


def test_an_answer_that_was_cut_off_ends_by_that_name():
    chunks = ask(always(msgspec.structs.replace(REPLY, broken="incomplete", after=8)))
    assert isinstance(chunks[-1], Ended)
    assert chunks[-1].ending == "cut_off"


@pytest.mark.parametrize(
    ("refuse", "retryable", "wait", "said"),
    [
        (Refuse(429, "slow down", "rate_limit_exceeded", 7.5), True, 7.5, "asked too often"),
        (Refuse(429, "no money", "insufficient_quota"), False, None, "no credit left"),
        (Refuse(500, "oops"), True, None, "(500): oops"),
        (Refuse(503, "later", "", 3), True, 3.0, "(503): later"),
        (Refuse(400, "bad item"), False, None, "(400): bad item"),
        (Refuse(400, "long", "context_length_exceeded"), False, None, "no longer fits"),
        (Refuse(401, "sk-secret is wrong"), False, None, "wants a key, and config.toml names none"),
        (Refuse(403, "not you"), False, None, "does not allow m"),
        (Refuse(404, "no such path"), False, None, "has no such part of the API"),
    ],
)
def test_a_refusal_is_a_sentence_that_knows_whether_to_ask_again(
    refuse: Refuse, retryable: bool, wait: float | None, said: str
):
    error = failure(refuse)
    assert (error.retryable, error.retry_after_s) == (retryable, wait)
    assert said in str(error)
    assert "sk-secret" not in str(error)


def test_a_servers_words_are_harmless_in_the_message():
    error = failure(Refuse(500, "a\x1b]52;c;cm0=\x07b\u202e" + "x" * 5000))
    assert "\x1b" not in str(error)
    assert "\u202e" not in str(error)
    assert len(str(error)) < 500


def test_an_unknown_model_is_named():
    with pytest.raises(ModelError, match=r"has no model 'm'\..*config\.toml"):
        ask(always(REPLY), body_of(HELLO, model="other"))


def test_a_wrong_key_is_named_by_its_variable_and_never_shown():
    settings = ModelSettings("m", "m", "", key_variable="MY_KEY")

    async def scene() -> None:
        server = await serve({"m": always(REPLY)}, pace=0, key="right")
        try:
            reachable = msgspec.structs.replace(settings, base_url=server.url)
            await _chunks(ResponsesModel(reachable, "wrong-one"), body_of(HELLO))
        finally:
            await server.close()

    with pytest.raises(ModelError, match="does not accept the key in MY_KEY") as caught:
        asyncio.run(scene())
    assert "wrong-one" not in str(caught.value)
    assert ask(always(REPLY), key="right", sent="right")


@pytest.mark.parametrize("key", [None, "", "two\nlines", "schlüssel"])
def test_a_key_that_is_missing_or_none_is_told_before_anything_is_sent(key: str | None):
    model = connect(ModelSettings("m", "m", "http://127.0.0.1:1/v1"), key)
    with pytest.raises(ModelError, match="OPENAI_API_KEY"):
        asyncio.run(_chunks(model, body_of(HELLO)))


def test_a_server_that_is_not_there_is_a_sentence():
    model = connect(ModelSettings("m", "m", "http://127.0.0.1:1/v1", key_variable=""), None)
    with pytest.raises(ModelError, match="can't be reached") as caught:
        asyncio.run(_chunks(model, body_of(HELLO)))
    assert caught.value.retryable


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert isinstance(ask(always(REPLY))[-1], Ended)


def test_without_an_address_or_a_model_there_is_nothing_to_connect_to():
    with pytest.raises(ModelError, match="model serve"):
        connect(ModelSettings("m", "m", "", api="scripted"), None)
    with pytest.raises(ModelError, match="No model is chosen"):
        connect(ModelSettings("m", "", "http://127.0.0.1:1/v1"), None)


def _read(*events: object) -> list[Chunk]:
    reading = Reading(ModelSettings("m", "m", "http://h/v1"))
    return [chunk for event in events for chunk in reading.read(event)]


def test_unknown_events_and_shapes_are_passed_over():
    done = {"type": "response.completed", "response": {"usage": {"input_tokens": "many"}}}
    events = ["text", None, {}, {"type": 7}, {"type": "response.brand_new.thing"}, done]
    assert [type(chunk) for chunk in _read(*events)] == [Ended]


def test_halves_of_a_character_are_joined_and_lone_ones_become_marks():
    delta = {"type": "response.output_text.delta", "output_index": 0, "item_id": "a"}
    item = {"type": "message", "id": "a", "text": "\ud83d \udc69 \ud83d\ude00"}
    chunks = _read(
        {**delta, "delta": "x\ud83d"},
        {**delta, "delta": "\ude00y\udc00"},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
    )
    assert [c.text for c in chunks if isinstance(c, TextDelta)] == ["x", "😀y⟨U+DC00⟩"]
    assert json.loads(chunks[-1].text)["text"] == "⟨U+D83D⟩ ⟨U+DC69⟩ 😀"


def test_an_item_keeps_its_name_when_the_server_changes_its_id():
    added = {"type": "response.output_item.added", "output_index": 0, "item": {"id": "one"}}
    delta = {"type": "response.output_text.delta", "output_index": 0, "item_id": "two"}
    other = {"type": "response.output_text.delta", "output_index": 1, "item_id": "one"}
    chunks = _read(added, {**delta, "delta": "a"}, {**other, "delta": "b"})
    assert [chunk.item for chunk in chunks if isinstance(chunk, TextDelta)] == ["one", "one#1"]


def test_items_told_only_in_the_last_event_are_not_lost():
    item = {"type": "function_call", "call_id": "c", "name": "shell", "arguments": "{}"}
    chunks = _read({"type": "response.completed", "response": {"output": [item]}})
    assert [type(chunk) for chunk in chunks] == [ItemDone, Ended]


def test_stopping_in_the_middle_gives_the_connection_back():
    async def scene() -> None:
        server = await serve({"m": always(REPLY)}, pace=50)
        model = ResponsesModel(ModelSettings("m", "m", server.url, key_variable=""), None)
        stream = model.stream(body_of(HELLO))
        assert isinstance(await anext(stream), Opened)
        assert isinstance(await anext(stream), TextDelta)
        await stream.aclose()
        task = asyncio.create_task(_chunks(model, body_of(HELLO)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.close()

    asyncio.run(scene())


def test_whoever_stops_reading_has_dropped_the_request_when_that_is_done():
    async def scene() -> None:
        server = await serve({"m": always(REPLY)}, pace=50)
        model = connect(ModelSettings("m", "m", server.url, key_variable=""), None)
        stream = model.stream(body_of(HELLO))
        try:
            async for chunk in stream:
                if isinstance(chunk, TextDelta):
                    break
            inner = stream.ag_frame.f_locals["chunks"]
            await stream.aclose()
            assert inner.ag_frame is None
        finally:
            await model.close()
            await server.close()

    asyncio.run(scene())


class _Counted(ScriptedServer):
    """Counts how often somebody connected."""

    connected = 0

    async def _accept(self, *ends) -> None:
        self.connected += 1
        await super()._accept(*ends)


@pytest.mark.parametrize("kind", [ResponsesModel, ChatModel])
def test_a_connection_carries_one_request_after_the_other(kind):
    async def scene() -> int:
        server = _Counted({"m": always(REPLY)}, 0, "")
        await server.start(0)
        settings = ModelSettings(name="m", model="m", base_url=server.url, key_variable="")
        model = kind(settings, None)
        try:
            for _ in range(3):
                assert [c async for c in model.stream(body_of(HELLO)) if isinstance(c, Ended)]
                async with asyncio.timeout(10):
                    while model._caller.remains._reading:
                        await asyncio.sleep(0)
            return server.connected
        finally:
            await model.close()
            await server.close()

    assert asyncio.run(scene()) == 1


@pytest.mark.parametrize("kind", [ResponsesModel, ChatModel])
def test_an_answer_that_outlives_its_model_leaves_no_connection_behind(kind):
    async def scene() -> None:
        server = await serve({"m": always(REPLY)})
        settings = ModelSettings(name="m", model="m", base_url=server.url, key_variable="")
        model = kind(settings, None)
        try:
            answer = model.stream(body_of(HELLO))
            async for chunk in answer:
                if isinstance(chunk, Ended):
                    await model.close()
                    break
            await answer.aclose()
            async with asyncio.timeout(10):
                while model._caller.remains._reading:
                    await asyncio.sleep(0)
            await asyncio.sleep(0.01)
        finally:
            await server.close()

    asyncio.run(scene())
    gc.collect()  # an open one is told now, as an error
