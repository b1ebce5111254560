"""Orders about the way of work home; only a developer gives them."""

from typing import Literal

from steerdeck_agents.facts.ids import OrderId, SessionId
from steerdeck_agents.facts.order import OrderHead
from steerdeck_agents.facts.shore import Onto


class Land(OrderHead, frozen=True, kw_only=True, tag="land"):
    """Bring the work into the repository now."""

    session: SessionId
    how: Literal["merge", "rebase", "squash", "branch", "patch"]
    path: str = ""
    """File to write, for a patch."""


class QueueLanding(OrderHead, frozen=True, kw_only=True, tag="queue_landing"):
    """Land the work when those queued before have landed, its checks green on the result."""

    session: SessionId
    how: Onto


class LeaveQueue(OrderHead, frozen=True, kw_only=True, tag="leave_queue"):
    """Take it out of the queue."""

    session: SessionId


class HandBack(OrderHead, frozen=True, kw_only=True, tag="hand_back"):
    """Let the agent make its work fit the branch: both sides of each conflict in one message."""

    session: SessionId


class BeginPush(OrderHead, frozen=True, kw_only=True, tag="begin_push"):
    """Put the work into the repository as a branch; whoever gives the order pushes it then."""

    session: SessionId
    remote: str
    pull_request: bool = False


class EndPush(OrderHead, frozen=True, kw_only=True, tag="end_push"):
    """How that push ended."""

    session: SessionId
    push: OrderId
    """The order it was begun with."""
    problem: str = ""
    """Why it failed; empty when it is done."""
    url: str = ""
    """Of the pull request."""


ShoreOrder = Land | QueueLanding | LeaveQueue | HandBack | BeginPush | EndPush
