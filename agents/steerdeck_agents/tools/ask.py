"""ask: a question to the developer; the call waits for the answer."""

import msgspec

from steerdeck_agents.facts.action import Action, AskDeveloper
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import parse
from steerdeck_agents.tools.tool import function_tool

_MOST_CHOICES = 9
_LONGEST_CHOICE = 200
_LONGEST_QUESTION = 4000


class _Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: str
    choices: tuple[str, ...] = ()


class Ask:
    """The tool `ask`."""

    name = "ask"
    parallel = False

    def spec(self) -> dict[str, object]:
        properties = {
            "question": {"type": "string"},
            "choices": {"type": "array", "items": {"type": "string"}},
        }
        return function_tool(self.name, "ask", properties, ("question",))

    def read(self, arguments: str, workspace: Workspace) -> AskDeveloper:
        given = parse(self.name, _Arguments, arguments)
        question = given.question.strip()
        choices = tuple(choice.strip() for choice in given.choices)
        if not question or len(question) > _LONGEST_QUESTION:
            raise BadArguments(f"A question has 1 to {_LONGEST_QUESTION} characters.")
        if len(choices) > _MOST_CHOICES or len(set(choices)) < len(choices):
            raise BadArguments(f"Offer at most {_MOST_CHOICES} choices, all different.")
        if any(not choice or len(choice) > _LONGEST_CHOICE for choice in choices):
            raise BadArguments(f"Each choice has 1 to {_LONGEST_CHOICE} characters.")
        return AskDeveloper(question=question, choices=choices)

    def title(self, action: Action) -> str:
        match action:
            case AskDeveloper(question=question):
                return one_line(question)
        raise TypeError(f"not for {self.name}: {action!r}")
