"""Facts about commands the developer runs by hand in a session's workspace.

They are no calls of the model: nobody asks for them and no result is owed. The agent hears of them
with the developer's next words.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CallId, RequestId, SessionId, Sha
from steerdeck_agents.facts.order import OrderHead

DANGER = "danger: "
"""How a refusal begins that names what would have to be accepted."""
HandStatus = Literal["done", "failed", "interrupted"]


class RunByHand(OrderHead, frozen=True, kw_only=True, tag="run_by_hand"):
    """Run a bash script in the workspace of a session, confined as its agent is."""

    session: SessionId
    script: str
    accepted: str = ""
    """The danger that was shown and accepted, word for word; else what can't be undone is refused.
    """


class StopByHand(OrderHead, frozen=True, kw_only=True, tag="stop_by_hand"):
    session: SessionId
    call: CallId


HandOrder = RunByHand | StopByHand


class HandOrdered(Fact, frozen=True, kw_only=True, tag="hand.ordered"):
    """The developer wants it to run; `call` is its id."""

    script: str
    accepted: str = ""


class HandStarted(Fact, frozen=True, kw_only=True, tag="hand.started"):
    """The intent, committed before anything happens (law 7)."""

    binding: Sha
    level: str = ""
    may_reach: tuple[str, ...] = ()
    """As a call's: hosts its text names, where nothing holds back or counts its connections."""


class HandPrinted(Fact, frozen=True, kw_only=True, tag="hand.printed"):
    """Output of the running command, coalesced; on the wire it may be dropped and read again."""

    text: str


class HandEnded(Fact, frozen=True, kw_only=True, tag="hand.ended"):
    status: HandStatus
    result: str
    """What came of it, as far as the model is told."""
    told: Sha | None = None
    """Blob with the whole text the model gets; None where nobody saw its end."""
    summary: str = ""
    """A few words for the right edge: `exit 1`."""
    exit_code: int | None = None
    duration_ms: int = 0
    output: Sha | None = None
    """Blob with the complete output, when `result` holds less."""


class HandTold(Fact, frozen=True, kw_only=True, tag="hand.told"):
    """The request that carried its result has been recorded and is about to be sent."""

    request: RequestId


HandFact = HandOrdered | HandStarted | HandPrinted | HandEnded | HandTold


class OpenHand(msgspec.Struct, frozen=True):
    """A command run by hand that has not ended."""

    call: CallId
    title: str
    """Its beginning, on one line."""
    seq: int
    at_ms: int
    started: bool = False
    foreign: str = ""
    """Whose words its output may hold, told from its text; empty for the repository's own."""


class HandNote(msgspec.Struct, frozen=True):
    """One that has ended and of which the model does not know."""

    call: CallId
    title: str
    seq: int
    told: Sha | None = None
    """Blob with what the model is to be told."""
