"""delegate: a helper session with a brief of its own; the call waits for its answer."""

import msgspec

from steerdeck_agents.facts.action import Action, Delegate
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.tool import function_tool

_LONGEST_BRIEF = 16_000
_LONGEST_NAME = 80


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    brief: str
    name: str | None = None
    writes: bool = False


class Delegation:
    """The tool `delegate`."""

    name = "delegate"
    parallel = False

    def spec(self) -> dict[str, object]:
        properties = {
            "brief": {"type": "string"},
            "name": {"type": "string"},
            "writes": {"type": "boolean"},
        }
        return function_tool(self.name, "delegate", properties, ("brief",))

    def read(self, arguments: str, workspace: Workspace) -> Delegate:
        given = parse(self.name, _Arguments, arguments)
        brief, name = given.brief.strip(), (given.name or "").strip()
        if not brief or len(brief) > _LONGEST_BRIEF:
            raise BadArguments(
                f"A brief has 1 to {_LONGEST_BRIEF:,} characters. No helper was started."
            )
        if len(name) > _LONGEST_NAME:
            raise BadArguments(
                f"A name has at most {_LONGEST_NAME} characters. No helper was started."
            )
        return Delegate(brief=brief, name=name, writes=given.writes)

    def title(self, action: Action) -> str:
        match action:
            case Delegate(brief=brief, name=name):
                return one_line(f"{name}: {brief}" if name else brief)
        raise TypeError(f"not for {self.name}: {action!r}")
