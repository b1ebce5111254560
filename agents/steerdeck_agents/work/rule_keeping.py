"""Keeps the rules: tells when one ends, when their file changed, and when one would be useful.

What it needs it reads from the journal and the states, so a restart forgets nothing. It runs beside
the sessions and never holds one up.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable, Sequence

from msgspec.structs import replace

from steerdeck_agents.facts.errors import JournalError
from steerdeck_agents.facts.events import (
    ApprovalRequested,
    Event,
    KnownEvent,
    RequestEnded,
    RuleAdded,
    RuleChanged,
    RuleExpired,
    RuleOffered,
    RuleUsed,
    decode,
)
from steerdeck_agents.facts.ids import ApprovalId, Clock, SessionId
from steerdeck_agents.facts.ruling import Meter
from steerdeck_agents.facts.state import OpenApproval, SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_book import RuleBook, Taking, known_rules
from steerdeck_agents.gate.rule_past import Example
from steerdeck_agents.gate.rule_propose import Proposal, alike, propose
from steerdeck_agents.gate.rule_terms import left, reaches
from steerdeck_agents.journal.approvals import (
    PastApproval,
    PastApprovals,
    facts_of,
    past_uses,
)
from steerdeck_agents.journal.writer import Writer

log = logging.getLogger(__name__)

LOOK_S = 30.0
"""Longest sleep: the wall clock may be changed meanwhile, and the file too."""
BY_RULE = ("command", "patch", "tool", "network")
"""What is asked for and a rule can answer."""
OFFERED_AFTER = 3
"""Alike approvals that were allowed before a rule is offered by itself."""
_WAKES = RuleUsed | RuleAdded | RuleChanged | RequestEnded


class Keeping:
    """The rules of one runtime, beside its sessions."""

    def __init__(
        self, book: RuleBook, past: PastApprovals, writer: Writer, clock: Clock, taking: Taking
    ) -> None:
        self.book = book
        self.taking = taking
        book.count_in(lambda: writer.states().values())
        self._past = past
        self._writer = writer
        self._clock = clock
        self._changed = asyncio.Event()
        self._offering: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Take over what earlier runtimes left in the journal; before any session works."""
        journal = self._past.path
        uses = await asyncio.to_thread(past_uses, journal)
        told = [decode(text) for text in await asyncio.to_thread(facts_of, journal, *_TOLD)]
        self.book.remember(uses, known_rules(told))
        self.book.heard(told)
        await self._settle()

    async def run(self) -> None:
        """Record the end of rules when it comes, for ever."""
        while True:
            self._changed.clear()
            pause_s = LOOK_S
            try:
                await self._settle()
                if (end_ms := self._next_end_ms()) is not None:
                    pause_s = min(pause_s, max(0.0, (end_ms - self._clock.now_ms()) / 1000))
            except JournalError as error:
                log.error("the end of a rule was not kept: %s", error)
            # Not `wait_for`, which can lose a cancellation to a change of that moment.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()

    async def close(self) -> None:
        """Let go of what is not done."""
        for task in tuple(self._offering):
            task.cancel()
        await asyncio.gather(*self._offering, return_exceptions=True)

    def heard(self, facts: Sequence[Event]) -> None:
        """Count, wake, and think of a rule where something is asked."""
        self.book.heard(facts)
        for fact in facts:
            if isinstance(fact, _WAKES):
                self._changed.set()
            elif isinstance(fact, ApprovalRequested) and fact.kind in BY_RULE:
                self._later(self._offer(fact.session, fact.approval))

    async def proposal(self, state: SessionState, approval: ApprovalId) -> Proposal:
        """The rule that would answer an open approval and its like."""
        asked = next((a for a in state.approvals if a.id == approval), None)
        if asked is None:
            return Proposal(why="That approval is not open any more.")
        past = await self._examples()
        left_out = self._past.left_out
        return await asyncio.to_thread(propose, asked_now(asked, state), past, left_out=left_out)

    async def _offer(self, session: SessionId, approval: ApprovalId) -> None:
        state = self._writer.state(session)
        open_ones = state.approvals if state is not None else ()
        asked = next((a for a in open_ones if a.id == approval), None)
        if state is None or asked is None:
            return
        past = await self._examples()
        if sum(1 for one in past if one.allowed and one.kind == asked.kind) < OFFERED_AFTER:
            return
        this = asked_now(asked, state)
        count = await asyncio.to_thread(alike, this, past)
        if count < OFFERED_AFTER:
            return
        made = await asyncio.to_thread(propose, this, past, left_out=self._past.left_out)
        now = self._writer.state(session)
        if made.rule is None or now is None or approval not in {a.id for a in now.approvals}:
            return
        await self._writer.append(
            RuleOffered(
                session=session, call=asked.call, approval=approval, rule=made.rule, alike=count
            )
        )

    async def _examples(self) -> list[Example]:
        answers = await asyncio.to_thread(self._past.read)
        return examples(answers, self._writer.state)

    async def _settle(self) -> None:
        """Record which rules are over, and what changed in their file."""
        facts: list[KnownEvent] = list(self.book.news())
        for one in self.book.expired():
            facts.append(
                RuleExpired(
                    session=told_in(
                        one.rule, self.book.user(one.rule.id), self._writer.states().values()
                    ),
                    rule=one.rule,
                    reason=one.left.over,
                    used=one.meter.used,
                    passed=one.meter.passed,
                )
            )
        facts += expired_of(self._writer.states().values(), self._clock.now_ms())
        if facts:
            await self._writer.append(*facts, full=True)

    def _next_end_ms(self) -> int | None:
        ends = [
            rule.until_ms
            for state in self._writer.states().values()
            for rule in state.rules
            if rule.until_ms is not None
        ]
        if (lasting := self.book.next_end_ms()) is not None:
            ends.append(lasting)
        return min(ends, default=None)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._offering.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._offering.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("no rule was offered: %s", error, exc_info=error)


def told_in(rule: Rule, user: SessionId, states: Iterable[SessionState]) -> SessionId:
    """The session in which the end of a lasting rule is told: the one that used it last.

    Of an archived one nobody sees the inbox, so another that lives and is reached takes its place.
    """
    living = [state for state in states if not state.archived]
    if not user or any(state.id == user for state in living):
        return user
    reached = [s for s in living if reaches(rule, s.workspace.repository, s.id)]
    return min(reached, key=lambda state: state.slot).id if reached else user


_TOLD = ("rule.added", "rule.changed", "rule.expired", "rule.revoked", "rule.file_read")


def expired_of(states: Iterable[SessionState], now_ms: int) -> list[RuleExpired]:
    """The rules of sessions that are over; those of a turn end with it, without a fact."""
    found: list[RuleExpired] = []
    for state in states:
        meters = {meter.rule: meter for meter in state.meters}
        for rule in state.rules:
            meter = meters.get(rule.id, Meter(rule.id))
            over = left(replace(rule, turn=""), meter, now_ms, state).over
            if over:
                found.append(
                    RuleExpired(
                        session=state.id,
                        rule=rule,
                        reason=over,
                        used=meter.used,
                        passed=meter.passed,
                    )
                )
    return found


def examples(
    answers: Iterable[PastApproval], state_of: Callable[[SessionId], SessionState | None]
) -> list[Example]:
    """The answers as a rule is tried on them; those of sessions that can't be read are left out."""
    found: list[Example] = []
    for one in answers:
        state = state_of(one.session)
        if state is not None:
            found.append(
                Example(
                    what=one.what,
                    folder=one.folder,
                    root=state.workspace.path,
                    allowed=one.allowed,
                    session=one.session,
                    name=state.name,
                    repository=state.workspace.repository,
                    at_ms=one.at_ms,
                    seq=one.seq,
                    kind=one.kind,
                    files=one.files,
                    keep=one.keep,
                )
            )
    return found


def asked_now(asked: OpenApproval, state: SessionState) -> Example:
    """An open approval as a rule is made for it."""
    return Example(
        what=asked.what,
        folder=asked.folder,
        root=state.workspace.path,
        allowed=False,
        session=state.id,
        name=state.name,
        repository=state.workspace.repository,
        at_ms=asked.at_ms,
        seq=asked.seq,
        kind=asked.kind,
        files=tuple(file.path for file in asked.files),
        keep=bool(asked.kept),
    )
