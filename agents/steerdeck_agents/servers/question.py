"""What a server wants to know of the developer, as a question in words, and the answer as it wants.

A form becomes one question: the choices of a field are the choices of the question, several fields
are answered with one line each. Nothing is filled in by itself and no address is opened.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line

ACCEPT, DECLINE, OPENED = "Accept", "Decline", "I have opened it"
_MOST_CHOICES = 8
_LONGEST_CHOICE = 200
_LONGEST_MESSAGE = 4000
_TRIES = 3

Value = str | int | float | bool | list[str]


class Question(msgspec.Struct, frozen=True):
    """One elicitation."""

    server: str
    message: str
    schema: dict[str, object] = {}
    """Of a form: an object of plain fields."""
    url: str = ""
    """Where the developer is to go instead of filling in a form."""

    @property
    def text(self) -> str:
        """The whole question; foreign text, made harmless when drawn."""
        message = self.message
        if len(message) > _LONGEST_MESSAGE:
            message = f"{message[:_LONGEST_MESSAGE]} [… cut here …]"
        lines = [message]
        if self.url:
            lines += ["", f"It asks you to open: {self.url}", "Nothing is opened by itself."]
        fields = _fields(self.schema)
        if len(fields) > 1:
            lines += ["", "Answer with a line for each:"]
        for field in fields:
            lines.append(f"{field.name}: {field.hint}" if len(fields) > 1 else field.hint)
        return "\n".join(lines).strip()

    @property
    def choices(self) -> tuple[str, ...]:
        """What is offered to choose from; empty when words are wanted."""
        if self.url:
            return (OPENED, DECLINE)
        match _fields(self.schema):
            case []:
                return (ACCEPT, DECLINE)
            case [field] if field.options:
                return (*field.options, DECLINE)
        return ()


class Answer(msgspec.Struct, frozen=True):
    """The developer's answer; `values` go with `accept` alone."""

    action: Literal["accept", "decline", "cancel"]
    values: dict[str, Value] = {}


class Asking:
    """Whether a server may ask, and how many of its questions the developer has not answered."""

    def __init__(self) -> None:
        self.wanted = 0
        """Calls that are open: a server nobody called has nothing to ask."""
        self.open = 0
        self.answered_at = 0.0
        """When the last one was answered, in the time of the loop."""


Elicit = Callable[[Question], Awaitable[Answer]]
Ask = Callable[[str, str, tuple[str, ...]], Awaitable[str | None]]
"""Server, text, choices; the developer's words, None when the question is gone."""


def by_asking(ask: Ask) -> Elicit:
    """Elicitations as questions; words that don't fit are asked for again with the reason."""

    async def elicit(question: Question) -> Answer:
        problem = ""
        for _ in range(_TRIES):
            words = await ask(question.server, problem + question.text, question.choices)
            if words is None:
                break
            try:
                return answer_of(question, words)
            except BadArguments as bad:
                problem = f"{bad}\n\n"
        return Answer("cancel")

    return elicit


def answer_of(question: Question, words: str) -> Answer:
    """The answer in these words; raises BadArguments with what does not fit."""
    words = words.strip()
    if words == DECLINE or words.lower() == DECLINE.lower():
        return Answer("decline")
    fields = _fields(question.schema)
    if question.url or not fields:
        if words.lower() not in {choice.lower() for choice in question.choices}:
            raise BadArguments(f"Answer with one of: {', '.join(question.choices)}.")
        return Answer("accept")
    given = {fields[0].name: words} if len(fields) == 1 else _lines(words, fields)
    values: dict[str, Value] = {}
    for field in fields:
        text = given.get(field.name, "")
        if text:
            values[field.name] = field.value(text)
        elif field.required:
            raise BadArguments(f"{one_line(field.name, 80)} is needed.")
    return Answer("accept", values)


class _Field(msgspec.Struct, frozen=True):
    name: str
    kind: str
    required: bool
    says: str
    options: tuple[str, ...]
    values: tuple[Value, ...]

    @property
    def hint(self) -> str:
        kind = "several, with commas between" if self.kind == "array" else self.kind
        words = " or ".join(self.options) if self.options else kind
        return f"{self.says} ({words}{'' if self.required else ', may be left out'})".strip()

    def value(self, text: str) -> Value:
        """Raises BadArguments when the text is no value of this field."""
        if self.kind == "array":
            return [str(self._chosen(one.strip())) for one in text.split(",") if one.strip()]
        if self.options:
            return self._chosen(text)
        try:
            if self.kind == "integer":
                return int(text)
            return float(text) if self.kind == "number" else text
        except ValueError:
            raise BadArguments(f"{one_line(self.name, 80)} is a {self.kind}.") from None

    def _chosen(self, text: str) -> Value:
        for option, value in zip(self.options, self.values, strict=True):
            if text.lower() in (option.lower(), str(value).lower()):
                return value
        if self.options:
            raise BadArguments(f"{one_line(self.name, 80)} is one of: {', '.join(self.options)}.")
        return text


def _fields(schema: Mapping[str, object]) -> list[_Field]:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict):
        return []
    needed = required if isinstance(required, list) else []
    return [
        _field(str(name), field if isinstance(field, dict) else {}, name in needed)
        for name, field in properties.items()
    ]


def _field(name: str, field: Mapping[str, object], required: bool) -> _Field:
    kind = str(field.get("type", "string"))
    says = " – ".join(
        str(field[key]) for key in ("title", "description") if isinstance(field.get(key), str)
    )
    options: list[tuple[str, Value]] = []
    if kind == "boolean":
        options = [("yes", True), ("no", False)]
    else:
        inner = field.get("items") if kind == "array" else field
        options = _options(inner if isinstance(inner, dict) else {})
    if len(options) > _MOST_CHOICES or any(len(name) > _LONGEST_CHOICE for name, _ in options):
        says += f" – one of: {', '.join(name for name, _ in options)[:2000]}"
    return _Field(
        name, kind, required, says,
        tuple(name for name, _ in options), tuple(value for _, value in options),
    )  # fmt: skip


def _options(field: Mapping[str, object]) -> list[tuple[str, Value]]:
    """Allowed values with their names: `enum` with `enumNames`, or `oneOf`/`anyOf` of consts."""
    titled = field.get("oneOf") or field.get("anyOf")
    if isinstance(titled, list):
        return [
            (str(one.get("title", one["const"])), str(one["const"]))
            for one in titled
            if isinstance(one, dict) and "const" in one
        ]
    values, names = field.get("enum"), field.get("enumNames")
    if not isinstance(values, list):
        return []
    texts = [str(value) for value in values]
    named = names if isinstance(names, list) and len(names) == len(texts) else texts
    return [(str(name), text) for name, text in zip(named, texts, strict=True)]


def _lines(words: str, fields: list[_Field]) -> dict[str, str]:
    given: dict[str, str] = {}
    for line in words.splitlines():
        name, colon, text = line.partition(":")
        known = next((field.name for field in fields if field.name == name.strip()), None)
        if known is None or not colon:
            if line.strip():
                names = ", ".join(one_line(field.name, 40) for field in fields)
                raise BadArguments(f"Answer with a line for each of {names}: NAME: VALUE.")
            continue
        given[known] = text.strip()
    return given
