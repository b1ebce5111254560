"""The row above the text one writes."""

import pytest
from msgspec import structs

from kit.ashore import FIX
from kit.shop import shop
from steerdeck.model import DeckModel
from steerdeck.panes.target import target
from steerdeck_agents.facts.by_hand import HandNote
from steerdeck_agents.facts.ids import CallId

VERBS = (("Enter", "steer", ""), ("Tab", "queue", ""), ("Ctrl+S", "send now", ""))


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (100, "to 1 fix-login   1 on the way   1 to tell it"),
        (85, "to 1 fix-login   1 on the way"),
        (70, "to 1 fix-login"),
    ],
)
def test_what_waits_to_be_said_is_told_whole_or_not_at_all(width: int, told: str):
    model = DeckModel("/home/kim/shop")
    state = shop().states()[FIX]
    note = HandNote(CallId("c"), "ls", 1)
    model.load([structs.replace(state, hand_notes=(note,))])
    model.take(FIX)
    line = target(model, VERBS, width, focused=True)
    assert "".join(span.text for span in line.spans) == told
