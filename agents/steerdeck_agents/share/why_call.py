"""All that is on record of one call: who allowed it, the card as shown, and how long all took.

Its facts are looked for backwards from its last effect, page by page, so that the length of a
session does not matter.
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
    ItemEnded,
    MessageSent,
    RequestSent,
    RuleUsed,
    decode,
)
from steerdeck_agents.facts.ids import ApprovalId, CallId, RequestId, SessionId, Sha, TurnId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.journal.reader import JournalReader

_PAGE: Final = 400
_MOST_PAGES: Final = 60
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

    @property
    def waited_ms(self) -> int:
        """From the question to the decision."""
        card = self.card
        return card.decided_ms - card.asked_ms if card is not None and card.decided_ms else 0


class _Facts:
    """What was found of a call so far, looked for from its end to its beginning."""

    def __init__(self, call: CallId) -> None:
        self.call = call
        self.wish: CallRequested | None = None
        self.started: CallStarted | None = None
        self.ended: CallEnded | None = None
        self.asked: ApprovalRequested | None = None
        self.decided: ApprovalDecided | None = None
        self.rule = ""
        self.words = ""
        self.request: RequestId | None = None
        self.task: MessageSent | None = None

    @property
    def whole(self) -> bool:
        return self.wish is not None and self.task is not None and self.request is not None

    @property
    def _approval(self) -> ApprovalId | None:
        return self.started.approval if self.started is not None else None

    def see(self, event: Event) -> None:
        """The next older fact."""
        if event.call == self.call:
            self._of_call(event)
        elif isinstance(event, ApprovalDecided) and event.approval == self._approval:
            # A decision may come without the call it is for.
            self.decided = event
        if self.wish is not None and event.seq < self.wish.seq:
            self._before(event)

    def _of_call(self, event: Event) -> None:
        match event:
            case CallRequested():
                self.wish = event
            case CallStarted() if self.started is None:
                self.started = event
            case CallEnded() if self.ended is None:
                self.ended = event
            case ApprovalRequested() if self.asked is None:
                self.asked = event
            case ApprovalDecided() if self.decided is None:
                self.decided = event
            case RuleUsed():
                self.rule = event.rule

    def _before(self, event: Event) -> None:
        match event:
            case ItemEnded() if not self.words and self.request is None:
                self.words = event.text.strip()
            case RequestSent() if self.request is None and not event.compacts:
                self.request = event.request
            case MessageSent() if self.task is None:
                self.task = event


def effect_of(reader: JournalReader, session: SessionId, call: CallId, seq: int) -> Effect | None:
    """The call whose last effect is the event `seq`; None when its wish is not on record."""
    facts = _Facts(call)
    before = seq + _PAGE // 4
    for _ in range(_MOST_PAGES):
        page = reader.events(session, before=before, limit=_PAGE, newest=True)
        for text in reversed(page):
            facts.see(decode(text))
        if facts.whole or len(page) < _PAGE:
            break
        before = decode(page[0]).seq
    if facts.wish is None:
        return None
    return _effect(facts, facts.wish, reader.state_at(session, facts.wish.seq).mode)


def _effect(facts: _Facts, wish: CallRequested, mode: str) -> Effect:
    started, ended = facts.started, facts.ended
    return Effect(
        call=facts.call,
        tool=wish.tool,
        title=wish.title,
        turn=wish.turn,
        request=facts.request,
        task=one_line(facts.task.text, _WORDS) if facts.task is not None else "",
        words=facts.words[-_WORDS:],
        allowed_by=started.allowed_by if started is not None else "",
        rule=facts.rule,
        mode=mode,
        level=started.level if started is not None else "",
        card=_card(facts),
        status=ended.status if ended is not None else "unknown",
        seq=wish.seq,
        requested_ms=wish.at_ms,
        started_ms=started.at_ms if started is not None else 0,
        ended_ms=ended.at_ms if ended is not None else 0,
        arguments=wish.arguments,
    )


def _card(facts: _Facts) -> Card | None:
    asked, decided = facts.asked, facts.decided
    if asked is None:
        return None
    card = Card(asked.approval, asked.what, asked.why, asked.reasons, asked.at_ms)
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
