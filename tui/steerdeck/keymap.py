"""The table of all keys with the developer's own in it, and how a pressed key is found there.

Footer, help screen and palette are made from this table, so a key is shown where it works and
nowhere else. A screen carries out an act with its method `do_<id>`; an optional `can_<id>` says
whether that does something now. The developer's `keys.toml` replaces keys by id.

Keys are named by what is printed on them: `.`, `L`, `ctrl+s`, `alt+1`, `f2`, `space`.
"""

from collections.abc import Iterable, Mapping

import msgspec

from steerdeck.keys.anywhere import ANYWHERE
from steerdeck.keys.calls import CALLS
from steerdeck.keys.clashes import problems, refused
from steerdeck.keys.composer import COMPOSER
from steerdeck.keys.deck import DECK
from steerdeck.keys.dialogs import DIALOGS
from steerdeck.keys.flavours import FLAVOURS
from steerdeck.keys.inbox import INBOX
from steerdeck.keys.key import Key, Place
from steerdeck.keys.lanes import LANES
from steerdeck.keys.own import OWN
from steerdeck.keys.plan import PLAN
from steerdeck.keys.replay import REPLAY
from steerdeck.keys.review import REVIEW
from steerdeck.keys.shore import SHORE
from steerdeck.keys.transcript import MARK, TRANSCRIPT
from steerdeck.keys.zoom import ZOOM
from steerdeck_agents.settings.config import Flavour

LEADER = "ctrl+x"

_NAMES = {
    "full_stop": ".",
    "question_mark": "?",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "upper_l": "L",
}
_SHOWN = {
    "enter": "Enter",
    "tab": "Tab",
    "escape": "Esc",
    "space": "Space",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}

_WRITTEN = {
    "control": "ctrl", "option": "alt", "opt": "alt",
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert",
    "pgup": "pageup", "pgdn": "pagedown", "pgdown": "pagedown",
    "←": "left", "→": "right", "↑": "up", "↓": "down",
}  # fmt: skip
"""What people write for names of this table."""

KEYS: tuple[Key, ...] = (
    *COMPOSER,
    *DECK,
    *LANES,
    *ANYWHERE,
    *ZOOM,
    *TRANSCRIPT,
    *MARK,
    *REVIEW,
    *PLAN,
    *INBOX,
    *REPLAY,
    *DIALOGS,
    *OWN,
    *SHORE,
    *CALLS,
)


class Keymap:
    """The table with the developer's own keys in it; finds an act by place and key."""

    def __init__(
        self, own: Mapping[str, tuple[str, ...]] | None = None, flavour: Flavour = "plain"
    ) -> None:
        """`own` maps ids to keys and goes before the flavour; `problems` says what is wrong there.

        Keys that would make a yes too easy are not taken.
        """
        own = {id: tuple(map(as_pressed, keys)) for id, keys in (own or {}).items()}
        table = {key.id: key.keys for key in KEYS}
        not_taken = refused(own, table)
        own = {id: keys for id, keys in own.items() if id not in not_taken}
        self.flavour: Flavour = flavour
        given = {**FLAVOURS[flavour], **own}
        self.keys = tuple(
            msgspec.structs.replace(
                key, keys=tuple(given[key.id]), shown="" if key.id in own else key.shown
            )
            if key.id in given
            else key
            for key in KEYS
        )
        if own:
            self.keys = tuple(_pair_kept(key, self.keys) for key in self.keys)
        self.by_id = {key.id: key for key in self.keys}
        self._places: dict[tuple[str, str], list[Key]] = {}
        for key in self.keys:
            for place in key.where:
                for name in key.keys:
                    self._places.setdefault((place, name), []).append(key)
        changed = {id: keys for id, keys in own.items() if keys != table.get(id)}
        told = problems(changed, self.keys, LEADER, leader_key, label)
        self.problems = [*not_taken.values(), *told]
        self._leader = {leader_key(key): key for key in reversed(self.keys) if leader_key(key)}

    def find(self, places: Iterable[Place], name: str) -> list[Key]:
        """The acts a key may mean in these places, the nearest place first."""
        return [key for place in places for key in self._places.get((place, name), ())]

    def behind_leader(self, name: str) -> Key | None:
        return self._leader.get(name)

    def all_behind_leader(self) -> list[tuple[str, Key]]:
        """Every key that may follow the leader with its act, in the order of the table."""
        return [(name, key) for name, key in reversed(self._leader.items())]

    def of(self, *places: Place) -> list[Key]:
        """The acts of these places, in the order of the table."""
        return [key for key in self.keys if any(place in key.where for place in places)]

    def shown(self, id: str, place: str = "", *, paired: bool = True) -> str:
        """How a key is written on the screen; in the composer a letter of the deck has Alt.

        `paired`: one of a pair, such as `h l`, is written with the other one.
        """
        key = self.by_id[id]
        if not key.keys:
            return ""
        if place == "composer" and "composer" not in key.where and "anywhere" not in key.where:
            return label(f"alt+{key.keys[0]}" if len(key.keys[0]) == 1 else key.keys[0])
        if place == "composer" and len(key.keys[0]) == 1:
            return label(next((name for name in key.keys if len(name) > 1), key.keys[0]))
        return (key.shown if paired else "") or label(key.keys[0])


def _pair_kept(key: Key, keys: Iterable[Key]) -> Key:
    """A key shown as one of a pair (`h l`), without that when the other one was changed."""
    alike = [
        other for other in keys if other.verb == key.verb and set(other.where) & set(key.where)
    ]
    labels = {label(name) for other in alike for name in other.keys}
    return key if set(key.shown.split()) <= labels else msgspec.structs.replace(key, shown="")


def leader_key(key: Key) -> str:
    """The key behind the leader that means this act, or nothing."""
    if key.leader:
        return key.leader
    if "deck" not in key.where or not key.keys:
        return ""
    return next((name for name in key.keys if len(name) == 1), "")


def name_of(key: str, character: str | None) -> str:
    """The name of a pressed key in this table, from what the terminal driver says of it."""
    if character is not None and len(character) == 1 and character.isprintable():
        return "space" if character == " " else character
    head, plus, last = key.rpartition("+")
    last = _NAMES.get(last, last)
    if last.startswith("upper_"):
        last = last.removeprefix("upper_").upper()
    return f"{head}{plus}{last}"


def as_pressed(name: str) -> str:
    """The name a key of `keys.toml` has in this table: one may write it as the screen shows it.

    Shift and a letter is what terminals send for it: the capital.
    """
    heads, _, last = name.rpartition("+") if not name.endswith("+") else (name[:-1], "", "+")
    held = [_WRITTEN.get(head, head) for head in heads.lower().split("+") if head]
    if len(last) > 1 or last in _WRITTEN:
        last = _WRITTEN.get(last.lower(), last.lower())
    elif "ctrl" in held:
        last = last.lower()
    elif "shift" in held and last.isalpha():
        held.remove("shift")
        last = last.upper()
    return "+".join([*held, last])


def label(name: str) -> str:
    """A key as people write it: `Ctrl+S`, `Alt+.`, `Esc`, `L`."""
    *heads, last = name.split("+") if name != "+" else ["+"]
    if len(last) == 1:
        last = last.upper() if "ctrl" in heads else last
    elif last[:1] == "f" and last[1:].isdigit():
        last = last.upper()
    else:
        last = _SHOWN.get(last, last.capitalize())
    return "+".join([*(head.capitalize() for head in heads), last])
