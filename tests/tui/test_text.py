from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from steerdeck import glyphs, text
from steerdeck.panes.exact import written
from steerdeck.text import Span, numbered
from steerdeck.widgets.strips import strips


def test_times_are_short_and_carry_their_unit() -> None:
    assert [text.duration(ms) for ms in (100, 1234, 59_940, 724_000, 3_723_000)] == [
        "0.1 s", "1.2 s", "59.9 s", "12:04", "1:02:03",
    ]  # fmt: skip
    assert [text.ago(ms) for ms in (4_000, 108_000, 10_900_000, 100_000_000, 500_000_000)] == [
        "4 s ago", "1:48 ago", "3 h ago", "1 day ago", "5 days ago",
    ]  # fmt: skip
    assert text.clock(9_999) == "0:09"


def test_numbers_are_short() -> None:
    assert [text.tokens(n) for n in (0, 812, 6_100, 61_400, 138_000, 1_240_000)] == [
        "0", "812", "6.1k", "61k", "138k", "1.2M",
    ]  # fmt: skip
    assert [text.dollars(n) for n in (0, 0.001, 0.19, 12.4)] == [
        "$0.00",
        "<$0.01",
        "$0.19",
        "$12.40",
    ]


def test_a_path_loses_its_folders_from_the_left() -> None:
    assert text.path("src/auth/session.py", 40) == "src/auth/session.py"
    assert text.path("src/auth/session.py", 17) == "…/auth/session.py"
    assert text.path("src/auth/session.py", 13) == "…/session.py"
    assert text.path("src/auth/session.py", 8) == "session…"
    folder, name = text.path_spans("auth/session.py", 30)
    assert (folder.text, folder.fg, name.text, name.fg) == ("auth/", "t2", "session.py", "t1")


def test_wide_characters_are_cut_and_wrapped_by_cells() -> None:
    assert text.fit("日本語です", 7) == "日本語…"
    assert text.fit("日本語です", 6) == "日本…"
    assert text.wrap("日本語です", 4) == ["日本", "語で", "す"]
    assert text.wrap("café au lait", 4) == ["café", "au", "lait"]
    assert text.wrap("see 日本語です", 8) == ["see 日本", "語です"]


def test_words_wrap_at_blanks_and_indentation_stays() -> None:
    assert text.wrap("the quick brown fox", 10) == ["the quick", "brown fox"]
    assert text.wrap("    indented words", 12) == ["    indented", "words"]
    assert text.wrap("a/very/long/path here", 8) == ["a/very/l", "ong/path", "here"]
    assert text.wrap("", 8) == [""]
    assert text.wrap("one\n\ntwo", 8) == ["one", "", "two"]


@given(st.text(st.sampled_from("ab  é日́한😀-"), max_size=60), st.integers(2, 20))
def test_no_row_is_wider_than_asked_and_no_character_is_lost(source: str, width: int) -> None:
    rows = text.wrap(source, width)
    assert all(cell_len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == source.replace(" ", "")


@given(st.text(max_size=40), st.integers(0, 20))
def test_fitting_never_exceeds_the_width(source: str, width: int) -> None:
    source = text.foreign(source).text
    assert cell_len(text.fit(source, width)) <= width


def test_foreign_text_cannot_carry_an_escape() -> None:
    span = text.foreign("\x1b]52;c;eA==\x07rm\nx\u202e", "t0", bold=True)
    assert "\x1b" not in span.text and "\n" not in span.text and "\u202e" not in span.text
    assert "␛" in span.text and "␊" in span.text
    assert (span.fg, span.bold) == ("t0", True)


def test_spans_are_cut_with_one_ellipsis() -> None:
    spans = (Span("asks "), Span("pip install", "t0"), Span(" now"))
    assert "".join(s.text for s in text.cut_spans(spans, 10)) == "asks pip …"
    assert text.cut_spans(spans, 20) == spans
    assert "".join(s.text for s in text.cut_spans(spans, 16)) == "asks pip instal…"
    assert "".join(s.text for s in text.slice_spans(spans, 3, 8)) == "s pip"


def test_with_ascii_marks_signs_are_ascii_too_and_exact_text_writes_their_numbers() -> None:
    title = "patch a.py +3 −1, lines 1–9 of 1…40 → “b”…"
    line = text.Line((text.foreign(title),))
    assert title in strips(line, 80)[0].text
    assert written("a → b") == "a → b"
    try:
        glyphs.choose(ascii_only=True)
        assert 'patch a.py +3 -1, lines 1-9 of 1-40 > "b"~' in strips(line, 80)[0].text
        assert written("a → b") == "a ⟨U+2192⟩ b"
    finally:
        glyphs.choose(ascii_only=False)


def test_every_glyph_takes_one_cell_and_has_an_ascii_stand_in() -> None:
    for name in glyphs.Glyphs.__struct_fields__:
        wide, plain = getattr(glyphs.UNICODE, name), getattr(glyphs.ASCII, name)
        assert len(wide) == len(plain) and cell_len(wide) == len(wide)
        assert plain.isascii()


def test_the_set_is_chosen_once() -> None:
    glyphs.choose(ascii_only=True)
    try:
        assert glyphs.glyphs().working == "*"
        assert text.fit("abcdef", 4) == "abc~" and text.within().text == "  >  "
    finally:
        glyphs.choose(ascii_only=False)
    assert glyphs.glyphs().working == "●"


def test_a_name_that_is_cut_keeps_the_number_that_tells_it_from_its_like():
    assert numbered("add-a-csv-export-2", 12) == "add-a-csv…-2"
    assert numbered("add-a-csv-export-2", 18) == "add-a-csv-export-2"
    assert numbered("add-a-csv-export", 12) == "add-a-csv-e…"
    assert numbered("丸め処理を修正-13", 10) == "丸め処…-13"
    assert numbered("add-a-csv-export-2", 0) == "" and numbered("add-a-csv-export-2", 4) == "add…"
    assert numbered("port-8080", 6) == "port-…", "a number of the task is a word of it"
