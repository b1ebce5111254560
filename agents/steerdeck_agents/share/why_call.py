"""All that is on record of one call: who allowed it, the card as shown, and how long all took.

The facts of a session that tell of its calls are read in one go; streamed text, which is most of a
long session, is not among them.
"""

from typing import Final, Literal

import msgspec

from steerdeck_agents.facts.events import (
    ApprovalDecided,
    ApprovalRequested,
    CallEnded,
    CallRequested,
    CallStarted,
    Event,
    HandEnded,
    HandOrdered,
    HandStarted,
    ItemEnded,
    MessageSent,
    NetworkUsed,
    RequestSent,
    RuleUsed,
    SessionConfigured,
    SessionCreated,
    decode,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId, RequestId, SessionId, Sha, TurnId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.marks import network_words
from steerdeck_agents.facts.outline import Outline
from steerdeck_agents.facts.places import FileChange
from steerdeck_agents.journal.reader import JournalReader

_WORDS: Final = 600
"""Characters of the model's words before a call."""


class Card(msgspec.Struct, frozen=True):
    """The question as the developer was shown it, and the answer."""

    approval: ApprovalId
    what: str
    why: str
    reasons: tuple[str, ...]
    asked_ms: int
    decision: Literal["", "allow", "reject"] = ""
    scope: str = ""
    words: str = ""
    shown: Sha = Sha("")
    decided_ms: int = 0
    kind: str = ""
    folder: str = "."
    level: str = ""
    danger: str = ""
    outline: Outline = Outline()
    taint: tuple[str, ...] = ()
    files: tuple[FileChange, ...] = ()
    kept: str = ""
    binding: Sha = Sha("")
    """Hash of everything the answer was bound to."""


class Effect(msgspec.Struct, frozen=True):
    """One call that changed something, with everything that led to it."""

    call: CallId
    tool: str
    title: str
    turn: TurnId | None
    request: RequestId | None
    """The request whose answer asked for it."""
    task: str
    """What the developer said last before it."""
    words: str
    """What the model said just before it."""
    allowed_by: str
    """`developer`, or the class or rule that let it pass."""
    rule: str
    mode: str
    level: str
    card: Card | None
    status: str
    seq: int
    """Of the wish."""
    requested_ms: int
    started_ms: int
    ended_ms: int
    arguments: str = ""
    network: tuple[str, ...] = ()
    """Its connections, a line each."""

    @property
    def waited_ms(self) -> int:
        """From the question to the decision."""
        card = self.card
        return card.decided_ms - card.asked_ms if card is not None and card.decided_ms else 0


_TYPES: Final = (
    "session.created", "session.configured", "message.sent", "request.sent", "item.ended",
    "call.requested", "approval.requested", "approval.decided", "rule.used", "call.started",
    "network.used", "call.ended", "hand.ordered", "hand.started", "hand.ended",
)  # fmt: skip


class _Facts:
    """What is on record of one call, and what stood when it was wished for."""

    def __init__(self, wish: CallRequested, before: "_Before") -> None:
        self.wish = wish
        self.before = before
        self.started: CallStarted | None = None
        self.ended: CallEnded | None = None
        self.asked: ApprovalRequested | None = None
        self.decided: ApprovalDecided | None = None
        self.rule = ""
        self.network: list[str] = []


class _Before(msgspec.Struct, frozen=True):
    mode: str = ""
    task: str = ""
    request: RequestId | None = None
    words: str = ""


class Record:
    """The calls of one session; reads what it needs of the session's facts once."""

    def __init__(self, reader: JournalReader, session: SessionId) -> None:
        self._calls: dict[CallId, _Facts] = {}
        self._asked: dict[ApprovalId, _Facts] = {}
        self._before = _Before()
        for text in reader.of_type(session, *_TYPES):
            self._see(decode(text))

    def effect(self, call: CallId) -> Effect | None:
        """One call; None when it is not on record."""
        facts = self._calls.get(call)
        return _effect(facts) if facts is not None else None

    def _see(self, event: Event) -> None:
        match event:
            case SessionCreated(mode=mode) | SessionConfigured(mode=str(mode)):
                self._now(mode=mode)
            case MessageSent(text=text):
                self._now(task=text)
            case RequestSent(compacts=False, request=request):
                self._now(request=request, words="")
            case ItemEnded(kind="message", text=text):
                self._now(words=text.strip())
            case ItemEnded(text=text) if not self._before.words:
                self._now(words=text.strip())
            case CallRequested(call=str(call)):
                self._calls[CallId(call)] = _Facts(event, self._before)
            case HandOrdered(call=str(call)):
                # No request of a model led to it.
                self._calls[CallId(call)] = _Facts(_by_hand(event), _Before(self._before.mode))
            case ApprovalDecided() if (asked := self._asked.get(event.approval)) is not None:
                asked.decided = event
            case _:
                facts = self._calls.get(event.call) if event.call is not None else None
                if facts is not None:
                    self._of_call(facts, event)

    def _of_call(self, facts: _Facts, event: Event) -> None:
        match event:
            case ApprovalRequested():
                # Asked again when what would run has changed: the last one counts.
                facts.asked, self._asked[event.approval] = event, facts
            case RuleUsed():
                facts.rule = event.rule
            case CallStarted():
                facts.started = event
            case NetworkUsed():
                facts.network.append(network_words(event).removeprefix("network "))
            case CallEnded():
                facts.ended = event
            case HandStarted():
                facts.started = CallStarted(
                    at_ms=event.at_ms,
                    binding=event.binding,
                    allowed_by="you, who ran it by hand",
                    level=event.level,
                )
            case HandEnded():
                facts.ended = CallEnded(at_ms=event.at_ms, status=event.status, result="")

    def _now(self, **changed: str) -> None:
        self._before = msgspec.structs.replace(self._before, **changed)


def _by_hand(event: HandOrdered) -> CallRequested:
    """A command of the developer as what its effect is told by."""
    return CallRequested(
        seq=event.seq,
        at_ms=event.at_ms,
        call=event.call,
        tool="shell",
        arguments=msgspec.json.encode({"command": event.script}).decode(),
        title=event.script,
    )


def _effect(facts: _Facts) -> Effect:
    wish, started, ended = facts.wish, facts.started, facts.ended
    before = facts.before
    return Effect(
        call=wish.call or CallId(""),
        tool=wish.tool,
        title=wish.title,
        turn=wish.turn,
        request=before.request,
        task=one_line(before.task, _WORDS),
        words=before.words[-_WORDS:],
        allowed_by=started.allowed_by if started is not None else "",
        rule=facts.rule,
        mode=before.mode,
        level=started.level if started is not None else "",
        card=_card(facts),
        status=ended.status if ended is not None else "unknown",
        seq=wish.seq,
        requested_ms=wish.at_ms,
        started_ms=started.at_ms if started is not None else 0,
        ended_ms=ended.at_ms if ended is not None else 0,
        arguments=wish.arguments,
        network=tuple(facts.network),
    )


def _card(facts: _Facts) -> Card | None:
    asked, decided = facts.asked, facts.decided
    if asked is None:
        return None
    card = Card(
        asked.approval,
        asked.what,
        asked.why,
        asked.reasons,
        asked.at_ms,
        kind=asked.kind,
        folder=asked.folder,
        level=asked.level,
        danger=asked.danger,
        outline=asked.outline,
        taint=asked.taint,
        files=asked.files,
        kept=asked.kept,
        binding=asked.binding,
    )
    if decided is None or decided.approval != asked.approval:
        return card
    return msgspec.structs.replace(
        card,
        decision=decided.decision,
        scope=decided.scope,
        words=decided.words,
        shown=decided.shown,
        decided_ms=decided.at_ms,
    )
