"""Checks, goals, claims and drifts on the deck: told in shape and words, and acted on by key."""

import msgspec
import pytest

from kit.desk import NOW, Feed, deck, told, until
from kit.shop import shop
from kit.yard import CHECKS, EVIDENCE, FEED, HUNG, LOGIN, LOOK, MAIL, OLD, RATE, RED, SEED, at, yard
from kit.yard_deck import play
from steerdeck.glyphs import glyphs
from steerdeck.panes.beside import asked_beside
from steerdeck.panes.checked import Round, story
from steerdeck.panes.chips import chip_rows, chips, laid
from steerdeck.panes.choice import CheckChoice, name_of
from steerdeck.panes.entries import entry_lines
from steerdeck.panes.evidence import claim_card
from steerdeck.screens.new_session import NewSession
from steerdeck.text import width_of
from steerdeck.waiting import claim_text, waiting
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.checks import Check, Evidence
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import ApprovalId, CallId, Sha
from steerdeck_agents.facts.overlap import Lines, Overlap, SharedFile
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.transcript import Marked

STATES = yard().states()


def words(lines: list) -> str:
    return "\n".join(
        "".join(s.text for s in ((line.gutter,) if line.gutter else ()) + line.spans + line.right)
        for line in lines
    )


def offering() -> Feed:
    """A repository in whose files three checks were found."""
    feed = yard()
    feed.checks = CHECKS
    return feed


def kinds(state: SessionState) -> list[str]:
    return [item.kind for item in waiting(state)]


def then(state: SessionState, **changes: object) -> SessionState:
    return msgspec.structs.replace(state, **changes)


# claims


def test_a_claim_shows_what_it_rests_on_and_names_what_is_weak():
    shown = words(claim_card(EVIDENCE, STATES[LOGIN], 76))
    assert "✓ pytest   212 passed, 3 skipped" in shown
    assert "✗ mypy   failed before it began (1)" in shown
    assert "shop/legacy.py:88   failed before it began" in shown
    assert "weakened   ✗ The test test_clock is skipped now." in shown
    assert "tests/test_login.py:42" in shown
    assert "2 files   +40 −3" in shown and "$0.19" in shown and "12:04 of work" in shown


def test_a_claim_without_checks_says_so():
    assert "nothing but the agent's word" in words(claim_card(Evidence(), STATES[LOGIN], 76))


def test_a_claim_of_a_model_without_a_price_names_none():
    shown = words(claim_card(Evidence(tokens=24_000), STATES[LOGIN], 76))
    assert "24k tokens" in shown and "$" not in shown


def test_a_hanging_check_is_named_as_killed():
    shown = words(claim_card(Evidence(checks=(HUNG,)), STATES[LOGIN], 76))
    assert "hung, was killed" in shown and "It ran over its 600 s" in shown


def test_a_claim_in_a_line_begins_with_the_worst():
    assert claim_text(EVIDENCE).startswith("1 weakened, 2 green, 1 old")
    assert claim_text(Evidence(checks=(RED, OLD))).startswith("2 red")


def test_a_claim_outranks_a_plain_end_and_is_gone_once_reviewed():
    app = deck(Feed())
    app.model.load([*STATES.values(), *shop().states().values()])
    order = [item.kind for item in app.model.inbox()]
    assert order.index("claim") < order.index("done") < len(order)
    assert kinds(STATES[LOGIN]) == ["claim"]
    app.model.add(at(e.DoneReviewed(), LOGIN))
    assert not [item for item in app.model.inbox() if item.session == LOGIN]


@pytest.mark.parametrize(("key", "kind"), [("x", o.Review), ("w", o.Say)])
def test_a_claim_is_seen_or_sent_back(key, kind):
    async def scene(app, pilot, feed):
        assert app.screen.item.kind == "claim"
        await pilot.press(key)
        if key == "w":
            await pilot.press(*"no", "enter")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], kind) and feed.orders[0].session == LOGIN

    play(scene, "i", "j", "j")


def test_enter_on_a_claim_reviews_the_diff_and_decides_nothing():
    async def scene(app, pilot, feed):
        assert "v  review diff" in told(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.id == "review")
        assert feed.orders == []

    play(scene, "i", "j", "j")


# questions of checks, drifts, held goals


def test_the_question_of_checks_stands_above_what_fails():
    async def scene(app, pilot, feed):
        shown = told(app)
        assert "is red, and its checks ask you" in shown
        assert "2 failed, 29 passed" in shown and "E   assert 61 == 60" in shown
        await pilot.press("3")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].session, feed.orders[0].text) == (RATE, "stop")

    play(scene, "i", "j")


def test_a_drift_shows_its_evidence_and_is_answered_in_words():
    async def scene(app, pilot, feed):
        shown = told(app)
        assert "It changes files that are in no step of its plan." in shown
        assert "deploy/nginx.conf" in shown and "files outside the plan" in shown
        await pilot.press("w", *"stop", "enter")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Say) and feed.orders[0].session == FEED

    play(scene, "i", "j", "j", "j")


def test_a_drift_that_pauses_is_one_thing_with_its_park_and_words_let_it_go_on():
    drift = Drift("repeated_call", "It made the same call five times.", pauses=True, events=(1, 2))
    feed = yard()
    feed.events += [
        at(e.DriftFound(drift=drift), MAIL, 9_000),
        at(e.SessionParked(reason="It seems to be stuck."), MAIL, 9_001),
    ]
    assert kinds(feed.states()[MAIL]) == ["parked"]

    async def scene(app, pilot, feed):
        while app.screen.item.session != MAIL:
            await pilot.press("j")
        await until(pilot, lambda: app.screen.armed)
        assert "It made the same call five times." in told(app)
        assert " r  go on" in told(app) and " w  say something" in told(app)
        await pilot.press("w", *"try", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert [type(order) for order in feed.orders] == [o.Say, o.Resume]

    play(scene, "i", feed=feed)


def test_a_held_goal_waits_as_news_and_goes_on_by_key():
    feed = yard()
    feed.events += [
        at(e.CallEnded(call="mail_c5", status="done", result=""), MAIL, 9_000),
        at(e.TurnEnded(status="interrupted"), MAIL, 9_001),
    ]
    state = feed.states()[MAIL]
    assert kinds(state) == ["held"]
    assert "held: interrupted" in words(chip_rows(state, {}, NOW, 80))


def test_what_belongs_to_no_call_is_seen_in_its_lane():
    assert "How should it go on?" in words(asked_beside(STATES[RATE], NOW))
    assert "psql asks: Password for user kim:" in words(asked_beside(STATES[SEED], NOW))
    server = then(STATES[FEED], approvals=(_server("npx \x1b[2J jira"),))
    assert "jira: npx ␛[2J jira\na server to start" in words(asked_beside(server, NOW)).replace(
        glyphs().bar, ""
    )
    assert asked_beside(STATES[MAIL], NOW) == []


def _server(what: str) -> OpenApproval:
    return OpenApproval(ApprovalId("a"), CallId(""), "server", what, Sha("b"), "", (), ".", "",
                        (), 1, NOW, title="jira")  # fmt: skip


def test_runs_of_checks_stand_in_the_columns_of_calls():
    marked = Marked("m", 1, NOW, "check make test failed in 6.3 s (29 passed, 2 failed)", "warning")
    (row,) = entry_lines(marked, STATES[RATE], NOW)
    assert words([row]) == "✗make test  29 passed, 2 failed6.3 s"
    hung = Marked("m", 1, NOW, "check e2e hung in 600.0 s: It was killed.", "warning")
    assert "It was killed." in words(entry_lines(hung, STATES[RATE], NOW))
    before = Marked("m", 1, NOW, f"before it began: {marked.text}", "info")
    (row,) = entry_lines(before, STATES[RATE], NOW)
    assert words([row]) == "✗make test  29 passed, 2 failed, before it began6.3 s"
    assert row.gutter is not None and row.gutter.fg == "t2"


# chips


def test_chips_lose_words_before_shapes_and_the_least_important_first():
    told_chips = chips(STATES[MAIL], STATES, NOW)
    for width in range(15, 90):
        line = "".join(span.text for span in laid(told_chips, width))
        assert width_of(line) <= width, (width, line)
        assert all(shape in line for shape in "●✓└$"), (width, line)
    assert "pytest 12 s" in "".join(span.text for span in laid(told_chips, 45))
    assert ":5173" in "".join(span.text for span in laid(told_chips, 45))


def test_chips_say_how_each_check_stands():
    assert "✗ pytest 2   ✓ ruff" in words(chip_rows(STATES[RATE], STATES, NOW, 80))
    shown = words(chip_rows(STATES[LOGIN], STATES, NOW, 80))
    assert "✗ mypy old" in shown and "✗ 1 weakened" in shown
    changed = then(STATES[RATE], verify=then(STATES[RATE].verify, changed=True))
    assert "○ pytest   ○ ruff" in words(chip_rows(changed, STATES, NOW, 80))


def test_a_check_that_failed_keeps_its_word_and_an_overlap_gives_way_first():
    shared = SharedFile("auth/session.py", "conflict", lines=(Lines(48, 52),))
    met = (Overlap(LOOK, (shared,)), Overlap(MAIL, (shared,)))
    for session, word in ((RATE, "✗ 2"), (LOGIN, "✗ old")):
        told_chips = chips(then(STATES[session], overlaps=met), STATES, NOW)
        for width in range(12, 100):
            line = "".join(span.text for span in laid(told_chips, width))
            name = line.replace("pytest ", "").replace("mypy ", "")
            assert word in name, (width, line)
            assert "≈ conflicts +1" in line or "conflicts with" in line, (width, line)
            if "conflicts with" in line:
                assert all(check.name in line for check in STATES[session].verify.checks), line


def test_parent_and_helper_name_each_other():
    assert "waits for helper 5 look-up" in words(chip_rows(STATES[MAIL], STATES, NOW, 90))
    assert "helper of 1 ship-mail" in words(chip_rows(STATES[LOOK], STATES, NOW, 90))


def test_only_a_server_that_is_not_ready_has_a_chip():
    assert "✗ jira dead" in words(chip_rows(STATES[FEED], STATES, NOW, 80))
    ready = then(STATES[FEED], servers=(then(STATES[FEED].servers[0], status="ready"),))
    assert chip_rows(ready, STATES, NOW, 80) == []


def test_a_running_setup_shows_its_last_line():
    setup = then(STATES[FEED].setup, status="running", output="one\n\x1b[31mtwo\x1b[0m\n")
    shown = words(chip_rows(then(STATES[FEED], setup=setup, servers=()), STATES, NOW, 80))
    assert shown == "● set-up runs\ntwo"


def test_a_session_without_any_of_it_has_no_row():
    assert chip_rows(shop().states()["fix"], {}, NOW, 80) == []


@pytest.mark.parametrize("size", [(60, 20), (200, 50)], ids=str)
def test_lanes_hold_their_chips_at_every_size(size):
    async def scene(app, pilot, feed):
        assert ("◇" in told(app)) and ("$" in told(app))

    play(scene, size=size)


# the tab of checks


def test_rounds_are_told_apart_with_what_each_said():
    told_rounds = [
        news
        for news in story([one for one in yard().events if one.session == RATE])
        if isinstance(news, Round)
    ]
    assert [news.number for news in told_rounds] == [1, 2]
    assert told_rounds[0].refused and told_rounds[1].judged.repeated


# setting checks and goals


def test_checks_are_ticked_and_typed():
    choice = CheckChoice(ticked=CHECKS[:1])
    choice.offer(CHECKS, tick=False)
    choice.toggle(2)
    choice.own = "  make e2e "
    assert [check.name for check in choice.chosen] == ["pytest", "mypy", "make e2e"]
    choice.own = "pytest -x"
    assert [check.name for check in choice.chosen] == ["pytest", "mypy", "pytest 2"]


@pytest.mark.parametrize(
    ("command", "name"),
    [("python -m pytest -q", "pytest"), ("CI=1 make test", "make test"), ("'", "'")],
)
def test_a_command_gets_a_short_name(command, name):
    assert name_of(command) == name


def test_the_palette_s_acts_give_their_orders():
    async def scene(app, pilot, feed):
        await pilot.press("V", "space")
        await until(pilot, lambda: "before its first change" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(feed.orders) == 1)
        assert feed.orders[0] == o.SetChecks(
            id=feed.orders[0].id, session=MAIL, checks=(CHECKS[1],)
        )
        await pilot.press("O", "tab", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[1].goal.check_in_turns == 20
        await pilot.press("E")
        await until(pilot, lambda: len(feed.orders) == 3)
        assert feed.orders[2].goal is None
        await pilot.press("3", "m")
        await until(pilot, lambda: len(feed.orders) == 4)
        assert feed.orders[3] == o.Review(id=feed.orders[3].id, session=LOGIN)

    play(scene, "1")


def test_a_session_starts_with_the_checks_that_were_ticked_and_a_goal():
    async def scene(app, pilot, feed):
        assert isinstance(app.screen, NewSession)
        await until(pilot, lambda: "ruff check ." in told(app))
        await pilot.press("t", *["tab"] * 10, "space", "enter")
        await pilot.pause()
        assert "Only checks can complete a goal" in told(app) and feed.orders == []
        await pilot.press(*["up"] * 4, "space", "down", "down", "down", *"make x", "enter")
        await until(pilot, lambda: feed.orders)
        (start,) = feed.orders
        assert start.checks == (CHECKS[0], Check("make x", "make x"))
        assert start.goal == Goal("t", check_in_turns=10)

    play(scene, "n", feed=offering())


def test_without_a_tick_a_session_has_no_checks():
    async def scene(app, pilot, feed):
        await pilot.press("t", "enter")
        await until(pilot, lambda: feed.orders)
        assert feed.orders[0].checks == () and feed.orders[0].goal is None

    play(scene, "n", feed=offering())


def test_a_question_of_a_server_names_it():
    asked = e.QuestionAsked(question=ApprovalId("q"), text="Which project?", asker="jira")
    feed = yard()
    feed.events.append(at(asked, FEED))

    async def scene(app, pilot, feed):
        while app.screen.item.id != "q":
            await pilot.press("j")
        await pilot.pause()
        assert "asks you, for the server jira" in told(app)

    play(scene, "i", feed=feed)
