"""Making room for a newer version: when a runtime may end without breaking anything off.

A client of a newer version says so in its hello. From then on this runtime looks for a moment at
which nothing is under way, ends there, and the client starts its own. Sessions are held for that
only as long as what runs is short; what may take hours is waited for while all others work on, and
named to whoever asks.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState

HOLD_S: Final = 60.0
"""How long sessions stand still for the others' requests and calls to end, and then work on."""
OFTEN_S: Final = 0.1
"""How often it is looked, once it is to hand over."""
_WORDS: Final = 60
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


def newer(theirs: str, mine: str) -> bool:
    """Whether a version comes after this one: by its release, so a mere build is no reason."""
    return _release(theirs) > _release(mine)


def _release(version: str) -> tuple[int, ...]:
    found = _NUMBERS.match(version)
    return tuple(map(int, found[0].split("."))) if found else ()


def lasting(states: Iterable[SessionState]) -> list[str]:
    """What is under way and may take hours: for this nobody is held."""
    told: list[str] = []
    for state in states:
        told += [_of(state, f"the shell session `{_short(one.title)}`") for one in state.shells]
        told += [_of(state, f"your command `{_short(one.title)}`") for one in state.hands]
        if state.setup.status == "running":
            told.append(_of(state, "its set-up script"))
        if state.landing is not None or state.in_line is not None:
            told.append(_of(state, "its landing"))
        if state.restoring is not None:
            told.append(_of(state, "an undo"))
    return told


def brief(states: Iterable[SessionState]) -> list[str]:
    """What is under way and ends soon: requests, calls, checks."""
    told: list[str] = []
    for state in states:
        told += [
            _of(state, f"`{_short(call.title or call.tool)}`")
            for call in state.calls
            if call.started and not call.unknown and call.helper is None
        ]
        if state.turn is not None and state.turn.request is not None:
            told.append(_of(state, "an answer of its model"))
        if state.verify.running:
            told.append(_of(state, f"the check {_short(state.verify.running)}"))
    return told


class Handover:
    """One runtime's way out; `to` is the version that takes over, empty when none does."""

    def __init__(self) -> None:
        self.to = ""
        self.waits_for: tuple[str, ...] = ()
        self.held = False
        """Whether sessions should stand still."""
        self._since_s = 0.0
        """When holding began, or ended."""

    def ask(self, version: str) -> bool:
        """A client of this version is here; whether that is news."""
        if self.to and not newer(version, self.to):
            return False
        self.to = version
        return True

    def look(self, states: Collection[SessionState], orders: int, now_s: float) -> bool:
        """Whether the runtime may end now; else `held` and `waits_for` say how things stand.

        `orders` are being carried out; `now_s` is monotonic.
        """
        long, short = lasting(states), brief(states)
        if orders:
            short.append("an order that is being carried out")
        self.waits_for = tuple(long + short)
        if not self.waits_for and (self.held or not _at_work(states)):
            return True
        turn_s = now_s - self._since_s
        in_time = turn_s <= HOLD_S if self.held else not self._since_s or turn_s >= HOLD_S
        hold = in_time and not long
        if hold != self.held:
            self.held, self._since_s = hold, now_s
        return False

    @property
    def told(self) -> str:
        """A sentence for people; empty when nobody takes over."""
        if not self.to:
            return ""
        first = self.waits_for[:1]
        more = f" and {len(self.waits_for) - 1} more" if len(self.waits_for) > 1 else ""
        wait = f"it waits for {first[0]}{more}" if first else "it does so at once"
        return f"Steerdeck {self.to} takes over when nothing is under way: {wait}."


def _at_work(states: Iterable[SessionState]) -> bool:
    return any(state.turn is not None and not state.waits for state in states)


def _of(state: SessionState, what: str) -> str:
    return f"{what} of {one_line(state.name, _WORDS)}"


def _short(text: str) -> str:
    return one_line(text, _WORDS)
