"""Calls that can't be done as they are written, one after the other: the model is lost.

What the harness itself turned down counts, not what a tool did and what the developer refused.
"""

from collections.abc import Iterator

import msgspec

from steerdeck_agents.facts import events as e
from steerdeck_agents.work.detect_case import Case

PAUSES = 3
TURNED_DOWN = ("not applied", "no such tool")
"""Summaries of such calls."""


class Bad(msgspec.Struct, frozen=True):
    events: tuple[int, ...] = ()
    """The bad calls in a row."""
    begun: int = 0


def step(now: Bad, event: e.Event) -> Bad:
    match event:
        case e.CallEnded(status="failed", summary=summary) if summary in TURNED_DOWN:
            return Bad((*now.events, event.seq), now.begun or event.seq)
        case e.CallEnded() | e.MessageSent() | e.QuestionAnswered() if now.events:
            return Bad()
    return now


def cases(now: Bad) -> Iterator[Case]:
    times = len(now.events)
    if times >= PAUSES:
        yield Case(
            "bad_calls",
            f"bad_calls {now.begun}",
            times // PAUSES,
            f"{times} calls in a row could not be done as they were written.",
            pauses=True,
            events=now.events,
        )
