"""The Chat form of a request: the same every time, and a longer prompt extends a shorter one."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.errors import ModelError
from steerdeck_agents.loop import request
from steerdeck_agents.models.chat_body import messages, translate
from steerdeck_agents.models.drops import ALTERNATE
from steerdeck_agents.tools import registry

RULES = json.loads(request.message("developer", "Be good."))
NOTE = json.loads(request.message("developer", "Mode: ask."))
USER = json.loads(request.message("user", "Fix it."))
SAID = {
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "I look."}],
}
THOUGHT = {
    "type": "reasoning",
    "summary": [],
    "content": [{"type": "reasoning_text", "text": "Hm."}],
    "field": "reasoning_content",
}


def _call(name: str) -> dict[str, object]:
    return {"type": "function_call", "call_id": name, "name": "shell", "arguments": '{"a":1}'}


def _output(name: str) -> dict[str, object]:
    return json.loads(request.call_output(name, f"output of {name}"))


def _told(*items: dict[str, object], drops: tuple[str, ...] = ()) -> list[dict[str, object]]:
    return [json.loads(text) for text in messages(items, drops)]


def test_an_answer_with_calls_is_one_message_and_its_outputs_follow():
    told = _told(
        RULES, NOTE, USER, THOUGHT, SAID, _call("a"), _call("b"), _output("a"), _output("b")
    )
    assert [message["role"] for message in told] == ["system", "user", "assistant", "tool", "tool"]
    assert told[0]["content"] == "Be good.\n\nMode: ask."
    assert told[2]["content"] == "I look."
    assert told[2]["reasoning_content"] == "Hm."
    assert [call["id"] for call in told[2]["tool_calls"]] == ["a", "b"]
    assert told[2]["tool_calls"][0]["function"] == {"name": "shell", "arguments": '{"a":1}'}
    assert told[4] == {"role": "tool", "tool_call_id": "b", "content": "output of b"}


def test_rules_in_the_middle_are_told_by_the_user_since_templates_know_one_system_message():
    told = _told(RULES, USER, SAID, NOTE, USER)
    assert [message["role"] for message in told] == ["system", "user", "assistant", "user", "user"]
    joined = _told(RULES, USER, SAID, NOTE, USER, drops=(ALTERNATE,))
    assert [message["role"] for message in joined] == ["system", "user", "assistant", "user"]
    assert joined[-1]["content"] == "Mode: ask.\n\nFix it."


def test_an_answer_of_calls_alone_has_no_words_and_reasoning_of_responses_stays_there():
    sealed = {"type": "reasoning", "summary": [], "encrypted_content": "x"}
    (told,) = _told(sealed, _call("a"))
    assert told["content"] is None
    assert "reasoning_content" not in told
    assert "reasoning_content" not in _told(THOUGHT, SAID, drops=("reasoning_content",))[0]


def test_images_become_parts():
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA"}
    item = {"role": "user", "content": [{"type": "input_text", "text": "see"}, image]}
    (told,) = _told(item)
    assert told["content"] == [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ]


def test_fields_are_those_of_chat_and_messages_come_last():
    fields = request.fields(model="m", cache_key="s", tools=registry.specs_text(), effort="high")
    body = request.body(fields, [json.dumps(RULES), json.dumps(USER)])
    told = json.loads(translate(body))
    assert list(told)[-1] == "messages"
    assert told["stream_options"] == {"include_usage": True}
    assert told["reasoning_effort"] == "high"
    names = [tool["function"]["name"] for tool in told["tools"]]
    assert names == [tool.name for tool in registry.ALL]
    assert not {"input", "store", "include", "prompt_cache_key", "reasoning"} & told.keys()
    assert "stream_options" not in json.loads(translate(body, ("stream_options",)))


def test_what_is_no_request_of_ours_is_a_sentence():
    for body in (b"", b"[]", b'{"input":"text"}', b"\xff"):
        with pytest.raises(ModelError, match="Chat Completions"):
            translate(body)


_texts = st.text(max_size=20)


@st.composite
def _steps(draw: st.DrawFn) -> list[list[dict[str, object]]]:
    """What a session appends between two requests: words and rules, or an answer and outputs."""
    steps = []
    for number in range(draw(st.integers(1, 6))):
        names = [f"c{number}-{n}" for n in range(draw(st.integers(0, 3)))]
        answer = [THOUGHT] * draw(st.integers(0, 1)) + [SAID] * draw(st.integers(0, 1))
        calls = [_call(name) for name in names]
        told = [
            json.loads(request.message(draw(st.sampled_from(["user", "developer"])), text))
            for text in draw(st.lists(_texts, min_size=0 if calls else 1, max_size=3))
        ]
        steps.append([*answer, *calls, *(_output(name) for name in names), *told])
    return steps


@given(_steps(), st.sampled_from([(), ("reasoning_content",)]))
def test_a_longer_prompt_extends_the_shorter_one_byte_for_byte(
    steps: list[list[dict[str, object]]], drops: tuple[str, ...]
):
    fields = request.fields(model="m", cache_key="s", tools=registry.specs_text(), effort=None)
    items = [RULES, NOTE, USER]
    before = translate(_body(fields, items), drops)
    for step in steps:
        items = [*items, *step]
        after = translate(_body(fields, items), drops)
        # Without the brackets that close the list and the body.
        assert after.startswith(before[:-2])
        assert after == translate(_body(fields, items), drops)
        before = after


def _body(fields: str, items: list[dict[str, object]]) -> bytes:
    return request.body(fields, [msgspec.json.encode(item).decode() for item in items])
