"""All sessions at a glance: the rail beside the lanes, or below 120 columns a strip of slots.

By slot no row ever changes its place, which is calmer: so the rail is while sessions are few.
Grouped by what sessions need, one moves when its state does, and only then. A session that waits
and whose lane is not shown has its one filled band here. Ages are told in whole minutes: they move
once a minute.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from steerdeck.glyphs import glyphs
from steerdeck.groups import Group, grouped
from steerdeck.model import DeckModel
from steerdeck.panes.chips import at_work
from steerdeck.panes.entries import short
from steerdeck.panes.header import total
from steerdeck.panes.marks import doing, mark_for, state_spans, waits
from steerdeck.panes.waits import wait_of
from steerdeck.text import BLANK, Line, Span, dollars, foreign, numbered, width_of
from steerdeck.waiting import is_red, waiting
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

_WIDE = 26
_PLACE_OF = "session:"
_SLOT, _NAMED = 12, 14
"""Cells a slot of the strip needs for its name to be one, and those of the name in hand."""
_AROUND = 7
"""Cells of a row of the rail beside slot, name and what stands right: margins and gaps."""
_AROUND_NAME = 8
"""Cells of a slot beside its name."""


def rail(
    model: DeckModel, width: int, rows: int, shown: Iterable[SessionId], now: int
) -> list[Line]:
    """The rail for `rows` rows; `shown` are the sessions whose lanes can be seen.

    Where there are more sessions than room, first the gaps go, then each one's second row, last
    those of sessions that wait; then those around the one in hand are shown, and how many are
    above and below.
    """
    sessions, seen = model.sessions(), set(shown)
    head = [Line((Span("sessions", "t2"),), (Span(str(len(sessions)), "t2"),)), BLANK]
    if not sessions:
        head.append(Line((Span("none yet", "t2"),)))
    foot = _foot(model, width)
    parts = _parts(model, sessions, width)
    titles = sum(title is not None for title, _ in parts)
    room = rows - len(head)
    digits = 2 if any(state.slot > 9 for state in sessions) else 1
    for tall, gap, part in ((2, 1, 1), (2, 0, 2), (1, 0, 2), (1, 0, 1)):
        if len(sessions) * (tall + gap) + titles * part + len(foot) <= room:
            break
    used = len(sessions) * (tall + gap) + titles * part + len(foot)
    spare = sum(waits(state) for state in sessions) < room - used
    blocks: list[tuple[SessionId, list[Line]]] = []
    for title, states in parts:
        above = [title] if title is not None else []
        for place, state in enumerate(states):
            alone = tall == 1 and not (spare and width < _WIDE and waits(state))
            look = _Look(width, state.id in seen, alone, digits, bool(titles))
            lines = _session(model, state, look, now)
            last = place == len(states) - 1
            below = [BLANK] if gap or (last and titles and part == 2) else []
            blocks.append((state.id, [*(above if not place else []), *lines, *below]))
    body = _windowed(model, blocks, room)
    space = room - len(body) - len(foot)
    return [*head, *body, *[BLANK] * space, *foot] if space >= 1 else [*head, *body][:rows]


def _parts(
    model: DeckModel, sessions: list[SessionState], width: int
) -> list[tuple[Line | None, list[SessionState]]]:
    """The sessions under a title each group has, or all of them without one."""
    if not model.arrangement.groups(len(sessions)):
        return [(None, sessions)]
    return [
        (Line((Span(_heading(group, width), "t2"),), (Span(str(len(states)), "t2"),)), states)
        for group, states in grouped(sessions)
    ]


def _heading(group: Group, width: int) -> str:
    return "to review" if group == "ready for review" and width < _WIDE else group


def _windowed(
    model: DeckModel, blocks: list[tuple[SessionId, list[Line]]], room: int
) -> list[Line]:
    """All blocks where they fit, else those around the session in hand."""
    if sum(len(lines) for _, lines in blocks) <= room:
        return [line for _, lines in blocks for line in lines]
    place = next((n for n, (id, _) in enumerate(blocks) if id == model.in_hand), 0)
    first = last = place
    used = len(blocks[place][1]) + 2
    while True:
        grown = False
        for step in (1, -1):
            at = last + 1 if step > 0 else first - 1
            if 0 <= at < len(blocks) and used + len(blocks[at][1]) <= room:
                used += len(blocks[at][1])
                first, last, grown = min(first, at), max(last, at), True
        if not grown:
            break
    above = _beyond(model, [id for id, _ in blocks[:first]], glyphs().above, "above")
    below = _beyond(model, [id for id, _ in blocks[last + 1 :]], glyphs().below, "below")
    kept = [line for _, lines in blocks[first : last + 1] for line in lines]
    return [*above, *kept, *below]


def _beyond(model: DeckModel, sessions: list[SessionId], shape: str, word: str) -> list[Line]:
    """How many sessions are out of the rail, and how many of them need you."""
    if not sessions:
        return []
    needed = sum(waits(model.states[session]) for session in sessions)
    right = (Span(f"{glyphs().needs} {needed}", "needs"),) if needed else ()
    id = _PLACE_OF + (sessions[-1] if word == "above" else sessions[0])
    return [Line((Span(f"{shape} {len(sessions)} {word}", "t2", id=id),), right)]


class _Look(NamedTuple):
    """How a session is drawn in the rail."""

    width: int
    lane_shown: bool
    alone: bool
    """In one row, not two: shape and age, where a heading or the width leaves the word out."""
    digits: int
    """Of the longest slot."""
    grouped: bool


def _session(model: DeckModel, state: SessionState, look: _Look, now: int) -> list[Line]:
    width, lane_shown, alone, digits, grouped = look
    in_hand = state.id == model.in_hand
    picked = model.target == "all" or (model.target == "several" and state.id in model.picked)
    band = waits(state) and not lane_shown
    ink: Token | None = "needs_ink" if band else None
    bg: Token | None = "needs_fill" if band else "s2" if in_hand or picked else None
    bar: Token | None = "accent" if picked else "t3" if in_hand else "needs" if band else None
    id = _PLACE_OF + state.id
    slot = Span(f"{state.slot or '':>{digits}} ", ink or ("t0" if in_hand else "t2"), in_hand)

    def name(right: Iterable[Span]) -> tuple[Span, Span]:
        taken = _AROUND + digits + sum(width_of(span.text) for span in right)
        told = numbered(one_line(state.name), max(1, width - taken))
        return slot, foreign(told, ink or "t0", bold=in_hand, id=id)

    time = Span(_age(now - state.since_ms), "t2")
    if alone and (width < _WIDE or grouped):
        mark = mark_for(state)
        right = (Span(mark.shape, ink or mark.colour), Span(f" {time.text:>3}", ink or "t2"))
        # Of a narrow row the name is worth more than its age.
        shown = right if width >= _WIDE else right[:1]
        return [Line(name(shown), shown, bg=bg, bleed=True, bar=bar)]
    if width >= _WIDE:
        told = tuple(state_spans(state, ink))
        top = Line(name(told), told, bg=bg, bleed=True, bar=bar)
        fact = msgspec.structs.replace(_last_fact(model, state, now), id=id)
        return [top] if alone else [top, _under(in_hand, (*_tags(state), fact), time, digits + 1)]
    mark = mark_for(state)
    shape = (Span(mark.shape, ink or mark.colour),)
    top = Line(name(shape), shape, bg=bg, bleed=True, bar=bar)
    colour: Token = mark.colour if waits(state) else "t2"
    said = doing(state) if wait_of(state, now) or state.verify.running else mark.word
    return [top, _under(in_hand, (Span(said, colour, id=id),), time, digits + 1)]


def _under(in_hand: bool, spans: tuple[Span, ...], time: Span, indent: int) -> Line:
    """The second row of a session."""
    return Line(spans, (time,), indent=indent, bg="s2" if in_hand else None, bleed=True,
                bar="t3" if in_hand else None)  # fmt: skip


def _age(milliseconds: int) -> str:
    """For how long a state has lasted: `<1m`, `59m`, `3h`, `2d`."""
    minutes = max(0, milliseconds) // 60_000
    if minutes < 60:
        return f"{minutes}m" if minutes else "<1m"
    return f"{minutes // 60}h" if minutes < 2880 else f"{minutes // 1440}d"


def _tags(state: SessionState) -> tuple[Span, ...]:
    return tuple(foreign(f"#{one_line(tag, 24)} ", "t1") for tag in state.tags)


def _last_fact(model: DeckModel, state: SessionState, now: int) -> Span:
    at = at_work(state, model.states, now)
    if at:
        return foreign(at, "t2")
    asked = next((item for item in waiting(state) if item.claims), None)
    if asked is not None:
        # What was said to it since then is no reason why it stands still.
        return foreign(short(one_line(asked.text), 24), "t2")
    if state.verify.claim is not None and is_red(state.verify.claim):
        return Span("checks are red", "failed")
    if state.status == "done" and state.files:
        added = sum(file.added for file in state.files)
        removed = sum(file.removed for file in state.files)
        return Span(
            f"{counted(len(state.files), 'file')}  +{added} {glyphs().removed}{removed}", "t2"
        )
    step = state.plan.in_hand
    if state.status == "working" and step is not None:
        return foreign(one_line(step.text), "t2")
    return foreign(short(one_line(state.reason or state.last_words), 24), "t2")


def _foot(model: DeckModel, width: int) -> list[Line]:
    used = total(model)
    waited = sum(state.counts.waited_ms for state in model.sessions())
    landed = sum(bool(state.landed) for state in model.states.values())
    lines: list[Line] = []
    if used.priced:
        lines.append(_fact("spent", dollars(used.dollars)))
    if waited >= 60_000:
        word = "waited for you" if width >= _WIDE else "waited"
        lines.append(_fact(word, f"{waited // 60_000} min"))
    if landed:
        lines.append(_fact("landed", str(landed)))
    overlap = _overlaps(model.sessions())
    if overlap:
        lines.append(_fact("overlap", f"{glyphs().overlap} {overlap}"))
    if model.elsewhere:
        lines.append(_fact("elsewhere", str(model.elsewhere)))
    return [Line((Span("all sessions", "t2"),)), *lines] if lines else []


def _fact(label: str, value: str) -> Line:
    return Line((Span(label, "t2"),), (Span(value, "t1"),))


def _overlaps(sessions: list[SessionState]) -> int:
    """How many files more than one session writes, as the marks on the lanes say."""
    return len(
        {
            (state.workspace.repository, file.path)
            for state in sessions
            for met in state.overlaps
            for file in met.written
        }
    )


def strip(model: DeckModel, width: int, hint: str) -> list[Line]:
    """Slots side by side over a rule with the accent under the one in hand; two rows.

    `width` is what lies between the margins.
    """
    spans: list[Span] = []
    at, under = 0, (0, 0)
    sessions = model.sessions()
    room = width - width_of(hint) - (4 if hint else 0)
    each = max(_SLOT, room // max(1, len(sessions))) if sessions else room
    own, each = _parted(model, len(sessions), each, room)
    shown, gap = sessions, 2 if each < 14 else 4
    whole = [width_of(one_line(state.name)) + _AROUND_NAME for state in sessions]
    if sum(whole) <= room + 2:
        own = each = max(whole, default=0)
        gap = 4 if sum(whole) + 2 * len(whole) <= room + 4 else 2
    elif own + each * (len(sessions) - 1) > room + 2:
        own, each = _hand_name(model, len(sessions), room), 0
        shown = _around_hand(model, sessions, room, own)
        least = own + sum(len(str(state.slot)) + 1 for state in shown)
        gap = max(1, min(3, (room - least) // max(1, len(shown))))
    for state in shown:
        in_hand = state.id == model.in_hand
        name = (own if not each else own - _AROUND_NAME) if in_hand else each - _AROUND_NAME
        parts = _slot(model, state, max(3, name) if each or in_hand else 0, in_hand=in_hand)
        long = sum(width_of(part.text) for part in parts)
        if in_hand:
            under = (at, at + long)
        spans += [*parts, Span(" " * gap)]
        at += long + gap
    if len(shown) < len(sessions):
        spans.append(Span(f"of {len(sessions)}", "t3"))
    if not sessions:
        spans = [Span("no session yet", "t2")]
    first, last = under
    g = glyphs()
    rule = [
        Span(g.hairline * first, "line"),
        Span(g.meter * (last - first), "accent"),
        Span(g.hairline * max(0, width - last), "line"),
    ]
    return [Line(tuple(spans), (Span(hint, "t3"),) if hint else ()), Line(tuple(rule))]


def _parted(model: DeckModel, count: int, each: int, room: int) -> tuple[int, int]:
    """Cells of the slot in hand and of any other: the name in hand is whole."""
    hand = model.hand
    wanted = width_of(one_line(hand.name)) + _AROUND_NAME if hand is not None else 0
    if wanted <= each or count < 2:
        return each, each
    return wanted, max(_SLOT, (room - wanted) // (count - 1))


def _hand_name(model: DeckModel, count: int, room: int) -> int:
    """Cells of the name in hand where the others have none."""
    hand = model.hand
    wanted = width_of(one_line(hand.name)) if hand is not None else 0
    return max(_NAMED, min(wanted, room - 4 * count - 4))


def _slot(model: DeckModel, state: SessionState, named: int, *, in_hand: bool) -> list[Span]:
    """A slot of the strip, its name in so many cells; 0: it has none."""
    mark = mark_for(state)
    band = waits(state) and not in_hand
    bg: Token | None = "needs_fill" if band else None
    ink: Token | None = "needs_ink" if band else None
    id = _PLACE_OF + state.id
    lead = " " if band and named else ""
    picked = model.target == "all" or (model.target == "several" and state.id in model.picked)
    slot: Token = ink or ("accent" if in_hand or picked else "t2")
    name = numbered(one_line(state.name), named)
    room = " " if name else ""
    return [
        Span(f"{lead}{state.slot or ''}{room}", slot, in_hand, bg=bg, id=id),
        Span(name, ink or ("t0" if in_hand else "t1"), in_hand, bg=bg, id=id),
        Span(f"{room}{mark.shape}{lead}", ink or mark.colour, bg=bg, id=id),
    ]


def _around_hand(
    model: DeckModel, sessions: list[SessionState], room: int, own: int
) -> list[SessionState]:
    """As many as fit by number and shape alone, the one in hand and its neighbours first."""
    place = next((n for n, state in enumerate(sessions) if state.id == model.in_hand), 0)
    near = sorted(range(len(sessions)), key=lambda n: (abs(n - place), n))
    left = room - own - 2
    if sum(len(str(state.slot)) + 2 for state in sessions) > left:
        left -= len(f"of {len(sessions)}")
    kept = set()
    for number in near:
        left -= len(str(sessions[number].slot)) + 2
        if left < 0:
            break
        kept.add(number)
    return [state for number, state in enumerate(sessions) if number in kept]


def session_in(line: Line) -> SessionId | None:
    """The session of a row of the rail, wherever in the row it is clicked."""
    found = (session_of(span.id) for span in line.spans)
    return next((session for session in found if session is not None), None)


def session_of(span: str) -> SessionId | None:
    """The session a clicked span of rail or strip belongs to."""
    return SessionId(span.removeprefix(_PLACE_OF)) if span.startswith(_PLACE_OF) else None
