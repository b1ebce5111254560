"""Orders about a plan: changes to its steps, and the yes or no to the whole of it."""

import msgspec

from steerdeck_agents.facts.ids import SessionId, Sha
from steerdeck_agents.facts.order import OrderHead


class Reword(msgspec.Struct, frozen=True, tag="reword", tag_field="change"):
    """Other words for a step."""

    step: int
    text: str


class AddStep(msgspec.Struct, frozen=True, tag="add", tag_field="change"):
    """A step of the developer's behind another one; behind 0 it is the first."""

    text: str
    after: int = 0


class MoveStep(msgspec.Struct, frozen=True, tag="move", tag_field="change"):
    """A step so many places down, or with a number below zero up."""

    step: int
    by: int


class StrikeStep(msgspec.Struct, frozen=True, tag="strike", tag_field="change"):
    """Take a step out of the plan, or with `struck` false back into it."""

    step: int
    struck: bool = True


class CommentStep(msgspec.Struct, frozen=True, tag="comment", tag_field="change"):
    """Words to a step; empty ones drop the comment it has."""

    step: int
    text: str


class Placed(msgspec.Struct, frozen=True):
    """A step as it shall be: a known one by its id, a new one with 0."""

    step: int
    text: str


class Rearrange(msgspec.Struct, frozen=True, tag="rearrange", tag_field="change"):
    """All steps as they shall be, in order; a known one that is missing is struck."""

    steps: tuple[Placed, ...]


PlanChange = Reword | AddStep | MoveStep | StrikeStep | CommentStep | Rearrange


class EditPlan(OrderHead, frozen=True, kw_only=True, tag="edit_plan"):
    """Change the plan; the agent is told at the next safe point."""

    session: SessionId
    change: PlanChange


class DecidePlan(OrderHead, frozen=True, kw_only=True, tag="decide_plan"):
    """Approve the whole plan, which ends plan mode, or send it back with words."""

    session: SessionId
    approve: bool
    shown: Sha
    """Binding of the plan that was on the screen."""
    words: str = ""
    wait: bool = False
    """After a yes the agent stays where it is until something is said to it."""


PlanOrder = EditPlan | DecidePlan
