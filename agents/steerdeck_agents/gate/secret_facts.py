"""Takes secrets out of every fact before it is committed, whatever kind of fact it is.

Which fields hold text is told by their types: ids and hashes are types of their own, words of ours
are literals, everything else that is a string came from somebody. So a new fact is covered too.
"""

import functools
import typing
from collections.abc import Callable
from typing import Final, Literal, TypeVar, get_args, get_origin

import msgspec

from steerdeck_agents.facts.events import (
    CallEnded,
    CallRequested,
    KnownEvent,
    OutputAdded,
    TextAdded,
)
from steerdeck_agents.facts.places import FileChange, Level, Ports, Surroundings, Workspace
from steerdeck_agents.gate.secret_marks import Redactor

_AS_IT_IS: Final = frozenset(
    {"path", "paths", "not_covered", "newest", "folder", "branch", "base", "repository", "commit"}
    | {
        "origin",
        "kind",
        "tool",
        "model",
        "served_model",
        "allowed_by",
        "level",
        "rule",
        "version",
        "boot",
        "id",
    }
)
"""Fields that name something which is looked up by that name: a file, a branch, a tool."""
_PLACES: Final = (Workspace, Surroundings, Level, Ports, FileChange)

Event = TypeVar("Event", bound=msgspec.Struct)
Clean = Callable[[str], str]
Way = Callable[[object, Clean], object]


def clean_event(redactor: Redactor, event: KnownEvent) -> KnownEvent:
    """The fact with marks for secrets; itself when it holds none."""
    match event:
        case CallEnded() | OutputAdded():
            allowed = redactor.allowed(event.session, event.call)
            return _cleaned(event, functools.partial(redactor.text, allowed=allowed))
        case TextAdded():
            # Cleaned in pieces on its way here, and again as a whole when its item ends.
            return event
        case CallRequested():
            kept = redactor.json(event.arguments)
            if kept != event.arguments:
                event = msgspec.structs.replace(event, arguments=kept)
            return _cleaned(event, redactor.text)
        case _:
            return _cleaned(event, redactor.text)


def _cleaned(struct: Event, clean: Clean) -> Event:
    changed = {}
    for name, change in _fields(type(struct)):
        value = getattr(struct, name)
        if value and (new := change(value, clean)) is not value:
            changed[name] = new
    return msgspec.structs.replace(struct, **changed) if changed else struct


@functools.cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, Way], ...]:
    """The fields of a kind of fact that hold text, and how each is cleaned."""
    hints = typing.get_type_hints(kind)
    found = ((name, _way(hints[name])) for name in kind.__struct_fields__ if name not in _AS_IT_IS)
    return tuple((name, way) for name, way in found if way is not None)


def _way(hint: object) -> Way | None:
    """How a value of that type is cleaned; None when it holds no text."""
    if hint is str:
        return _any
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return None if hint in _PLACES else _any
    if get_origin(hint) is Literal:
        return None
    return _any if any(_way(part) is not None for part in get_args(hint)) else None


def _any(value: object, clean: Clean) -> object:
    match value:
        case str():
            return clean(value)
        case tuple() | list():
            new = [_any(one, clean) for one in value]
            if all(a is b for a, b in zip(new, value, strict=True)):
                return value
            return tuple(new) if isinstance(value, tuple) else new
        case dict():
            fields = {name: _any(one, clean) for name, one in value.items()}
            return value if fields == value else fields
        case msgspec.Struct() if not isinstance(value, _PLACES):
            return _cleaned(value, clean)
        case _:
            return value
