"""The shop with sessions in each other's way, and work that a merge would meet."""

from msgspec import structs

from kit.desk import Feed
from kit.shop import shop
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import Lines, Overlap, SharedFile
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage

FIX, CSV, DOCS = SessionId("fix"), SessionId("csv"), SessionId("docs")
SAME = SharedFile("auth/session.py", "lines", lines=(Lines(48, 52),), their_lines=(Lines(50, 61),))
PAGE = ShorePage(ShoreLine(DOCS, "main", 2, 1), uncommitted=True, tried=True)


def met() -> Feed:
    """fix-login and add-csv are at the same lines, docs reads what fix-login changed."""
    feed = shop()
    seq = len(feed.events)
    reads = SharedFile("auth/session.py", "reads", "writes", "reads")
    at = feed.events[-1].at_ms
    facts = [
        e.OverlapChanged(session=FIX, overlaps=(Overlap(CSV, (SAME,)), Overlap(DOCS, (reads,)))),
        e.OverlapChanged(session=CSV, overlaps=(Overlap(FIX, (SAME,)),)),
    ]
    feed.events += [
        structs.replace(fact, seq=seq + number, at_ms=at) for number, fact in enumerate(facts, 1)
    ]
    feed.shore = PAGE
    return feed


def conflicted() -> Feed:
    """docs conflicts with the branch in one file."""
    feed = met()
    feed.shore = structs.replace(PAGE, conflicts=("docs/cart.md",))
    return feed
