"""The prompt in memory: it grows at its end, and keeps nothing it does not need."""

from typing import cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.ids import CallId, SessionId
from steerdeck_agents.loop.prompt import Prompt
from steerdeck_agents.loop.site import Ground, Journal, Memory


def call(wire_id: str) -> tuple[str, str, str]:
    item = {"type": "function_call", "call_id": wire_id, "name": "shell", "arguments": "{}"}
    return msgspec.json.encode(item).decode(), "model", "function_call"


def place_with(*calls: str) -> Memory:
    prompt = Prompt(SessionId("s"), 0)
    prompt.keep(prompt.stage(*map(call, calls)))
    nothing = object()
    return Memory(
        session=SessionId("s"),
        journal=cast(Journal, nothing),
        ground=cast(Ground, nothing),
        prompt=prompt,
    )


def test_results_that_are_in_the_prompt_are_let_go():
    place = place_with("a", "b")
    place.results |= {CallId("a"): "A", CallId("b"): "B"}
    place.keep(place.prompt.stage(*place.prompt.outputs_owed(place.results)))
    assert (place.results, place.prompt.unanswered()) == ({}, [])


def test_outputs_wait_for_the_result_of_an_earlier_call():
    place = place_with("a", "b")
    assert place.prompt.outputs_owed({CallId("b"): "B"}) == []
    owed = place.prompt.outputs_owed({CallId("b"): "B", CallId("a"): "A"})
    assert [msgspec.json.decode(text)["call_id"] for text, _, _ in owed] == ["a", "b"]


@given(st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=8), st.data())
def test_each_call_gets_one_output_however_often_a_model_repeats_an_id(wire_ids, data):
    place = place_with(*wire_ids)
    ids = [wished.id for wished in place.prompt.unanswered()]
    assert len(set(ids)) == len(ids)
    for one in data.draw(st.permutations(ids)):
        place.results[one] = f"result of {one}"
        place.keep(place.prompt.stage(*place.prompt.outputs_owed(place.results)))
    outputs = [item for item in map(msgspec.json.decode, place.prompt.texts) if "output" in item]
    assert [item["call_id"] for item in outputs] == wire_ids
    assert [item["output"] for item in outputs] == [f"result of {one}" for one in ids]
