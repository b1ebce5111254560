"""The schema of a foreign tool's arguments, fit for a prompt, or the reason why it is not."""

from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.inert import inert, one_line

_DEEPEST = 32
_PROSE = {"description", "title", "$comment"}


class BadSchema(SteerdeckError):
    """This schema can't be shown to a model; the reason is a clause."""


def checked(schema: dict[str, object]) -> dict[str, object]:
    """The schema with hidden characters of its prose made visible; raises BadSchema.

    Prose may change without harm. A property's name or an allowed value may not: a tool with a
    hidden character there would be called with something else than people see.
    """
    if schema.get("type", "object") != "object":
        raise BadSchema("its arguments are no object")
    clean = _clean(schema, "", 0)
    assert isinstance(clean, dict)
    clean.pop("$schema", None)
    # Some servers of models refuse an object without these.
    clean.setdefault("type", "object")
    clean.setdefault("properties", {})
    return clean


def _clean(value: object, key: str, depth: int) -> object:
    if depth > _DEEPEST:
        raise BadSchema(f"its schema is nested deeper than {_DEEPEST} levels")
    match value:
        case str() if key in _PROSE:
            return inert(value.replace("\r\n", "\n"))
        case str():
            _check(value)
            return value
        case list() | tuple():
            return [_clean(member, "", depth + 1) for member in value]
        case dict():
            for name in value:
                _check(str(name))
            return {
                str(name): _clean(member, str(name), depth + 1) for name, member in value.items()
            }
    return value


def _check(text: str) -> None:
    plain = text.translate({9: " ", 13: " "})
    if inert(plain) != plain:
        raise BadSchema(f"its schema has hidden characters in {one_line(text, 60)!r}")
