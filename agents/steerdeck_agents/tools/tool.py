"""What a tool is: it describes itself to the model and reads the model's arguments into an action.

Reading has no effect. The gate judges the action, and `perform` carries out what was allowed, so
what was approved and what is done are one value. The text for the model lies beside each tool as
a `.md` file, because it is prose to be edited, not code.
"""

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Protocol

from steerdeck_agents.facts.action import Action
from steerdeck_agents.facts.places import Workspace


class Tool(Protocol):
    """One tool offered to the model."""

    name: str
    parallel: bool
    """Whether calls may run side by side: true for tools that only read."""

    def spec(self) -> dict[str, object]:
        """The function tool as the Responses API wants it."""

    def read(self, arguments: str, workspace: Workspace) -> Action:
        """The action the arguments ask for; raises BadArguments or PatchError."""

    def title(self, action: Action) -> str:
        """One line for people, of what `read` returned."""


def function_tool(
    name: str, page: str, properties: Mapping[str, object], required: tuple[str, ...]
) -> dict[str, object]:
    """A function tool of the Responses API; `page` is the name of its text without `.md`."""
    return {
        "type": "function",
        "name": name,
        "description": _text_of(page),
        "parameters": {
            "type": "object",
            "properties": dict(properties),
            "required": list(required),
            "additionalProperties": False,
        },
        "strict": False,
    }


def freeform_tool(name: str, page: str) -> dict[str, object]:
    """A tool whose input is plain text in the form of the grammar `page`.lark (Responses API)."""
    note = "This is a freeform tool: its input is the text itself, not JSON."
    return {
        "type": "custom",
        "name": name,
        "description": f"{_text_of(page)}\n\n{note}",
        "format": {"type": "grammar", "syntax": "lark", "definition": _text_of(page, "lark")},
    }


@functools.cache
def _text_of(page: str, kind: str = "md") -> str:
    text = resources.files("steerdeck_agents.tools").joinpath(f"{page}.{kind}").read_text("utf-8")
    return text.strip()
