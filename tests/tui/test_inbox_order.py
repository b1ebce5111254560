"""The inbox as a list: what stands together, what it says when it is empty, and small words."""

import asyncio

from msgspec import structs

from kit.asks import ask, begin
from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import proposal, shop
from steerdeck.model import DeckModel
from steerdeck.panes.approval import sandbox_words
from steerdeck.panes.dock import cap, flowing
from steerdeck.panes.scoped import field_rows, past_rows, reach_of
from steerdeck.panes.status import lane_head, narrow_head
from steerdeck.text import Line, Span, width_of
from steerdeck.widgets.strips import strips
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import Level

CSV = SessionId("csv")


def _text(lines: list[Line]) -> str:
    return "\n".join("".join(s.text for s in (*line.spans, *line.right)) for line in lines)


def _model(story: Story) -> DeckModel:
    model = DeckModel()
    model.load(list(Feed(story.events).states().values()))
    return model


def test_what_asks_for_the_same_stands_together_after_the_one_that_waits_longest():
    story = Story()
    for slot, name in enumerate(("a", "b", "c", "d", "e"), start=1):
        begin(story, name, slot)
    for name, what, ago in (
        ("a", "make -n deploy", 500), ("b", "ls /", 400), ("c", "rm x", 300),
        ("d", "make -n deploy", 200), ("e", "ls /", 100),
    ):  # fmt: skip
        ask(story, name, what, ago)
    model = _model(story)
    assert [item.session for item in model.inbox()] == ["a", "d", "b", "e", "c"]
    assert model.claims()[0].session == "a"


def test_what_is_dangerous_is_like_nothing_else():
    story = Story()
    for slot, name in enumerate(("a", "b", "c"), start=1):
        begin(story, name, slot)
    ask(story, "a", "dd of=/dev/sda", 300, danger="It writes over a disk.")
    ask(story, "b", "ls /", 200)
    ask(story, "c", "dd of=/dev/sda", 100, danger="It writes over a disk.")
    assert [item.session for item in _model(story).inbox()] == ["a", "b", "c"]


def test_no_key_at_the_end_of_a_row_is_cut():
    caps = [(cap("y"), Span(" once"), Span("   ")), (cap("v"), Span(" 17 more lines"), Span("   "))]
    long = sum(width_of(span.text) for spans in caps for span in spans) - 3
    (row,) = flowing(caps, long)
    assert "…" not in strips(row, long, "s1", 0)[0].text
    assert len(flowing(caps, long - 1)) == 2


def test_an_empty_inbox_opens_and_says_what_goes_on():
    feed = shop()
    feed.events = [event for event in feed.events if event.session == "fix"]

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.pause()
            assert "i inbox" not in told(app), "named only while something is in it"
            await pilot.press("i")
            await until(pilot, lambda: "Nothing waits for you" in told(app))
            assert "1 session is at work" in told(app) and "Esc back" in told(app)
            await pilot.press("y", "n", "v", "s", "r", "escape")
            await until(pilot, lambda: app.screen.id == "deck")
            assert feed.orders == []

    asyncio.run(run())


def test_an_error_is_tried_again_by_one_key_unless_the_model_refused():
    feed = shop()

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("i", "j")
            await until(pilot, lambda: app.screen.armed and " r  try again" in told(app))
            await pilot.press("r")
            await until(pilot, lambda: feed.orders)
            assert feed.orders[0].session == "rate"
            refused = structs.replace(app.model.states[SessionId("rate")], last_turn="refused")
            app.model.states[SessionId("rate")] = refused
            assert not app.screen.can_go_on()

    asyncio.run(run())


def test_a_lane_names_its_sandbox_where_it_is_none_or_another_one():
    state = shop().states()[CSV]
    for level, usual, said in (
        (state.level, "bubblewrap", ""), (Level("landlock"), "bubblewrap", "landlock"),
        (Level("none"), "bubblewrap", "NO SANDBOX"), (Level("none"), "NO SANDBOX", "NO SANDBOX"),
    ):  # fmt: skip
        other = structs.replace(state, level=level)
        head = lane_head(other, NOW, in_hand=False, keys_here=True, usual=usual)
        low = narrow_head(other, NOW, 80, usual)
        for line in (head[1], low):
            assert (said or "xx") in _text([line]) or not said
            assert "landlock" not in _text([line]) or said == "landlock"
            assert "NO SANDBOX" not in _text([line]) or said == "NO SANDBOX"


def test_a_lane_names_a_mode_that_does_not_ask_before_the_model():
    state = structs.replace(shop().states()[CSV], mode="auto", model="a-model-with-a-long-name")
    head = lane_head(state, NOW, in_hand=False, keys_here=True)
    assert _text([head[1]]).strip().startswith("auto by rules  a-model-with")
    assert "auto by rules" in _text([narrow_head(state, NOW, 80)])
    asks = structs.replace(state, mode="ask")
    assert "auto" not in _text([narrow_head(asks, NOW, 80)])


def test_of_a_server_nothing_is_said_of_its_network():
    state = shop().states()[CSV]
    assert "no network" in _text([Line(tuple(sandbox_words(state)))])
    served = _text([Line(tuple(sandbox_words(state, served=True)))])
    assert "writes only the workspace" in served and "network" not in served


def test_how_far_a_yes_reaches_is_named_by_what_it_is():
    state = shop().states()[CSV]
    reach = reach_of(proposal(), state)
    rows = _text(field_rows(reach, state, "rule"))
    assert "session add-csv" in rows and "repository shop" in rows
    nowhere = structs.replace(state, workspace=structs.replace(state.workspace, repository=""))
    assert "this repository" in _text(field_rows(reach, nowhere, "rule"))


def test_the_past_is_readable_at_80_columns_and_says_when_there_is_none():
    made = proposal()
    reach = reach_of(made, shop().states()[CSV])
    wide, low = past_rows(reach, made, (), NOW, 120), past_rows(reach, made, (), NOW, 80)
    assert "still asks 1 ▲ pip install csvkit==1.3" in _text(wide)
    assert "▲ add-csv  you, no" in _text(low)
    assert any(_text([line]) == "pip install csvkit==1.3" and line.wrap for line in low)
    none = structs.replace(
        made,
        pasts=tuple(
            structs.replace(one, rejected=(), allowed=(), asks=(), counts=(0, 0, 0))
            for one in made.pasts
        ),
    )
    assert "nothing like it was answered before" in _text(past_rows(reach, none, (), NOW, 120))
    assert "nothing you rejected" not in _text(past_rows(reach, none, (), NOW, 120))


def test_labels_of_fields_and_past_are_as_wide():
    made, state = proposal(), shop().states()[CSV]
    reach = reach_of(made, state)
    uses = field_rows(reach, state, "rule")[2]
    (near,) = [
        line for line in past_rows(reach, made, ("make",), NOW, 120) if "make" in _text([line])
    ]
    assert width_of(uses.spans[0].text) + 1 == width_of(near.spans[0].text) == 13
