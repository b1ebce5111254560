"""shell_session: look at a command that goes on, type into it, or end it."""

from typing import Annotated

import msgspec

from steerdeck_agents.facts.action import Action, UseShell
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.ids import ShellId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.tool import function_tool

_MOST_WAIT_S = 300
_LONGEST_TEXT = 64 * 1024


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    text: str = ""
    wait_s: Annotated[float, msgspec.Meta(ge=0, le=_MOST_WAIT_S)] = 1.0
    stop: bool = False


class ShellSession:
    """The tool `shell_session`."""

    name = "shell_session"
    parallel = False

    def spec(self) -> dict[str, object]:
        properties = {
            "id": {"type": "string"},
            "text": {"type": "string"},
            "wait_s": {"type": "number", "description": "0 to 300."},
            "stop": {"type": "boolean"},
        }
        return function_tool(self.name, "shell_session", properties, ("id",))

    def read(self, arguments: str, workspace: Workspace) -> UseShell:
        given = parse(self.name, _Arguments, arguments)
        if given.stop and given.text:
            raise BadArguments("Give `text` or `stop`, not both. Nothing was done.")
        if len(given.text.encode()) > _LONGEST_TEXT:
            raise BadArguments(f"`text` is over {_LONGEST_TEXT:,} bytes. Nothing was typed.")
        return UseShell(ShellId(given.id.strip()), given.text, given.wait_s, given.stop)

    def title(self, action: Action) -> str:
        match action:
            case UseShell(shell=shell, stop=True):
                return one_line(f"stop {shell}")
            case UseShell(shell=shell, text=text) if text:
                return one_line(f"{shell} ← {text}")
            case UseShell(shell=shell):
                return one_line(f"look at {shell}")
        raise TypeError(f"not for {self.name}: {action!r}")
