from hypothesis import given
from hypothesis import strategies as st

from steerdeck.output.pastes import END, START, Paste, PasteReader


def read(*pieces: str) -> list[tuple[bool, str]]:
    reader = PasteReader()
    parts: list[tuple[bool, str]] = []
    for piece in pieces:
        for part in reader.feed(piece, 0.0):
            paste = isinstance(part, Paste)
            if parts and not paste and not parts[-1][0]:
                parts[-1] = (False, parts[-1][1] + part)
            else:
                parts.append((paste, str(part)))
    return parts


def test_a_paste_keeps_every_escape_it_holds() -> None:
    text = "one \x1b[31m\r\x1b]0;x\x07 \x1b[200~ two"
    assert read(f"a{START}{text}{END}b") == [(False, "a"), (True, text), (False, "b")]


@given(
    st.lists(st.text("ab\x1b[20~\r", max_size=8), max_size=3),
    st.lists(st.text("ab\x1b[\r;", max_size=8), min_size=3, max_size=3),
    st.data(),
)
def test_it_makes_no_difference_where_the_reads_part(
    typed: list[str], pasted: list[str], data: st.DataObject
) -> None:
    whole = (
        "".join(f"{one}{START}{two}{END}" for one, two in zip(typed, pasted, strict=False)) + "."
    )
    cuts = sorted(data.draw(st.sets(st.integers(0, len(whole)), max_size=6)))
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert read(*pieces) == read(whole)


def test_a_lone_escape_is_held_for_a_moment_only() -> None:
    reader = PasteReader()
    assert list(reader.feed("\x1b", 0.0)) == [] and reader.holds
    assert list(reader.rest(0.02)) == ["\x1b"] and not reader.holds


def test_a_paste_whose_end_was_lost_ends_in_silence() -> None:
    reader = PasteReader()
    assert list(reader.feed(START + "words", 0.0)) == []
    assert list(reader.rest(1.0)) == []
    assert [(type(part), part) for part in reader.rest(2.5)] == [(Paste, "words")]
    assert list(reader.feed("k", 3.0)) == ["k"]
