"""What is wrong with the keys of a developer's `keys.toml`, said in sentences.

The table's own keys share some on purpose: of those only one act is possible at a time. So only
what the developer changed is looked at, against everything it meets.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from steerdeck.keys.key import Key, Place

TOGETHER: tuple[tuple[Place, ...], ...] = (
    ("composer", "anywhere"),
    ("deck", "anywhere"),
    ("zoom", "anywhere"),
    ("mark", "anywhere"),
    ("review", "anywhere"),
    ("plan", "anywhere"),
    ("card", "inbox", "anywhere"),
    ("replay", "anywhere"),
    ("land", "anywhere"),
    ("overlap", "anywhere"),
    ("scope", "dialog", "anywhere"),
    ("help", "anywhere"),
    ("settings", "anywhere"),
    ("welcome", "anywhere"),
)
"""Places that hear keys at the same time, the nearest first."""
WRITING = frozenset(
    [
        "left",
        "right",
        "up",
        "down",
        "home",
        "end",
        "backspace",
        "delete",
        "alt+b",
        "alt+f",
        "alt+d",
        "alt+left",
        "alt+right",
        "alt+backspace",
        "alt+enter",
        "shift+enter",
        "ctrl+left",
        "ctrl+right",
        "ctrl+home",
        "ctrl+end",
        "ctrl+a",
        "ctrl+b",
        "ctrl+d",
        "ctrl+e",
        "ctrl+f",
        "ctrl+h",
        "ctrl+j",
        "ctrl+k",
        "ctrl+u",
        "ctrl+w",
        "ctrl+y",
        "ctrl+z",
        "ctrl+underscore",
    ]
)
"""Keys that edit the text in the composer, so that no act hears them there."""
_YES = ("once", "session", "all_alike", "always", "store", "confirm_danger")
"""Acts that let something happen: never on a key that also means onward or away."""
_NEVER_YES = frozenset({"enter", "escape", "space", "tab"})
_MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "meta", "hyper"})
_NAMED = re.compile(
    r"f[1-9]|f1\d|f2[0-4]|enter|tab|escape|space|left|right|up|down|home|end|pageup|pagedown"
    r"|insert|delete|backspace|underscore"
)


def refused(
    own: Mapping[str, tuple[str, ...]], table: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Ids of acts whose keys in `own` are not taken, each with the sentence that says why."""
    said = {
        id: f"keys.toml gives a key to {id!r} that must never be a yes; the deck's own keys stay."
        for id in _YES
        if _NEVER_YES & set(own.get(id, ()))
    }
    once = {*own.get("once", table.get("once", ())), *own.get("all_alike", ())}
    second = {*own.get("confirm_danger", table.get("confirm_danger", ()))}
    if once & second:
        why = "keys.toml gives one key to 'once' and to 'confirm_danger'; the deck's own keys stay."
        said.update({id: why for id in ("once", "all_alike", "confirm_danger") if id in own})
    return said


def problems(
    own: Mapping[str, tuple[str, ...]],
    keys: Sequence[Key],
    leader: str,
    leader_of: Callable[[Key], str],
    label: Callable[[str], str],
) -> list[str]:
    """Every complaint about `own`, where `keys` is the whole table with `own` in it."""
    known = {key.id for key in keys}
    said = [
        f"keys.toml names {name!r}, and there is no such act; `steerdeck config keys` lists them."
        for name in own
        if name not in known
    ]
    mine = [key for key in keys if key.id in own]
    said += _no_keys(mine)
    said += _not_heard(mine, leader, label)
    said += _twice(mine, keys, own, label)
    said += _behind_leader(mine, keys, own, leader_of, label)
    return said


def _no_keys(mine: Iterable[Key]) -> Iterator[str]:
    for key in mine:
        for name in key.keys:
            *heads, last = (
                name.split("+") if not name.endswith("+") else [*name[:-1].split("+")[:-1], "+"]
            )
            if set(heads) <= _MODIFIERS and (len(last) == 1 or _NAMED.fullmatch(last)):
                continue
            yield (
                f"keys.toml gives {name!r} to {key.id!r}, and no key has that name; "
                "names are like f9, ctrl+s, alt+x, space or L."
            )


def _parts(name: str) -> tuple[list[str], str]:
    """Modifiers and key of a name; the plus sign is a key too."""
    if name.endswith("+"):
        return name[:-1].rstrip("+").split("+") if len(name) > 1 else [], "+"
    *heads, last = name.split("+")
    return heads, last


def _not_heard(mine: Iterable[Key], leader: str, label: Callable[[str], str]) -> Iterator[str]:
    """Keys that mean something else before the act could hear them."""
    for key in mine:
        writes = "composer" in key.where
        for name in key.keys:
            why = ""
            if name == leader and {"composer", "deck", "zoom", "anywhere"} & set(key.where):
                why = "it begins every two-key act"
            elif writes and len(name) == 1:
                why = "a letter is text in the composer"
            elif writes and name in WRITING:
                why = "it edits the text in the composer"
            if why:
                yield f"keys.toml gives {label(name)} to {key.id!r}, and {why}."


def _twice(
    mine: Iterable[Key],
    keys: Sequence[Key],
    own: Mapping[str, tuple[str, ...]],
    label: Callable[[str], str],
) -> Iterator[str]:
    for key in mine:
        for other in keys:
            if key.id == other.id or (other.id in own and other.id < key.id):
                continue
            both = [name for name in key.keys if name in other.keys]
            place = _meet(key, other)
            if both and place:
                yield (
                    f"keys.toml gives {label(both[0])} to {key.id!r}, and {other.id!r} has it too "
                    f"({place}); only one of the two will hear it."
                )


def _meet(one: Key, other: Key) -> str:
    """A place where both acts hear keys, or nothing."""
    for places in TOGETHER:
        here = [place for place in places if place in one.where]
        there = [place for place in places if place in other.where]
        if here and there:
            return here[0] if here[0] in there else there[0]
    return next((place for place in one.where if place in other.where), "")


def _behind_leader(
    mine: Iterable[Key],
    keys: Sequence[Key],
    own: Mapping[str, tuple[str, ...]],
    leader_of: Callable[[Key], str],
    label: Callable[[str], str],
) -> Iterator[str]:
    """Two acts behind the leader under one key, where the key itself says nothing of it."""
    for key in mine:
        name = leader_of(key)
        for other in keys:
            if not name or key.id == other.id or leader_of(other) != name:
                continue
            if (other.id in own and other.id < key.id) or (
                name in other.keys and _meet(key, other)
            ):
                continue
            yield (
                f"keys.toml gives {label(name)} to {key.id!r}, and behind Ctrl+X that is "
                f"{other.id!r}; only one of the two will hear it there."
            )
