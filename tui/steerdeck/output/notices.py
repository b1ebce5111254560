"""What a terminal is sent so that it tells its owner something: bell, OSC 9, 777 and 99, the title.

Nothing but the bell and the title gets through tmux and screen, whose pass-through is off by
default; so there these two are all. What is not known of a terminal is not sent to it: an unknown
sequence may be printed. Words are made safe here too: none may end a sequence.
"""

import re
from collections.abc import Mapping
from typing import Literal

from steerdeck.output.sanitise import clean
from steerdeck_agents.facts.inert import one_line

Kind = Literal["bell", "osc9", "osc777", "osc99"]

VERSION_QUERY = "\x1b[>q"
"""XTVERSION: a terminal that knows it answers with its name (see `version.py`)."""
TITLE_SAVED, TITLE_RESTORED = "\x1b[22;2t", "\x1b[23;2t"
_PROGRAMS: dict[str, Kind] = {
    "iterm.app": "osc9",
    "iterm2": "osc9",
    "wezterm": "osc9",
    "ghostty": "osc9",
    "warpterminal": "osc9",
    "rio": "osc9",
    "kitty": "osc99",
    "foot": "osc777",
    "contour": "osc777",
    "rxvt": "osc777",
    "urxvt": "osc777",
}
"""Terminals by the name they give themselves, and what each of them shows as a notice."""
_NAME = re.compile(r"[a-z0-9.]+")


def kind_of(environ: Mapping[str, str], version: str = "") -> Kind:
    """What this terminal shows as a notice, from its environment and its XTVERSION answer."""
    term = environ.get("TERM", "")
    if environ.get("TMUX") or environ.get("STY") or term.startswith(("tmux", "screen")):
        return "bell"
    if version and (found := _PROGRAMS.get(_first(version))):
        return found
    if environ.get("KITTY_WINDOW_ID") or term == "xterm-kitty":
        return "osc99"
    if term in ("xterm-ghostty", "wezterm"):
        return "osc9"
    if term.startswith(("foot", "rxvt-unicode", "contour")):
        return "osc777"
    return _PROGRAMS.get(_first(environ.get("TERM_PROGRAM", "")), "bell")


def asks_version(environ: Mapping[str, str]) -> bool:
    """Whether only the terminal itself can say what it is: over SSH, where TERM says little."""
    remote = environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")
    plain = environ.get("TERM", "").startswith("xterm") and not environ.get("TMUX")
    return bool(remote and plain and not environ.get("TERM_PROGRAM"))


def notice(kind: Kind, title: str, text: str) -> str:
    """What is written to ring, and where the terminal can do it to show a notice."""
    title, text = _safe(title), _safe(text)
    match kind:
        case "osc9":
            return f"\x07\x1b]9;{title}: {text}\x07"
        case "osc777":
            return f"\x07\x1b]777;notify;{title.replace(';', ',')};{text.replace(';', ',')}\x07"
        case "osc99":
            head = f"\x1b]99;i=steerdeck:d=0;{title}\x1b\\"
            return f"\x07{head}\x1b]99;i=steerdeck:d=1:p=body;{text}\x1b\\"
        case _:
            return "\x07"


def titled(text: str) -> str:
    """What sets the title of window and tab."""
    return f"\x1b]2;{_safe(text)}\x07"


def _safe(text: str) -> str:
    return clean(one_line(text, 120))


def _first(name: str) -> str:
    """The name without its version: `kitty(0.36.1)`, `WezTerm 2024…`, `foot(1.18)`."""
    match = _NAME.match(name.strip().lower())
    return match[0] if match else ""
