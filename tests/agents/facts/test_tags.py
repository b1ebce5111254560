"""Tags: the developer's own words for sessions."""

import pytest

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.orders import Tag
from steerdeck_agents.facts.reduce.session import reduce
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.tags import changed, possible, told
from steerdeck_agents.runtime.obey import _tagged

S = SessionId("s")


def test_words_with_signs_add_and_take_away():
    assert told("+urgent -later docs, #auth") == (("urgent", "docs", "auth"), ("later",))
    assert changed(("later", "auth"), ("urgent", "auth"), ("later",)) == ("auth", "urgent")
    assert changed((), ("both",), ("both",)) == ()


@pytest.mark.parametrize("word", ["urgent", "v2.1", "größe", "a-b"])
def test_one_word_is_a_tag(word: str):
    assert possible(word)


@pytest.mark.parametrize("word", ["", "two words", "-x", "_x", "x" * 25, "\x1b[31m", "a/b"])
def test_what_could_not_be_written_or_shown_is_none(word: str):
    assert not possible(word)


def test_an_order_becomes_all_the_tags_there_are_from_then_on():
    state = SessionState(S, name="fix", tags=("auth",))
    fact = _tagged(state, Tag(id=OrderId("o"), session=S, add=("urgent",)))
    after = reduce(state, fact)
    assert after.tags == ("auth", "urgent") and after.name == "fix"
    assert reduce(after, e.SessionConfigured(session=S, name="other")).tags == after.tags


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (Tag(id=OrderId("o"), session=S, add=("two words",)), "can't be a tag"),
        (Tag(id=OrderId("o"), session=S, add=tuple("abcdefgh")), "at most 8 tags"),
        (Tag(id=OrderId("o"), session=S, remove=("later",)), "fix has tags auth"),
    ],
)
def test_what_can_not_be_done_is_said(order: Tag, sentence: str):
    with pytest.raises(OrderRefused, match=sentence):
        _tagged(SessionState(S, name="fix", tags=("auth",)), order)
