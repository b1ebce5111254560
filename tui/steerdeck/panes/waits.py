"""What a session waits for at its model, in words: in line, asking again, silent, parked.

A wait is a word for the head of the lane and one row below its transcript, whose only moving part
is a time that changes once a second. None of these waits for the developer, so none is amber.
"""

from datetime import datetime

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, clock
from steerdeck_agents.facts.state import OpenTurn, SessionState

_DAY_MS = 86_400_000


class Wait(msgspec.Struct, frozen=True):
    """One wait; `hastens` says whether "try now" does something about it."""

    word: str
    """For the head of a lane and the rail, where it stands for `working`."""
    told: str
    """The same as a few words of their own."""
    left: str = ""
    """How long still, or how long already."""
    shape: str = ""
    hastens: bool = False


def resting(state: SessionState) -> bool:
    """Whether it is parked and goes on by itself, so that nobody is waited for."""
    return state.status == "parked" and state.parked_until_ms is not None


def wait_of(state: SessionState, now: int) -> Wait | None:
    """What the session waits for; None while it waits for nothing."""
    if resting(state):
        return _resting(state, now)
    turn = state.turn
    if state.status != "working" or turn is None:
        return None
    wait = _asking(turn, now)
    if wait is not None and turn.compacts:
        return msgspec.structs.replace(wait, told=f"compacting: {wait.told}")
    if wait is not None:
        return wait
    if turn.compacts:
        return Wait("compacting", "the window is summed up, then goes on shorter")
    if state.compaction:
        return Wait("working", "the window is compacted at the next safe point")
    if turn.continued:
        return Wait("working", "cut off at the limit of output tokens; it goes on from there")
    return None


def wait_row(wait: Wait) -> Line:
    """The row of a lane; why it waits stands whole in the transcript above it."""
    return Line(
        (Span(wait.told, "t1"),),
        (Span(wait.left, "t1"),) if wait.left else (),
        gutter=Span(wait.shape or glyphs().paused, "t2"),
        indent=2,
    )


def _asking(turn: OpenTurn, now: int) -> Wait | None:
    """The wait before or within one request to the model."""
    g = glyphs()
    if turn.place:
        place = ordinal(turn.place)
        of = f" of {turn.waiting}" if turn.waiting > 1 else ""
        cooling = turn.cooling_ms > now
        return Wait(
            f"{place} in line",
            f"{place}{of} in line, the provider rests" if cooling else f"{place}{of} in line",
            left=_until(turn.cooling_ms, now) if cooling else "",
            shape=g.queued,
            hastens=True,
        )
    if turn.retry and turn.request is None:
        network = turn.retry_cause == "network"
        due = turn.retry_at_ms > now
        return Wait(
            "no network" if network else "asking again",
            "waiting for the network" if network else "asking again",
            left=_until(turn.retry_at_ms, now) if due else "now",
            hastens=due,
        )
    if turn.silent_ms:
        silent = f"for {clock(now - turn.silent_ms)}"
        return Wait("silent", "nothing has come from the model", left=silent)
    return None


def _resting(state: SessionState, now: int) -> Wait:
    until = state.parked_until_ms or now
    told = f"goes on {when(until, now)}" if until > now else "goes on now"
    return Wait("parked", told, _until(until, now), glyphs().parked, hastens=True)


def when(at_ms: int, now: int) -> str:
    """A time to come as a clock shows it: `at 14:05`, or with its day when that is another one."""
    at, today = (datetime.fromtimestamp(ms / 1000) for ms in (at_ms, now))
    if at.date() == today.date():
        return f"at {at:%H:%M}"
    if at_ms - now < 6 * _DAY_MS:
        return f"on {at:%A} at {at:%H:%M}"
    return f"on {at:%Y-%m-%d} at {at:%H:%M}"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else ending}"


def _until(at_ms: int, now: int) -> str:
    seconds = max(0, -(-(at_ms - now) // 1000))
    return f"in {seconds} s" if seconds < 60 else f"in {clock(seconds * 1000)}"
