"""Money spent and no file changed: many requests or tokens since the last sign of progress.

A changed file, a finished step of the plan, a question to the developer and their words all are
progress; a session that only plans or was only asked something need not change files at all.
"""

import re
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.work.detect_case import Case, changes_files

REQUESTS = 25
TOKENS = 200_000
"""Fresh tokens: what the request before did not hold, and all that was written."""
PAUSES = 3
"""From so many times as much on it pauses."""
_POLITE = re.compile(r"\s*(?:(?:please|(?:can|could|would) you)[\s,]+)+", re.I)
_ASKS = re.compile(
    r"\s*(?:how|why|what|where|when|which|who|is|are|does|do|explain|describe|review|find out|list"
    r"|show|tell|summari[sz]e|analy[sz]e|investigate|look|read|check|compare|research|audit|search)\b",
    re.I,
)
_THEN_DO = re.compile(
    r"(?:and|then)\s+(?:\w+\s+){0,2}(?:fix|add|implement|change|write|make|create|refactor|remove"
    r"|rename|update|mend|repair|solve)",
    re.I,
)


class Idle(msgspec.Struct, frozen=True):
    mode: Mode = "ask"
    question: bool = False
    since: int = 0
    """The event of the last progress."""
    requests: int = 0
    tokens: int = 0
    input: int = 0
    """Of the last request."""
    done: int = 0
    """Steps of the plan."""
    last: int = 0


def step(now: Idle, event: e.Event) -> Idle:
    match event:
        case e.SessionCreated():
            asks = _is_question(event.task)
            return replace(now, mode=event.mode, question=asks, since=event.seq)
        case e.SessionConfigured(mode=mode) if mode is not None:
            return replace(_fresh(now, event.seq), mode=mode)
        case e.MessageSent():
            return replace(_fresh(now, event.seq), question=_is_question(event.text))
        case e.TurnStarted() | e.QuestionAsked() | e.QuestionAnswered():
            return _fresh(now, event.seq)
        case e.PlanUpdated():
            done = sum(one.status == "completed" for one in event.steps)
            return replace(_fresh(now, event.seq) if done > now.done else now, done=done)
        case e.RequestEnded(compacts=False):
            usage = event.usage
            begun_anew = usage.input < now.input
            fresh = usage.output + usage.input - (0 if begun_anew else now.input)
            return replace(
                now,
                requests=now.requests + 1,
                tokens=now.tokens + fresh,
                input=usage.input,
                last=event.seq,
            )
        case _ if changes_files(event):
            return _fresh(now, event.seq)
    return now


def cases(now: Idle) -> Iterator[Case]:
    times = max(now.requests // REQUESTS, now.tokens // TOKENS)
    if times and not now.question and now.mode != "plan":
        yield Case(
            "no_change",
            f"no_change:{now.since}",
            1 if times < PAUSES else 1 + (times // PAUSES).bit_length(),
            f"{now.requests} requests and {now.tokens:,} fresh tokens since anything changed: no"
            " file, no step of the plan, no question to you.",
            pauses=times >= PAUSES,
            events=(now.since, now.last),
        )


def _fresh(now: Idle, seq: int) -> Idle:
    return replace(now, since=seq, requests=0, tokens=0)


def _is_question(text: str) -> bool:
    """Whether words ask for an answer and not for a change."""
    text = text[:2000]
    rest = _POLITE.sub("", text, count=1) if _POLITE.match(text) else text
    if _ASKS.match(rest):
        return not _THEN_DO.search(rest)
    return rest == text and text.rstrip().endswith("?")
