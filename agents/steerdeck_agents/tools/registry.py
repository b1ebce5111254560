"""Every tool offered to the model, and the few frozen texts that offer them: one for each kind of
session and of model.

The text is part of every request's prefix: a byte that changes here costs every session its cache.
"""

import functools

import msgspec

from steerdeck_agents.tools.ask import Ask
from steerdeck_agents.tools.delegate import Delegation
from steerdeck_agents.tools.list import List
from steerdeck_agents.tools.patch import Patch
from steerdeck_agents.tools.plan import UpdatePlan
from steerdeck_agents.tools.read import Read
from steerdeck_agents.tools.search import Search
from steerdeck_agents.tools.shell import Shell
from steerdeck_agents.tools.shell_session import ShellSession
from steerdeck_agents.tools.skill import SkillReader
from steerdeck_agents.tools.tool import Tool

ALL: tuple[Tool, ...] = (
    Patch(),
    Ask(),
    Delegation(),
    List(),
    Read(),
    SkillReader(),
    Search(),
    Shell(),
    ShellSession(),
    UpdatePlan(),
)
"""Sorted by name."""
_BY_NAME = {tool.name: tool for tool in ALL}


def by_name(name: str) -> Tool | None:
    """The tool of this name; None when the model made it up."""
    return _BY_NAME.get(name)


@functools.cache
def specs_text(*, freeform: bool = False, helper: bool = False) -> str:
    """The JSON text of all tools, the same bytes in every process.

    With `freeform`, a tool that can takes plain text instead of a function's JSON; to a `helper`
    no helpers of its own are offered.
    """
    offered = [tool for tool in ALL if not (helper and isinstance(tool, Delegation))]
    specs = [
        tool.freeform() if freeform and isinstance(tool, Patch) else tool.spec() for tool in offered
    ]
    return msgspec.json.encode(specs).decode()
