"""Every fact the journal can hold: a closed union of frozen structs, past tense, never changed.

One row of the journal is one of these as JSON text. `decode` never raises: what this version does
not know becomes `Unknown` and is kept and shown raw (law 11). New fields need defaults.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.asking import ApprovalDecided as ApprovalDecided
from steerdeck_agents.facts.asking import ApprovalExpired as ApprovalExpired
from steerdeck_agents.facts.asking import ApprovalRequested as ApprovalRequested
from steerdeck_agents.facts.asking import AskingFact
from steerdeck_agents.facts.asking import QuestionAnswered as QuestionAnswered
from steerdeck_agents.facts.asking import QuestionAsked as QuestionAsked
from steerdeck_agents.facts.asking import QuestionExpired as QuestionExpired
from steerdeck_agents.facts.attached import Attached
from steerdeck_agents.facts.by_hand import HandEnded as HandEnded
from steerdeck_agents.facts.by_hand import HandFact
from steerdeck_agents.facts.by_hand import HandOrdered as HandOrdered
from steerdeck_agents.facts.by_hand import HandPrinted as HandPrinted
from steerdeck_agents.facts.by_hand import HandStarted as HandStarted
from steerdeck_agents.facts.by_hand import HandTold as HandTold
from steerdeck_agents.facts.calls import CallEdited as CallEdited
from steerdeck_agents.facts.calls import CallEnded as CallEnded
from steerdeck_agents.facts.calls import CallFact
from steerdeck_agents.facts.calls import CallLost as CallLost
from steerdeck_agents.facts.calls import CallRequested as CallRequested
from steerdeck_agents.facts.calls import CallStarted as CallStarted
from steerdeck_agents.facts.calls import CallStatus as CallStatus
from steerdeck_agents.facts.calls import OutputAdded as OutputAdded
from steerdeck_agents.facts.checks import CheckEnded as CheckEnded
from steerdeck_agents.facts.checks import CheckFact
from steerdeck_agents.facts.checks import ChecksJudged as ChecksJudged
from steerdeck_agents.facts.checks import ChecksSet as ChecksSet
from steerdeck_agents.facts.checks import CheckStarted as CheckStarted
from steerdeck_agents.facts.checks import DoneClaimed as DoneClaimed
from steerdeck_agents.facts.checks import DoneRefused as DoneRefused
from steerdeck_agents.facts.checks import DoneReviewed as DoneReviewed
from steerdeck_agents.facts.cut_off import SessionCutOff as SessionCutOff
from steerdeck_agents.facts.delegation import HelperReported as HelperReported
from steerdeck_agents.facts.delegation import HelperStarted as HelperStarted
from steerdeck_agents.facts.drift import DriftFound as DriftFound
from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.forks import SessionForked as SessionForked
from steerdeck_agents.facts.goals import GoalCheckedIn as GoalCheckedIn
from steerdeck_agents.facts.goals import GoalEnded as GoalEnded
from steerdeck_agents.facts.goals import GoalFact
from steerdeck_agents.facts.goals import GoalSet as GoalSet
from steerdeck_agents.facts.ids import (
    CallId,
    CheckpointId,
    ItemId,
    MessageId,
    RequestId,
    SessionId,
    Sha,
    TurnId,
)
from steerdeck_agents.facts.limits import Limits
from steerdeck_agents.facts.mended import JournalMended as JournalMended
from steerdeck_agents.facts.network import NetworkUsed as NetworkUsed
from steerdeck_agents.facts.overlap import OverlapChanged as OverlapChanged
from steerdeck_agents.facts.places import FileChange, Level, Mode, Surroundings, Workspace
from steerdeck_agents.facts.plan import PlanDecided as PlanDecided
from steerdeck_agents.facts.plan import PlanEdited as PlanEdited
from steerdeck_agents.facts.plan import PlanFact, Step
from steerdeck_agents.facts.plan import PlanOffered as PlanOffered
from steerdeck_agents.facts.queueing import MessageChanged as MessageChanged
from steerdeck_agents.facts.queueing import QueueArranged as QueueArranged
from steerdeck_agents.facts.queueing import QueueFact
from steerdeck_agents.facts.requests import BudgetWarned as BudgetWarned
from steerdeck_agents.facts.requests import RequestEnded as RequestEnded
from steerdeck_agents.facts.requests import RequestQueued as RequestQueued
from steerdeck_agents.facts.requests import RequestSent as RequestSent
from steerdeck_agents.facts.requests import RetryHastened as RetryHastened
from steerdeck_agents.facts.requests import RetryPlanned as RetryPlanned
from steerdeck_agents.facts.requests import StreamSilent as StreamSilent
from steerdeck_agents.facts.reviewing import CommentDropped as CommentDropped
from steerdeck_agents.facts.reviewing import CommentMade as CommentMade
from steerdeck_agents.facts.reviewing import FileViewed as FileViewed
from steerdeck_agents.facts.reviewing import LinesAccepted as LinesAccepted
from steerdeck_agents.facts.reviewing import LinesPutBack as LinesPutBack
from steerdeck_agents.facts.reviewing import LinesTakenBack as LinesTakenBack
from steerdeck_agents.facts.reviewing import ReviewFact
from steerdeck_agents.facts.reviewing import ReviewSent as ReviewSent
from steerdeck_agents.facts.ruling import RuleAdded as RuleAdded
from steerdeck_agents.facts.ruling import RuleChanged as RuleChanged
from steerdeck_agents.facts.ruling import RuleExpired as RuleExpired
from steerdeck_agents.facts.ruling import RuleFact
from steerdeck_agents.facts.ruling import RuleOffered as RuleOffered
from steerdeck_agents.facts.ruling import RuleReviewed as RuleReviewed
from steerdeck_agents.facts.ruling import RuleRevoked as RuleRevoked
from steerdeck_agents.facts.ruling import RulesRead as RulesRead
from steerdeck_agents.facts.ruling import RuleUsed as RuleUsed
from steerdeck_agents.facts.servers import ServerChanged as ServerChanged
from steerdeck_agents.facts.setup import SetupEnded as SetupEnded
from steerdeck_agents.facts.setup import SetupFact
from steerdeck_agents.facts.setup import SetupPrinted as SetupPrinted
from steerdeck_agents.facts.setup import SetupStarted as SetupStarted
from steerdeck_agents.facts.setup import WorkspaceFurnished as WorkspaceFurnished
from steerdeck_agents.facts.shells import PortOpened as PortOpened
from steerdeck_agents.facts.shells import ShellEnded as ShellEnded
from steerdeck_agents.facts.shells import ShellFact
from steerdeck_agents.facts.shells import ShellListened as ShellListened
from steerdeck_agents.facts.shells import ShellOpened as ShellOpened
from steerdeck_agents.facts.shells import ShellPrinted as ShellPrinted
from steerdeck_agents.facts.shells import ShellPrompted as ShellPrompted
from steerdeck_agents.facts.shells import ShellTyped as ShellTyped
from steerdeck_agents.facts.shore import LandingFailed as LandingFailed
from steerdeck_agents.facts.shore import LandingLeft as LandingLeft
from steerdeck_agents.facts.shore import LandingQueued as LandingQueued
from steerdeck_agents.facts.shore import LandingStarted as LandingStarted
from steerdeck_agents.facts.shore import MergeChecked as MergeChecked
from steerdeck_agents.facts.shore import RestoreFailed as RestoreFailed
from steerdeck_agents.facts.shore import RestoreStarted as RestoreStarted
from steerdeck_agents.facts.shore import ShoreFact
from steerdeck_agents.facts.shore import WorkHandedBack as WorkHandedBack
from steerdeck_agents.facts.shore import WorkLanded as WorkLanded
from steerdeck_agents.facts.windows import CompactionOrdered as CompactionOrdered
from steerdeck_agents.facts.windows import WindowCompacted as WindowCompacted

Delivery = Literal["first", "steer", "queue", "now"]
TurnStatus = Literal["completed", "interrupted", "failed", "refused", "paused"]
"""`refused`: the model, or a filter before it, declined to go on; asking again won't help."""


class SessionCreated(Fact, frozen=True, kw_only=True, tag="session.created"):
    name: str
    task: str
    workspace: Workspace
    model: str
    slot: int = 0
    mode: Mode = "ask"
    agent: str = "native"
    level: Level = Level()
    surroundings: Surroundings = Surroundings()
    carried: bool = False
    budget: float | None = None
    """Dollars, in journals from before there were `limits`."""
    limits: Limits = Limits()
    forked_from: SessionId | None = None
    parent: SessionId | None = None
    """The session whose agent started this one as its helper; its budgets are that one's."""


class WorkspaceProgressed(Fact, frozen=True, kw_only=True, tag="workspace.progressed"):
    text: str


class WorkspaceMade(Fact, frozen=True, kw_only=True, tag="workspace.made"):
    """The clone stands; until then a session only has its repository and base."""

    workspace: Workspace


class SessionConfigured(Fact, frozen=True, kw_only=True, tag="session.configured"):
    """Only the fields that changed are set."""

    name: str | None = None
    mode: Mode | None = None
    model: str | None = None
    effort: str | None = None
    """Reasoning effort; empty is the model's own."""
    budget: float | None = None
    """Dollars, in journals from before there were `limits`."""
    limits: Limits | None = None
    """Those that changed; 0 took one away."""
    level: Level | None = None
    tags: tuple[str, ...] | None = None
    """All it has from now on."""


class SessionArchived(Fact, frozen=True, kw_only=True, tag="session.archived"):
    reason: Literal["stopped", "landed", "discarded"] = "stopped"


class SessionReopened(Fact, frozen=True, kw_only=True, tag="session.reopened"):
    """Undo of an archive or a discard."""

    slot: int = 0
    """Its slot from now on, where another session has taken its own; 0: the one it had."""
    name: str = ""
    """Its name from now on, for the same reason; empty: the one it had."""


class SessionParked(Fact, frozen=True, kw_only=True, tag="session.parked"):
    """The session can't go on by itself: a key is missing, a budget spent, a crash left doubt."""

    reason: str
    way_out: str = ""
    until_ms: int | None = None


class SessionResumed(Fact, frozen=True, kw_only=True, tag="session.resumed"):
    """The session goes on, after a park or a restart of the runtime."""

    why: str = ""


class MessageSent(Fact, frozen=True, kw_only=True, tag="message.sent"):
    """The developer's words, kept before anything is done with them."""

    message: MessageId
    text: str
    delivery: Delivery = "steer"
    pictures: tuple[Attached, ...] = ()


class MessageDelivered(Fact, frozen=True, kw_only=True, tag="message.delivered"):
    """The request that carried the message has been recorded and is about to be sent."""

    message: MessageId
    request: RequestId


class MessageWithdrawn(Fact, frozen=True, kw_only=True, tag="message.withdrawn"):
    message: MessageId


class TurnStarted(Fact, frozen=True, kw_only=True, tag="turn.started"):
    trigger: str = "message"


class TurnEnded(Fact, frozen=True, kw_only=True, tag="turn.ended"):
    status: TurnStatus
    error: str = ""
    way_out: str = ""


class InterruptOrdered(Fact, frozen=True, kw_only=True, tag="turn.interrupt_ordered"):
    """The developer wants the turn to end; `TurnEnded` follows when it has."""


class ItemAdded(Fact, frozen=True, kw_only=True, tag="prompt.added"):
    """One item of the prompt, by hash; its exact JSON text is stored once, with its origin."""

    window: int
    index: int
    sha: Sha
    origin: str
    kind: str = "message"
    """`message`, `function_call`, `function_call_output`, `reasoning`…"""


class TextAdded(Fact, frozen=True, kw_only=True, tag="text.added"):
    """Streamed text of an open item, coalesced; on the wire it may be dropped and read again."""

    kind: Literal["message", "reasoning", "arguments"]
    text: str


class ItemEnded(Fact, frozen=True, kw_only=True, tag="item.ended"):
    """The whole text of a message or of reasoning; `complete` is false when it was cut off."""

    kind: Literal["message", "reasoning"]
    text: str
    complete: bool = True


class PlanUpdated(Fact, frozen=True, kw_only=True, tag="plan.updated"):
    steps: tuple[Step, ...]
    explanation: str = ""


class FilesChanged(Fact, frozen=True, kw_only=True, tag="files.changed"):
    """The table of changed files against the base, whole, each time it differs."""

    files: tuple[FileChange, ...]
    newest: str = ""
    """Path of the file that changed last."""


class CheckpointTaken(Fact, frozen=True, kw_only=True, tag="checkpoint.taken"):
    checkpoint: CheckpointId
    reason: str
    """`start`, `carried`, `before call`, `after call`, `before undo`…"""
    paths: tuple[str, ...] = ()
    """Paths whose state differs from the checkpoint before."""
    not_covered: tuple[str, ...] = ()


class FilesRestored(Fact, frozen=True, kw_only=True, tag="files.restored"):
    """An undo: these paths are again as the checkpoint knew them."""

    checkpoint: CheckpointId
    paths: tuple[str, ...]
    undone_by: CheckpointId | None = None
    """The checkpoint taken just before, which undoes this undo."""
    part: bool = False
    """Only some lines of the one path: a fact of the review tells which."""


class Noticed(Fact, frozen=True, kw_only=True, tag="notice"):
    """Something worth a line in the transcript."""

    text: str
    level: Literal["info", "warning", "error"] = "info"


class RuntimeStarted(Fact, frozen=True, kw_only=True, tag="runtime.started"):
    version: str
    pid: int
    boot: str


class RuntimeEnded(Fact, frozen=True, kw_only=True, tag="runtime.ended"):
    reason: str


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A row this version does not understand, kept as it is."""

    raw: str
    type: str = "unknown"
    seq: int = 0
    session: SessionId = SessionId("")
    at_ms: int = 0
    actor: str = "harness"
    turn: TurnId | None = None
    call: CallId | None = None
    item: ItemId | None = None


KnownEvent = (
    SessionCreated | SessionConfigured | SessionArchived | SessionReopened | SessionParked
    | SessionResumed | SessionForked | WorkspaceProgressed | WorkspaceMade | MessageSent
    | MessageDelivered | MessageWithdrawn | TurnStarted | TurnEnded | InterruptOrdered | ItemAdded
    | RequestQueued | RequestSent | RequestEnded | RetryPlanned | RetryHastened | StreamSilent
    | BudgetWarned | CompactionOrdered | WindowCompacted | TextAdded | ItemEnded | PlanUpdated
    | FilesChanged | CheckpointTaken | FilesRestored | Noticed
    | RuntimeStarted | RuntimeEnded | ServerChanged | HelperStarted | HelperReported | DriftFound
    | NetworkUsed | OverlapChanged | ShoreFact | CallFact | AskingFact | RuleFact | ShellFact
    | CheckFact | GoalFact
    | HandFact | QueueFact | SetupFact | ReviewFact | PlanFact | SessionCutOff | JournalMended
)  # fmt: skip
Event = KnownEvent | Unknown
Streamed = TextAdded | OutputAdded | ShellPrinted | SetupPrinted | HandPrinted
"""Pieces of a text that grows: nearly all there is in number, and the first to be dropped."""

_decoder: msgspec.json.Decoder[KnownEvent] = msgspec.json.Decoder(KnownEvent)
_encoder = msgspec.json.Encoder()


class _Envelope(msgspec.Struct, frozen=True):
    type: str = "unknown"
    seq: int = 0
    session: SessionId = SessionId("")
    at_ms: int = 0


def encode(event: KnownEvent) -> str:
    """The JSON text of one event, as stored, relayed and exported."""
    return _encoder.encode(event).decode()


def decode(text: str | bytes) -> Event:
    """The event of one stored text; never raises."""
    raw = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    try:
        return _decoder.decode(text)
    except UNREADABLE:
        pass
    try:
        head = msgspec.json.decode(raw, type=_Envelope)
    except UNREADABLE:
        return Unknown(raw=raw)
    return Unknown(raw=raw, type=head.type, seq=head.seq, session=head.session, at_ms=head.at_ms)


def type_of(event: Event) -> str:
    """The dotted name of an event, as in the journal."""
    return event.type if isinstance(event, Unknown) else str(event.__struct_config__.tag)
