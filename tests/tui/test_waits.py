"""What the harness says about requests, as a person reads it on the deck."""

import asyncio

import msgspec

from kit.desk import NOW, Feed, Story, deck, told, until
from kit.shop import OUTLOOK
from steerdeck.app import DeckApp
from steerdeck.messages import Open
from steerdeck.panes.budget import raised, raised_by, spent
from steerdeck.panes.header import gauges
from steerdeck.panes.marks import doing, waits
from steerdeck.panes.waits import ordinal, wait_of, when
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.ids import MessageId, RequestId, SessionId, TurnId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.runtime.wire import GaugeLine, PromptLine, StatusPage, SwitchPage

S = SessionId("s")
REQUEST = RequestId("r")


def story(*after: e.KnownEvent, ago_s: float = 0.0, limits: Limits | None = None) -> Story:
    told = Story()
    made = e.SessionCreated(
        name="fix-login", task="", model="gpt-5.2-codex", slot=1, limits=limits or Limits(),
        workspace=Workspace("/w/s", "/home/kim/shop", "steerdeck/fix-login", "4f21c0a8"),
    )  # fmt: skip
    told.add("s", made, 60)
    told.add("s", e.MessageSent(message=MessageId("m"), text="Fix it.", delivery="first"), 60)
    told.add("s", e.TurnStarted(turn=TurnId("t")), 60)
    for event in after:
        told.add("s", event, ago_s)
    return told


def state(*after: e.KnownEvent, ago_s: float = 0.0) -> SessionState:
    return fold(story(*after, ago_s=ago_s).events)


def said(*after: e.KnownEvent, ago_s: float = 0.0) -> tuple[str, str, str]:
    """Word, row and time of a wait."""
    wait = wait_of(state(*after, ago_s=ago_s), NOW)
    assert wait is not None
    return wait.word, wait.told, wait.left


RETRY = e.RetryPlanned(
    request=REQUEST, attempt=1, delay_ms=12_000, reason="The server is overloaded.", cause="server"
)
SENT = e.RequestSent(request=REQUEST, window=1, model="m", items=3, body="b")
USAGE = Usage(input=9_000, output=1_000, dollars=1.7, priced=True)


def test_a_place_in_line_is_said_with_its_number():
    assert said(e.RequestQueued(place=3, waiting=5)) == ("3rd in line", "3rd of 5 in line", "")
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th",
    ]  # fmt: skip


def test_a_provider_that_rests_says_until_when():
    queued = e.RequestQueued(place=1, waiting=1, until_ms=NOW + 12_400)
    assert said(queued) == ("1st in line", "1st in line, the provider rests", "in 13 s")


def test_a_planned_retry_counts_down_to_now():
    assert said(RETRY, ago_s=4) == ("asking again", "asking again", "in 8 s")
    assert said(RETRY, ago_s=11.5)[2] == "in 1 s"
    assert said(RETRY, ago_s=20)[2] == "now"
    wait = wait_of(state(RETRY), NOW)
    assert wait is not None and wait.hastens


def test_what_can_not_be_hastened_offers_no_key_for_it():
    for facts, ago in (((RETRY,), 20.0), ((SENT, SILENT), 5.0)):
        wait = wait_of(state(*facts, ago_s=ago), NOW)
        assert wait is not None and not wait.hastens


SILENT = e.StreamSilent(request=REQUEST, silent_ms=20_000)


def test_silence_is_said_with_how_long_it_lasts():
    assert said(SENT, SILENT, ago_s=5) == ("silent", "nothing has come from the model", "for 0:25")
    heard = e.TextAdded(item="i", kind="message", text="So")
    assert wait_of(state(SENT, SILENT, heard), NOW) is None


def test_a_lost_network_is_called_that():
    lost = msgspec.structs.replace(RETRY, cause="network")
    assert said(lost)[:2] == ("no network", "waiting for the network")


def test_a_compaction_under_way_is_said_also_while_it_waits():
    sums = msgspec.structs.replace(SENT, compacts=True)
    assert said(sums)[0] == "compacting"
    assert said(sums, SILENT)[1] == "compacting: nothing has come from the model"
    assert said(e.CompactionOrdered())[1] == "the window is compacted at the next safe point"


def test_an_answer_that_was_cut_off_is_said_to_go_on():
    cut = e.RequestEnded(request=REQUEST, status="completed", ending="cut_off")
    assert "cut off at the limit of output tokens" in said(SENT, cut)[1]


def test_a_refusal_is_called_a_refusal():
    ended = e.TurnEnded(status="refused", error="The model refused to go on with this.")
    assert doing(state(ended)) == "refused"


def test_parked_with_a_clock_waits_for_nobody():
    until = NOW + 3 * 3_600_000
    resting = state(e.SessionParked(reason="The usage limit is met.", until_ms=until))
    assert not waits(resting)
    assert waits(state(e.SessionParked(reason="A key is missing.")))
    wait = wait_of(resting, NOW)
    assert wait is not None and wait.left == "in 3:00:00" and wait.hastens
    assert when(until + 86_400_000, NOW).startswith("on ")


def test_spent_budgets_are_doubled_until_they_suffice():
    over = e.RequestEnded(request=REQUEST, status="completed", usage=USAGE)
    limits = Limits(dollars=0.5, tokens=10_000, turns=9)
    parked = fold(story(SENT, over, e.SessionParked(reason="spent"), limits=limits).events)
    assert spent(parked) == ("dollars", "tokens")
    assert raised(parked) == Limits(dollars=2.0, tokens=20_000)
    assert raised_by(parked, "$5") == Limits(dollars=5.0)
    assert [raised_by(parked, text) for text in ("1.5", "much", "nan", "1e99")] == [None] * 4


def test_the_gauge_shows_only_providers_at_which_something_waits():
    app = deck(Feed())
    app.model.gauges = (
        GaugeLine("https://a", "gpt-5.2", 3, 4, 2),
        GaugeLine("https://b", "idle", 1, 4, 0),
    )
    for width, words in (
        (200, "gpt-5.2 ▪▪▪▪ 2 in line"),
        (120, "3/4 2 in line"),
        (80, "2 in line"),
    ):
        assert "".join(span.text for span in gauges(app.model, width, NOW)).strip() == words


def play(feed: Feed, scene, *keys: str, face="deck", size=(120, 36)) -> None:
    async def run() -> None:
        app: DeckApp = deck(feed, face=face)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.model.transcripts)
            for key in keys:
                await pilot.press(key)
            await scene(app, pilot)

    asyncio.run(run())


def test_the_lane_shows_the_wait_and_its_keys_work():
    feed = Feed(story(RETRY).events, OUTLOOK)

    async def scene(app, pilot):
        await until(pilot, lambda: "in 12 s: The server is" in " ".join(told(app).split()))
        assert "x cancel" in told(app)
        assert "T try now" in told(app)
        await pilot.press("T")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[-1], o.TryNow)
        hastened = e.RetryHastened(session=S, seq=90, at_ms=NOW)
        feed.feed(hastened, msgspec.structs.replace(SENT, session=S, seq=91, at_ms=NOW))
        await until(pilot, lambda: "try now" not in told(app))
        assert "x cancel" not in told(app)

    play(feed, scene)


def test_the_runtime_hears_which_session_is_looked_at():
    feed = Feed(story().events, OUTLOOK)

    async def scene(app, pilot):
        await until(pilot, lambda: feed.looked_at == [S])

    play(feed, scene)


def test_providers_are_asked_after_only_while_something_is_in_line():
    feed = Feed(story(e.RequestQueued(place=1, waiting=1)).events, OUTLOOK)
    gauge = GaugeLine("https://a", "gpt-5.2", 1, 1, 1)
    feed.status = StatusPage(1, "0", 0, 1, 1, 1, "j", 0, "", governors=(gauge,))

    async def scene(app, pilot):
        await until(pilot, lambda: "1 in line" in told(app))
        sent = msgspec.structs.replace(SENT, session=S, seq=90, at_ms=NOW)
        feed.feed(sent)
        await until(pilot, lambda: "1 in line" not in told(app) and not app.model.gauges)

    play(feed, scene)


def test_a_spent_budget_is_raised_from_its_card():
    over = e.RequestEnded(request=REQUEST, status="completed", usage=USAGE)
    parked = e.SessionParked(reason="Its budget of $1.00 is spent.")
    feed = Feed(story(SENT, over, parked, limits=Limits(dollars=1.0)).events, OUTLOOK)

    async def scene(app, pilot):
        await until(pilot, lambda: app.screen.armed)
        assert "$1.70 of $1.00" in told(app)
        assert "raise to $2.00, go on" in told(app)
        assert not app.screen.can_go_on()
        await pilot.press("b")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[0].limits == Limits(dollars=2.0)
        assert isinstance(feed.orders[1], o.Resume)

    play(feed, scene, "full_stop")


def test_another_budget_can_be_written():
    over = e.RequestEnded(request=REQUEST, status="completed", usage=USAGE)
    parked = e.SessionParked(reason="Its budget of $1.00 is spent.")
    feed = Feed(story(SENT, over, parked, limits=Limits(dollars=1.0)).events, OUTLOOK)

    async def scene(app, pilot):
        await until(pilot, lambda: app.screen.armed)
        await pilot.press("B", "1", "enter")
        await until(pilot, lambda: app.model.notice_bad)
        assert not feed.orders
        await pilot.press("B", "7", "enter")
        await until(pilot, lambda: len(feed.orders) == 2)
        assert feed.orders[0].limits == Limits(dollars=7.0)

    play(feed, scene, "full_stop")


def test_words_about_a_drift_are_said_and_are_no_budget():
    over = e.RequestEnded(request=REQUEST, status="completed", usage=USAGE)
    parked = e.SessionParked(reason="Its budget of $1.00 is spent.")
    drift = e.DriftFound(drift=Drift("outside_plan", "It changes what nobody asked for."))
    feed = Feed(story(SENT, over, drift, parked, limits=Limits(dollars=1.0)).events, OUTLOOK)

    async def scene(app, pilot):
        await pilot.press("j")
        await until(pilot, lambda: app.screen.item.kind == "drift" and app.screen.armed)
        await pilot.press("w", *"stop that", "enter")
        await until(pilot, lambda: feed.orders or app.model.notice_bad)
        assert [order.text for order in feed.orders] == ["stop that"]

    play(feed, scene, "full_stop")


def test_a_session_with_a_clock_is_in_the_inbox_as_news():
    resting = e.SessionParked(reason="The usage limit is met.", until_ms=NOW + 7_200_000)
    feed = Feed(story(resting).events, OUTLOOK)

    async def scene(app, pilot):
        assert app.model.claims() == []
        await pilot.press("i")
        await until(pilot, lambda: app.screen.id == "inbox" and app.screen.armed)
        assert "goes on by itself" in told(app)
        assert "in 2:00:00" in told(app) and "try now" in told(app)

    play(feed, scene)


def test_a_compaction_is_ordered_after_it_was_said_what_is_kept():
    added = e.ItemAdded(window=1, index=4, sha="a", origin="model")
    feed = Feed(story(added).events, OUTLOOK)

    async def scene(app, pilot):
        await until(pilot, lambda: "the last steps word for word" in " ".join(told(app).split()))
        await pilot.press("escape")
        assert not feed.orders
        await pilot.press("C", "enter")
        await until(pilot, lambda: feed.orders)
        assert isinstance(feed.orders[0], o.Compact)

    play(feed, scene, "C")


def test_a_switch_of_the_model_says_what_the_cache_costs():
    feed = Feed(story().events, OUTLOOK)
    feed.switch = SwitchPage(48_000, dollars=0.012, saved=0.006, window=32_000, fits=False)

    async def scene(app, pilot):
        assert "in use" in told(app)
        await pilot.press("down")
        await until(pilot, lambda: "48k tokens are read anew" in told(app))
        assert "$0.01 instead of $0.01" in told(app)
        assert "does not fit the 32k" in told(app)
        await pilot.press("right", "right", "enter")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].model, feed.orders[0].effort) == ("gpt-5.2-mini", "low")

    play(feed, scene, "M")


def test_an_effort_alone_leaves_the_model():
    feed = Feed(story().events, OUTLOOK)

    async def scene(app, pilot):
        await pilot.press("left", "enter")
        await until(pilot, lambda: feed.orders)
        assert (feed.orders[0].model, feed.orders[0].effort) == (None, "xhigh")

    play(feed, scene, "M")


def test_the_cache_is_drawn_where_it_ends():
    feed = Feed(story().events, OUTLOOK)
    feed.prompt = [
        PromptLine(0, "message", "instructions", "{}", "a", 900, True),
        PromptLine(1, "message", "developer", "{}", "b", 80, False),
    ]

    async def scene(app, pilot):
        await until(pilot, lambda: "up to here it came out of the cache" in told(app))

    play(feed, scene, "enter", "c")


def test_a_screen_asked_for_twice_at_once_opens_once_and_again_after_it_was_closed():
    feed = Feed(story(e.SessionParked(reason="Its key is missing.")).events, OUTLOOK)

    async def scene(app, pilot):
        for _ in range(3):
            app.post_message(Open("inbox"))
        await until(pilot, lambda: app.screen.id == "inbox")
        await pilot.pause()
        assert [screen.id for screen in app.screen_stack].count("inbox") == 1
        app.pop_screen()
        app.post_message(Open("inbox"))
        await until(pilot, lambda: app.screen.id == "inbox")

    play(feed, scene)
