"""The agent's live list of steps, what the developer made of it, and what happened at each step.

A step keeps its id through every revision, so what was struck stays struck and what was said to it
stays with it, in whatever words the agent sends it again.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import Sha, sha_of
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Mode

StepStatus = Literal["pending", "in_progress", "completed", "failed"]
MOST_STEPS = 50
LONGEST_STEP = 500


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a plan."""

    text: str
    status: StepStatus = "pending"
    id: int = 0
    """What names it through all revisions; 0 where it has none yet."""
    struck: bool = False
    """The developer took it out, and it stays out until they put it back."""
    own: bool = False
    """The developer added it."""
    before: str = ""
    """The agent's wording, where the developer's stands in its place."""
    comment: str = ""
    comment_seq: int = 0
    """The fact that made the comment."""


class Work(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened while a step was in hand."""

    step: int
    first: int = 0
    """The first and the last event of it."""
    last: int = 0
    calls: int = 0
    failed: int = 0
    checks: int = 0
    red: int = 0
    files: int = 0
    paths: tuple[str, ...] = ()
    """The files it changed, the last one last; of many only these."""
    words: str = ""
    """The last evidence: a call or a check with its result."""


class Offer(msgspec.Struct, frozen=True):
    """A plan that waits for a yes or a no of the developer."""

    seq: int
    at_ms: int


class Plan(msgspec.Struct, frozen=True, omit_defaults=True):
    """All steps in order; empty until the agent makes one."""

    steps: tuple[Step, ...] = ()
    agreed: tuple[Step, ...] = ()
    """As it was when the developer last said yes or no: what a revision is compared with."""
    decided: Sha = Sha("")
    """Binding of the plan that was decided on last."""
    approved: bool = False
    """Whether that was a yes."""
    version: int = 0
    """How many plans the agent has sent whose steps were not the same as before."""
    why: str = ""
    """The agent's reason for the last of them: a claim."""
    edits: tuple[str, ...] = ()
    """What the developer changed since, in words."""
    told: int = 0
    """The developer's last change that the model was told of."""
    offer: Offer | None = None
    leads_to: Mode = "ask"
    """The mode a yes leads to: the one before plan mode."""
    work: tuple[Work, ...] = ()
    last_id: int = 0

    @property
    def live(self) -> tuple[Step, ...]:
        """Without what the developer struck."""
        return standing(self.steps)

    @property
    def in_hand(self) -> Step | None:
        """The step being worked on, else the next one to come."""
        for status in ("in_progress", "failed", "pending"):
            for step in self.live:
                if step.status == status:
                    return step
        return None

    @property
    def binding(self) -> Sha:
        """Hash of what a yes or a no is about: steps, order and comments, not how far it is."""
        shown = [(step.id, step.text, step.struck, step.comment) for step in self.steps]
        return sha_of(msgspec.json.encode(shown))

    def step(self, id: int) -> Step | None:
        return next((step for step in self.steps if step.id == id), None)

    def work_of(self, id: int) -> Work | None:
        return next((work for work in self.work if work.step == id), None)


def standing(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Those the developer did not strike: the ones that count."""
    return tuple(step for step in steps if not step.struck)


def how_far(steps: Sequence[Step]) -> str:
    """`2 of 4`: how many are done of those that stand, said alike wherever a plan is counted."""
    left = standing(steps)
    return f"{sum(step.status == 'completed' for step in left)} of {len(left)}"


def plan_words(steps: Sequence[Step]) -> str:
    """`2 of 4 done, now: fix the tests`: a plan in a line."""
    now = next((step.text for step in standing(steps) if step.status == "in_progress"), "")
    return one_line(f"{how_far(steps)} done" + (f", now: {one_line(now, 80)}" if now else ""))


def numbered(steps: Sequence[Step], last: int) -> tuple[tuple[Step, ...], int]:
    """The steps, each with an id, and the highest one given."""
    given: list[Step] = []
    last = max((last, *(step.id for step in steps)))
    for step in steps:
        last += not step.id
        given.append(step if step.id else msgspec.structs.replace(step, id=last))
    return tuple(given), last


class PlanEdited(Fact, frozen=True, kw_only=True, tag="plan.edited"):
    """The developer changed the plan."""

    steps: tuple[Step, ...]
    """All of it, as it is now."""
    words: str
    """The change: `struck step 3 “run the whole suite”`."""


class PlanOffered(Fact, frozen=True, kw_only=True, tag="plan.offered"):
    """In plan mode the agent stopped with a plan, which waits for the developer."""

    binding: Sha


class PlanDecided(Fact, frozen=True, kw_only=True, tag="plan.decided"):
    """The developer's yes or no to a whole plan."""

    decision: Literal["approve", "send_back"]
    shown: Sha
    """Binding of what was on the screen."""
    words: str = ""
    mode: Mode | None = None
    """The mode from now on, where a yes changed it."""


PlanFact = PlanEdited | PlanOffered | PlanDecided
