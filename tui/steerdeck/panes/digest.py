"""What happened while the developer was away, over the lanes: it goes with the next key."""

from collections.abc import Mapping, Sequence

from steerdeck.away import Happened
from steerdeck.glyphs import glyphs
from steerdeck.panes.marks import mark_for
from steerdeck.text import BLANK, Line, Span, ago, dollars, foreign
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState


def digest_lines(
    found: Sequence[Happened],
    states: Mapping[SessionId, SessionState],
    away_ms: int,
    rows: int,
    *,
    opened: bool = False,
    key: str = "",
) -> list[Line]:
    """A title with the totals and a row a session; at most `rows` rows, of what matters most.

    `opened`: nobody was away yet, so it tells of all since the deck was opened; `key` shows it.
    """
    since = "since this deck was opened" if opened else f"since you were here, {ago(away_ms)}"
    title = Line(
        (Span("What happened ", "t0", bold=True), Span(since, "t2")), tuple(_totals(found))
    )
    if not found:
        return [BLANK, title, Line((Span("Nothing: no session moved.", "t1"),)), BLANK]
    room = max(1, rows - 5)
    shown = found if len(found) <= room else found[: room - 1]
    lines = [_row(one, states[one.session]) for one in shown]
    if len(shown) < len(found):
        rest = found[len(shown) :]
        lines.append(Line((Span(f"{glyphs().below} {counted(len(rest), 'session')} more", "t2"),)))
    foot = Line((Span(f"The next key takes this away; {key} shows it again.", "t3"),))
    return [BLANK, title, *lines, BLANK, foot] if rows < 12 else [
        BLANK, title, BLANK, *lines, BLANK, foot, BLANK
    ]  # fmt: skip


def _totals(found: Sequence[Happened]) -> list[Span]:
    added = sum(one.added for one in found)
    removed = sum(one.removed for one in found)
    spent = sum(one.dollars for one in found)
    waiting = sum(one.waits for one in found)
    spans = []
    if waiting:
        word = "waits for you" if waiting == 1 else "wait for you"
        spans += [Span(f"{waiting} {word}", "needs"), Span("   ")]
    if added or removed:
        spans += [*_counts(added, removed), Span("   ")]
    return [*spans, Span(dollars(spent), "t1")] if spent else spans[:-1]


def _row(one: Happened, state: SessionState) -> Line:
    mark = mark_for(state)
    right: list[Span] = []
    if one.files:
        right += [Span(f"{counted(one.files, 'file')}  ", "t2"), *_counts(one.added, one.removed)]
    if one.dollars:
        right.append(Span(f"   {dollars(one.dollars)}", "t2"))
    return Line(
        (
            Span(f"{mark.shape} ", mark.colour),
            Span(f"{state.slot or ''} ".rjust(3), "t2"),
            foreign(f"{state.name}  ", "t0"),
            foreign(", ".join(one.told), "t1"),
        ),
        tuple(right),
    )


def _counts(added: int, removed: int) -> list[Span]:
    minus = glyphs().removed
    more = f"+{added}" if added >= 0 else f"{minus}{-added}"
    less = f"{minus}{removed}" if removed >= 0 else f"+{-removed}"
    return [Span(f"{more} ", "add"), Span(less, "rem")]
