"""Facts about one request to a model: its wait, its bytes, its end, and asking again."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import Cause
from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import RequestId, Sha
from steerdeck_agents.facts.limits import Kind
from steerdeck_agents.facts.usage import Usage

Scope = Literal["session", "day"]
Ending = Literal["", "refused", "cut_off", "filtered", "empty"]
"""How an answer came to an end of its own kind: the model refused, it reached the limit of output
tokens, the server's content filter stopped it, it said nothing at all."""


class RequestQueued(Fact, frozen=True, kw_only=True, tag="request.queued"):
    """A request waits for its turn at the provider; said when the wait lasts, and now and then."""

    place: int
    """1 is the next to be sent."""
    waiting: int
    """Requests in line, this one included."""
    until_ms: int | None = None
    """When the provider may be asked again, while all wait for that."""


class RequestSent(Fact, frozen=True, kw_only=True, tag="request.sent"):
    """Committed before the bytes leave."""

    request: RequestId
    window: int
    model: str
    items: int
    body: Sha
    attempt: int = 1
    queued_ms: int = 0
    """How long it waited for its turn at the provider."""
    compacts: bool = False
    """It asks for the summary of a window: its answer is no part of the prompt."""


class Timing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the time of one request went, beside its first token and its whole duration."""

    first_byte_ms: int | None = None
    """From the sending to the headers of the answer; None when they never came."""
    stream_ms: int = 0
    """From the first of the answer to its last."""
    stalls: int = 0
    """Silences within the answer, longer than two seconds."""
    longest_stall_ms: int = 0


class RequestEnded(Fact, frozen=True, kw_only=True, tag="request.ended"):
    request: RequestId
    status: Literal["completed", "failed", "interrupted"]
    calls: int = 0
    """Calls this response asked for; none ends the turn."""
    usage: Usage = Usage()
    error: str = ""
    retryable: bool = False
    first_token_ms: int | None = None
    duration_ms: int = 0
    served_model: str = ""
    compacts: bool = False
    ending: Ending = ""
    timing: Timing = Timing()
    headers: dict[str, str] = {}
    """Of the server's answer, those that speak of limits or name the request at the server."""


class RetryPlanned(Fact, frozen=True, kw_only=True, tag="request.retry"):
    request: RequestId
    attempt: int
    delay_ms: int
    reason: str
    cause: Cause = ""


class RetryHastened(Fact, frozen=True, kw_only=True, tag="request.hastened"):
    """The developer wants the planned retry, or the request in line, to be sent now."""


class StreamSilent(Fact, frozen=True, kw_only=True, tag="request.silent"):
    """Nothing of the answer has come for a while; its connection is still open."""

    request: RequestId
    silent_ms: int
    """How long, so far."""


class BudgetWarned(Fact, frozen=True, kw_only=True, tag="budget.warned"):
    """Most of a budget is spent, or it can't be kept; said once until the budget is changed."""

    kind: Kind
    spent: float
    limit: float
    scope: Scope = "session"
    """`day`: the budget of all sessions together for one day."""
    unpriced: bool = False
    """A budget in dollars can't be kept: the price of a request is not known."""
