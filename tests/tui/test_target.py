"""Rows of words left and keys right: the one above the text one writes, and tabs."""

import pytest
from msgspec import structs

from kit.ashore import FIX
from kit.shop import shop
from steerdeck.model import DeckModel
from steerdeck.panes.target import target
from steerdeck.panes.zoomed import tab_rows
from steerdeck.text import width_of
from steerdeck_agents.facts.by_hand import HandNote
from steerdeck_agents.facts.ids import CallId

VERBS = (("Enter", "steer", ""), ("Tab", "queue", ""), ("Ctrl+S", "send now", ""))


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (100, "to 1 fix-login   1 on the way   1 command to tell it"),
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


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (200, "to all 4 sessions  1 fix-login, 2 add-csv, 3 docs, 4 rate-limit"),
        (100, "to all 4 sessions  1 fix-login, 2 add-csv and 2 more"),
        (60, "to all 4 sessions"),
    ],
)
def test_of_all_the_names_are_told_that_have_room(width: int, told: str):
    model = DeckModel("/home/kim/shop")
    model.load(list(shop().states().values()))
    model.target = "all"
    line = target(model, VERBS, width, focused=True)
    assert "".join(span.text for span in line.spans) == told
    assert width_of(told) + sum(width_of(span.text) for span in line.right) < width


def test_tabs_that_fit_to_the_cell_are_not_cut():
    tabs = [("Transcript", ""), ("Diff", "2 files"), ("Events", "")]
    names, rule = tab_rows(tabs, 1, 32)
    assert "".join(span.text for span in names.spans) == "Transcript  Diff 2 files  Events"
    assert [width_of(span.text) for span in rule.spans] == [12, 12, 8]
