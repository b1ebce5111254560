"""The state of one session: small, frozen, folded from events by `reduce` and nowhere else.

It holds open things only. Finished items are pages of the journal, read by seq.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.asking import Kind
from steerdeck_agents.facts.attached import Attached
from steerdeck_agents.facts.by_hand import HandNote, OpenHand
from steerdeck_agents.facts.calls import CallStatus
from steerdeck_agents.facts.checks import Verify
from steerdeck_agents.facts.cut_off import CutOff
from steerdeck_agents.facts.drift import Drift
from steerdeck_agents.facts.errors import Cause
from steerdeck_agents.facts.events import Delivery, TurnStatus
from steerdeck_agents.facts.forks import Copying
from steerdeck_agents.facts.goals import OpenGoal
from steerdeck_agents.facts.ids import (
    ApprovalId,
    CallId,
    ItemId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
)
from steerdeck_agents.facts.limits import Kind as LimitKind
from steerdeck_agents.facts.limits import Limits, Spent
from steerdeck_agents.facts.network import Reached
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.overlap import Overlap
from steerdeck_agents.facts.places import FileChange, Level, Mode, Surroundings, Workspace
from steerdeck_agents.facts.plan import Plan
from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.facts.reviewing import Reviewing
from steerdeck_agents.facts.ruling import Meter, Offer, RuleReview
from steerdeck_agents.facts.servers import OpenServer
from steerdeck_agents.facts.setup import Setup
from steerdeck_agents.facts.shells import OpenShell
from steerdeck_agents.facts.shore import InLine, Landing, Restoring
from steerdeck_agents.facts.usage import Usage
from steerdeck_agents.facts.verdict import Rule

Status = Literal[
    "starting", "working", "needs_you", "asks", "idle", "done", "failed", "interrupted",
    "paused", "parked", "unknown", "archived",
]  # fmt: skip
"""`idle`: a turn ended without changes to review; `done`: ready for review."""


class Message(msgspec.Struct, frozen=True):
    """Words of the developer that have not reached the model."""

    id: MessageId
    text: str
    delivery: Delivery
    seq: int
    pictures: tuple[Attached, ...] = ()


class OpenCall(msgspec.Struct, frozen=True):
    """A call without a result."""

    id: CallId
    tool: str
    arguments: str
    title: str
    seq: int
    at_ms: int
    started: bool = False
    started_ms: int = 0
    allowed: ApprovalId | None = None
    """The approval that allowed it, not yet used."""
    helper: SessionId | None = None
    """The helper session it waits for."""
    allowed_binding: Sha = Sha("")
    """What that approval was bound to."""
    rejected: str | None = None
    """The developer's words on a no, not yet handed to the model."""
    unattended: bool = False
    """That yes or no was a policy's: nobody was there to ask."""
    answered: str | None = None
    """The developer's answer to its question, not yet handed to the model."""
    unknown: bool = False
    """Its intent was committed but a crash hid its end."""
    output: str = ""
    """The last output, capped."""
    edited: str = ""
    """The command the developer put in its place; the result says so."""


class OpenApproval(msgspec.Struct, frozen=True):
    """An approval that waits for the developer."""

    id: ApprovalId
    call: CallId
    kind: Kind
    what: str
    binding: Sha
    why: str
    reasons: tuple[str, ...]
    folder: str
    level: str
    files: tuple[FileChange, ...]
    seq: int
    at_ms: int
    title: str = ""
    """What asks, where that is no call."""
    danger: str = ""
    outline: Outline = Outline()
    taint: tuple[str, ...] = ()
    offer: Offer | None = None
    """A rule for this and its like, offered since alike ones were allowed."""
    kept: str = ""
    """As what it goes on after its call; empty: it ends with it."""


class OpenQuestion(msgspec.Struct, frozen=True):
    """A question that waits for the developer."""

    id: ApprovalId
    call: CallId
    text: str
    choices: tuple[str, ...]
    seq: int
    at_ms: int
    asker: str = ""
    """`checks`, or the name of a server; empty: the agent."""


class Consent(msgspec.Struct, frozen=True):
    """What the developer said to a program that a configuration or the repository names."""

    kind: Kind
    binding: Sha
    allowed: bool


class OpenItem(msgspec.Struct, frozen=True):
    """Text still arriving."""

    id: ItemId
    kind: Literal["message", "reasoning", "arguments"]
    text: str


class OpenTurn(msgspec.Struct, frozen=True):
    """The turn at work, and whether the model is owed another request."""

    id: TurnId
    seq: int
    at_ms: int
    owes: bool = True
    request: RequestId | None = None
    requests: int = 0
    attempt: int = 0
    strikes: int = 0
    """Failures in a row, not counting those a limit or the network caused."""
    retry: str = ""
    """Why the last request is asked again; empty when none is."""
    retry_cause: Cause = ""
    """What kind of failure it was."""
    retry_at_ms: int = 0
    """When it is asked again, or was."""
    place: int = 0
    """Its request's place in the provider's line; 0 is not in line."""
    waiting: int = 0
    cooling_ms: int = 0
    """When the provider may be asked again, while its line stands still; else 0."""
    silent_ms: int = 0
    """Since when nothing of the answer has come; 0 is not for long."""
    compacts: bool = False
    """Its open request asks for the summary of the window."""
    switched: bool = False
    """Another model was chosen while its open request was under way."""
    ending: Ending = ""
    """How its last answer ended, where that was not as usual."""
    continued: bool = False
    """The last answer was cut off and the next request goes on with it."""


class Counts(msgspec.Struct, frozen=True):
    """How much has happened."""

    turns: int = 0
    requests: int = 0
    calls: int = 0
    failed_calls: int = 0
    waited_ms: int = 0
    """Time open approvals and questions waited for the developer."""
    worked_ms: int = 0
    """Time its requests and calls took; of calls side by side each counts."""
    shells: int = 0
    """Shell sessions it has had."""
    unpriced: int = 0
    """Requests whose price is not known."""


class SessionState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a list, a lane or a resumed runtime needs to know of one session."""

    id: SessionId
    name: str = ""
    task: str = ""
    slot: int = 0
    tags: tuple[str, ...] = ()
    """The developer's own words for it."""
    agent: str = "native"
    model: str = ""
    effort: str = ""
    """Reasoning effort the developer chose; empty is the model's own."""
    switched_items: int = 0
    """Prompt items of this window from before the last change of the model."""
    mode: Mode = "ask"
    workspace: Workspace = Workspace(path="", repository="", branch="", base="")
    level: Level = Level()
    surroundings: Surroundings = Surroundings()
    carried: bool = False
    forked_from: SessionId | None = None
    parent: SessionId | None = None
    """The session whose helper it is."""
    root: SessionId = SessionId("")
    """The session whose fork it is, at the beginning of the line; empty when it is none."""
    copying: Copying | None = None
    """Where its files come from, until its first checkpoint holds them."""
    limits: Limits = Limits()
    """Its budgets."""
    warned: tuple[LimitKind, ...] = ()
    """Budgets that are spent for the most part, and were said to be."""
    unpriced_said: bool = False
    """It was said that its budget in dollars can't be kept."""
    created_ms: int = 0
    changed_ms: int = 0
    """When the status last changed; 0 as long as it is the first one."""
    status: Status = "starting"
    reason: str = ""
    """Why it failed, is parked or paused, in words."""
    way_out: str = ""
    progress: str = ""
    """How far the making of the workspace is; empty when it stands."""
    archived: str = ""
    """`stopped`, `landed` or `discarded`; empty while it lives."""
    cut_off: CutOff | None = None
    """What a crash broke off, until the session goes on."""
    parked: bool = False
    parked_until_ms: int | None = None
    """When it goes on by itself."""
    stopping: bool = False
    """The developer wants the open turn, or the making of the workspace, to end."""
    plan: Plan = Plan()
    plan_edited: int = 0
    """The event by which the developer changed the plan; 0 when it is as the agent made it."""
    turn: OpenTurn | None = None
    last_turn: TurnStatus | None = None
    last_turn_ms: int = 0
    """How long it took."""
    again: bool = False
    """The developer wants the turn that failed or was broken off to go on."""
    ended_seq: int = 0
    """The end of the last turn."""
    calls: tuple[OpenCall, ...] = ()
    last_call: str = ""
    last_call_status: CallStatus | None = None
    approvals: tuple[OpenApproval, ...] = ()
    questions: tuple[OpenQuestion, ...] = ()
    items: tuple[OpenItem, ...] = ()
    queue: tuple[Message, ...] = ()
    consents: tuple[Consent, ...] = ()
    rules: tuple[Rule, ...] = ()
    """Those of this session alone."""
    meters: tuple[Meter, ...] = ()
    """How far they have been used."""
    rule_reviews: tuple[RuleReview, ...] = ()
    """Ended rules whose doings the developer has not looked at."""
    hands: tuple[OpenHand, ...] = ()
    """Commands of the developer that have not ended."""
    hand_notes: tuple[HandNote, ...] = ()
    """Ended ones that the model hears of with the developer's next words."""
    hands_dropped: int = 0
    """How many more have ended since then, before those."""
    shells: tuple[OpenShell, ...] = ()
    servers: tuple[OpenServer, ...] = ()
    setup: Setup = Setup()
    verify: Verify = Verify()
    goal: OpenGoal | None = None
    taint: tuple[str, ...] = ()
    """Sources nobody vouches for whose words are in its prompt."""
    network: tuple[Reached, ...] = ()
    """Hosts its commands reached or tried, the newest last."""
    drifts: tuple[Drift, ...] = ()
    """What was seen to go wrong since the developer last spoke."""
    files: tuple[FileChange, ...] = ()
    newest_file: str = ""
    overlaps: tuple[Overlap, ...] = ()
    """Other sessions at the same files, the deepest first."""
    usage: Usage = Usage()
    context: int = 0
    """Input tokens of the last request; after a compaction an estimate."""
    cached: int = 0
    """Of those, read from the server's cache."""
    measured: int = 0
    """Tokens of the window's first `measured_items` items and the tools, as the server counted."""
    measured_items: int = 0
    compaction: str = ""
    """Why the window is to be compacted, when that was ordered; else empty."""
    fresh_window: bool = False
    """The window was opened by a compaction, and no request has completed in it."""
    window: int = 0
    prompt_items: int = 0
    counts: Counts = Counts()
    last_words: str = ""
    """The last fact in a few words, for the rail."""
    landed: str = ""
    way_back: str = ""
    """The command that undoes the last landing."""
    in_line: InLine | None = None
    """Its place in the landing queue."""
    landing: Landing | None = None
    """A landing under way, or one that a crash cut off."""
    restoring: Restoring | None = None
    """The same of an undo."""
    undone: tuple[str, ...] = ()
    """Paths the developer put back last; the model is told with the next request."""
    undone_seq: int = 0
    review: Reviewing = Reviewing()
    seq: int = 0
    """The last event folded in."""

    @property
    def cache_key(self) -> SessionId:
        """Under what the server keeps its prompt: a fork's begins as its source's does."""
        return self.root or self.id

    @property
    def since_ms(self) -> int:
        """From when on it has the status it has."""
        return self.changed_ms or self.created_ms

    @property
    def budget(self) -> float | None:
        """Its budget in dollars."""
        return self.limits.dollars

    @property
    def spent(self) -> Spent:
        """What counts against its budgets; a turn counts when it has ended."""
        return Spent(
            dollars=self.usage.dollars,
            tokens=self.usage.tokens,
            seconds=self.counts.worked_ms / 1000,
            turns=self.counts.turns - (self.turn is not None),
        )

    @property
    def in_turn(self) -> tuple[Message, ...]:
        """What waits, in the order in which it is said: only what steers goes into a turn."""
        return tuple(sorted(self.queue, key=lambda message: message.delivery == "queue"))

    @property
    def may_start(self) -> bool:
        """Whether waiting words open a turn; after a failure only words said since do."""
        after = self.ended_seq if self.last_turn in ("failed", "refused") else -1
        return self.turn is None and any(message.seq > after for message in self.queue)

    @property
    def waits(self) -> bool:
        """Whether something of this session waits for the developer, and not for a clock."""
        return (
            bool(
                self.approvals
                or self.questions
                or self.plan.offer is not None
                or any(shell.hidden for shell in self.shells)
                or (self.parked and self.parked_until_ms is None)
                or any(call.unknown for call in self.calls)
            )
            and not self.archived
        )
