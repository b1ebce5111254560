"""read_skill: the body of a skill that the prompt only names."""

from collections.abc import Callable

import msgspec

from steerdeck_agents.facts.action import Action, ReadSkill
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.outcome import Outcome, fit
from steerdeck_agents.tools.tool import function_tool


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class SkillReader:
    """The tool `read_skill`."""

    name = "read_skill"
    parallel = True

    def spec(self) -> dict[str, object]:
        return function_tool(self.name, "skill", {"name": {"type": "string"}}, ("name",))

    def read(self, arguments: str, workspace: Workspace) -> ReadSkill:
        return ReadSkill(name=parse(self.name, _Arguments, arguments).name.strip())

    def title(self, action: Action) -> str:
        match action:
            case ReadSkill(name=name):
                return one_line(name)
        raise TypeError(f"not for {self.name}: {action!r}")


def perform(action: ReadSkill, body: Callable[[str], str | None]) -> Outcome:
    """The skill's body; reads a file, so it runs in a thread. Raises BadArguments."""
    text = body(action.name)
    if text is None:
        raise BadArguments(
            f"There is no skill {one_line(action.name, 80)!r}; take a name from the list you were "
            "given."
        )
    return Outcome("done", fit(text), summary=counted(text.count("\n") + 1, "line"))
