"""The same call with the same result, again and again, while nothing changes.

Reads after edits are no repeats, nor is looking again at a shell that lives, at what a compaction
took out of the prompt, for the next step of the plan, or because the developer said so.
"""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.ids import CallId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.work.check_judge import normalised
from steerdeck_agents.work.detect_case import Case, changes_files, short

WARNS = 3
PAUSES = 5
_MOST_KEPT = 128
_MOST_READ = 2048
_WORDS_ABOUT = ("why", "timeout_s")
"""Arguments that say something about a call and do not change what it does."""


class Asked(msgspec.Struct, frozen=True):
    """A call whose result has not come."""

    wish: str
    title: str


class Seen(msgspec.Struct, frozen=True):
    """One call and its result, and the events that ended it."""

    title: str
    events: tuple[int, ...]


class Repeats(msgspec.Struct, frozen=True):
    open: Mapping[CallId, Asked] = {}
    seen: Mapping[str, Seen] = {}
    done: int = 0
    """Steps of the plan."""
    shells: tuple[str, ...] = ()
    """Shell sessions that live."""


def step(now: Repeats, event: e.Event) -> Repeats:
    match event:
        case e.CallRequested(call=str(call)):
            asked = Asked(f"{event.tool}\n{_wish(event.arguments)}", event.title or event.tool)
            if any(f'"{shell}"' in event.arguments for shell in now.shells):
                return now
            return replace(now, open={**now.open, CallId(call): asked})
        case e.CallEnded(call=str(call)) if call in now.open:
            asked = now.open[CallId(call)]
            left = {one: wish for one, wish in now.open.items() if one != call}
            if event.status == "interrupted":
                return replace(now, open=left)
            return replace(now, open=left, seen=_with(now.seen, asked, event))
        case e.ShellOpened():
            return replace(now, shells=(*now.shells, event.shell))
        case e.ShellEnded():
            return replace(now, shells=tuple(one for one in now.shells if one != event.shell))
        case e.MessageSent() | e.QuestionAnswered() | e.WindowCompacted():
            return replace(now, seen={}) if now.seen else now
        case e.PlanUpdated():
            done = sum(one.status == "completed" for one in event.steps)
            return replace(now, done=done, seen={} if done > now.done else now.seen)
        case _ if now.seen and changes_files(event):
            return replace(now, seen={})
    return now


def cases(now: Repeats) -> Iterator[Case]:
    for name, seen in now.seen.items():
        times = len(seen.events)
        if times >= WARNS:
            grade = 1 if times < PAUSES else 1 + (times // PAUSES).bit_length()
            yield Case(
                "repeated_call",
                f"repeated_call:{name}:{seen.events[0]}",
                grade,
                f"The call “{one_line(seen.title, 80)}” was made {times} times with the same"
                " result, and nothing changed in between.",
                pauses=times >= PAUSES,
                events=seen.events,
            )


def _with(seen: Mapping[str, Seen], asked: Asked, ended: e.CallEnded) -> dict[str, Seen]:
    result = ended.result
    if ended.exit_code is not None or asked.wish.startswith("shell\n"):
        # What a command prints differs from run to run in ways that mean nothing.
        result = normalised(f"{result[:_MOST_READ]}\n{result[_MOST_READ:][-_MOST_READ:]}")
    name = short(f"{asked.wish}\n{ended.status}\n{result}")
    before = seen.get(name, Seen(asked.title, ()))
    kept = {one: what for one, what in seen.items() if one != name}
    while len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    return {**kept, name: replace(before, events=(*before.events, ended.seq))}


def _wish(arguments: str) -> str:
    """The arguments without the words around them, whatever their order."""
    try:
        given = msgspec.json.decode(arguments)
    except UNREADABLE:
        return arguments
    if not isinstance(given, dict):
        return arguments
    told = {name: value for name, value in given.items() if name not in _WORDS_ABOUT}
    return msgspec.json.encode(told, order="sorted").decode()
