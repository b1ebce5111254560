"""Function calls and freeform calls side by side, and pictures among results, in one prompt."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.ids import CallId, SessionId, sha_of
from steerdeck_agents.loop import request, summary, window
from steerdeck_agents.loop.prompt import CALLS, Held, Prompt

PNG = "data:image/png;base64," + "A" * 100_000
_FORMS = {"function_call": "arguments", "custom_tool_call": "input"}


def held(text: str, origin: str, kind: str = "message") -> Held:
    return Held(sha_of(text.encode()), text, origin, kind)


def call(kind: str, wire_id: str) -> Held:
    item = {"type": kind, "call_id": wire_id, "name": "tool", _FORMS[kind]: f"of {wire_id}"}
    return held(msgspec.json.encode(item).decode(), "model", kind)


def result(kind: str, wire_id: str, picture: str = "") -> Held:
    text = request.call_output(wire_id, f"did {wire_id}", kind=CALLS[kind], picture=picture)
    return held(text, "tool", CALLS[kind])


def steps(*pictured: bool) -> list[Held]:
    """One call a step, by turns of both kinds; some have a picture as their result."""
    items = [held(request.message("user", "The task."), "developer")]
    for number, seen in enumerate(pictured):
        kind = list(CALLS)[number % 2]
        items += [call(kind, f"c{number}"), result(kind, f"c{number}", PNG if seen else "")]
    return items


@given(st.lists(st.sampled_from(list(CALLS)), min_size=1, max_size=8))
def test_each_call_is_answered_by_its_own_kind(kinds: list[str]):
    asked = [call(kind, f"c{number}") for number, kind in enumerate(kinds)]
    prompt = Prompt(SessionId("s"), 0, asked)
    assert [one.arguments for one in prompt.unanswered()] == [
        f"of c{number}" for number in range(len(kinds))
    ]
    owed = prompt.outputs_owed({one.id: "done" for one in prompt.unanswered()})
    assert [kind for _, _, kind in owed] == [CALLS[kind] for kind in kinds]
    assert [msgspec.json.decode(text)["type"] for text, _, _ in owed] == [k for _, _, k in owed]
    again = Prompt(SessionId("s"), 0, [*asked, *prompt.stage(*owed).items])
    assert again.unanswered() == []


def test_a_result_with_a_picture_is_taken_as_it_was_made():
    prompt = Prompt(SessionId("s"), 0, [call("function_call", "a")])
    ready = result("function_call", "a", PNG).text
    prompt.ready[CallId("a")] = ready
    assert prompt.pictured
    owed = prompt.outputs_owed({CallId("a"): "did a"})
    assert owed == [(ready, "tool", "function_call_output")]
    prompt.keep(prompt.stage(*owed))
    assert not prompt.ready and prompt.pictured


def test_words_about_pictures_are_no_pictures():
    quoted = request.call_output("a", '{"type":"input_image"}')
    assert not Prompt(SessionId("s"), 0, [held(quoted, "tool", CALLS["function_call"])]).pictured


def test_a_picture_counts_as_tokens_and_not_as_bytes():
    size = window.tokens([result("function_call", "a", PNG).text])
    assert window.PICTURE_TOKENS < size < window.PICTURE_TOKENS + 100


@given(st.lists(st.booleans(), max_size=8), st.integers(0, 20_000))
def test_a_new_window_holds_pictures_only_where_the_model_takes_them(
    pictured: list[bool], room: int
):
    items = steps(*pictured)
    blind = window.kept(items, room, pictures=False)
    assert not Prompt(SessionId("s"), 1, (*blind.words, *blind.steps)).pictured
    for kept in (blind, window.kept(items, room)):
        assert window.calls_in(kept.steps) == sum(
            item.kind in CALLS.values() for item in kept.steps
        )
        assert len(kept.words) + len(kept.steps) + len(kept.dropped) == len(items)
    assert not Prompt(SessionId("s"), 0, window.fitting(items, window.blind(items))).pictured


def test_the_last_pictures_stay_for_a_model_that_sees():
    assert window.calls_in(window.kept(steps(True, True), 4 * window.PICTURE_TOKENS).steps) == 2


def test_a_made_summary_tells_both_kinds_without_the_bytes_of_pictures():
    told = summary.mechanical(steps(True, True))
    assert "of c0: did c0" in told and "of c1: did c1" in told
    assert "base64" not in told
