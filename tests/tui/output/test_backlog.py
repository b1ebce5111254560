from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from textual.strip import Strip

from steerdeck.output.backlog import ANSWER, FAR, NEAR, TOUCHED, Backlog, Fragment

WIDTH = 20


def row(text: str, x: int = 0, y: int = 0) -> Fragment:
    return Fragment(y, x, Strip([Segment(text)]))


def told(backlog: Backlog, least: int = FAR) -> list[tuple[int, int, str]]:
    return [(one.y, one.x, one.strip.text) for one in backlog.take(least)]


def test_what_is_drawn_over_before_it_was_sent_is_never_sent() -> None:
    backlog = Backlog()
    backlog.put([row("first"), row("other", y=1)], FAR)
    backlog.put([row("again")], FAR)
    assert told(backlog) == [(0, 0, "again"), (1, 0, "other")]
    assert not backlog


def test_the_answer_to_a_key_comes_first_and_can_be_taken_alone() -> None:
    backlog = Backlog()
    backlog.put([row("far")], FAR)
    backlog.put([row("near", y=1)], NEAR)
    backlog.put([row("moved", y=2)], TOUCHED)
    backlog.put([row("answer", y=3)], ANSWER)
    assert backlog.has(ANSWER)
    assert told(backlog, TOUCHED) == [(3, 0, "answer"), (2, 0, "moved")]
    assert not backlog.has(TOUCHED) and backlog.touches(0) and not backlog.touches(3)
    assert told(backlog) == [(1, 0, "near"), (0, 0, "far")]


def test_what_is_left_when_nobody_takes_more_stays() -> None:
    backlog = Backlog()
    backlog.put([row("one"), row("two", y=1)], FAR)
    for one in backlog.take():
        assert one.strip.text == "one"
        break
    assert told(backlog) == [(1, 0, "two")]


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.integers(0, WIDTH - 1), st.integers(1, WIDTH), st.sampled_from("abcd─")),
        min_size=1,
        max_size=12,
    )
)
def test_each_cell_that_waits_is_the_newest_of_its_place(
    puts: list[tuple[int, int, str]],
) -> None:
    backlog, cells = Backlog(), [" "] * WIDTH
    for x, length, letter in puts:
        length = min(length, WIDTH - x)
        backlog.put([row(letter * length, x)], FAR)
        cells[x : x + length] = letter * length
    shown = [" "] * WIDTH
    for _, x, text in told(backlog):
        assert shown[x : x + len(text)] == [" "] * len(text), "none lies over another"
        shown[x : x + len(text)] = text
    assert shown == cells


def test_half_of_a_wide_character_is_a_blank() -> None:
    backlog = Backlog()
    backlog.put([row("日本語")], FAR)
    backlog.put([row("x", 3)], FAR)
    assert sorted(told(backlog), key=lambda one: one[1]) == [
        (0, 0, "日 "),
        (0, 3, "x"),
        (0, 4, "語"),
    ]
