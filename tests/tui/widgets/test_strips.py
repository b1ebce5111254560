from hypothesis import given
from hypothesis import strategies as st

from steerdeck.text import Line, Span
from steerdeck.widgets.strips import id_at, parts_of, rows_of, strips

texts = st.text("ab 日é\x1b\u202e─", max_size=30)
spans = st.lists(st.builds(Span, texts, id=st.sampled_from(["", "x"])), max_size=3).map(tuple)
lines = st.builds(
    Line,
    spans,
    right=spans,
    gutter=st.none() | st.just(Span("›", "accent")) | st.just(Span("▌", "needs")),
    indent=st.integers(0, 5),
    hang=st.integers(0, 4),
    bg=st.sampled_from([None, "s3", "needs_bg"]),
    bleed=st.booleans(),
    bar=st.sampled_from([None, "accent"]),
    wrap=st.booleans(),
    fill=st.none() | st.just(Span("─", "line")),
    tail=st.none() | st.just(Span("▏", "working")),
)


@given(lines, st.integers(1, 60), st.integers(0, 2))
def test_every_row_takes_exactly_its_width_and_has_a_ground_everywhere(
    line: Line, width: int, margin: int
) -> None:
    for strip in strips(line, width, "s1", margin):
        assert strip.cell_length == width == sum(part.cell_length for part in strip)
        assert all(part.style and part.style.bgcolor for part in strip)
        assert "\x1b" not in strip.text and "\u202e" not in strip.text


def test_the_mark_of_arriving_text_never_wraps_a_word() -> None:
    line = Line((Span("abcdefgh"),), wrap=True, tail=Span("▏", "working"))
    assert [strip.text for strip in strips(line, 12)] == ["  abcdefgh▏ "]
    assert len(strips(line, 11)) == 2


def test_a_wrapped_line_keeps_its_bar_and_its_clickable_words() -> None:
    line = Line(
        (Span("run "), Span("pip install this", id="command")),
        gutter=Span("▌", "needs"),
        indent=2,
        bg="needs_bg",
        wrap=True,
    )
    rows = strips(line, 16)
    assert [strip.text for strip in rows] == [
        "  ▌ run pip     ",
        "  ▌ install     ",
        "  ▌ this        ",
    ]
    assert id_at(rows[1], 5) == "command" and id_at(rows[0], 4) == ""


@given(
    st.text("ab cd日", max_size=60), st.integers(1, 30), st.integers(0, 2), st.booleans(),
    st.text("x", max_size=6),
)  # fmt: skip
def test_rows_are_counted_as_they_are_drawn(text, width, margin, wrap, right):
    line = Line((Span(text),), (Span(right),), indent=2, hang=2, wrap=wrap)
    parts = parts_of(line, width, margin)
    assert len(strips(line, width, "s1", margin)) == rows_of(line, width, margin) == len(parts)
