"""The deck without sessions: what can be done here, and why not, where it can't."""

import msgspec

from steerdeck.keymap import Keymap
from steerdeck.model import DeckModel
from steerdeck.panes.room import Room
from steerdeck.text import BLANK, Line, Span, foreign


def empty_lines(model: DeckModel, keymap: Keymap, room: Room) -> list[Line]:
    """A title, a sentence and the keys that help, indented on wide terminals."""
    look = model.outlook
    indent = 0 if room.columns < 100 else 15
    lines = [BLANK] * (2 if room.rows < 30 else 8)
    if not model.attached and not model.lost:
        return [*lines, Line((Span("Attaching to the runtime", "t0", bold=True),), indent=indent)]
    if model.lost:
        lines.append(Line((Span("The runtime can't be reached", "t0", bold=True),), indent=indent))
        lines.append(Line((foreign(model.lost, "t1"),), indent=indent, wrap=True))
        again = Line((Span("It is tried again, and nothing is lost meanwhile.", "t2"),))
        return [*lines, msgspec.structs.replace(again, indent=indent)]
    problem = look.problem or look.model_problem
    if problem:
        title = "No session can start here" if look.problem else "No model yet"
        lines.append(Line((Span(title, "t0", bold=True),), indent=indent))
        lines.append(Line((foreign(problem, "t1"),), indent=indent, wrap=True))
    else:
        lines.append(Line((Span("Nothing is running", "t0", bold=True),), indent=indent))
        words = "Say what should be done and press Enter: a session starts on it."
        lines.append(Line((Span(words, "t2"),), indent=indent, wrap=True))
    lines += [BLANK, BLANK]
    place = model.face
    rows = [
        ("new", "new session", "choose model, base, mode, budget"),
        ("palette", "commands", "everything by name"),
        ("help", "all keys", "and what each is for"),
    ]
    if look.problem:
        rows = rows[1:]
    for id, what, about in rows:
        spans = (
            Span(keymap.shown(id, place).ljust(9), "accent"),
            Span(what.ljust(15), "t0"),
            Span(about, "t2"),
        )
        lines.append(Line(spans, indent=indent))
    lines += [BLANK, BLANK]
    promise = (
        "Your checkout stays as it is: every session has a workspace of its own, "
        "and nothing of it lands before you say so."
    )
    return [*lines, Line((Span(promise, "t2"),), indent=indent, wrap=True)]
