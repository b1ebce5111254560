"""Events out of bytes: the same however they are cut, and none without an end."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.models import sse

TEXT = (
    b": alive\n\ndata: {\"a\": 1}\r\n\r\nevent: error\rdata: {\"b\":\rdata: 2}\r\r"
    b"data:{\"c\":\"\xc3\xa9\"}\n\ndata: {\n\ndata: [DONE]\n\ndata: {\"cut\": "
)  # fmt: skip
TOLD = [{"a": 1}, {"error": {"b": 2}}, {"c": "é"}, sse.Mark.BROKEN, sse.Mark.DONE]


@given(st.lists(st.integers(0, len(TEXT)), max_size=30))
def test_the_same_events_come_however_the_bytes_are_cut(cuts: list[int]):
    lines = sse.Lines()
    places = [0, *sorted(cuts), len(TEXT)]
    parts = [TEXT[start:end] for start, end in itertools.pairwise(places)]
    assert [event for part in parts for event in lines.feed(part)] == TOLD


@pytest.mark.parametrize("part", [b"x", b"data: x\n", b"data: x\r", b": x\n", b"id: 1\n"])
def test_an_event_without_an_end_is_too_large_whatever_its_lines_are(
    part: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sse, "_LARGEST", 1000)
    lines = sse.Lines()
    with pytest.raises(sse.TooLarge):
        for _ in range(1001):
            assert list(lines.feed(part)) == []
    lines = sse.Lines()
    for _ in range(1001):
        assert list(lines.feed(b'data: {"a": 1}\n\n')) == [{"a": 1}]
