"""What an entry of a transcript shows when it is unfolded: at most a page, of much output the ends.

What is between the ends is for a pager, where one can search it; here it would push everything
else out of sight.
"""

from collections.abc import Sequence

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.panes.growing import Growing
from steerdeck.panes.marks import kind_of
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.places import level_words
from steerdeck_agents.facts.transcript import OUTPUT_KEPT, Called, Entry, Said
from steerdeck_agents.runtime.wire_reading import Ends

LEAST = 6
OWN_LINES = 12
"""Lines of the developer's own words that are shown folded; a large paste has thousands."""
_ARGUMENTS = 600


class Unfolded(msgspec.Struct, frozen=True):
    """How an entry is unfolded: in so many rows, with the ends of its output where it is large."""

    rows: int = 20
    width: int = 80
    ends: Ends | None = None


def foldable(entry: Entry) -> bool:
    """Whether an entry has more to show than it does."""
    match entry:
        case Said(who="reasoning", open=False):
            return bool(entry.text.strip())
        case Said(who="developer", brief=False, withdrawn=False):
            return bool(own_lines(entry.text)[1])
        case Called():
            return entry.phase not in ("requested", "asks", "lost")
        case _:
            return False


def own_lines(text: str, *, whole: bool = False) -> tuple[list[str], int]:
    """The lines of own words that are shown, and how many more there are."""
    lines = text.splitlines() or [""]
    if whole or len(lines) <= OWN_LINES + 2:
        return lines, 0
    return lines[:OWN_LINES], len(lines) - OWN_LINES


def call_parts(call: Called, how: Unfolded) -> list[Line]:
    """What stands below the row of an unfolded call: what was asked for, and what came back."""
    room = max(LEAST, how.rows - 2)
    written = _written(call, how, room // 2)
    lines = [*written, *_output(call, how.ends, max(LEAST, room - len(written)))]
    facts = [f"exit {call.exit_code}"] if call.exit_code is not None else []
    by = "you" if call.allowed_by == "developer" else one_line(call.allowed_by, 80)
    facts += [f"allowed: {by}"] if by else []
    facts += [f"sandbox: {level_words(call.level)}"] if call.level else []
    if facts:
        lines.append(Line((Span("   ".join(facts), "t3"),), indent=4))
    return [*lines, BLANK]


def _written(call: Called, how: Unfolded, most: int) -> list[Line]:
    """What the model wrote, where the call's own row does not say it all."""
    if kind_of(call.tool) == "patch":
        growing = Growing()
        growing.feed(call.arguments)
        return growing.lines(how.width, most)
    if kind_of(call.tool) == "shell":
        title = inert(call.title)
        if "\n" not in title and len(title) < how.width - 24:
            return []
        lines = title.split("\n")
        shown = [Line((foreign(line, "t0"),), indent=4, hang=2, bg="s2", wrap=True)
                 for line in lines[:most]]  # fmt: skip
        return [*shown, *_between(len(lines) - len(shown), "more line")]
    words = one_line(call.arguments, _ARGUMENTS)
    return [Line((foreign(words, "t3"),), indent=4, hang=2, wrap=True)] if words else []


def _output(call: Called, ends: Ends | None, most: int) -> list[Line]:
    half = most // 2
    if ends is not None:
        if not ends.tail:
            return _ends_of(ends.head, most)
        first, last = ends.head[:half], ends.tail[max(0, len(ends.tail) - most + half) :]
        return _both(first, last, ends.lines - len(first) - len(last))
    lines = printed(call)
    if len(call.output) >= OUTPUT_KEPT:
        words = Line((Span("the beginning is in the tool log, and in a pager", "t3"),), indent=4)
        return [words, *_both((), lines[-most + 1 :], 0)]
    return _ends_of(lines, most)


def _ends_of(lines: Sequence[str], most: int) -> list[Line]:
    if len(lines) <= most:
        return _both(lines, (), 0)
    first, last = lines[: most // 2], lines[-(most - most // 2 - 1) :]
    return _both(first, last, len(lines) - len(first) - len(last))


def _both(head: Sequence[str], tail: Sequence[str], left_out: int) -> list[Line]:
    return [*map(_row, head), *_between(left_out, "line", "between"), *map(_row, tail)]


def more_lines(count: int, indent: int) -> Line:
    """How many lines are folded away."""
    return Line((Span(f"{glyphs().cut} {counted(count, 'more line')}", "t3"),), indent=indent)


def _between(count: int, noun: str, rest: str = "") -> list[Line]:
    if count <= 0:
        return []
    words = f"{glyphs().cut} {counted(count, noun)} {rest}".rstrip()
    return [Line((Span(words, "t3"),), indent=4)]


def _row(text: str) -> Line:
    return Line((foreign(inert(text.rstrip("\r"), sequences="drop"), "t2"),), indent=4)


def printed(call: Called) -> list[str]:
    """The lines of a call's output, without the head that tells the model how it ended."""
    text = call.output
    if call.phase != "running" and kind_of(call.tool) == "shell":
        head, blank, output = text.partition("\n\n")
        text = output if blank and head.startswith(("exit code", "stopped", "timed")) else text
    text = text.strip("\n")
    return text.split("\n") if text else []
