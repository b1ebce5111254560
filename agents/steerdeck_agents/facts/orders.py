"""What a developer or a script tells the runtime to do: imperative, each with an id of its sender.

The runtime answers with the seq of the event the order became. The same id again gets the same
answer, so an order may be repeated after a lost connection.
"""

from typing import Literal

from steerdeck_agents.facts.asking import Scope
from steerdeck_agents.facts.by_hand import HandOrder
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    CheckpointId,
    MessageId,
    SessionId,
    Sha,
    ShellId,
)
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.order import OrderHead
from steerdeck_agents.facts.places import Mode, Surroundings
from steerdeck_agents.facts.plan_orders import PlanOrder
from steerdeck_agents.facts.queueing import QueueOrder
from steerdeck_agents.facts.review_orders import ReviewOrder
from steerdeck_agents.facts.shore_orders import Land as Land
from steerdeck_agents.facts.shore_orders import ShoreOrder
from steerdeck_agents.facts.verdict import Rule, Terms


class Start(OrderHead, frozen=True, kw_only=True, tag="start"):
    """Start a session: a workspace of its own, and the task as its first message."""

    task: str
    folder: str
    """Where the developer stood; the repository is found from it."""
    name: str = ""
    model: str = ""
    base: str = ""
    """Branch, tag or commit; empty is HEAD."""
    mode: Mode = "ask"
    carry: bool = False
    """Take the uncommitted work of the developer along, as a first checkpoint."""
    limits: Limits = Limits()
    """Budgets; without one in dollars the first session on a new key gets a default."""
    surroundings: Surroundings = Surroundings()
    keys: dict[str, str] = {}
    """Environment variables with secrets; kept in memory only, never recorded."""
    checks: tuple[Check, ...] = ()
    goal: Goal | None = None
    """Worked for until its checks are green; needs some."""


class Say(OrderHead, frozen=True, kw_only=True, tag="say"):
    session: SessionId
    text: str
    delivery: Literal["steer", "queue", "now"] = "steer"
    pictures: tuple[str, ...] = ()
    """Paths of pictures that go along; read when the order is carried out."""
    keys: dict[str, str] = {}
    """Of whoever speaks, for a session that lost its own with the runtime; kept in memory only."""


class Withdraw(OrderHead, frozen=True, kw_only=True, tag="withdraw"):
    """Take back a message that has not reached the model."""

    session: SessionId
    message: MessageId


class Interrupt(OrderHead, frozen=True, kw_only=True, tag="interrupt"):
    session: SessionId


class Decide(OrderHead, frozen=True, kw_only=True, tag="decide"):
    session: SessionId
    approval: ApprovalId
    allow: bool
    shown: Sha
    """`binding` of the approval that was on the screen."""
    scope: Scope = "once"
    words: str = ""
    rule: Rule | None = None
    """The rule to make of it, as it was on the screen; None names the exact text."""
    rule_shown: Sha = Sha("")
    """Hash of that rule as it was shown."""
    terms: Terms = Terms()
    """When the rule ends."""
    unattended: bool = False
    """A policy stated beforehand answers, since nobody is there to."""


class EditCommand(OrderHead, frozen=True, kw_only=True, tag="edit_command"):
    """Put another command in the place of one that is asked for; it is asked for anew."""

    session: SessionId
    approval: ApprovalId
    shown: Sha
    """`binding` of the approval that was on the screen."""
    text: str


class AddRule(OrderHead, frozen=True, kw_only=True, tag="add_rule"):
    """Make a rule that lasts; its id is given by the runtime."""

    rule: Rule
    terms: Terms = Terms()


class ChangeRule(OrderHead, frozen=True, kw_only=True, tag="change_rule"):
    """Put a rule in the place of the one with its id."""

    rule: Rule
    before: Sha
    """Hash of the rule that was on the screen."""


class RevokeRule(OrderHead, frozen=True, kw_only=True, tag="revoke_rule"):
    """Take a rule back, a session's or a lasting one; nothing rests on it from now on."""

    rule: str


class ReviewRule(OrderHead, frozen=True, kw_only=True, tag="review_rule"):
    """What passed under an ended rule has been looked at."""

    session: SessionId
    rule: str


class Answer(OrderHead, frozen=True, kw_only=True, tag="answer"):
    session: SessionId
    question: ApprovalId
    text: str


class Resolve(OrderHead, frozen=True, kw_only=True, tag="resolve"):
    """Settle a call that a crash left unknown.

    `again` is for whoever did not look: the agent is to look itself, and to ask again if need be.
    """

    session: SessionId
    call: CallId
    verdict: Literal["done", "failed", "again"]
    words: str = ""


class Resume(OrderHead, frozen=True, kw_only=True, tag="resume"):
    """Go on after a park; brings keys the session needs."""

    session: SessionId
    keys: dict[str, str] = {}


class TryNow(OrderHead, frozen=True, kw_only=True, tag="try_now"):
    """Don't wait any longer for a retry, a place in line or a limit's reset: ask now."""

    session: SessionId


class Compact(OrderHead, frozen=True, kw_only=True, tag="compact"):
    """Open a new window of the prompt, with a summary in place of most of the old one."""

    session: SessionId


class Configure(OrderHead, frozen=True, kw_only=True, tag="configure"):
    session: SessionId
    name: str | None = None
    mode: Mode | None = None
    model: str | None = None
    """Name of a configured model; its first request has no cache."""
    effort: str | None = None
    """Reasoning effort; empty is the model's own."""
    limits: Limits | None = None
    """The budgets to change; 0 takes one away."""


class Tag(OrderHead, frozen=True, kw_only=True, tag="tag"):
    """Change the developer's own words for a session; what is both added and removed is gone."""

    session: SessionId
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class Undo(OrderHead, frozen=True, kw_only=True, tag="undo"):
    """Put paths back as a checkpoint knew them; no paths means all that differ."""

    session: SessionId
    checkpoint: CheckpointId | None = None
    """None: the state before the last change of the paths."""
    paths: tuple[str, ...] = ()


class Archive(OrderHead, frozen=True, kw_only=True, tag="archive"):
    """End a session: interrupts it; with `discard` its workspace goes to the bin, for undo."""

    session: SessionId
    discard: bool = False


class Reopen(OrderHead, frozen=True, kw_only=True, tag="reopen"):
    """Undo an archive or a discard."""

    session: SessionId


class Fork(OrderHead, frozen=True, kw_only=True, tag="fork"):
    """A new session that goes on from where this one stands, with the same words and files."""

    session: SessionId
    name: str = ""


class SetChecks(OrderHead, frozen=True, kw_only=True, tag="set_checks"):
    """Give a session the checks that say whether its work is done; none takes them away."""

    session: SessionId
    checks: tuple[Check, ...]


class SetGoal(OrderHead, frozen=True, kw_only=True, tag="set_goal"):
    """Work for a goal over many turns; None drops the one it has."""

    session: SessionId
    goal: Goal | None
    checks: tuple[Check, ...] = ()
    """Its checks from now on; empty leaves those it has."""
    limits: Limits | None = None


class Review(OrderHead, frozen=True, kw_only=True, tag="review"):
    """The claim that the work is done has been looked at."""

    session: SessionId


class TypeInto(OrderHead, frozen=True, kw_only=True, tag="type_into"):
    """Type into a shell session; what is not echoed is not recorded."""

    session: SessionId
    shell: ShellId
    text: str
    hidden: bool = False


class EndShell(OrderHead, frozen=True, kw_only=True, tag="end_shell"):
    session: SessionId
    shell: ShellId


class RestartServer(OrderHead, frozen=True, kw_only=True, tag="restart_server"):
    """Start an MCP server of a session anew, whatever it is doing."""

    session: SessionId
    server: str


class OpenPort(OrderHead, frozen=True, kw_only=True, tag="open_port"):
    """Lead a port of this machine to one that a shell session listens on; `PortOpened` says which.

    Whoever is on this machine can reach it then, until the shell ends.
    """

    session: SessionId
    shell: ShellId
    port: int


class StopRuntime(OrderHead, frozen=True, kw_only=True, tag="stop_runtime"):
    """End the runtime; working sessions are paused and come back with it."""


Order = (
    Start | Say | Withdraw | Interrupt | Decide | EditCommand | Answer | Resolve | Resume | TryNow
    | Configure | Tag | Compact | Undo | Archive | Reopen | Fork | SetChecks | SetGoal | Review
    | TypeInto | EndShell | RestartServer | OpenPort | AddRule | ChangeRule | RevokeRule
    | ReviewRule | HandOrder | QueueOrder | StopRuntime | ReviewOrder | ShoreOrder
    | PlanOrder
)  # fmt: skip
