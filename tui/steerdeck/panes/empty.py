"""The deck without sessions: what works here, proven, and one thing to do next.

A key stands here only where pressing it now works; what can't be done says why and what helps.
"""

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel
from steerdeck.panes.room import Room
from steerdeck.text import BLANK, Line, Span, clickable, foreign
from steerdeck.widgets.strips import rows_of
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.runtime.wire import Outlook
from steerdeck_themes.depth import Depth
from steerdeck_themes.ink import INK

NAME = "steerdeck"
AROUND = 7
"""Rows of the deck on a low terminal that are no lane's while nothing waits."""
PROMISE = (
    "Your checkout stays as it is: every session has a workspace of its own, "
    "and nothing of it lands before you say so."
)
_COLOURS: dict[Depth, str] = {
    "true": "true colour",
    "256": "256 colours",
    "16": "16 colours, its own",
    "none": "no colour",
}


def empty_lines(model: DeckModel, keymap: Keymap, room: Room) -> list[Line]:
    """Indented on wide terminals; where there is no room empty rows go, from the top on."""
    look = model.outlook
    across = room.columns - 2 * room.margin - (room.rail + 1 if room.rail else 0)
    indent = 0 if room.columns < 100 else 6 if room.columns < 160 else 15
    parts = [_away(model)]
    if model.attached:
        promise = Line((Span(PROMISE, "t2"),), wrap=True)
        parts = [_title(look, min(68, across)), proven(look), _acts(model, keymap), [promise]]
    used = sum(rows_of(line, across - indent, 0) for part in parts for line in part)
    spare = room.rows - AROUND - used
    lines = [BLANK] * 4 if room.rows >= 30 else []
    for place, part in enumerate(parts):
        if len(parts) - place <= spare:
            lines.append(BLANK)
        lines += part
    return [
        msgspec.structs.replace(line, indent=line.indent + indent) if line is not BLANK else line
        for line in lines
    ]


def empty_inbox(model: DeckModel, keymap: Keymap) -> list[Line]:
    """The inbox while nothing waits: what goes on, and the keys that lead on from here."""
    counts = model.counts()
    working = counts.get("working", 0) + counts.get("starting", 0)
    told = "No session waits for you, and nothing new is to be looked at."
    if working:
        goes = "session is at work" if working == 1 else "sessions are at work"
        told = f"{working} {goes}. What one asks for stands here, and above where you write."
    lines = [BLANK, Line((Span("Nothing waits for you", "t0", bold=True),)), BLANK]
    lines += [Line((Span(told, "t1"),), wrap=True), BLANK]
    acts = (("back", "back to the deck", "Esc"), ("palette", "every command by name", ""))
    for id, what, fixed in acts:
        key = fixed or keymap.shown(id)
        spans = (Span(key.ljust(9), "accent"), Span(what, "t1"))
        lines.append(clickable(Line(spans), f"do:{id}"))
    return lines


def _away(model: DeckModel) -> list[Line]:
    """There is no runtime yet, or none any more."""
    if not model.lost:
        return [Line((Span("Attaching to the runtime", "t0", bold=True),))]
    again = "It is tried again, and nothing is lost meanwhile."
    return [
        Line((Span("The runtime can't be reached", "t0", bold=True),)),
        Line((foreign(model.lost, "t1"),), wrap=True),
        Line((Span(again, "t2"),)),
    ]


def _title(look: Outlook, width: int) -> list[Line]:
    g = glyphs()
    state = "Nothing is running"
    if look.problem:
        state = "No session can start here"
    elif look.model_problem:
        state = "No model yet"
    rule = (
        Span(g.meter * len(NAME), "accent"),
        Span(g.hairline * max(0, width - len(NAME)), "line"),
    )
    return [Line((Span(NAME, "t0", bold=True), Span(f"  {state}", "t2"))), Line(rule)]


def proven(look: Outlook) -> list[Line]:
    """What was looked at or tried, and how it came out."""
    lines = []
    if look.problem:
        lines.append(_check("git", "", look.problem, bad=True))
    else:
        name = folder_name(look.repository)
        clean = (
            f"{counted(look.dirty, 'file')} not committed" if look.dirty else "nothing uncommitted"
        )
        on = f", on {look.branch}" if look.branch else ", on no branch"
        lines.append(_check("git", name, f"{clean}{on}"))
    if look.sandbox in ("NO SANDBOX", "none"):
        mark = Span(f"{glyphs().failed}  ", "failed")
        words = (mark, _label("sandbox"), Span("NO SANDBOX", "failed", bold=True),
                 Span("   a command can do whatever you can do", "t2"))  # fmt: skip
        lines.append(Line(words, hang=13, wrap=True))
    elif look.sandbox:
        lines.append(_check("sandbox", look.sandbox, "tried: nothing gets out of the workspace"))
    if look.model_problem:
        lines.append(_check("model", "", look.model_problem, bad=True))
    elif look.models:
        first = next((m for m in look.models if m.preferred), look.models[0])
        others = len(look.models) - 1
        lines.append(_check("model", first.name, f"and {others} more" if others else ""))
    marks = "ASCII marks" if glyphs().working == "*" else ""
    lines.append(_check("terminal", _COLOURS[INK.depth], marks))
    return lines


def _label(what: str) -> Span:
    return Span(what.ljust(10), "t1")


def _check(what: str, found: str, about: str, *, bad: bool = False) -> Line:
    g = glyphs()
    mark = Span(f"{g.failed if bad else g.done}  ", "failed" if bad else "done")
    value = foreign(found.ljust(15) + " ", "t0") if found else Span("")
    spans = (mark, _label(what), value, foreign(about, "t1" if bad else "t2"))
    return Line(spans, hang=13, wrap=True)


def _acts(model: DeckModel, keymap: Keymap) -> list[Line]:
    """Keys that work now; the first one, on its own ground, is what to do next."""
    look, place = model.outlook, model.face
    acts = [
        ("new", "new session", "choose model, base, mode, budget"),
        ("palette", "commands", "everything by name, past sessions too"),
        ("help", "all keys", "and what each is for"),
    ]
    lines: list[Line] = []
    if look.problem or look.model_problem:
        acts = acts[1:] if look.problem else acts
        demo = (Span("steerdeck demo".ljust(25), "t0", bold=True),
                 Span("in a shell: four agents, offline, without a key", "t2"))  # fmt: skip
        lines.append(Line(demo))
    else:
        key = "send" if place == "composer" else "write"
        about = "below, and Enter starts a session on it"
        if place == "composer":
            about = "below; this key starts a session on it"
        words = (
            Span(keymap.shown(key, place).ljust(9), "accent", bold=True),
            Span("say what to do".ljust(16), "t0", bold=True),
            Span(about, "t2"),
        )
        lines.append(clickable(Line(words, bg="s2"), f"do:{key}"))
    if model.undoable:
        acts.insert(0, ("undo", "bring back", "the session that was put away last"))
    for id, what, about in acts:
        spans = (
            Span(keymap.shown(id, place).ljust(9), "accent"),
            Span(what.ljust(16), "t0"),
            Span(about, "t2"),
        )
        lines.append(clickable(Line(spans), f"do:{id}"))
    return lines
