"""What a window may be cut at, what a new one keeps, and what is told of the rest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.events import (
    CompactionOrdered,
    ItemAdded,
    RequestEnded,
    RequestSent,
    TurnEnded,
    TurnStarted,
    WindowCompacted,
)
from steerdeck_agents.facts.ids import CallId, RequestId, SessionId, Sha, TurnId, sha_of
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.facts.plan import Plan, Step
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.loop import request, summary, window
from steerdeck_agents.loop.prompt import Held, Prompt

S = SessionId("s")


def held(text: str, origin: str, kind: str = "message") -> Held:
    return Held(sha_of(text.encode()), text, origin, kind)


def words(text: str) -> Held:
    return held(request.message("user", text), "developer")


def step(number: int, calls: int = 1, size: int = 10) -> list[Held]:
    """Reasoning, a message, calls, and their results."""
    names = [f"call_{number}_{each}" for each in range(calls)]
    asked = [
        held(
            json.dumps({"type": "function_call", "call_id": name, "name": "read_file",
                        "arguments": json.dumps({"path": f"{name}.txt"})}),
            "model",
            "function_call",
        )
        for name in names
    ]  # fmt: skip
    outputs = [
        held(request.call_output(name, "x" * size), "tool", "function_call_output")
        for name in names
    ]
    said = {"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": f"Step {number}."}]}  # fmt: skip
    return [
        held(json.dumps({"type": "reasoning", "id": f"rs_{number}"}), "model", "reasoning"),
        held(json.dumps(said), "model"),
        *asked,
        *outputs,
    ]


WORLD = [held('"a"', "instructions"), held('"b"', "world.mode"), held('"c"', "world.skills")]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.integers(0, 3), st.integers(1, 900)),
        st.tuples(st.just("words"), st.integers(1, 400), st.just(0)),
        st.tuples(st.just("world"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


def history(parts: list[tuple[str, int, int]]) -> list[Held]:
    items = [*WORLD, words("The task.")]
    for number, (kind, first, second) in enumerate(parts):
        if kind == "step":
            items += step(number, first, second)
        elif kind == "words":
            items.append(words(f"{number} " + "w" * first))
        else:
            items.append(held(f'"plan {number}"', "world.plan"))
    return items


@given(steps, st.integers(0, 2_000))
def test_whatever_is_kept_is_whole_and_fits(parts: list[tuple[str, int, int]], room: int):
    items = history(parts)
    kept = window.kept(items, room)
    asked = [json.loads(one.text)["call_id"] for one in kept.steps if one.kind in window.CALLS]
    told = [json.loads(one.text)["call_id"] for one in kept.steps if one.kind in window.OUTPUTS]
    assert asked == told
    for place, one in enumerate(kept.steps):
        if one.kind == "reasoning":
            assert kept.steps[place + 1].origin == "model"
    assert window.tokens(one.text for one in kept.steps) <= room
    everything = [*kept.words, *kept.steps, *kept.dropped]
    assert sorted(map(id, everything)) == sorted(map(id, items)), "nothing vanishes unseen"
    said = [one for one in items if one.origin == "developer"]
    assert any(one is said[-1] for one in (*kept.words, *kept.steps)), "the last words stay"
    order = {id(one): place for place, one in enumerate(items)}
    for part in (kept.words, kept.steps):
        places = [order[id(one)] for one in part]
        assert places == sorted(places)
    assert not any(one.origin.startswith("world.") for one in (*kept.words, *kept.steps))


@given(steps, st.integers(0, 60))
def test_a_beginning_that_is_summarised_has_a_result_for_each_call(
    parts: list[tuple[str, int, int]], count: int
):
    items = history(parts)
    some = window.fitting(items, count)
    assert len(some) <= count
    assert list(some) == items[: len(some)]
    assert window.calls_in(some) == sum(one.kind in window.OUTPUTS for one in some)


def test_the_newest_steps_that_fit_are_kept():
    items = [*WORLD, words("Task."), *step(1), *step(2), *step(3)]
    size = window.tokens(one.text for one in step(3))
    kept = window.kept(items, size)
    assert [one.text for one in kept.steps] == [one.text for one in step(3)]
    assert [one.text for one in kept.words] == [words("Task.").text]
    assert window.kept(items, size - 1).steps == ()


def test_the_task_and_the_newest_words_are_kept_and_the_last_at_any_price():
    said = [words("Task."), words("old " + "o" * 4_000), words("new"), words("last " + "l" * 9_000)]
    kept = window.kept([*said, *step(1, size=5_000)], 500)
    assert [one.text for one in kept.words] == [said[-1].text]
    kept = window.kept([*said[:3], *step(1, size=5_000)], 500)
    assert [one.text for one in kept.words] == [said[0].text, said[2].text]


def test_a_window_is_measured_by_the_server_and_what_came_after_is_estimated():
    prompt = Prompt(S, 0)
    prompt.keep(prompt.stage(('"' + "a" * 398 + '"', "developer", "message")))
    unmeasured = window.filled(SessionState(id=S), prompt)
    assert unmeasured == window.overhead() + 100
    state = SessionState(id=S, measured=5_000, measured_items=1)
    assert window.filled(state, prompt) == 5_000
    prompt.keep(prompt.stage(('"' + "b" * 398 + '"', "tool", "message")))
    assert window.filled(state, prompt) == 5_100
    assert window.filled(state, prompt, ["c" * 400]) == 5_200


def test_a_call_id_that_comes_again_in_a_new_window_is_another_call():
    one = step(1)[2]
    first, second = Prompt(S, 0), Prompt(S, 1)
    (old,) = first.keep(first.stage((one.text, "model", one.kind)))
    (new,) = second.keep(second.stage((one.text, "model", one.kind)))
    assert old.id == CallId("call_1_0")
    assert new.id != old.id
    assert new.wire_id == old.wire_id
    assert Prompt(S, 1, [one]).unanswered()[0].id == new.id, "the same after a restart"


def test_a_made_summary_names_the_calls_and_how_they_ended():
    earlier = held(request.message("user", "<compacted>\nOld news.\n</compacted>"), window.SUMMARY)
    text = summary.mechanical([earlier, *step(1), *step(2)])
    assert "Old news." in text
    assert 'read_file {"path": "call_1_0.txt"}: xxxxxxxxxx' in text
    assert text.endswith("Your last words:\nStep 2.")
    assert "and 10 calls before these" in summary.mechanical(
        [item for number in range(50) for item in step(number)]
    )
    assert summary.mechanical([]) == ""


def test_the_summary_holds_plan_and_changed_files_and_can_not_leave_its_tag():
    state = SessionState(
        id=S,
        plan=Plan((Step("Look", "completed"), Step("Fix"))),
        files=(FileChange("a.py", "changed", 3, 1),),
    )
    item = json.loads(summary.item(state, "Said </compacted> so.", step(1), ""))
    text = item["content"][0]["text"]
    for part in ("[completed] Look", "[pending] Fix", "a.py (changed, +3 -1)", "1 call "):
        assert part in text
    assert text.startswith("<compacted>")
    assert text.count("</compacted>") == 1


REQUEST = RequestId("r")
TURN = TurnId("t")


def test_a_request_for_a_summary_changes_nothing_of_the_turn():
    events = [
        TurnStarted(session=S, turn=TURN),
        RequestSent(session=S, turn=TURN, request=REQUEST, window=0, model="m", items=2,
                    body=Sha("b"), compacts=True),
    ]  # fmt: skip
    state = fold(events)
    assert state.turn is not None
    assert (state.turn.requests, state.turn.compacts, state.turn.owes) == (0, True, True)
    ended = RequestEnded(session=S, turn=TURN, request=REQUEST, status="completed", compacts=True,
                         usage=Usage(input=900, output=9))  # fmt: skip
    state = fold([ended], state)
    assert state.turn is not None
    assert (state.turn.request, state.turn.compacts, state.turn.owes) == (None, False, True)
    assert (state.usage.input, state.measured) == (900, 0)


@pytest.mark.parametrize(
    ("end", "left"), [("completed", "order"), ("interrupted", ""), ("failed", "")]
)
def test_an_ordered_compaction_outlives_a_finished_turn_only(end: str, left: str):
    events = [
        TurnStarted(session=S, turn=TURN),
        CompactionOrdered(session=S),
        TurnEnded(session=S, turn=TURN, status=end),  # type: ignore[arg-type]
    ]
    assert fold(events).compaction == left


def test_after_a_compaction_no_other_is_due_until_a_request_has_completed():
    opened = WindowCompacted(session=S, old=0, new=1, reason="share", summary="", tokens_after=70)
    added = ItemAdded(session=S, window=1, index=0, sha=Sha("a"), origin="instructions")
    state = fold([opened, added, CompactionOrdered(session=S)])
    assert (state.fresh_window, state.compaction, state.context) == (True, "", 70)
    ended = RequestEnded(session=S, request=REQUEST, status="completed",
                         usage=Usage(input=80, cached=60, output=5))  # fmt: skip
    state = fold([ended], state)
    assert not state.fresh_window
    assert (state.measured, state.measured_items, state.cached) == (85, 1, 60)
