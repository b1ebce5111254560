"""Facts about checks: the developer's commands that say whether work is done.

A check is allowed once, by the order that gives it to a session, and may run any time after that:
before its first change (its baseline, round 0) and whenever the agent says that it is done.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import ApprovalId, Sha

CheckStatus = Literal["passed", "failed", "hung", "flooded", "stopped", "unstarted"]
"""`hung`: over its time; `flooded`: it printed too much; both were killed."""
Verdict = Literal["green", "old", "red"]
"""`old`: only what failed before the agent began still fails."""


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One command of the developer; it passes when it exits with 0."""

    name: str
    command: str
    timeout_s: float = 600.0
    source: str = ""
    """The file it was found in; empty when the developer named it."""


class CheckResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one run of a check ended."""

    check: str
    status: CheckStatus
    exit_code: int | None = None
    duration_ms: int = 0
    failures: tuple[str, ...] = ()
    """Ids of failing tests, where the format of the output is known; capped."""
    signature: str = ""
    """The same for the same failure, whatever its timings and addresses; empty when it passed."""
    passed: int | None = None
    failed: int | None = None
    skipped: int | None = None
    excerpt: str = ""
    """What the model is shown of the output."""
    output: Sha | None = None
    """Blob with the complete output."""
    problem: str = ""
    """Why it did not run to an end, as a sentence."""

    @property
    def good(self) -> bool:
        return self.status == "passed"


class Weakening(msgspec.Struct, frozen=True, omit_defaults=True):
    """A test that was deleted, skipped or weakened by the work."""

    path: str
    line: int
    kind: str
    text: str


class Evidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a claim that the work is done rests on."""

    checks: tuple[CheckResult, ...] = ()
    marks: tuple[Weakening, ...] = ()
    old: tuple[str, ...] = ()
    """Failures from before the agent began."""
    files: int = 0
    added: int = 0
    removed: int = 0
    dollars: float = 0.0
    tokens: int = 0
    seconds: float = 0.0
    rounds: int = 0


class ChecksSet(Fact, frozen=True, kw_only=True, tag="checks.set"):
    """The checks a session carries from now on; none takes them away."""

    checks: tuple[Check, ...]


class CheckStarted(Fact, frozen=True, kw_only=True, tag="check.started"):
    """The intent. A check may be run again, so after a crash it simply is."""

    check: str
    round: int
    binding: Sha


class CheckEnded(Fact, frozen=True, kw_only=True, tag="check.ended"):
    round: int
    result: CheckResult


class ChecksJudged(Fact, frozen=True, kw_only=True, tag="checks.judged"):
    """All checks of a round have ended; 0 is the baseline."""

    round: int
    verdict: Verdict
    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    marks: tuple[Weakening, ...] = ()
    repeated: bool = False
    """The same failure as in the round before."""


class DoneRefused(Fact, frozen=True, kw_only=True, tag="done.refused"):
    """The agent stopped while checks are red, and was sent back."""

    round: int
    reason: str


class DoneClaimed(Fact, frozen=True, kw_only=True, tag="done.claimed"):
    """The work is ready to be reviewed, and this is what says so."""

    evidence: Evidence
    accepted: bool = False
    """The developer takes it although checks are red."""


class DoneReviewed(Fact, frozen=True, kw_only=True, tag="done.reviewed"):
    """The developer has seen the claim."""


class Verify(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a session stands with its checks."""

    checks: tuple[Check, ...] = ()
    baseline: tuple[CheckResult, ...] = ()
    results: tuple[CheckResult, ...] = ()
    """Of the round in hand or the last one."""
    judged: Verdict | None = None
    """What the last round said; None while none has been judged, or files changed since."""
    round: int = 0
    """Rounds since the developer last spoke; the baseline is none."""
    running: str = ""
    """Name of the check that runs."""
    running_ms: int = 0
    signature: str = ""
    """Of the failures of the last red round."""
    repeats: int = 0
    """How often that signature came in a row."""
    changed: bool = False
    """Files changed since the last round."""
    idle: int = 0
    """Of those repeats, how many the last ones came without a change."""
    new: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    marks: tuple[Weakening, ...] = ()
    refused: int = 0
    """Event of the last refusal; 0 when its words reached the model."""
    question: ApprovalId | None = None
    """The question that came of giving up, while it is open or its answer is not taken up."""
    answer: str | None = None
    settled: bool = False
    """The developer said of this work that it may stay as it is, or that the agent is to stop."""
    claim: Evidence | None = None
    """A claim nobody has reviewed."""
    claimed_ms: int = 0
    claimed_seq: int = 0


CheckFact = (
    ChecksSet | CheckStarted | CheckEnded | ChecksJudged | DoneRefused | DoneClaimed | DoneReviewed
)
