import re

from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.tools.outcome import LIMIT, fit


def test_short_text_is_untouched() -> None:
    assert fit("all of it\n") == "all of it\n"
    assert fit("ä" * (LIMIT // 2)) == "ä" * (LIMIT // 2)


def test_long_text_keeps_head_and_tail_and_says_what_is_gone() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 20_001))
    cut = fit(text)
    assert cut.startswith("line 1\nline 2\n") and cut.endswith("line 19999\nline 20000\n")
    marker = re.search(
        r"\n\[… ([\d,]+) of ([\d,]+) bytes are left .* has ([\d,]+) lines …\]\n", cut
    )
    assert marker is not None and marker[2] == f"{len(text):,}" and marker[3] == "20,000"
    gone = int(marker[1].replace(",", ""))
    assert len(cut) - len(marker[0].encode()) <= LIMIT
    assert len(cut.encode()) - len(marker[0].encode()) + gone == len(text)


def test_head_and_tail_of_something_longer_name_the_whole() -> None:
    assert "of 9,000,000 bytes are left out here; the whole has 77 lines" in fit(
        "x" * 100, total=9_000_000, lines=77
    )


@settings(max_examples=80)
@given(text=st.text(min_size=0, max_size=400), limit=st.integers(200, 600))
def test_no_cut_goes_through_a_character(text: str, limit: int) -> None:
    cut = fit(text * 3, limit)
    assert len(cut.encode()) <= limit
    safe = (text * 3).encode(errors="replace").decode()
    head, marker, tail = cut.partition("\n[… ")
    assert safe.startswith(head) and (not marker or safe.endswith(tail.partition(" …]\n")[2]))


def test_half_a_character_from_a_model_can_still_be_sent() -> None:
    assert fit("a\ud800b") == "a?b"
