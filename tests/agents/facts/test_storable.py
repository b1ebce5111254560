"""Text on its way into the journal: lone surrogates become marks, all else stays."""

from hypothesis import given
from hypothesis import strategies as st

from steerdeck_agents.facts.inert import utf8


def test_text_that_can_not_be_stored_becomes_visible_marks():
    assert utf8("a\udc80b\ud800") == "a\\udc80b\\ud800"
    assert utf8("naïve 日本語 🎉\x1b") == "naïve 日本語 🎉\x1b"


@given(st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF, categories=None)))
def test_every_text_can_be_stored_once_marked(text: str):
    assert utf8(utf8(text)) == utf8(text)
    assert utf8(text).encode().decode() == utf8(text)
