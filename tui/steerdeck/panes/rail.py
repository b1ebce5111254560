"""All sessions at a glance: the rail beside the lanes, or below 120 columns a strip of slots.

Slots never sort themselves anew; a session that waits and whose lane is not shown has its one
filled band here.
"""

from collections.abc import Iterable

from steerdeck.glyphs import glyphs
from steerdeck.model import DeckModel
from steerdeck.panes.chips import at_work
from steerdeck.panes.header import total
from steerdeck.panes.marks import doing, elapsed_ms, mark_for, state_spans, waits
from steerdeck.panes.transcript import short
from steerdeck.panes.waits import wait_of
from steerdeck.text import BLANK, Line, Span, clock, dollars, fit, foreign, width_of
from steerdeck.waiting import is_red
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

_WIDE = 26
_PLACE_OF = "session:"


def rail(
    model: DeckModel, width: int, rows: int, shown: Iterable[SessionId], now: int
) -> list[Line]:
    """The rail for `rows` rows; `shown` are the sessions whose lanes can be seen."""
    sessions = model.sessions()
    seen = set(shown)
    lines = [Line((Span("sessions", "t2"),), (Span(str(len(sessions)), "t2"),)), BLANK]
    if not sessions:
        lines.append(Line((Span("none yet", "t2"),)))
    tight = rows < 3 * len(sessions) + 10
    for state in sessions:
        lines += _session(model, state, width, state.id in seen, now)
        if not tight:
            lines.append(BLANK)
    foot = _foot(model, width)
    space = rows - len(lines) - len(foot)
    if space < 1:
        return lines[:rows]
    return [*lines, *[BLANK] * space, *foot]


def _session(
    model: DeckModel, state: SessionState, width: int, lane_shown: bool, now: int
) -> list[Line]:
    in_hand = state.id == model.in_hand
    picked = model.target == "all" or (model.target == "several" and state.id in model.picked)
    band = waits(state) and not lane_shown
    ink: Token | None = "needs_ink" if band else None
    bg: Token | None = "needs_fill" if band else "s2" if in_hand or picked else None
    bar: Token | None = "accent" if picked else "t3" if in_hand else "needs" if band else None
    slot = Span(
        f"{state.slot} " if state.slot else "  ", ink or ("t0" if in_hand else "t2"), in_hand
    )
    name = foreign(state.name, ink or "t0", bold=in_hand, id=_PLACE_OF + state.id)
    if width >= _WIDE:
        top = Line((slot, name), tuple(state_spans(state, ink)), bg=bg, bleed=True, bar=bar)
        fact = _last_fact(model, state, now)
        below = Line((fact,), indent=2, bg="s2" if in_hand else None, bleed=True,
                     bar="t3" if in_hand else None)  # fmt: skip
        return [top, below]
    mark = mark_for(state)
    top = Line((slot, name), (Span(mark.shape, ink or mark.colour),), bg=bg, bleed=True, bar=bar)
    colour: Token = mark.colour if waits(state) else "t2"
    waited = wait_of(state, now) is not None
    said = doing(state) if waited or state.verify.running else mark.word
    time = () if waited else (Span(f"  {clock(elapsed_ms(state, now))}", "t2"),)
    below = Line(
        (Span(said, colour), *time),
        indent=2, bg="s2" if in_hand else None, bleed=True, bar="t3" if in_hand else None,
    )  # fmt: skip
    return [top, below]


def _last_fact(model: DeckModel, state: SessionState, now: int) -> Span:
    at = at_work(state, model.states, now)
    if at:
        return foreign(at, "t2")
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
        word = "waited for you" if width >= _WIDE else "you"
        lines.append(_fact(word, f"{waited // 60_000} min"))
    if landed:
        lines.append(_fact("landed", str(landed)))
    overlap = _overlaps(model.sessions())
    if overlap:
        lines.append(_fact("overlap", f"{glyphs().overlap} {overlap}"))
    if model.elsewhere:
        lines.append(_fact("elsewhere", str(model.elsewhere)))
    return [Line((Span("together", "t2"),)), BLANK, *lines] if lines else []


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
    room = width - width_of(hint) - 4
    each = max(8, room // max(1, len(sessions))) if sessions else room
    for state in sessions:
        mark = mark_for(state)
        in_hand = state.id == model.in_hand
        band = waits(state) and not in_hand
        bg: Token | None = "needs_fill" if band else None
        ink: Token | None = "needs_ink" if band else None
        name = fit(one_line(state.name), max(3, each - 8))
        lead = " " if band else ""
        picked = model.target == "all" or (model.target == "several" and state.id in model.picked)
        slot: Token = ink or ("accent" if in_hand or picked else "t2")
        parts = [
            Span(f"{lead}{state.slot or ''} ", slot, in_hand, bg=bg, id=_PLACE_OF + state.id),
            Span(name, ink or ("t0" if in_hand else "t1"), in_hand, bg=bg, id=_PLACE_OF + state.id),
            Span(f" {mark.shape}{lead}", ink or mark.colour, bg=bg, id=_PLACE_OF + state.id),
        ]
        long = sum(width_of(part.text) for part in parts)
        if in_hand:
            under = (at, at + long)
        spans += [*parts, Span("    "[: 2 if each < 14 else 4])]
        at += long + (2 if each < 14 else 4)
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


def session_of(span: str) -> SessionId | None:
    """The session a clicked span of rail or strip belongs to."""
    return SessionId(span.removeprefix(_PLACE_OF)) if span.startswith(_PLACE_OF) else None
