"""The prompt as the model sees it, item by item, and the raw events of a session."""

from datetime import datetime

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.text import BLANK, Line, Span, foreign, tokens
from steerdeck_agents.facts import events as e
from steerdeck_agents.runtime.wire import PromptLine, WindowMark

SHOWN = 4_000
"""Characters of one item that are shown."""
_MARKS = 6
_CUT = Line((Span("up to here it came out of the cache; from here it was new", "t2"),))


def context_lines(items: list[PromptLine], marks: list[WindowMark]) -> list[tuple[str, list[Line]]]:
    """Blocks: the window as a whole with where its cache was lost, then each item by index."""
    if not items:
        return []
    blocks = [("window", _window(items, marks))]
    before: PromptLine | None = None
    for item in items:
        if before is not None and before.cached and not item.cached:
            blocks.append((f"cut_{item.index}", [_CUT, BLANK]))
        before = item
        blocks.append((f"item_{item.index}", _item(item)))
    return blocks


def _window(items: list[PromptLine], marks: list[WindowMark]) -> list[Line]:
    """What the window weighs and how much of it was cached; below, each loss of the cache."""
    whole = sum(item.tokens for item in items)
    cached = sum(item.tokens for item in items if item.cached)
    about = glyphs().overlap
    sizes = f"{about} {tokens(whole)} tokens, {about} {tokens(cached)} of them cached"
    told = f"{len(items)} items, {sizes}"
    lines = [Line((Span(told, "t0", bold=True),))]
    left = len(marks) - _MARKS
    if left > 0:
        lines.append(Line((Span(f"{left} earlier losses of the cache", "t3"),), indent=5))
    for mark in marks[-_MARKS:]:
        head = Span(f"the cache began anew at event {mark.seq}  ", "t2")
        lines.append(Line((head, foreign(mark.text, "t1")), indent=5, wrap=True))
    return [*lines, BLANK]


def _item(item: PromptLine) -> list[Line]:
    head = Line(
        (
            Span(f"{item.index:>3}  ", "t3"),
            foreign(item.kind, "t0", bold=True),
            foreign(f"  {item.origin}", "t2"),
        ),
        (
            Span(f"{glyphs().overlap} {tokens(item.tokens)} tok", "t3"),
            Span("   cached" if item.cached else "   new   ", "t3" if item.cached else "t1"),
            Span(f"   {item.sha[:8]}", "t3"),
        ),
    )
    lines = [head]
    for line in item.text[:SHOWN].split("\n"):
        lines.append(Line((foreign(line, "t1"),), indent=5, wrap=True))
    if len(item.text) > SHOWN:
        left = len(item.text) - SHOWN
        lines.append(Line((Span(f"{glyphs().cut} {left:,} more characters", "t3"),), indent=5))
    return [*lines, BLANK]


def event_line(event: e.Event) -> Line:
    """One raw event: number, time, name, and its fields as stored."""
    time = datetime.fromtimestamp(event.at_ms / 1000).strftime("%H:%M:%S")
    known = not isinstance(event, e.Unknown)
    return Line(
        (
            Span(f"{event.seq:>6}  ", "t3"),
            Span(f"{time}  ", "t2"),
            foreign(e.type_of(event).ljust(20), "t0" if known else "t1"),
            foreign(f" {_fields(event)}"[:600], "t2"),
        )
    )


def _fields(event: e.Event) -> str:
    if isinstance(event, e.Unknown):
        return event.raw
    fields = msgspec.to_builtins(event)
    for name in ("type", "seq", "session", "at_ms"):
        fields.pop(name, None)
    return msgspec.json.encode(fields).decode("utf-8", "replace")
