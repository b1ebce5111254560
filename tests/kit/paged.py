"""The shop after one more command, which printed more than a page."""

from msgspec import structs

from kit.desk import Feed
from kit.shop import shop
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, SessionId, Sha

LONG = "".join(f"line {number}\n" for number in range(1, 1_201))
ARGUMENTS = '{"command":"make docs","why":"to see it"}'
DOCS = SessionId("docs")


def paged() -> Feed:
    """`make docs` of the session docs is the newest call."""
    feed = shop()
    last, call = feed.events[-1], CallId("c_long")
    facts = (
        e.CallRequested(call=call, tool="shell", title="make docs", arguments=ARGUMENTS),
        e.CallStarted(call=call, binding=Sha("b"), allowed_by="developer", level="bubblewrap"),
        e.CallEnded(call=call, status="done", result=LONG, duration_ms=19_800),
    )
    feed.events += [
        structs.replace(fact, session=DOCS, seq=last.seq + number, at_ms=last.at_ms)
        for number, fact in enumerate(facts, 1)
    ]
    return feed
