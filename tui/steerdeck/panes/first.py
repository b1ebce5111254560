"""What somebody sees who opens the deck for the first time: what works here, and five keys."""

from steerdeck.found import Found
from steerdeck.glyphs import glyphs
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel
from steerdeck.panes.empty import NAME, PROMISE, proven
from steerdeck.text import BLANK, Line, Span, clickable, foreign

FIVE = (
    ("send", "composer", "sends what you wrote: starts a session, or steers one"),
    ("lanes", "composer", "to the lanes, where letters are commands, and back"),
    ("next_waiting", "composer", "to the next thing that waits for your yes or your words"),
    ("palette", "deck", "every command and every session by name"),
    ("help", "deck", "all keys; while you write they are behind Ctrl+X"),
)
"""Keys that are enough to begin with: id of the act, where the key is meant, what it does."""


def first_lines(
    model: DeckModel, keymap: Keymap, found: Found, width: int, rows: int
) -> list[Line]:
    """The first page; blank rows and the promise go where there is no room."""
    gap = [BLANK] if rows >= 26 else []
    head = Span("  steer several coding agents from one terminal", "t2")
    works = bool(model.outlook.models) and not model.outlook.problem
    lines = [
        *gap,
        Line((Span(NAME, "t0", bold=True), head)),
        _rule(width),
        *gap,
        *(proven(model.outlook) if model.attached else [_row("", "looking around", "")]),
        *(_found(found) if rows >= 22 else []),
        BLANK,
        *_acts(keymap, works=works, known=model.attached),
        BLANK,
        *(_row(keymap.shown(id, place), about, "", id) for id, place, about in FIVE),
    ]
    if rows >= 24:
        lines += [BLANK, Line((Span(PROMISE, "t2"),), wrap=True)]
    return lines


def _rule(width: int) -> Line:
    g = glyphs()
    rest = g.hairline * max(0, width - len(NAME))
    return Line((Span(g.meter * len(NAME), "accent"), Span(rest, "line")))


def _found(found: Found) -> list[Line]:
    """Only what is there is told; that it can't be used yet is told too."""
    lines: list[Line] = []
    for what, names, about in (
        ("keys", found.keys, ""),
        ("agents", found.agents, "   found here; sessions use models, not these"),
    ):
        if names:
            told = foreign(", ".join(names), "t0")
            lines.append(Line((Span(f"   {what:<10}", "t1"), told, Span(about, "t2"))))
    return lines


def _acts(keymap: Keymap, *, works: bool, known: bool) -> list[Line]:
    demo = ("try_demo", "try the demo", "four agents, offline, without a key")
    acts = [
        ("to_work", "go on", "to the deck: write below what should be done") if works else demo,
        ("first_session", "new session", "choose model, base, mode, budget"),
        demo if works else ("to_work", "go on", f"to the deck{', without a model' * known}"),
        ("settings", "settings", "theme, keys, notices"),
    ]
    return [
        clickable(
            Line(
                (
                    Span(keymap.shown(id, "welcome").ljust(9), "accent", bold=not place),
                    Span(what.ljust(16), "t0", bold=not place),
                    Span(about, "t2"),
                ),
                bg=None if place else "s2",
            ),
            f"do:{id}",
        )
        for place, (id, what, about) in enumerate(acts)
        if works or id != "first_session"
    ]


def _row(key: str, words: str, about: str, id: str = "") -> Line:
    """A key and its words; a click does what of them this page can do."""
    spans = (Span(key.ljust(9), "accent"), Span(words, "t1"), Span(about, "t2"))
    line = Line(spans, hang=9, wrap=True)
    return clickable(line, f"do:{id}") if id else line
