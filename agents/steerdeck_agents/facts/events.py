"""Every fact the journal can hold: a closed union of frozen structs, past tense, never changed.

One row of the journal is one of these as JSON text. `decode` never raises: what this version does
not know becomes `Unknown` and is kept and shown raw (law 11). New fields need defaults.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.forks import SessionForked as SessionForked
from steerdeck_agents.facts.ids import (
    ApprovalId,
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
from steerdeck_agents.facts.places import FileChange, Level, Mode, Surroundings, Workspace
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.requests import BudgetWarned as BudgetWarned
from steerdeck_agents.facts.requests import RequestEnded as RequestEnded
from steerdeck_agents.facts.requests import RequestQueued as RequestQueued
from steerdeck_agents.facts.requests import RequestSent as RequestSent
from steerdeck_agents.facts.requests import RetryHastened as RetryHastened
from steerdeck_agents.facts.requests import RetryPlanned as RetryPlanned
from steerdeck_agents.facts.requests import StreamSilent as StreamSilent
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.facts.windows import CompactionOrdered as CompactionOrdered
from steerdeck_agents.facts.windows import WindowCompacted as WindowCompacted

Delivery = Literal["first", "steer", "queue", "now"]
CallStatus = Literal["done", "failed", "rejected", "interrupted"]
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


class CallRequested(Fact, frozen=True, kw_only=True, tag="call.requested"):
    """The model asked for a tool.

    `arguments` is its exact JSON text; of a freeform tool it is the whole input.
    """

    tool: str
    arguments: str
    title: str = ""
    """One line for people: the command, the path, the pattern."""


class CallStarted(Fact, frozen=True, kw_only=True, tag="call.started"):
    """The intent, committed before anything happens (law 7)."""

    binding: Sha
    allowed_by: str
    approval: ApprovalId | None = None
    level: str = ""


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


class ApprovalRequested(Fact, frozen=True, kw_only=True, tag="approval.requested"):
    """Committed before the question is drawn."""

    approval: ApprovalId
    kind: Literal["command", "patch", "network"]
    what: str
    """The complete text that would run, or the patch as a unified diff."""
    binding: Sha
    why: str = ""
    """The agent's reason: a claim."""
    reasons: tuple[str, ...] = ()
    """Why the gate asks."""
    folder: str = "."
    level: str = ""
    files: tuple[FileChange, ...] = ()


class ApprovalDecided(Fact, frozen=True, kw_only=True, tag="approval.decided"):
    approval: ApprovalId
    decision: Literal["allow", "reject"]
    scope: Literal["once", "session"] = "once"
    words: str = ""
    shown: Sha = Sha("")
    """Hash of what the developer was shown."""


class ApprovalExpired(Fact, frozen=True, kw_only=True, tag="approval.expired"):
    approval: ApprovalId
    reason: str


class RuleAdded(Fact, frozen=True, kw_only=True, tag="rule.added"):
    rule: Rule


class RuleUsed(Fact, frozen=True, kw_only=True, tag="rule.used"):
    rule: str


class QuestionAsked(Fact, frozen=True, kw_only=True, tag="question.asked"):
    question: ApprovalId
    text: str
    choices: tuple[str, ...] = ()


class QuestionAnswered(Fact, frozen=True, kw_only=True, tag="question.answered"):
    question: ApprovalId
    text: str


class QuestionExpired(Fact, frozen=True, kw_only=True, tag="question.expired"):
    question: ApprovalId
    reason: str


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


class WorkLanded(Fact, frozen=True, kw_only=True, tag="work.landed"):
    how: Literal["merge", "branch", "patch"]
    where: str
    """Branch of the repository, or the path of the patch file."""
    commit: str = ""


class LandingFailed(Fact, frozen=True, kw_only=True, tag="work.landing_failed"):
    how: str
    reason: str


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
    | SessionResumed | MessageSent | MessageDelivered | MessageWithdrawn | TurnStarted | TurnEnded
    | InterruptOrdered | ItemAdded | RequestSent | RequestEnded | RetryPlanned | TextAdded
    | RequestQueued | RetryHastened | StreamSilent | CompactionOrdered | WindowCompacted
    | BudgetWarned | ItemEnded | PlanUpdated
    | CallRequested | CallStarted | OutputAdded | CallEnded | CallLost | ApprovalRequested
    | WorkspaceProgressed | WorkspaceMade | ApprovalDecided | ApprovalExpired | RuleAdded | RuleUsed
    | QuestionAsked | QuestionAnswered | QuestionExpired | FilesChanged | CheckpointTaken
    | FilesRestored | WorkLanded | LandingFailed | Noticed | RuntimeStarted | RuntimeEnded
    | SessionForked
)  # fmt: skip
Event = KnownEvent | Unknown

_decoder: msgspec.json.Decoder[KnownEvent] = msgspec.json.Decoder(KnownEvent)
_encoder = msgspec.json.Encoder()


class _Envelope(msgspec.Struct, frozen=True):
    type: str = "unknown"
    seq: int = 0
    session: SessionId = SessionId("")
    at_ms: int = 0


_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


def encode(event: KnownEvent) -> str:
    """The JSON text of one event, as stored, relayed and exported."""
    return _encoder.encode(event).decode()


def decode(text: str | bytes) -> Event:
    """The event of one stored text; never raises."""
    raw = text if isinstance(text, str) else text.decode("utf-8", "backslashreplace")
    try:
        return _decoder.decode(text)
    except _UNREADABLE:
        pass
    try:
        head = msgspec.json.decode(raw, type=_Envelope)
    except _UNREADABLE:
        return Unknown(raw=raw)
    return Unknown(raw=raw, type=head.type, seq=head.seq, session=head.session, at_ms=head.at_ms)


def type_of(event: Event) -> str:
    """The dotted name of an event, as in the journal."""
    return event.type if isinstance(event, Unknown) else str(event.__struct_config__.tag)
