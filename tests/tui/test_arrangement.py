"""The layout of the deck as values: what is in view, in what order, how wide, in which group."""

import pytest

from kit.desk import NOW
from kit.shop import shop
from steerdeck.arrangement import Arrangement, in_view, widths
from steerdeck.groups import grouped
from steerdeck.model import DeckModel
from steerdeck.panes.rail import rail
from steerdeck.panes.room import room, shared
from steerdeck.panes.status import folded_heads, lane_head
from steerdeck.screens.borders import Border, dragged
from steerdeck.text import width_of
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level
from steerdeck_agents.facts.state import SessionState

IDS = [SessionId(name) for name in "abcdefgh"]
STATES = [SessionState(id, name=id, slot=n) for n, id in enumerate(IDS, start=1)]
FIX, CSV, DOCS, RATE = (SessionId(name) for name in ("fix", "csv", "docs", "rate"))
PLAIN = Arrangement()


def _model(plan: Arrangement = PLAIN) -> DeckModel:
    feed = shop()
    model = DeckModel("/home/kim/shop")
    model.outlook = feed.outlook
    model.load(list(feed.states().values()))
    model.arrange(plan)
    return model


def _seen(hand: str, plan: Arrangement = PLAIN, first: int = 0, count: int = 3) -> str:
    found, _ = in_view(STATES, plan, SessionId(hand), count, first)
    return "".join(state.id for state in found)


def test_taking_another_session_moves_as_few_lanes_as_can_be():
    assert [_seen(hand) for hand in "acdh"] == ["abc", "abc", "bcd", "fgh"]
    assert _seen("e", first=3) == "def" and _seen("c", first=3) == "cde"


def test_a_pinned_lane_stays_in_view_whatever_is_in_hand():
    plan = Arrangement().pin(IDS[0])
    assert [_seen(hand, plan) for hand in "abch"] == ["abc", "abc", "abc", "agh"]
    assert _seen("h", plan, count=1) == "h"
    assert plan.pin(IDS[0]).pinned == ()


def test_more_pinned_lanes_than_room_leave_one_for_the_one_in_hand():
    plan = Arrangement(pinned=tuple(IDS))
    assert _seen("h", plan) == "abh"


def test_a_session_moves_among_those_shown_and_slots_keep_their_numbers():
    model = _model()
    model.arrange(Arrangement().moved([FIX, CSV, DOCS, RATE], RATE, -1))
    assert [state.id for state in model.sessions()] == [FIX, CSV, RATE, DOCS]
    assert [state.slot for state in model.sessions()] == [1, 2, 4, 3]
    ends = model.arrangement.moved([FIX, CSV, RATE, DOCS], FIX, -1)
    assert ends == model.arrangement


def test_a_session_that_is_new_comes_after_those_that_were_put_in_order():
    model = _model(Arrangement(order=(DOCS, FIX)))
    assert [state.id for state in model.sessions()] == [DOCS, FIX, CSV, RATE]


def test_a_folded_session_has_no_lane_beside_others_and_keeps_its_head():
    model = _model(Arrangement().fold(CSV))
    assert [state.id for state in model.lanes(3)] == [FIX, DOCS, RATE]
    assert [state.id for state in model.folded()] == [CSV]
    (row,) = folded_heads(model.folded(), NOW, 100, hand=FIX, keys_here=True)
    assert "add-csv" in "".join(span.text for span in row.spans)
    assert any(span.bg == "needs_fill" for span in row.spans)
    model.take(CSV)
    assert [state.id for state in model.lanes(1)] == [CSV]


def test_heads_take_another_row_where_one_is_full():
    rows = folded_heads(STATES, NOW, 60, hand=IDS[0], keys_here=True)
    assert len(rows) > 1
    assert all(sum(width_of(span.text) for span in row.spans) <= 60 for row in rows)


@pytest.mark.parametrize(
    ("total", "shares", "expected"),
    [
        (170, [4, 4, 4], [56, 56, 56]),
        (170, [4, 8, 4], [42, 84, 42]),
        (170, [4, 8, 2], [44, 88, 36]),
        (97, [8, 2], [60, 36]),
        (60, [4, 4], []),
        (200, [4], [110]),
        (102, [4, 5], [45, 56]),
        (103, [4, 5], [46, 56]),
    ],
)
def test_shares_become_widths_and_no_lane_is_too_narrow_to_read(total, shares, expected):
    assert widths(total, shares, 36, 110) == expected


def test_shares_have_ends_and_the_usual_one_is_not_kept():
    plan = Arrangement()
    for _ in range(9):
        plan = plan.wider(FIX, 1)
    assert plan.share_of(FIX) == 8
    assert plan.wider(FIX, -4).shares == {}


@pytest.mark.parametrize("cells", [(40, 73, 55), (36, 66, 66), (70, 50, 48), (57, 57, 54)])
def test_widths_that_were_dragged_become_shares_that_give_the_same_widths(cells):
    plan = Arrangement().sized([FIX, CSV, DOCS], cells)
    shares = [plan.share_of(one) for one in (FIX, CSV, DOCS)]
    assert widths(sum(cells) + 2, shares, 36, 110) == list(cells)
    assert plan.sized([FIX, CSV, DOCS], [56, 56, 56]).shares == {}, "as wide as each other again"


def test_a_border_is_drawn_only_as_far_as_the_lanes_beside_it_can_be_read():
    border = Border(30, (FIX, CSV, DOCS), (56, 56, 56), 1)
    assert dragged(border, 500, PLAIN) == PLAIN.sized(border.row, [56, 76, 36])
    assert dragged(border, 0, PLAIN) == PLAIN.sized(border.row, [56, 36, 76])
    assert dragged(border, 86, PLAIN) == PLAIN
    assert dragged(Border(0), 35, PLAIN).rail_cells == 35


def test_a_dragged_rail_takes_no_lane_away_and_stays_wide_enough_for_names():
    assert room(120, 36, rail_cells=30).rail == 30
    assert (room(120, 36, rail_cells=99).rail, room(120, 36, rail_cells=99).lanes) == (46, 2)
    assert (room(200, 50, rail_cells=99).rail, room(200, 50, rail_cells=1).rail) == (48, 20)
    assert room(80, 24, rail_cells=30).rail == 0


def test_three_layouts_in_turn():
    shapes = [Arrangement()]
    shapes += [shapes[-1].next_shape() for _ in range(1)]
    assert [plan.shape for plan in (*shapes, shapes[-1].next_shape())] == [
        "columns", "grid", "focus",
    ]  # fmt: skip
    assert room(200, 50, shape="focus").lanes == 1
    assert room(200, 50, shape="grid").stacked == 2
    assert room(120, 30, shape="grid").stacked == 1, "too low"
    assert room(80, 60, shape="grid").stacked == 1, "one lane"


def test_lanes_of_a_grid_leave_out_what_has_no_room():
    fits = room(200, 50, shape="grid")
    assert shared(fits, 3) == room(200, 50, shape="grid"), "one row of lanes is as in columns"
    low = shared(fits, 4)
    assert (low.full_plan, low.files, low.hunk) == (False, 0, 0)
    assert low.rows < 30 <= fits.rows


def test_groups_say_what_sessions_need_the_most_urgent_first():
    told = [(group, [s.id for s in states]) for group, states in grouped(_model().sessions())]
    assert told == [
        ("needs you", [CSV]), ("working", [FIX]), ("ready for review", [DOCS]), ("failed", [RATE]),
    ]  # fmt: skip


def _told(model: DeckModel, width: int = 29, rows: int = 40) -> list[str]:
    lines = rail(model, width, rows, set(), NOW)
    assert len(lines) <= rows
    return ["".join(s.text for s in (*line.spans, *line.right)) for line in lines]


def test_a_grouped_rail_has_headings_with_counts():
    told = _told(_model(Arrangement(grouped=True)))
    heads = [row for row in told if row in ("needs you1", "working1", "ready for review1")]
    assert heads == ["needs you1", "working1", "ready for review1"]
    assert not any(row.startswith("needs you") for row in _told(_model()))


def test_a_rail_groups_by_itself_once_a_slot_has_no_key_and_as_one_says_from_then_on():
    def heads(count: int, **plan: bool) -> list[str]:
        model = DeckModel()
        more = range(len(STATES) + 1, count + 1)
        model.load([*STATES, *(SessionState(SessionId(f"z{n}"), name="z", slot=n) for n in more)])
        model.arrange(Arrangement(**plan))
        return [row for row in _told(model) if row.startswith("working")]

    assert (heads(9), heads(10)) == ([], ["working10"])
    assert (heads(9, grouped=True), heads(10, grouped=False)) == (["working9"], [])


def test_a_rail_without_room_tells_how_many_are_above_and_below():
    model = DeckModel()
    model.load(
        [*STATES, *(SessionState(SessionId(f"z{n}"), name="z", slot=n) for n in range(9, 40))]
    )
    model.take(IDS[7])
    told = _told(model, rows=14)
    assert any("8 h" in row for row in told)
    assert any(row.startswith("↑ ") and "above" in row for row in told)
    assert any(row.startswith("↓ ") and "below" in row for row in told)


def test_the_one_before_is_remembered_for_the_way_back():
    model = _model()
    assert model.in_hand == FIX
    model.take(DOCS)
    model.take(model.before)
    assert (model.in_hand, model.before) == (FIX, DOCS)


def test_the_next_in_need_is_the_one_that_waits_then_news():
    model = _model()
    assert model.next_in_need().id == CSV
    model.take(CSV)
    assert model.next_in_need() is None, "nobody else waits while one does"
    model.seen = {item.id for item in model.inbox() if item.claims}
    model.take(FIX)
    assert model.next_in_need().id == DOCS


def test_tags_and_the_pin_stand_in_the_head():
    level = Level("bubblewrap")
    state = SessionState(FIX, name="fix", tags=("auth", "urgent"), model="m", level=level)
    head = lane_head(state, NOW, in_hand=True, keys_here=True, pinned=True)
    assert "".join(span.text for span in head[1].spans) == "pinned  #auth  #urgent  m"
