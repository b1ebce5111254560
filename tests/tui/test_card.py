"""The approval card: what runs stands on it letter by letter, and no yes is given by accident."""

import asyncio
import random
import re
import time

import pytest
from msgspec import structs
from textual import events

from kit.asks import DANGER, FETCH, SAME, alike, ask, begin, danger, network, ruled
from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import OUTLOOK, proposal, shop, with_past
from prove import fidelity
from prove.claim import Tally
from steerdeck.panes.approval import round_about, verdict_rows
from steerdeck.panes.exact import written
from steerdeck.panes.scoped import SCOPES, Reach, field_rows, past_rows, reach_of
from steerdeck.screens.deciding import CONFIRM_S
from steerdeck.screens.inbox import InboxScreen
from steerdeck.screens.scope import ScopeDialog
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.state import Counts
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Rule, Terms, alarm
from steerdeck_agents.gate.rule_lines import RuleLine, RulesPage
from steerdeck_agents.gate.rule_propose import Proposal
from steerdeck_agents.gate.rule_terms import in_words, left


def play(scene, feed: Feed, *, size=(120, 36), keys=()) -> None:
    """Open the inbox on the first thing that waits, press some keys, and run the scene there."""

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.attached and app.model.inbox())
            await pilot.press("i")
            await until(pilot, lambda: isinstance(app.screen, InboxScreen) and app.screen.armed)
            await pilot.pause()
            await pilot.press(*keys)
            await scene(app, pilot, feed)

    asyncio.run(run())


async def typed(app, pilot, key: str, at: float) -> None:
    """A key that was typed at a time of the clock of keys."""
    event = events.Key(key, key)
    event.time = at
    app.screen.on_key(event)
    await pilot.pause()


async def in_scope(app, pilot) -> ScopeDialog:
    await pilot.press("a")
    await until(pilot, lambda: isinstance(app.screen, ScopeDialog) and app.screen.armed)
    await pilot.pause()
    return app.screen


def words_of(rows) -> str:
    return "\n".join("".join(span.text for span in row.spans) for row in rows)


# letter by letter


def test_what_a_card_shows_reads_back_as_what_runs():
    tally = Tally()
    fidelity.look(tally, 150)
    assert tally.counted == tally.wanted == 150, tally.notes


def test_a_long_command_reads_back_from_the_screen_itself_page_by_page():
    letters = (*fidelity.PHRASES, *fidelity.WIDE, *fidelity.OTHER)
    what = "".join(random.Random(11).choices(letters, k=220))
    story = Story()
    begin(story, "x", 1)
    ask(story, "x", what)

    async def scene(app, pilot, feed):
        seen: dict[int, str] = {}
        place = app.screen.body.region
        for _ in range(200):
            top = app.screen.body.above
            rows = told(app).split("\n")[place.y : place.bottom]
            first = 2 if top else 0
            for number, row in enumerate(rows[first:]):
                seen.setdefault(top + number, row)
            if app.screen.body.at_tail:
                break
            await pilot.press("v")
            await pilot.pause()
        lines = [seen[number] for number in range(len(seen))]
        assert fidelity.read(framed(lines)) == what

    play(scene, Feed(story.events, OUTLOOK), size=(90, 30))


def framed(rows: list[str]) -> list[str]:
    """The rows of the text, between the empty rows of its raised surface."""
    begin = next(number for number, row in enumerate(rows) if row.strip())
    end = max(number for number, row in enumerate(rows) if row.strip().startswith("agent "))
    text = rows[begin:end]
    while not text[-1].strip():
        text.pop()
    return text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb", "a␉b"), ("end  ", "end␠␠"), ("a" + " " * 30 + "b", "a⟨30 blanks⟩b"),
        ("\u202egpj", "⟨U+202E⟩gpj"), ("a\u00a0b", "a⟨U+00A0⟩b"), ("e\u0301", "e⟨U+0301⟩"),
        ("⟨U+202E⟩", "⟨U+27E8⟩U+202E⟨U+27E9⟩"), ("␊", "⟨U+240A⟩"), ("kö 漢", "kö 漢"),
        ("⟨secret api key #12ab⟩", "⟨secret api key #12ab⟩"),
    ],
)  # fmt: skip
def test_what_hides_is_written_and_what_imitates_a_mark_is_no_mark(text, shown):
    assert written(text) == shown


# danger


def test_danger_takes_a_second_key_that_is_another_one_and_not_pressed_at_once():
    async def scene(app, pilot, feed):
        assert DANGER.split(" only")[0] in " ".join(told(app).split())
        assert "scope…" not in told(app)
        await pilot.press("v", "v", "v")
        now = time.monotonic()
        for keys in ("y!", "yy", "yn"[:1], "yY", "ya"):
            for number, key in enumerate(keys):
                await typed(app, pilot, key, now + 0.1 * number)
        assert feed.orders == []
        assert "runs it all the same" not in told(app) or app.screen.danger_at is not None

        await typed(app, pilot, "y", now)
        await until(pilot, lambda: app.screen.danger_seen)
        await typed(app, pilot, "!", app.screen.danger_seen + CONFIRM_S + 0.1)
        assert feed.orders == []
        await typed(app, pilot, "y", now)
        await until(pilot, lambda: app.screen.danger_seen)
        assert "runs it all the same" in told(app)
        await typed(app, pilot, "!", app.screen.danger_seen + 0.41)
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].allow, feed.orders[0].scope) == (True, "once")

    play(scene, danger())


def test_danger_is_said_once_and_every_other_reason_stays():
    story = Story()
    begin(story, "x", 1)
    ask(story, "x", "rm -rf $A", danger=DANGER, reasons=(alarm(DANGER), "it holds a variable"))
    state = Feed(story.events, OUTLOOK).states()["x"]
    text = words_of(verdict_rows(state.approvals[0], state, 80))
    assert text.count(DANGER) == 1 and "danger: " not in text
    assert "asks       ▲ it holds a variable" in text


def test_esc_takes_the_first_key_for_something_dangerous_back():
    async def scene(app, pilot, feed):
        now = time.monotonic()
        await typed(app, pilot, "y", now)
        await pilot.press("escape")
        assert isinstance(app.screen, InboxScreen)
        await typed(app, pilot, "!", now + 0.6)
        assert feed.orders == []

    play(scene, danger(), keys=("v", "v", "v"))


def test_the_end_of_what_is_decided_on_must_have_been_in_view():
    async def scene(app, pilot, feed):
        assert "more lines" in told(app) and "run it" not in told(app)
        await pilot.press("y", "!")
        assert app.screen.danger_at is None
        while "NO SANDBOX" not in told(app):
            await pilot.press("v")
            await pilot.pause()
        assert "run it" in told(app)

    play(scene, danger(), size=(80, 24))


# several at once


def test_the_same_of_several_sessions_is_answered_by_one_key_each_with_its_own_binding():
    async def scene(app, pilot, feed):
        assert "3 sessions ask the same, letter by letter" in told(app)
        assert "had read 1 foreign source" in told(app)
        await pilot.press("Y")
        await until(pilot, lambda: len(feed.orders) == 3)
        shown = {order.session: order.shown.rstrip("0") for order in feed.orders}
        assert shown == {name: name for name in ("rate-limit", "fix-login", "docs")}
        assert {(order.allow, order.scope) for order in feed.orders} == {(True, "once")}

    play(scene, Feed(alike().events, OUTLOOK))


@pytest.mark.parametrize(
    "other",
    [{"what": SAME + " "}, {"folder": "tests"}, {"level": "none"}, {"danger": "It removes it."}],
)
def test_what_is_not_the_same_to_the_last_letter_is_never_answered_with_others(other):
    async def scene(app, pilot, feed):
        assert "2 sessions ask the same" in told(app)
        await pilot.press("Y")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert "docs" not in {order.session for order in feed.orders}

    play(scene, Feed(alike(**other).events, OUTLOOK))


def test_one_more_of_the_same_makes_the_key_for_all_wait_again():
    story = alike()
    late = story.events[-2:]
    feed = Feed(story.events[:-2], OUTLOOK)

    async def scene(app, pilot, feed):
        assert "once, all 2" in told(app)
        feed.feed(*late)
        await until(pilot, lambda: len(app.model.inbox()) == 3)
        await pilot.pause()
        assert not app.screen.armed
        await until(pilot, lambda: app.screen.armed)
        await pilot.pause()
        assert "once, all 3" in told(app)

    play(scene, feed)


# how far a yes reaches


def test_the_dialog_shows_the_rule_its_past_and_what_it_will_not_match_and_stores_what_it_shows():
    async def scene(app, pilot, feed):
        await in_scope(app, pilot)
        text = told(app)
        for part in ("pip install csvkit==2.*", "nothing is stored yet", "allows 2", "still asks 1",
                     "nothing you rejected would pass", "pip install csvkit==3.0"):  # fmt: skip
            assert part in text
        before = app.screen._painting
        await pilot.press("enter", "j", "l", "j", "l", "j", "l")
        assert feed.orders == []
        assert app.screen._painting > before, "another rule waits anew"
        await until(pilot, lambda: app.screen.armed)
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)
        (decided,) = feed.orders
        rule = proposal().rule
        assert isinstance(decided, o.Decide)
        assert (decided.scope, decided.rule, decided.rule_shown) == ("repository", rule, rule.sha())
        assert decided.terms == Terms(uses=3, seconds=3600.0)
        assert decided.shown == "f" * 64

    play(scene, shop())


def test_the_past_is_that_of_the_rule_and_the_reach_that_are_chosen():
    made = proposal()
    assert made.rule is not None and made.narrower is not None and made.wider is not None
    rules, seen = (made.narrower, made.rule, made.wider), {}
    for at in range(len(rules)):
        for number, scope in enumerate(SCOPES):
            reach = Reach(rules, at, SCOPES, number)
            text = words_of(past_rows(reach, made, (), NOW))
            found = re.findall(r"^(allows|still asks|rejected) (\d)", text, re.MULTILINE)
            seen[at, scope] = dict(found), "nothing you rejected" in text
    assert seen[1, "session"] == seen[1, "turn"] == ({"allows": "2", "still asks": "1"}, True)
    assert seen[1, "repository"] == ({"allows": "2", "still asks": "2"}, True)
    assert seen[1, "everywhere"] == ({"allows": "3", "still asks": "2"}, True)
    assert seen[0, "everywhere"] == ({"allows": "1", "still asks": "4"}, True)
    assert seen[2, "session"] == ({"rejected": "1", "allows": "2"}, False)


def test_no_rule_is_offered_to_end_by_a_cost_that_is_not_known():
    state = shop().states()["csv"]
    unpriced = structs.replace(state, usage=Usage(), counts=Counts(unpriced=2))
    for one, said in ((state, "$0.50"), (unpriced, "the price of its model is not known")):
        reach = reach_of(proposal(), one)
        assert reach is not None and said in words_of(field_rows(reach, one, "cost"))
        assert (reach.moved("cost", 1).terms.dollars is None) == (one is unpriced)


def test_keys_typed_while_the_dialog_appears_store_nothing_and_esc_neither():
    async def scene(app, pilot, feed):
        await pilot.press("a", "y", "y", "enter", "s")
        await until(pilot, lambda: isinstance(app.screen, ScopeDialog) and app.screen.armed)
        early = events.Key("y", "y")
        early.time = app.screen.armed_from - 0.01
        app.screen.on_key(early)
        await pilot.pause()
        assert feed.orders == []
        await pilot.click("#scope_foot", offset=(5, 0))
        await pilot.press("escape", "y")
        await pilot.pause()
        assert isinstance(app.screen, InboxScreen)
        assert feed.orders == [], "the card waits anew"

    play(scene, shop())


def test_what_was_rejected_stands_first_and_must_be_seen_with_all_the_rest():
    feed = shop()
    made = proposal()
    bad = (structs.replace(one, allowed=False, session="csv") for one in made.allowed)
    feed.proposal = with_past(made, *made.allowed, *bad)

    async def scene(app, pilot, feed):
        await in_scope(app, pilot)
        text = told(app)
        assert text.index("rejected 3") < text.index("allows 2")
        await pilot.press("y")
        assert feed.orders == [] and "more lines" in told(app)
        for _ in range(4):
            await pilot.press("v")
        await pilot.pause()
        assert "3 you rejected would pass" in told(app)
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)

    play(scene, feed, size=(80, 24))


def test_a_past_whose_lines_are_wrapped_is_in_view_whole_where_there_is_room():
    feed = shop()
    feed.proposal = structs.replace(proposal(), near=tuple(f"{'long ' * 40}{n}" for n in "abc"))

    async def scene(app, pilot, feed):
        await in_scope(app, pilot)
        await until(pilot, lambda: "store and run" in told(app))

    play(scene, feed, size=(100, 50))


def test_where_no_rule_may_answer_the_card_says_why_and_offers_none():
    feed = shop()
    feed.proposal = type(proposal())(why="No rule covers a text that holds a secret.")

    async def scene(app, pilot, feed):
        await until(pilot, lambda: "No rule covers a text that holds a secret." in told(app))
        assert "scope…" not in told(app)
        await pilot.press("a")
        await pilot.pause()
        assert isinstance(app.screen, InboxScreen) and feed.orders == []

    play(scene, feed)


def test_keys_behind_the_one_for_the_dialog_do_not_answer_the_card():
    async def scene(app, pilot, feed):
        for key in "ayy":
            app.screen.on_key(events.Key(key, key))
        await until(pilot, lambda: isinstance(app.screen, ScopeDialog) and app.screen.armed)
        assert feed.orders == []

    play(scene, shop())


def test_an_edited_command_is_asked_for_anew_and_enter_runs_nothing():
    async def scene(app, pilot, feed):
        await pilot.press("e")
        await pilot.pause()
        assert app.screen.words.text.startswith("cd export && pip")
        assert "nothing runs yet" in told(app)
        await pilot.press("escape")
        assert feed.orders == []
        await pilot.press("e", *" -v", "enter")
        await until(pilot, lambda: feed.orders)
        (order,) = feed.orders
        assert isinstance(order, o.EditCommand)
        assert order.text.endswith("--check -v") and order.shown == "f" * 64

    play(scene, shop())


# the network


def test_a_card_of_the_network_names_host_port_program_and_what_is_open_and_was_reached():
    state = network().states()["wheels"]
    (asked,) = state.approvals
    decided = words_of(verdict_rows(asked, state, 80))
    assert (
        "opens      ▲ pypi.org   port 8443" in decided and "asked by   pip   or another" in decided
    )
    assert "network:" not in decided, "neither the first line nor the reason is said again"
    assert FETCH in decided
    lasting = standing(Rule(id="r2", kind="network", command="*.internal", everywhere=True)).rules
    around = words_of(round_about(asked, state, None, NOW, 80, lasting=lasting))
    assert "by rule    § the host files.pythonhosted.org   this session, 9 uses left" in around
    assert "§ the host *.internal   everywhere" in around
    assert "so far     / pypi.org:443   2 connections, 2 kB out, 1.2 MB in" in around
    assert "✗ telemetry.example:443   1 refused" in around
    assert "no other host" in around and "no network" not in around


def test_a_yes_to_a_host_may_become_a_rule_about_that_host():
    feed = network()
    rule = Rule(id="", kind="network", command="pypi.org:8443")
    why = "It is about the host alone."
    feed.proposal = Proposal(rule=rule, sha=rule.sha(), words=in_words(rule), why=why)

    async def scene(app, pilot, feed):
        text = told(app)
        assert "asks to reach pypi.org:8443" in text
        assert "would store  allow the host pypi.org:8443" in text
        await in_scope(app, pilot)
        await pilot.press("y")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].rule, feed.orders[0].scope) == (rule, "session")

    play(scene, feed, size=(120, 44))


# rules that end


def test_what_passed_under_an_ended_rule_is_looked_at_and_put_aside_for_every_deck():
    async def scene(app, pilot, feed):
        await until(pilot, lambda: app.screen.armed)
        await pilot.pause()
        text = told(app)
        assert "had a rule that ended" in text and "used as often as it may be" in text
        assert "cd web && npm install left-pad" in text
        await pilot.press("x")
        await until(pilot, lambda: feed.orders)
        assert feed.orders == [o.ReviewRule(id=feed.orders[0].id, session="docs", rule="r2")]

    play(scene, ruled(), keys=("j", "j", "j"))


def test_what_is_left_of_lasting_rules_stands_in_the_lanes_they_reach_and_is_kept_up_to_date():
    feed = ruled()
    lasting = Rule(id="r7", command="make", repository="/home/kim/shop", uses=5)
    other = Rule(id="r8", command="make", repository="/home/kim/other", uses=5)
    feed.rules = standing(lasting, other)

    async def run() -> None:
        app = deck(feed, face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.lasting)
            await pilot.press("1")
            await until(pilot, lambda: "exactly: make here, 5 uses left" in told(app))
            everywhere = Rule(id="r9", command="make", everywhere=True, until_ms=NOW + 61_000)
            feed.rules = standing(lasting, other, everywhere)
            feed.feed(e.RuleAdded(rule=everywhere, seq=900))
            await until(pilot, lambda: "make everywhere, 1:01 left +1" in told(app))

    asyncio.run(run())


def standing(*rules: Rule) -> RulesPage:
    return RulesPage(
        tuple(
            RuleLine(
                rule, rule.sha(), "", rule.scope, "", Meter(rule.id), left(rule, Meter(""), NOW)
            )
            for rule in rules
        )
    )


def test_what_is_left_of_a_rule_stands_in_the_lane():
    async def run() -> None:
        app = deck(ruled(), face="deck")
        async with app.run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: app.model.attached)
            await pilot.press("3")
            await pilot.pause()
            assert "npm test, 10 uses, 12:34 left" in told(app)

    asyncio.run(run())
