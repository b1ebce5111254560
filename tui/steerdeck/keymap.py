"""Every key of the deck as data: an id, its keys, its verb, where it works, and what it does.

Footer, help screen and palette are made from this table, so a key is shown where it works and
nowhere else. A screen carries out an act with its method `do_<id>`; an optional `can_<id>` says
whether that does something now. The developer's `keys.toml` replaces keys by id.

Keys are named by what is printed on them: `.`, `L`, `ctrl+s`, `alt+1`, `f2`, `space`.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

Place = Literal[
    "anywhere", "composer", "deck", "zoom", "inbox", "card", "replay", "dialog", "new", "land",
    "help", "words", "scope",
]  # fmt: skip
"""Where the keys go: `composer` is text; in every other place letters are commands."""

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


class Key(msgspec.Struct, frozen=True):
    """One act and its keys; `foot` orders it in the footer, left below zero, right above."""

    id: str
    keys: tuple[str, ...]
    verb: str
    where: tuple[Place, ...]
    title: str = ""
    """A sentence for palette and help; an act without one is not in the palette."""
    foot: int = 0
    leader: str = ""
    """The key behind Ctrl+X; an act of the deck has its first letter there by itself."""
    shown: str = ""
    """What the footer writes instead of the first key, such as `h l` for a pair."""


KEYS: tuple[Key, ...] = (
    # composer
    Key("send", ("enter",), "steer", ("composer",), "Send the draft at the next safe point"),
    Key("queue", ("tab",), "queue", ("composer",), "Queue the draft for after the turn"),
    Key("now", ("ctrl+s",), "send now", ("composer",), "Interrupt and send the draft now"),
    Key("editor", ("ctrl+g",), "editor", ("composer",), "Write the draft in $EDITOR"),
    Key("take_back", ("up",), "take back the queued one", ("composer",), foot=-1),
    Key("lanes", ("f2",), "lanes", ("composer",), "Go from the composer to the lanes", foot=2),
    # deck
    Key("write", ("space", "f2"), "write", ("deck", "zoom"), "Go to the composer"),
    Key(
        "lane_left", ("h", "left", "["), "lane", ("deck",), "Lane to the left", shown="h l", foot=-1
    ),
    Key("lane_right", ("l", "right", "]"), "lane", ("deck",), "Lane to the right"),
    Key(
        "scroll_down",
        ("j", "down"),
        "scroll",
        ("deck", "zoom", "inbox", "replay", "help"),
        shown="j k",
        foot=-2,
    ),
    Key("scroll_up", ("k", "up"), "scroll", ("deck", "zoom", "inbox", "replay", "help")),
    Key("page_down", ("pagedown",), "page", ("anywhere",), "Scroll a page down"),
    Key("page_up", ("pageup",), "page", ("anywhere",), "Scroll a page up"),
    Key("top", ("g", "home"), "top", ("deck", "zoom", "help"), "Scroll to the beginning"),
    Key("end", ("G", "end"), "end", ("deck", "zoom", "help"), "Scroll to the end"),
    Key(
        "zoom",
        ("enter",),
        "zoom",
        ("deck",),
        "Open the session in hand full screen",
        foot=-3,
        leader="z",
    ),
    Key(
        "next_waiting",
        (".",),
        "next waiting",
        ("deck", "zoom"),
        "Go to the next thing that waits for you",
        foot=1,
        leader=".",
    ),
    Key("inbox", ("i",), "inbox", ("deck", "zoom"), "Open the inbox", foot=2),
    Key("diff", ("d",), "diff", ("deck",), "Show what the session changed", foot=3),
    Key("new", ("n",), "new", ("deck",), "Start a new session", foot=5),
    Key(
        "replay",
        ("r",),
        "replay",
        ("deck", "zoom"),
        "Replay the session from its beginning",
        foot=1,
    ),
    Key("several", ("s",), "pick several", ("deck",), "Speak to several sessions: pick them"),
    Key("all", ("a",), "speak to all", ("deck",), "Speak to all sessions at once"),
    Key(
        "interrupt",
        ("x",),
        "interrupt",
        ("deck", "zoom"),
        "Interrupt the session in hand",
        foot=-1,
    ),
    Key("resume", ("c",), "go on", ("deck",), "Let the session in hand go on"),
    Key(
        "try_now",
        ("T",),
        "try now",
        ("deck", "zoom"),
        "Ask the model now, without waiting any longer",
        foot=-1,
    ),
    Key("model", ("M",), "model", ("deck", "zoom"), "Change model or effort of the session"),
    Key("compact", ("C",), "compact", ("deck", "zoom"), "Compact the window of the session"),
    Key(
        "fork", ("f",), "fork", ("deck", "zoom"), "Fork the session in hand: a copy on its own way"
    ),
    Key("set_checks", ("V",), "checks", ("deck", "zoom"), "Set the checks of the session"),
    Key("set_goal", ("O",), "goal", ("deck", "zoom"), "Set the goal of the session"),
    Key("drop_goal", ("E",), "drop goal", ("deck", "zoom"), "Drop the goal of the session"),
    Key(
        "type_shell", ("w",), "type", ("deck", "zoom"), "Type into a shell of the session", foot=-3
    ),
    Key("end_shell", ("X",), "end shell", ("deck", "zoom"), "End a shell of the session", foot=-4),
    Key("mark_seen", ("m",), "seen", ("deck", "zoom"), "Mark the session's news as seen"),
    Key("land", ("L",), "land", ("deck", "zoom"), "Land the work of the session in hand"),
    Key("archive", ("A",), "archive", ("deck", "zoom"), "Stop and archive the session in hand"),
    Key("discard", ("D",), "discard", ("deck", "zoom"), "Discard the work of the session in hand"),
    Key("undo", ("u",), "undo", ("deck",), "Undo the last discard or archive"),
    Key("rename", ("R",), "rename", ("deck",), "Rename the session in hand"),
    Key(
        "repositories",
        ("o",),
        "repositories",
        ("deck",),
        "Show the sessions of all repositories, or of this one",
    ),
    Key(
        "mode",
        ("shift+tab",),
        "mode",
        ("composer", "deck", "zoom"),
        "Change the mode of the session in hand",
    ),
    *(
        Key(f"slot_{n}", (f"alt+{n}", str(n)), f"slot {n}", ("composer", "deck"))
        for n in range(1, 10)
    ),
    # anywhere
    Key("palette", ("ctrl+p", "ctrl+k"), "commands", ("anywhere",), foot=8, leader="p"),
    Key("help", ("?", "f1"), "keys", ("anywhere",), "Show every key", foot=9, leader="?"),
    Key("back", ("escape",), "", ("anywhere",), foot=7),
    Key("quit_by_steps", ("ctrl+c",), "quit", ("anywhere",), "Close the deck; agents go on"),
    Key("theme", ("f8",), "light or dark", ("anywhere",), "Switch between light and dark"),
    # zoom
    Key("tab_left", ("h", "left"), "tab", ("zoom",), shown="h l", foot=-1),
    Key("tab_right", ("l", "right", "tab"), "tab", ("zoom",)),
    Key("tab_transcript", ("t",), "transcript", ("zoom",), "Transcript of the session"),
    Key("tab_diff", ("d",), "diff", ("zoom",), "What the session changed"),
    Key("tab_tools", ("o",), "tools", ("zoom",), "Tool calls of the session"),
    Key("tab_checks", ("v",), "checks", ("zoom",), "Checks, rounds and goal of the session"),
    Key("tab_shells", ("s",), "shells", ("zoom",), "Shell sessions that live"),
    Key("tab_context", ("c",), "context", ("zoom",), "The context as the model sees it"),
    Key("tab_events", ("e",), "events", ("zoom",), "Raw events of the session"),
    Key("filter", ("/",), "filter", ("zoom",), "Filter the tool calls", foot=-3),
    Key("next_file", ("]", "n"), "file", ("zoom",), shown="[ ]", foot=-3),
    Key("previous_file", ("[", "N"), "file", ("zoom",)),
    Key("undo_file", ("u",), "undo file", ("zoom",), "Put this file back as it was", foot=3),
    Key("leave", ("q",), "deck", ("zoom",), "Back to the deck", foot=6),
    # inbox
    Key("once", ("y",), "once", ("card",)),
    Key("confirm_danger", ("!",), "run it, though it can't be taken back", ("card",)),
    Key("all_alike", ("Y",), "once, all alike", ("card",)),
    Key("session", ("s",), "this session", ("card",)),
    Key("always", ("a",), "scope…", ("card",)),
    Key("edit", ("e",), "edit", ("card",)),
    Key("no", ("n",), "no", ("card",)),
    Key("no_words", ("N",), "no, with words", ("card",)),
    Key("view", ("v", "enter"), "view all", ("card",)),
    Key("answer", ("w",), "answer", ("card",)),
    Key("was_done", ("d",), "it was done", ("card",)),
    Key("was_failed", ("f",), "it failed", ("card",)),
    Key("go_on", ("r",), "go on", ("card",)),
    Key("raise", ("b",), "raise the budget, go on", ("card",)),
    Key("raise_words", ("B",), "another budget", ("card",)),
    Key("open", ("o",), "open session", ("inbox",), foot=1),
    Key("land_it", ("L",), "land", ("card",)),
    Key("seen", ("x",), "seen", ("card",)),
    *(Key(f"choice_{n}", (str(n),), "", ("card",)) for n in range(1, 10)),
    # the scope of a yes
    Key("field_up", ("k", "up"), "field", ("scope",)),
    Key("field_down", ("j", "down"), "field", ("scope",)),
    Key("less", ("h", "left"), "narrower", ("scope",)),
    Key("more", ("l", "right"), "wider", ("scope",)),
    Key("store", ("y",), "store the rule and run", ("scope",)),
    Key("view_past", ("v", "enter"), "view all", ("scope",)),
    # replay
    Key("play", ("space",), "play", ("replay",)),
    Key("event_left", ("left",), "event", ("replay",), shown="← →"),
    Key("event_right", ("right",), "event", ("replay",)),
    Key("next_error", ("n",), "error", ("replay",), shown="n N"),
    Key("previous_error", ("N",), "error", ("replay",)),
    Key("next_approval", ("a",), "approval", ("replay",), shown="a A"),
    Key("previous_approval", ("A",), "approval", ("replay",)),
    Key("first", ("g", "home"), "ends", ("replay",), shown="g G", foot=-2),
    Key("last", ("G", "end"), "ends", ("replay",)),
    Key("faster", ("+", "="), "speed", ("replay",), shown="+ -", foot=-1),
    Key("slower", ("-",), "speed", ("replay",)),
    Key("jump", ("t",), "jump to time", ("replay",), foot=-3),
    Key("next_lane", ("tab",), "lane", ("replay",), foot=-4),
    Key("files_then", ("d",), "files then", ("replay",), "The files as they were then"),
    Key("export", ("x",), "export", ("replay",), foot=1),
    # dialogs
    Key("confirm", ("enter",), "do it", ("dialog",)),
    Key("merge", ("m",), "merge", ("land",)),
    Key("branch", ("b",), "branch", ("land",)),
    Key("patch", ("p",), "patch file", ("land",)),
)


class Keymap:
    """The table with the developer's own keys in it; finds an act by place and key."""

    def __init__(self, own: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """`own` maps ids to keys; `problems` then names ids that do not exist and keys twice."""
        own = own or {}
        known = {key.id for key in KEYS}
        self.problems = [
            f"keys.toml names {name!r}, and there is no such act; `?` in the deck lists them all."
            for name in own
            if name not in known
        ]
        self.keys = tuple(
            msgspec.structs.replace(key, keys=tuple(own[key.id]), shown="")
            if key.id in own
            else key
            for key in KEYS
        )
        self.by_id = {key.id: key for key in self.keys}
        self._places: dict[tuple[str, str], list[Key]] = {}
        for key in self.keys:
            for place in key.where:
                for name in key.keys:
                    self._places.setdefault((place, name), []).append(key)
        self.problems += _twice(own, self.keys)
        self._leader = {_leader_key(key): key for key in reversed(self.keys) if _leader_key(key)}

    def find(self, places: Iterable[Place], name: str) -> list[Key]:
        """The acts a key may mean in these places, the nearest place first."""
        return [key for place in places for key in self._places.get((place, name), ())]

    def behind_leader(self, name: str) -> Key | None:
        return self._leader.get(name)

    def of(self, *places: Place) -> list[Key]:
        """The acts of these places, in the order of the table."""
        return [key for key in self.keys if any(place in key.where for place in places)]

    def shown(self, id: str, place: str = "") -> str:
        """How a key is written on the screen; in the composer a letter of the deck has Alt."""
        key = self.by_id[id]
        if not key.keys:
            return ""
        if place == "composer" and "composer" not in key.where and "anywhere" not in key.where:
            return label(f"alt+{key.keys[0]}" if len(key.keys[0]) == 1 else key.keys[0])
        if place == "composer" and len(key.keys[0]) == 1:
            return label(next((name for name in key.keys if len(name) > 1), key.keys[0]))
        return key.shown or label(key.keys[0])


def _twice(own: Mapping[str, tuple[str, ...]], keys: tuple[Key, ...]) -> list[str]:
    """What is wrong where a key of the developer's means two acts in the same place.

    The table's own keys share some on purpose: of those only one act is possible at a time.
    """
    problems = []
    for key in keys:
        for other in keys:
            if key.id not in own or key.id == other.id or (other.id in own and other.id < key.id):
                continue
            places = [place for place in key.where if place in other.where]
            both = [name for name in key.keys if name in other.keys]
            if places and both:
                problems.append(
                    f"keys.toml gives {label(both[0])} to {key.id!r}, and {other.id!r} has it too "
                    f"({places[0]}); only one of the two will hear it."
                )
    return problems


def _leader_key(key: Key) -> str:
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
