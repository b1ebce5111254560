"""The lasting rules of one home: the file, how far each was used, and what holds now.

Uses are counted from the facts in the journal, so neither a restart nor an edit of the file gives
one back. Answers come from memory; the file is read again when it was changed.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts.events import (
    Event,
    RuleAdded,
    RuleChanged,
    RuleExpired,
    RuleRevoked,
    RulesRead,
    RuleUsed,
    decode,
)
from steerdeck_agents.facts.ids import Clock, SessionId, Sha, sha_of
from steerdeck_agents.facts.reduce.rules import used
from steerdeck_agents.facts.ruling import Meter, RuleMark, Total
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate.rule_terms import Left, left, total
from steerdeck_agents.gate.rules import RuleSet, read
from steerdeck_agents.journal.approvals import PastUse, facts_of, past_uses
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.settings.rules_file import Entry


class Taking:
    """Between a look at the rules and the use that is committed nothing may change them."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.revoked: set[str] = set()
        """Taken back in this runtime; what was allowed by them and is not running is void."""


class Standing(NamedTuple):
    """A lasting rule and how it stands."""

    rule: Rule
    line: int
    meter: Meter
    left: Left


class RuleBook:
    """Knows the lasting rules; lives on the runtime's loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self._clock = clock
        self._stamp: tuple[int, int, int] | None = None
        self._set = RuleSet()
        self._meters: dict[str, Meter] = {}
        self._over: set[str] = set()
        """Rules whose end was recorded, or that were taken back."""
        self._news: list[RulesRead] = []
        self._known: dict[str, Sha] = {}
        self._users: dict[str, SessionId] = {}
        self._from: dict[str, Total] = {}
        """What had been spent when a rule was made; of one written by hand nobody knows."""
        self._states: Callable[[], Iterable[SessionState]] = tuple
        self._writing = False

    def remember(self, uses: Mapping[str, PastUse], known: Mapping[str, Sha]) -> None:
        """Take over what the journal tells of earlier runtimes; before anything is asked."""
        self._meters = {
            rule: Meter(rule, used=use.used, passed=use.passed) for rule, use in uses.items()
        }
        self._known = dict(known)
        self._users = {rule: use.session for rule, use in uses.items()}

    def count_in(self, states: Callable[[], Iterable[SessionState]]) -> None:
        """Where dollars are counted: all sessions of the home, archived ones too."""
        self._states = states

    def spent(self, rule: Rule) -> Total:
        """What was spent until now where a rule reaches."""
        return total(rule, self._states())

    def counts(self, rule: str) -> bool:
        """Whether it is known from where the dollars of a rule count."""
        return rule in self._from

    def __call__(self) -> tuple[Rule, ...]:
        """The rules that hold now, for every session they reach."""
        self._look()
        holding = [one.rule for one in self.standing() if not one.left.over]
        return (*holding, *(rule for rule in self._set.rules if rule.kind == "every"))

    def standing(self) -> list[Standing]:
        """Every rule of the file and how it stands."""
        self._look()
        now_ms = self._clock.now_ms()
        found = []
        for entry in self._set.entries:
            found.append(self._standing(entry, now_ms))
        return found

    def _standing(self, entry: Entry, now_ms: int) -> Standing:
        rule = entry.rule
        meter = self._meters.get(rule.id, Meter(rule.id))
        spent = None
        if rule.dollars is not None and (begin := self._from.get(rule.id)) is not None:
            spent = self.spent(rule)
            meter = replace(meter, dollars_from=begin.dollars, unpriced_from=begin.unpriced)
        return Standing(rule, entry.line, meter, left(rule, meter, now_ms, spent=spent))

    def user(self, rule: str) -> SessionId:
        """The session that used a rule last; empty when none did."""
        return self._users.get(rule, SessionId(""))

    @contextmanager
    def writing(self, rule: str, sha: Sha | None) -> Iterator[None]:
        """Around our own change of the file, which another fact tells; None: the rule goes."""
        self._writing = True
        try:
            yield
            if sha is None:
                self._known.pop(rule, None)
            else:
                self._known[rule] = sha
            self._over.discard(rule)
        finally:
            self._writing = False
            self._stamp = None
        self._look()

    def find(self, rule: str) -> Standing | None:
        return next((one for one in self.standing() if one.rule.id == rule), None)

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the file is not understood, a sentence each."""
        self._look()
        return self._set.problems

    def news(self) -> list[RulesRead]:
        """What changed in the file and was not heard of yet as a fact."""
        self._look()
        return list(self._news)

    def heard(self, facts: Iterable[Event]) -> None:
        """Count what was committed."""
        for fact in facts:
            match fact:
                case RuleUsed():
                    before = self._meters.get(fact.rule, Meter(fact.rule))
                    self._meters[fact.rule] = used(before, fact)
                    self._users[fact.rule] = fact.session
                case RuleAdded(session="", spent=Total() as spent):
                    self._from[fact.rule.id] = spent
                case RuleExpired():
                    self._over.add(fact.rule.id)
                case RuleRevoked():
                    self._over.add(fact.rule)
                case RulesRead() if self._news:
                    # In the order in which they came up.
                    del self._news[0]

    def expired(self) -> list[Standing]:
        """Rules that are over and not yet said to be."""
        return [one for one in self.standing() if one.left.over and one.rule.id not in self._over]

    def next_end_ms(self) -> int | None:
        """When the next rule's time is over."""
        ends = [
            one.rule.until_ms
            for one in self.standing()
            if one.rule.until_ms is not None and not one.left.over
        ]
        return min(ends, default=None)

    def _look(self) -> None:
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        except FileNotFoundError:
            stamp = (0, 0, 0)
        except OSError:
            stamp = (-1, 0, 0)
        if stamp == self._stamp or self._writing:
            return
        self._stamp = stamp
        self._set = read(self.path)
        now = {entry.rule.id: entry.rule.sha() for entry in self._set.entries}
        fact = RulesRead(
            actor="developer",
            sha=sha_of(self._set.text.encode()),
            added=tuple(rule for rule in now if rule not in self._known),
            changed=tuple(r for r, sha in now.items() if self._known.get(r, sha) != sha),
            removed=tuple(rule for rule in self._known if rule not in now),
            problems=self._set.problems,
            closed=self._set.closed,
            rules=tuple(RuleMark(rule, sha) for rule, sha in now.items()),
        )
        if now != self._known or self._set.problems:
            self._news.append(fact)
        self._known = now
        self._over.difference_update(fact.changed)


def alone(path: Path, journal: Path, clock: Clock) -> RuleBook:
    """The lasting rules and their uses while no runtime runs; JournalError if that is unreadable"""
    book = RuleBook(path, clock)
    if journal.exists():
        book.remember(past_uses(journal), {})
        book.heard(decode(text) for text in facts_of(journal, "rule.added"))
        book.count_in(lambda: JournalReader(journal).sessions())
    return book


def known_rules(facts: Iterable[Event]) -> dict[str, Sha]:
    """The rules an earlier runtime last knew of in the file, by id; from facts in their order."""
    known: dict[str, Sha] = {}
    for fact in facts:
        match fact:
            case RulesRead():
                known = {mark.rule: mark.sha for mark in fact.rules}
            case RuleAdded() | RuleChanged() if not fact.session:
                known[fact.rule.id] = fact.rule.sha()
            case RuleRevoked() if not fact.session:
                known.pop(fact.rule, None)
    return known
