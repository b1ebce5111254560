"""The agent's live list of steps."""

from typing import Literal

import msgspec

StepStatus = Literal["pending", "in_progress", "completed", "failed"]


class Step(msgspec.Struct, frozen=True):
    """One step of a plan."""

    text: str
    status: StepStatus = "pending"


class Plan(msgspec.Struct, frozen=True):
    """All steps in order; empty until the agent makes one."""

    steps: tuple[Step, ...] = ()

    @property
    def done(self) -> int:
        return sum(step.status == "completed" for step in self.steps)

    @property
    def in_hand(self) -> Step | None:
        """The step being worked on, else the next one to come."""
        for status in ("in_progress", "failed", "pending"):
            for step in self.steps:
                if step.status == status:
                    return step
        return None
