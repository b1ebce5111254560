"""The head of a zoom: who it is, what it does, who else waits; its tabs; and its side column."""

from steerdeck.glyphs import glyphs
from steerdeck.panes.changes import changes
from steerdeck.panes.header import sandbox
from steerdeck.panes.marks import elapsed_ms, mark_for, state_spans
from steerdeck.panes.plan import plan
from steerdeck.text import BLANK, Line, Span, clock, dollars, foreign, tokens, width_of
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.limits import KINDS, amount
from steerdeck_agents.facts.state import SessionState
from steerdeck_themes.palettes import Token

Tab = tuple[str, str]
"""A tab's name and the count behind it."""
_APART = 10
"""Cells of the head's margins, and of the gaps around who else waits."""


def zoom_head(state: SessionState, waiting: SessionState | None, now: int, width: int) -> Line:
    left = [
        Span(f"{state.slot or ''} ".ljust(3), "accent", bold=True),
        foreign(state.name, "t0", bold=True),
        Span("   "),
        *state_spans(state),
        Span(f"  {clock(elapsed_ms(state, now))}", "t2"),
    ]
    right: list[Span] = []
    if width >= 140:
        right += [foreign(state.model, "t2"), Span("   ")]
        if state.usage.tokens:
            right += [Span(f"{tokens(state.usage.tokens)} tok", "t2"), Span("   ")]
    if state.usage.priced and width >= 80:
        right += [Span(dollars(state.usage.dollars), "t2"), Span("   ")]
    right += sandbox(state.level.title)
    if waiting is not None:
        used = sum(width_of(span.text) for span in (*left, *right))
        right = [*_other(waiting, width - used - _APART), Span("    "), *right]
    return Line(tuple(left), tuple(right))


def _other(waiting: SessionState, room: int) -> list[Span]:
    """Who else waits, in as many words as leave the session in view its own."""
    mark, slot = mark_for(waiting), f"{waiting.slot or ''}"
    told = (f"{mark.shape} {slot} {waiting.name} {mark.word}", f"{mark.shape} {slot} {mark.word}")
    words = next((one for one in told if width_of(one) <= room), f"{mark.shape} {slot}".rstrip())
    return [foreign(words, "needs", bold=True, id="do:next_waiting")]


_NAMES = ("Transcript", "Diff", "Tools", "Checks", "Shells", "Context", "Events")


def counted_tabs(state: SessionState) -> list[Tab]:
    """Every tab of a zoom with how much there is behind it."""
    counts = (
        "",
        counted(len(state.files), "file") if state.files else "",
        str(state.counts.calls) if state.counts.calls else "",
        _checks_word(state),
        str(len(state.shells)) if state.shells else "",
        tokens(state.context) if state.context else "",
        "",
    )
    return list(zip(_NAMES, counts, strict=True))


def _checks_word(state: SessionState) -> str:
    """Behind the name of the tab: how the checks stand, in a word."""
    verify = state.verify
    if not verify.checks:
        return ""
    return "running" if verify.running else verify.judged or "to run"


def tab_rows(tabs: list[Tab], active: int, width: int) -> list[Line]:
    """Names with their counts over a hairline, the accent under the active one."""
    spans: list[Span] = []
    at, under = 0, (0, 0)
    full = sum(len(name) + (1 + width_of(count) if count else 0) for name, count in tabs)
    bare = sum(len(name) for name, _ in tabs)
    with_counts = full + 2 * (len(tabs) - 1) <= width
    room = (width - (full if with_counts else bare)) // max(1, len(tabs) - 1)
    gap = max(1, min(4 if width >= 100 else 2, room))
    for number, (name, count) in enumerate(tabs):
        here = number == active
        colour: Token = "t0" if here else "t2"
        parts = [Span(name, colour, here, id=f"tab:{number}")]
        if count and with_counts:
            parts.append(Span(f" {count}", "t1" if here else "t3", id=f"tab:{number}"))
        long = sum(width_of(part.text) for part in parts)
        if here:
            under = (at, at + long)
        spans += [*((Span(" " * gap),) if number else ()), *parts]
        at += long + gap
    g = glyphs()
    first, last = under
    rule = (
        Span(g.hairline * first, "line"),
        Span(g.meter * (last - first), "accent"),
        Span(g.hairline * max(0, width - last), "line"),
    )
    return [Line(tuple(spans)), Line(rule)]


def side(state: SessionState, width: int) -> list[Line]:
    """Plan, changes, context and the queue, beside the transcript."""
    lines: list[Line] = []
    steps = plan(state, 10)
    if steps:
        lines += [steps[0], BLANK, *steps[1:], BLANK]
    files = changes(state, width, 10)
    lines += [files[0], BLANK, *files[1:]] if state.files else files
    lines.append(BLANK)
    if state.context:
        lines.append(_fact("context", tokens(state.context)))
    if state.usage.cached and state.usage.input:
        lines.append(_fact("cached", f"{state.usage.cached * 100 // state.usage.input}%"))
    lines.append(
        _fact("mode", {"plan": "plan only", "auto": "auto by rules"}.get(state.mode, "ask"))
    )
    if state.rules:
        lines.append(_fact("rules", str(len(state.rules))))
    if state.effort:
        lines.append(_fact("effort", state.effort))
    for kind in KINDS:
        limit = state.limits.of(kind)
        if limit is not None:
            lines.append(_fact("budget", amount(kind, limit)))
    if state.queue:
        lines += [BLANK, _fact("waiting for it", f"{len(state.queue)} queued"), BLANK]
        for message in state.queue:
            words = " ".join(message.text.split())
            lines.append(
                Line((foreign(words, "t1"),), gutter=Span(glyphs().queued, "t2"), indent=2,
                     wrap=True)
            )  # fmt: skip
    return lines


def _fact(label: str, value: str) -> Line:
    return Line((Span(label, "t2"),), (Span(value, "t1"),))
