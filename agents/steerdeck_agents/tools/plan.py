"""update_plan: the agent's live list of steps, replaced as a whole."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.action import Action, SetPlan
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.plan import Step, plan_words
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.tool import function_tool

_MOST_STEPS = 50
_LONGEST_STEP = 500


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    status: Literal["pending", "in_progress", "completed"]


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    steps: tuple[_Step, ...]
    explanation: str = ""


class UpdatePlan:
    """The tool `update_plan`."""

    name = "update_plan"
    parallel = False

    def spec(self) -> dict[str, object]:
        status = {"type": "string", "enum": ["pending", "in_progress", "completed"]}
        step = {
            "type": "object",
            "properties": {"text": {"type": "string"}, "status": status},
            "required": ["text", "status"],
            "additionalProperties": False,
        }
        properties = {
            "steps": {"type": "array", "items": step},
            "explanation": {"type": "string", "description": "Why the plan changed."},
        }
        return function_tool(self.name, "plan", properties, ("steps",))

    def read(self, arguments: str, workspace: Workspace) -> SetPlan:
        given = parse(self.name, _Arguments, arguments)
        if len(given.steps) > _MOST_STEPS:
            raise BadArguments(f"A plan has at most {_MOST_STEPS} steps.")
        if sum(step.status == "in_progress" for step in given.steps) > 1:
            raise BadArguments("At most one step is in_progress; the plan was not changed.")
        if any(not step.text.strip() or len(step.text) > _LONGEST_STEP for step in given.steps):
            raise BadArguments(f"Each step is a text of 1 to {_LONGEST_STEP} characters.")
        steps = tuple(Step(text=step.text.strip(), status=step.status) for step in given.steps)
        return SetPlan(steps=steps, explanation=given.explanation)

    def title(self, action: Action) -> str:
        match action:
            case SetPlan(steps=steps):
                return plan_words(steps)
        raise TypeError(f"not for {self.name}: {action!r}")
