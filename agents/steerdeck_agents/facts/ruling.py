"""Facts about rules: made, changed, used, run out, taken back; and what they let pass.

Facts of a rule that lasts beyond a session belong to no session, but for its uses.
"""

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import ApprovalId, CallId, Sha
from steerdeck_agents.facts.verdict import Rule

PASSED_KEPT = 50
"""Lines kept of what passed under a rule; the count goes on."""


class Passed(msgspec.Struct, frozen=True):
    """One thing that ran without asking because of a rule."""

    what: str
    """In one line."""
    seq: int
    at_ms: int
    call: CallId | None = None


class Meter(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a rule has been used, and from where its dollars count."""

    rule: str
    used: int = 0
    passed: tuple[Passed, ...] = ()
    """The newest."""
    dollars_from: float = 0.0
    unpriced_from: int = 0
    """Requests without a known price when it was made; one more, and its dollars can't be kept."""


class RuleReview(msgspec.Struct, frozen=True):
    """A temporary rule that ended after letting something pass; waits until it was looked at."""

    rule: Rule
    reason: str
    used: int
    passed: tuple[Passed, ...]
    seq: int
    at_ms: int


class Offer(msgspec.Struct, frozen=True):
    """A rule that would have answered an approval, offered since alike ones were allowed."""

    rule: Rule
    alike: int
    """Approvals of the kind that were allowed before."""


class Total(msgspec.Struct, frozen=True):
    """What all sessions a rule reaches have spent on their models, ever."""

    dollars: float = 0.0
    unpriced: int = 0
    """Requests whose price is not known."""


class RuleAdded(Fact, frozen=True, kw_only=True, tag="rule.added"):
    rule: Rule
    spent: Total | None = None
    """By then, where it lasts: from there its dollars count."""


class RuleUsed(Fact, frozen=True, kw_only=True, tag="rule.used"):
    """Committed with the intent of the call that rests on it."""

    rule: str
    what: str = ""
    """What passed, in one line."""


class RuleChanged(Fact, frozen=True, kw_only=True, tag="rule.changed"):
    """It has the same id and counts on."""

    rule: Rule


class RuleRevoked(Fact, frozen=True, kw_only=True, tag="rule.revoked"):
    """Nothing that is not running yet rests on it any more."""

    rule: str


class RuleExpired(Fact, frozen=True, kw_only=True, tag="rule.expired"):
    """A temporary rule came to its end."""

    rule: Rule
    reason: str
    used: int = 0
    passed: tuple[Passed, ...] = ()


class RuleReviewed(Fact, frozen=True, kw_only=True, tag="rule.reviewed"):
    """The developer has looked at what passed under an ended rule."""

    rule: str


class RuleOffered(Fact, frozen=True, kw_only=True, tag="rule.offered"):
    """Alike approvals were allowed several times: this rule would answer them."""

    approval: ApprovalId
    rule: Rule
    alike: int = 0


class RuleMark(msgspec.Struct, frozen=True):
    """A rule by its id, and the hash of all it says."""

    rule: str
    sha: Sha


class RulesRead(Fact, frozen=True, kw_only=True, tag="rule.file_read"):
    """The file of lasting rules was read and is not as it was."""

    sha: Sha
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """A sentence each; what they are about does not hold."""
    closed: bool = False
    """Something that may deny can't be read, so everything asks."""
    rules: tuple[RuleMark, ...] = ()
    """All that hold now, by id and hash."""


RuleFact = (
    RuleAdded | RuleUsed | RuleChanged | RuleRevoked | RuleExpired | RuleReviewed | RuleOffered
    | RulesRead
)  # fmt: skip
