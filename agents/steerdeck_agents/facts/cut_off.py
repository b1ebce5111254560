"""What a crash broke off in a session: how far it is known, and what nobody saw the end of.

It is made by the next runtime, before anything else is done with the session, from its journal
alone. It stands in the state until the session goes on, and in the transcript for good.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CallId

How = Literal["killed", "restarted", "copied"]
"""`killed`: the runtime was; `restarted`: the machine has been, with all that ran on it; `copied`:
nothing ended, its home was copied meanwhile."""


class InFlight(msgspec.Struct, frozen=True):
    """Something that had begun, and whose end is not in the journal."""

    what: str
    call: CallId | None = None


class CutOff(msgspec.Struct, frozen=True):
    """Where the journal of a session stops."""

    how: How
    last: str
    """The last thing that is kept, in words."""
    last_seq: int
    last_ms: int
    in_flight: tuple[InFlight, ...] = ()

    @property
    def why(self) -> str:
        """What happened, as the beginning of a sentence."""
        return WHY[self.how]

    @property
    def flying(self) -> str:
        """What was in flight, on one line."""
        return ", ".join(one.what for one in self.in_flight) or "nothing: it was between two steps"

    @property
    def told(self) -> str:
        """All of it on one line."""
        return f"{self.why} while it worked; kept to: {self.last}; in flight: {self.flying}"


WHY: dict[How, str] = {
    "killed": "the runtime was killed",
    "restarted": "the machine was restarted",
    "copied": "its home was copied",
}


class SessionCutOff(Fact, frozen=True, kw_only=True, tag="session.cut_off"):
    """The runtime before ended without a word while the session was at work."""

    cut: CutOff
