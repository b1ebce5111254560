"""Sessions as one seldom has them: nine at once, and one for each reason to wait."""

from kit.asks import ask, begin
from kit.desk import NOW, Feed, Story
from kit.shop import OUTLOOK
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.cut_off import CutOff, InFlight
from steerdeck_agents.facts.ids import ApprovalId, CallId, RequestId, TurnId
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.usage import Usage

REQUEST = RequestId("r")
SENT = e.RequestSent(request=REQUEST, window=1, model="m", items=3, body="b")


def nine() -> Feed:
    """As many sessions as have a key."""
    story = Story()
    for number in range(1, 10):
        begin(story, f"s{number}", number)
    return Feed(story.events, OUTLOOK)


def rare() -> Feed:
    """Sessions as one seldom has them, each waiting for another reason."""
    story = Story()
    limits = Limits(dollars=1.0)
    for slot, name in enumerate(("lost", "parked", "rests", "asks", "quiz", "long"), 1):
        begin(story, name, slot)
    place = Workspace("/w/broke", "/home/kim/shop", "steerdeck/broke", "abc")
    story.add("broke", e.SessionCreated(name="broke", task="", model="m", slot=7, limits=limits,
                                        workspace=place), 300)  # fmt: skip
    story.add("lost", e.TurnStarted(turn=TurnId("t")))
    story.add("lost", e.CallRequested(call=CallId("c"), tool="shell", arguments="{}", title="make"))
    flying = (InFlight("`make`", CallId("c")),)
    story.add("lost", e.SessionCutOff(cut=CutOff("killed", "the start of `make`", 9, NOW, flying)))
    story.add("lost", e.CallLost(call=CallId("c")))
    story.add("broke", SENT)
    usage = Usage(input=9_000, output=1_000, dollars=1.7, priced=True)
    story.add("broke", e.RequestEnded(request=REQUEST, status="completed", usage=usage))
    story.add("broke", e.SessionParked(reason="Its budget of $1.00 is spent."))
    story.add("parked", e.SessionParked(reason="Its key is missing."))
    story.add("parked", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    story.add("rests", e.SessionParked(reason="The limit is met.", until_ms=NOW + 7_200_000))
    ask(story, "asks", "mcp-server-git", kind="server")
    choices = tuple(f"choice {number}" for number in range(1, 10))
    story.add("quiz", e.QuestionAsked(question=ApprovalId("q"), text="Which?", choices=choices))
    story.add("quiz", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    ask(story, "long", "\n".join(f"echo {number}" for number in range(80)))
    away = Workspace("/w/away", "/home/kim/bakery", "steerdeck/away", "abc")
    story.add(
        "away", e.SessionCreated(name="away", task="", model="m", slot=8, workspace=away), 300
    )
    story.add("away", e.ItemAdded(window=1, index=4, sha="a", origin="model"))
    return Feed(story.events, OUTLOOK)
