from hypothesis import given, settings
from hypothesis import strategies as st
from textual.strip import Strip

from steerdeck.text import Line, Span
from steerdeck.widgets.prose import Prose
from steerdeck.widgets.roll import Roll
from steerdeck.widgets.sources import Lines
from steerdeck.widgets.strips import strips


def roll_of(width: int = 20, height: int = 6) -> Roll:
    roll = Roll(lambda line, block, index: strips(line, roll.width, "s1", 0))
    roll.resize(width, height)
    return roll


def words(*texts: str) -> Lines:
    return Lines([Line((Span(text),), wrap=True) for text in texts])


def seen(roll: Roll, marked: int = 0) -> list[str]:
    return [row.strip.text.rstrip() for row in roll.window(marked)]


def test_lines_stand_at_the_top_until_the_window_is_full() -> None:
    roll = roll_of(height=4)
    roll.put("a", words("one", "two"))
    assert seen(roll) == ["one", "two"]
    roll.put("b", words("three", "four", "five", "six"))
    assert seen(roll) == ["three", "four", "five", "six"]
    assert roll.above() == 2


def test_rows_are_kept_free_for_the_mark_only_when_lines_are_above() -> None:
    roll = roll_of(height=4)
    roll.put("a", words("one", "two", "three", "four"))
    assert seen(roll, 2) == ["one", "two", "three", "four"]
    roll.put("b", words("five"))
    assert seen(roll, 2) == ["four", "five"]
    assert roll.above() == 3


def test_an_empty_first_row_is_gap_enough_so_the_row_before_it_is_shown() -> None:
    roll = roll_of(height=6)
    roll.put("a", words("one", "two", "three", "", "four", "five", "six"))
    assert seen(roll, 2) == ["three", "", "four", "five", "six"] and roll.led == 1
    roll.put("b", words("seven"))
    assert seen(roll, 2) == ["four", "five", "six", "seven"] and roll.led == 0
    roll.scroll(-1)
    assert seen(roll, 2) == ["three", "", "four", "five", "six"]
    roll.scroll(-2)
    assert seen(roll, 2) == ["two", "three", "", "four"]


def test_a_reader_who_scrolled_up_is_not_moved_by_what_comes() -> None:
    roll = roll_of(height=3)
    roll.put("a", words(*"abcdefgh"))
    assert seen(roll) == ["f", "g", "h"]
    roll.scroll(-2)
    before = seen(roll)
    roll.put("b", words("i", "j"))
    assert seen(roll) == before == ["d", "e", "f"]
    assert not roll.at_tail and roll.unseen == 2
    roll.scroll(4)
    assert seen(roll) == ["h", "i", "j"]
    assert roll.at_tail and roll.unseen == 0


def test_a_reader_whom_nothing_moves_comes_to_the_end_when_asking_for_it() -> None:
    roll = roll_of(height=3)
    roll.follows = False
    roll.put("a", words(*"abcdefgh"))
    roll.to_start()
    assert seen(roll) == ["a", "b", "c"]
    roll.to_end()
    assert seen(roll) == ["f", "g", "h"]
    roll.to_start()
    assert seen(roll) == ["a", "b", "c"]


def test_older_blocks_come_in_above_without_moving_the_window() -> None:
    roll = roll_of(height=2)
    roll.put("b", words(*"cdef"))
    seen(roll)
    roll.to_start()
    assert seen(roll) == ["c", "d"]
    roll.prepend([("a", words("a", "b"))])
    assert seen(roll) == ["c", "d"]
    assert roll.above() == 2


def test_an_open_block_is_replaced_where_it_stands() -> None:
    roll = roll_of()
    roll.put("a", words("running"))
    roll.put("b", words("after"))
    roll.put("a", words("done", "exit 0"))
    assert seen(roll) == ["done", "exit 0", "after"]


def test_a_block_that_shrinks_leaves_no_hole_at_the_end() -> None:
    roll = roll_of(height=3)
    roll.put("a", words(*"abc"))
    roll.put("b", words(*"defgh"))
    assert seen(roll) == ["f", "g", "h"]
    roll.put("b", words("d"))
    assert seen(roll) == ["b", "c", "d"]
    roll.drop(["b"])
    roll.drop(["nothing"])
    assert seen(roll) == ["a", "b", "c"]


def test_a_jump_moves_several_rows_at_once() -> None:
    roll = roll_of(height=6)
    roll.jump = 3
    roll.put("a", words(*"abcdef"))
    seen(roll)
    tops = []
    for letter in "ghijklm":
        roll.put(letter, words(letter))
        tops.append(seen(roll)[0])
        assert seen(roll)[-1] == letter
    assert tops == ["d", "d", "d", "g", "g", "g", "j"]
    roll.scroll(-1)
    assert seen(roll)[-1] == "l"


def test_a_line_is_brought_into_view_from_both_sides() -> None:
    roll = roll_of(height=3)
    roll.put("a", words(*"abcdefgh"))
    seen(roll)
    roll.show("a", 1)
    assert seen(roll)[0] == "b"
    roll.show("a", 6)
    assert "g" in seen(roll)
    roll.show("a", 7)
    assert seen(roll)[-1] == "h"


def test_only_what_is_seen_is_drawn_of_a_hundred_thousand_lines() -> None:
    drawn = 0

    def draw(line: Line, block: str, index: int) -> list[Strip]:
        nonlocal drawn
        drawn += 1
        return strips(line, 80)

    roll = Roll(draw)
    roll.resize(80, 40)
    made: list[int] = []

    class Log:
        """Its lines are made when one asks for them."""

        def __len__(self) -> int:
            return 100_000

        def item(self, index: int) -> int:
            return index

        def line(self, index: int) -> Line:
            made.append(index)
            return Line((Span(f"line {index}"),))

    roll.put("log", Log())
    rows = roll.window(2)
    assert rows[-1].strip.text.strip() == "line 99999"
    assert drawn < 200 and len(made) < 200
    assert roll.above() == 99_962
    roll.to_start()
    roll.window(2)
    roll.show("log", 50_000)
    assert any("line 50000" in row.strip.text for row in roll.window(2))
    assert drawn < 600


def test_drawn_rows_are_kept_until_their_line_changes() -> None:
    roll = roll_of()
    prose = Prose(indent=0)
    roll.put("a", prose)
    prose.feed("first line\nsecond")
    roll.grown("a")
    first = roll.window()[0].strip
    prose.feed(" line grows")
    roll.grown("a")
    assert roll.window()[0].strip is first
    assert seen(roll)[-1].startswith("second line grows")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.text("ab ", max_size=30), max_size=4), max_size=6),
    st.integers(1, 9),
    st.lists(st.integers(-7, 7), max_size=12),
)
def test_the_window_is_always_a_part_of_the_whole_text(
    blocks: list[list[str]], height: int, moves: list[int]
) -> None:
    roll = roll_of(10, height)
    for number, texts in enumerate(blocks):
        roll.put(str(number), words(*texts))
    whole = [
        strip.text
        for texts in blocks
        for text in texts
        for strip in strips(Line((Span(text),), wrap=True), 10, "s1", 0)
    ]
    top = max(0, len(whole) - height)
    assert [row.strip.text for row in roll.window()] == whole[top:]
    assert roll.above() == top
    for move in moves:
        roll.scroll(move)
        top = min(max(0, top + move), max(0, len(whole) - height))
        assert [row.strip.text for row in roll.window()] == whole[top : top + height]
        assert roll.above() == top
        assert roll.at_tail == (top + height >= len(whole))


_STEPS = st.one_of(
    st.tuples(st.just("grow"), st.text("ab \n", max_size=25)),
    st.tuples(st.just("next"), st.text("ab ", max_size=25)),
    st.tuples(st.just("again"), st.text("ab ", max_size=25)),
    st.tuples(st.just("scroll"), st.integers(-5, 5)),
    st.tuples(st.just("drop"), st.integers(0, 4)),
)


@settings(max_examples=200)
@given(st.lists(_STEPS, max_size=40), st.integers(1, 8), st.integers(1, 4), st.integers(0, 2))
def test_a_window_that_only_went_on_is_the_one_made_anew(
    steps: list[tuple[str, object]], height: int, jump: int, marked: int
) -> None:
    roll = roll_of(10, height)
    roll.jump = jump
    open_block = Prose()
    roll.put("0", open_block)
    for number, (what, value) in enumerate(steps, start=1):
        if what == "grow" and roll.source("0") is not None:
            first = max(0, len(open_block) - 1)
            open_block.feed(str(value))
            roll.grown("0", first)
        elif what == "next":
            roll.put(str(number), words(str(value)))
        elif what == "again" and roll.blocks:
            roll.put(roll.blocks[-1].id, words(str(value), str(value)))
        elif what == "scroll" and isinstance(value, int):
            roll.scroll(value)
        elif what == "drop" and isinstance(value, int):
            roll.drop([str(value)])
        went_on = [row.strip.text for row in roll.window(marked)]
        above, at_tail = roll.above(), roll.at_tail
        roll.forget_drawn()
        assert [row.strip.text for row in roll.window(marked)] == went_on
        assert (roll.above(), roll.at_tail) == (above, at_tail)


def test_what_grows_leaps_and_what_was_there_at_once_stands_at_the_end() -> None:
    roll = roll_of(height=6)
    roll.jump = 3
    roll.put("a", words(*"abcdefghijkl"))
    assert seen(roll) == list("ghijkl")
    roll.put("m", words("m"))
    assert seen(roll) == list("jklm")
    roll.put("m", words("m", "n", "o"))
    assert seen(roll) == list("jklmno")
