"""Around the lines of a review: the head of a file, the caps below, the field for a comment."""

from collections.abc import Sequence
from typing import NamedTuple

from steerdeck.panes.dock import cap
from steerdeck.text import BLANK, Line, Span, foreign, hairline, path_spans, width_of
from steerdeck.widgets.diff_view import counts
from steerdeck.widgets.sides import halves
from steerdeck_agents.facts.comparison import FilePage, ReviewPage
from steerdeck_agents.facts.reviewing import Selection

_APART = 9
"""Cells of the head's margins, and of the gaps beside the path."""


class Cap(NamedTuple):
    """A key, its verb, and what a click on it is: `do:ACT` or `key:NAME`."""

    key: str
    verb: str
    what: str


def describe(on: Selection) -> str:
    """A selection in words: `line 52`, `lines 45–48`, `line 5 as it was`."""
    first, last = on.new if on.new[0] else on.old
    words = f"line {first}" if first == last else f"lines {first}–{last}"
    return words if on.new[0] else f"{words} as it was"


def file_head(
    page: FilePage,
    listing: ReviewPage,
    hunk: int | None,
    width: int,
    *,
    split: bool,
    place: str,
    ignored: bool = False,
) -> list[Line]:
    """Path, both sides and which hunk of how many, over a hairline."""
    where: list[Span] = []
    if hunk is not None and page.hunks:
        mark = page.hunks[hunk]
        yes = ", accepted" if mark.accepted else ", you rejected this before" if mark.again else ""
        where.append(Span(f"hunk {hunk + 1} of {len(page.hunks)}{yes}", "t1", id="do:next_hunk"))
    if place:
        where.insert(0, Span(f"{place}{'   ' if where else ''}", "t2", id="do:other_pane"))
    before = ["before", f"base {listing.base}"] if not listing.against else ["in", listing.against]
    after = "after   live" if not listing.against else "here"
    said = [page.note] if page.note else []
    if ignored:
        said.append("whitespace ignored")
    if page.cut:
        said.append(f"{page.cut:,} rows left out at the end")
    note = tuple(Span(f"   {words}", "t2") for words in said)
    if not split:
        sums = counts(page.added, page.removed)
        if listing.against:
            note = (*note, foreign(f"   against {listing.against}", "t2"))
        beside = sum(width_of(span.text) for span in (*sums, *note, *where))
        name = path_spans(page.path, max(12, width - beside - _APART), "t0", bold=True)
        left = (*name, Span("   "), *sums, *note)
        return [Line(left, tuple(where)), hairline()]
    half = halves(width)[0]
    told = "   ".join(before)
    name = path_spans(page.path, max(12, half - len(told) - 6), "t0", bold=True)
    used = 2 + sum(len(span.text) for span in (*name, *note))
    gap = max(2, half - used - len(told) - 1)
    left = (*name, *note, Span(" " * gap), foreign(told, "t2"), Span(" " * 10), Span(after, "t2"))
    return [Line(left, tuple(where)), hairline()]


def nothing(page: FilePage | None, listing: ReviewPage, *, ready: bool) -> list[Line]:
    """What stands there instead of lines."""
    if page is not None:
        name = path_spans(page.path, 60, "t0", bold=True)
        return [Line(name), hairline(), BLANK, Line((Span(page.note or "only its mode", "t2"),))]
    if not ready or listing.files:
        return [Line((Span("reading the changes", "t2"),)), hairline()]
    words = "Nothing is changed yet."
    if listing.against:
        words = f"Both have the same files as {listing.against}."
    return [Line((foreign(words, "t1"),))]


def caps_rows(
    caps: Sequence[Cap], right: Sequence[Cap], width: int, *, low: bool = False
) -> list[Line]:
    """What can be done to the lines in hand, each with its key.

    Where room ends what stands right goes first, but never the way out.
    """
    spans: list[Span] = []
    used = sum(len(one.key) + len(one.verb) + 4 for one in right)
    way_out = any(one.key == "Esc" for one in right)
    if not way_out and used + sum(len(one.key) + len(one.verb) + 6 for one in caps) > width:
        right, used = (), 0
    for one in caps:
        long = len(one.key) + len(one.verb) + 6
        if used + long > width:
            break
        used += long
        spans += [
            cap(one.key, one.what),
            Span(f" {one.verb}", "t1", id=one.what),
            Span("   "),
        ]
    told = tuple(
        part
        for one in right
        for part in (
            Span(f"{one.key} " if one.key else "", "t1", id=one.what),
            foreign(one.verb, "t2", id=one.what),
        )
        if part.text
    )
    return [*([] if low else [BLANK]), Line(tuple(spans), told)]


def words_head(about: str) -> list[Line]:
    """Over the field: which lines the comment is about."""
    words = (Span("comment on ", "t2"), foreign(about, "t0", bold=True))
    return [Line(words, bg="s2", bleed=True, bar="accent")]
