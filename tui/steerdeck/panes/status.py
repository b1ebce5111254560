"""The head of a lane: slot, name, state and time; below them model, tokens and cost."""

from collections.abc import Sequence

from msgspec.structs import replace

from steerdeck.panes.budget import warned_span
from steerdeck.panes.marks import elapsed_ms, state_spans, waits
from steerdeck.text import Line, Span, clock, dollars, foreign, tokens, width_of
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

FOLDED = "folded:"
"""What the id of a span of a folded head begins with."""


def lane_head(
    state: SessionState,
    now: int,
    *,
    in_hand: bool,
    keys_here: bool,
    repository: str = "",
    pinned: bool = False,
    usual: str = "",
    gone: bool = False,
) -> list[Line]:
    """Two rows; a session that waits has the band, the one in hand its bar.

    `keys_here`: whether keys go to the lanes; `repository` is named when it is another one;
    `usual` is the sandbox that the header names; `gone`: its machine is not attached, so what
    stands here is what was known last.
    """
    needed = waits(state)
    bar: Token = "accent" if keys_here else "t3"
    ink: Token | None = "needs_ink" if needed else None
    slot: Token = ink or ("accent" if in_hand and keys_here else "t0" if in_hand else "t2")
    time = Span(f"  {clock(elapsed_ms(state, now))}", ink or "t2")
    first = Line(
        (
            Span(f"{state.slot or ''}  ".rjust(3), slot, in_hand),
            foreign(state.name, ink or "t0", bold=True),
            foreign(f"  {repository}" if repository else "", ink or "t2"),
        ),
        (*state_spans(state, ink, bold=needed), time),
        bg="needs_fill" if needed else "s2" if in_hand else None,
        bleed=True,
        bar="needs" if needed else bar if in_hand else None,
    )
    second = Line(
        (
            *((Span("not attached  ", "failed", bold=True),) if gone else ()),
            *level_spans(state, usual),
            *((Span("pinned  ", "t2"),) if pinned else ()),
            *tag_spans(state),
            *_mode(state),
            foreign(state.model or "no model yet", "t3"),
        ),
        tuple(_used(state)),
        indent=3,
        bg="s2" if in_hand else None,
        bleed=True,
        bar=bar if in_hand else None,
    )
    return [first, second]


def level_spans(state: SessionState, usual: str) -> list[Span]:
    """The sandbox of a session where it is none, or another one than the header names."""
    title = state.level.title
    if state.level.name == "none":
        return [Span(f"{title}  ", "failed", bold=True)]
    return [foreign(f"{title}  ", "t1")] if usual and title != usual else []


def tag_spans(state: SessionState) -> list[Span]:
    """The developer's words for it."""
    return [foreign(f"#{one_line(tag, 24)}  ", "t2") for tag in state.tags]


def folded_heads(
    states: Sequence[SessionState], now: int, width: int, *, hand: SessionId, keys_here: bool
) -> list[Line]:
    """The heads of folded lanes beside each other, in as many rows as they need.

    A click on one takes it in hand and opens it.
    """
    rows: list[list[Span]] = []
    used = width + 1
    for state in states:
        needed = waits(state)
        here = state.id == hand
        ink: Token | None = "needs_ink" if needed else None
        bg: Token | None = "needs_fill" if needed else "s2" if here else None
        slot: Token = ink or ("accent" if here and keys_here else "t0" if here else "t2")
        spans = [
            Span(f" {state.slot or ''} ", slot, here),
            foreign(f"{one_line(state.name, 24)}  ", ink or "t0", bold=here),
            *state_spans(state, ink, bold=needed),
            Span(f"  {clock(elapsed_ms(state, now))} ", ink or "t2"),
        ]
        told = [replace(span, bg=bg, id=f"{FOLDED}{state.id}") for span in spans]
        long = sum(width_of(span.text) for span in told) + 1
        if used + long > width:
            rows.append([])
            used = 0
        rows[-1] += [*told, Span(" ")]
        used += long
    return [Line(tuple(row)) for row in rows]


def folded_of(span: str) -> SessionId | None:
    """The session a clicked span of a folded head belongs to."""
    return SessionId(span.removeprefix(FOLDED)) if span.startswith(FOLDED) else None


def narrow_head(state: SessionState, now: int, width: int, usual: str = "") -> Line:
    """One row for a lane whose name already stands in the strip."""
    left = [*state_spans(state, bold=waits(state))]
    left += [Span(f"  {clock(elapsed_ms(state, now))}  ", "t2")]
    left += [*level_spans(state, usual), *tag_spans(state), *_mode(state)]
    right = [foreign(state.model, "t3"), Span("   "), *_used(state)] if width >= 60 else []
    return Line(tuple(left), tuple(right))


def _used(state: SessionState) -> list[Span]:
    spans: list[Span] = []
    if state.usage.tokens:
        spans.append(Span(f"{tokens(state.usage.tokens)} tok", "t3"))
    if state.usage.priced:
        spans.append(Span(f"  {dollars(state.usage.dollars)}", "t3"))
    return [*spans, *warned_span(state)]


def _mode(state: SessionState) -> list[Span]:
    """`ask` is how sessions are; only another mode is worth a word, more than the model is."""
    words = {"plan": "plan only  ", "auto": "auto by rules  "}.get(state.mode, "")
    return [Span(words, "t2")] if words else []
