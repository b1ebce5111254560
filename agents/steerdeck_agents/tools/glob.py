"""Globs over paths, as people know them from `.gitignore` and ripgrep.

A glob without a slash matches names at any depth; `**` crosses folders, `*` and `?` do not;
`{a,b}` offers choices. Matched part by part, so no glob can make the matching explode.
"""

import fnmatch
import functools
import itertools
import re

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line

_LONGEST = 300
_MOST_CHOICES = 64
_BRACES = re.compile(r"\{([^{}]*)\}")


class Glob:
    """Matches clean relative paths; an empty glob matches all."""

    def __init__(self, text: str) -> None:
        """Raises BadArguments for a glob that is too long or offers too many choices."""
        if len(text) > _LONGEST:
            raise BadArguments(f"The glob `{one_line(text, 80)}` is too long.")
        self._choices = [_parts(choice) for choice in _expand(text)] if text else []

    def matches(self, path: str) -> bool:
        parts = tuple(path.split("/"))
        return not self._choices or any(_match(choice, parts) for choice in self._choices)


def _expand(text: str) -> list[str]:
    """Every choice of the braces, spelled out."""
    pieces = _BRACES.split(text)
    choices = [piece.split(",") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    count = functools.reduce(lambda product, choice: product * len(choice), choices, 1)
    if count > _MOST_CHOICES:
        raise BadArguments(f"The glob `{one_line(text, 80)}` offers too many choices.")
    return ["".join(choice) for choice in itertools.product(*choices)]


def _parts(choice: str) -> tuple[str, ...]:
    anchored = "/" in choice.rstrip("/")
    parts = [part for part in choice.split("/") if part not in ("", ".")]
    if choice.endswith("/"):
        parts.append("**")
    return tuple(parts if anchored else ["**", *parts])


def _match(wanted: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """`reached[j]` is whether `wanted`, as far as it was gone through, matches `parts[:j]`."""
    reached = [True] + [False] * len(parts)
    for part in wanted:
        if part == "**":
            first = reached.index(True) if True in reached else len(reached)
            reached = [position >= first for position in range(len(reached))]
        else:
            reached = [False] + [
                before and fnmatch.fnmatchcase(name, part)
                for before, name in zip(reached, parts, strict=False)
            ]
    return reached[-1]
