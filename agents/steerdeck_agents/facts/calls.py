"""Facts about the calls of a model: the wish, the intent, what was printed, and the one result."""

from typing import Literal

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import ApprovalId, Sha

CallStatus = Literal["done", "failed", "rejected", "interrupted"]


class CallRequested(Fact, frozen=True, kw_only=True, tag="call.requested"):
    """The model asked for a tool.

    `arguments` is its exact JSON text, but for marks where a secret stood; of a freeform tool it is
    the whole input. What runs is the exact text, which memory alone holds (`gate.secret_marks`).
    """

    tool: str
    arguments: str
    title: str = ""
    """One line for people: the command, the path, the pattern."""


class CallEdited(Fact, frozen=True, kw_only=True, tag="call.edited"):
    """The developer put another command in its place; that one is judged and asked for anew."""

    text: str


class CallStarted(Fact, frozen=True, kw_only=True, tag="call.started"):
    """The intent, committed before anything happens (law 7)."""

    binding: Sha
    allowed_by: str
    approval: ApprovalId | None = None
    level: str = ""
    may_reach: tuple[str, ...] = ()
    """Hosts its text names, in words, where nothing holds back or counts its connections."""


class OutputAdded(Fact, frozen=True, kw_only=True, tag="output.added"):
    """Output of a running command, coalesced; on the wire it may be dropped and read again."""

    text: str


class CallEnded(Fact, frozen=True, kw_only=True, tag="call.ended"):
    status: CallStatus
    result: str
    """The text the model gets, exactly."""
    summary: str = ""
    """A few words for the right edge: `exit 1`, `9 hits`, `+12 -3`."""
    exit_code: int | None = None
    duration_ms: int = 0
    output: Sha | None = None
    """Blob with the complete output, when `result` holds less."""
    given: Sha | None = None
    """Blob with the prompt item the model gets, when that is more than `result`: a picture."""
    level: str = ""


class CallLost(Fact, frozen=True, kw_only=True, tag="call.lost"):
    """Its intent was committed and a crash hid its end: the developer says what became of it."""

    reason: str = ""


CallFact = CallRequested | CallEdited | CallStarted | OutputAdded | CallEnded | CallLost
