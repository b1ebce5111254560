"""Who is at the same files: the words of a lane's chip, and the rows of the dialog."""

from collections.abc import Mapping
from typing import NamedTuple

from steerdeck.glyphs import glyphs
from steerdeck.text import Line, Span, fit, foreign, path_spans
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import (
    Depth,
    Overlap,
    SharedFile,
    Use,
    lines_words,
    named_lines,
    shared_words,
)
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

DEPTH_WORDS: dict[Depth, str] = {
    "conflict": "would conflict",
    "lines": "same lines",
    "file": "same file",
    "reads": "reads or plans",
}
"""From what is told of the deepest file."""
_TONES: dict[Depth, Token] = {"conflict": "t0", "lines": "t1", "file": "t2", "reads": "t3"}
"""Never amber: an overlap waits for nobody."""
_DONE: dict[Use, str] = {"writes": "written", "reads": "read", "plans": "planned"}
MET = "met:"
"""Before the session of a name that can be clicked."""
BRIEF = 12
"""Cells of a session's name where there is no room for all of it."""
_RANK: dict[Depth, int] = {"reads": 0, "file": 1, "lines": 3, "conflict": 4}


class Marked(NamedTuple):
    """What a lane says of its deepest overlap: words from the longest to the shortest."""

    words: tuple[str, ...]
    tone: Token


def marked(state: SessionState, names: Mapping[SessionId, SessionState]) -> Marked | None:
    """The deepest overlap of a session; the others are a number. None where it has none."""
    known = [met for met in state.overlaps if met.other in names]
    if not known:
        return None
    met = max(known, key=lambda one: _RANK[one.depth])
    file = met.files[0]
    other = names[met.other]
    slot = f"{other.slot} " if other.slot else ""
    name, brief = slot + other.name, slot + fit(other.name, BRIEF)
    short = file.path.rpartition("/")[2]
    more = sum(len(one.files) + one.more for one in known) - 1
    rest = f" +{more}" if more else ""
    conflict = met.depth == "conflict"
    words = (
        f"{_lane_words(file, short)} {name}{rest}",
        f"conflicts with {name}{rest}" if conflict else f"{_lane_words(file, short)} {brief}{rest}",
        f"conflicts with {brief}{rest}" if conflict else f"{short} {brief}{rest}",
        f"conflicts{rest}" if conflict else f"{brief}{rest}",
        *(() if conflict else ("",)),
    )
    return Marked(words, _TONES[met.depth])


def _lane_words(file: SharedFile, short: str) -> str:
    lines = f":{lines_words(file.lines[:1])}" if file.lines else ""
    match file.depth:
        case "conflict":
            return f"{short}{lines} conflicts with"
        case "lines" | "file":
            same = "same lines as" if file.depth == "lines" else "written by"
            return f"{short}{lines} {same}"
        case "reads" if file.mine == "writes":
            return f"{short} {_DONE[file.theirs]} by"
        case "reads":
            return f"{file.mine} {short} of"


def shared_paths(state: SessionState) -> frozenset[str]:
    """Files of a session that another one writes too."""
    return frozenset(file.path for met in state.overlaps for file in met.written)


def met_line(met: Overlap, other: SessionState, *, chosen: bool, keys: bool) -> Line:
    """The other session of an overlap, with the deepest of it right; `keys`: they go here."""
    bar: Token | None = None if not chosen else "accent" if keys else "t3"
    slot = f"{other.slot} " if other.slot else ""
    spans = (
        Span(f"{glyphs().overlap} {slot}", "t2"),
        foreign(other.name, "t0", bold=chosen, id=MET + other.id),
    )
    right = (Span(DEPTH_WORDS[met.depth], _TONES[met.depth]),)
    return Line(spans, right, bg="s3" if chosen else None, bleed=True, bar=bar)


def shared_rows(met: Overlap, width: int, most: int) -> list[Line]:
    """Its files, each with how the two share it."""
    lines = []
    for file in met.files[:most]:
        words = shared_words(file)
        room = max(12, width - len(words) - 6)
        lines.append(
            Line(tuple(path_spans(file.path, room)), (Span(words, _TONES[file.depth]),), indent=2)
        )
    left = len(met.files) - len(lines) + met.more
    if left:
        lines.append(Line((Span(counted(left, "more file"), "t3"),), indent=2))
    return lines


def draft(one: SessionState, other: SessionState, met: Overlap) -> str:
    """A first wording of the message to both; the developer writes it as they want."""
    file = met.files[0]
    place = file.path
    if file.lines:
        place += f" ({named_lines(file.lines)} in {one.name}"
        place += f", {named_lines(file.their_lines)} in {other.name})" if file.their_lines else ")"
    doing = "both change" if file.depth != "reads" else "are both at"
    return (
        f"{one.name} and {other.name} {doing} {place}. Keep to your own part of it; when you need "
        "the other part changed, stop and tell me."
    )
