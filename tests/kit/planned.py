"""The revised plan of the reference pictures: rate-limit of the shop, in plan mode, waiting."""

from msgspec import structs

from kit.desk import Feed, Story
from kit.shop import OUTLOOK, Writer
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.overlap import Overlap, SharedFile
from steerdeck_agents.facts.plan import Step

LIMIT = "limit"
WHY = "The sandbox has no Redis. A bucket in the process needs none and is enough for one worker."
FIRST = (
    "find the entry point", "add a token bucket", "run the whole suite",
    "start Redis in a container for the tests", "measure the overhead of one request",
    "document the limit and its headers",
)  # fmt: skip
COMMENT = "Keep the Redis store as the default; the one in memory is for tests and a single worker."


def first() -> tuple[Step, ...]:
    return tuple(
        Step(text, "completed" if at < 3 else "in_progress" if at == 3 else "pending", id=at)
        for at, text in enumerate(FIRST, 1)
    )


def second() -> tuple[Step, ...]:
    one, two, three, _, five, six = first()
    new = Step("make the store of the bucket a Protocol, with one in memory", id=7, comment=COMMENT)
    other = Step("run the whole suite without Redis", "in_progress", id=three.id)
    skip = Step("skip the Redis tests when no server answers, and say so", id=8)
    return (one, two, new, other, skip, six, five)


def planned(*, offered: bool = True) -> Feed:
    """Two sessions; the plan of the first was sent back once and waits again."""
    story = Story()
    limit = Writer(story, LIMIT, 1, "rate-limit", "gpt-5.2-codex", 900)
    limit.add(e.SessionConfigured(mode="plan"), 899)
    limit.you("Limit how often one client may ask.", 890)
    limit.add(e.PlanUpdated(actor="agent", steps=first()), 800)
    limit.call("read_file", "api/limit.py", "212 lines", 700)
    call = limit.begin("shell", "pytest -q", 690)
    limit.add(e.CallEnded(call=call, status="failed", result="", summary="2 failed of 31"), 640)
    limit.files("api/limit.py", ("api/limit.py", 40, 3), ("api/store.py", 22, 0))
    limit.add(e.CheckEnded(round=1, result=CheckResult("tests", "failed", failed=2)), 600)
    limit.end("completed", 500)
    limit.add(e.PlanOffered(binding=Sha("one")), 500)
    limit.add(e.PlanDecided(actor="developer", decision="send_back", shown=Sha("one")), 400)
    limit.you("Without Redis, please.", 400)
    limit.add(e.PlanUpdated(actor="agent", steps=second(), explanation=WHY), 60)
    if offered:
        limit.end("completed", 22)
        limit.add(e.PlanOffered(binding=Sha("two")), 22)
    docs = Writer(story, "docs", 3, "docs", "gpt-5.2-mini", 800)
    docs.you("Describe the limit.", 700)
    limit.add(
        e.OverlapChanged(
            overlaps=(Overlap(SessionId("docs"), (SharedFile("docs/api.md", theirs="writes"),)),)
        ),
        20,
    )
    told = sorted(story.events, key=lambda event: event.at_ms)
    return Feed([structs.replace(event, seq=at) for at, event in enumerate(told, 1)], OUTLOOK)
