"""The third tongue of the scripted model says what the other two say."""

import asyncio
import json
import urllib.request

from bench.apps.model import say
from bench.messages import ThreeTongues, started
from kit.playing import playing
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say

TOOLS = [{"name": "Bash", "input_schema": {"type": "object"}}]


def asked(url: str, **more) -> list[dict]:
    """The events of one answer, or the whole of it when it is not streamed."""
    body = json.dumps({"model": "scripted", "stream": True, "tools": TOOLS, **more}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/messages?beta=true", body)) as told:
        lines = told.read().decode().splitlines()
    return [
        json.loads(line.removeprefix("data: "))
        for line in lines
        if line.startswith(("data: ", "{"))
    ]


def served(script):
    return playing({"scripted": script}, served=lambda *a, **n: started(ThreeTongues, *a, **n))


def test_an_answer_is_streamed_token_by_token_and_ends_its_turn():
    user = [
        {"type": "text", "text": "<system-reminder>\nIt is day 77.\n</system-reminder>"},
        {"type": "text", "text": "Say 20 begun"},
    ]
    with served(say) as url:
        events = asked(url, messages=[{"role": "user", "content": user}])
    words = [e["delta"]["text"] for e in events if e["type"] == "content_block_delta"]
    assert len("".join(words)) == 20 * 4 + len("\n\n\n\nnugeb")
    assert "".join(words).endswith("nugeb")
    assert [events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"]
    assert events[-2]["delta"]["stop_reason"] == "end_turn"


def test_a_call_and_its_result_go_round():
    def script(talk: Conversation) -> Reply:
        if talk.calls:
            return Reply((Say(f"It said {talk.calls[-1].output}.", final=True),))
        return Reply((Say("I look."), Call("Bash", {"command": "echo 1"})))

    asks = [{"role": "user", "content": "Look."}]
    with served(script) as url:
        (first,) = asked(url, messages=asks, stream=False)
        call = first["content"][1]
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": "one"}
        asks += [
            {"role": "assistant", "content": first["content"]},
            {"role": "user", "content": [result]},
        ]
        (second,) = asked(url, messages=asks, stream=False)
    assert (call["name"], call["input"]) == ("Bash", {"command": "echo 1"})
    assert first["stop_reason"] == "tool_use"
    assert second["content"] == [{"type": "text", "text": "It said one."}]


def test_who_offers_no_tools_is_given_a_title_and_the_script_is_not_asked():
    def script(talk: Conversation) -> Reply:
        raise AssertionError(talk)

    with served(script) as url:
        (told,) = asked(url, messages=[{"role": "user", "content": "x"}], tools=[], stream=False)
    assert told["content"][0]["text"] == "A measured session."


def test_what_is_no_message_is_answered_as_before():
    async def look() -> str:
        server = await started(ThreeTongues, {"scripted": say})
        try:
            return await asyncio.to_thread(
                lambda: urllib.request.urlopen(f"{server.url}/models").read().decode()
            )
        finally:
            await server.close()

    assert "scripted" in asyncio.run(look())
