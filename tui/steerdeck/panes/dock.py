"""What waits longest, above the composer: it never moves the composer and never takes the focus."""

from collections.abc import Sequence

from steerdeck.glyphs import glyphs
from steerdeck.model import DeckModel, InboxItem
from steerdeck.panes.question import shape_of
from steerdeck.text import Line, Span, ago, foreign, width_of
from steerdeck_agents.facts.asking import Kind
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import inert, one_line
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.verdict import alarm

_WISHES: dict[Kind, str] = {
    "command": "asks to run",
    "patch": "asks to change files",
    "network": "asks for the network",
    "input": "asks to type",
    "tool": "asks to call",
    "helper": "asks for a helper",
    "server": "wants to start the server",
    "tools": "has other tools than you allowed, of the server",
    "setup": "has a set-up script to run",
}
Caps = tuple[tuple[str, str], ...]
"""Keys and their verbs, for the caps at the right."""


def dock(model: DeckModel, rows: int, caps: Caps, now: int) -> list[Line]:
    """Three rows, or one on a low terminal; empty when nothing waits."""
    claims = model.claims()
    if not claims:
        return []
    item = claims[0]
    state = model.states[item.session]
    if rows == 1:
        return [_one_row(item, state, caps)]
    head = Line(
        (
            Span(f"{_shape(item)} ", "needs"),
            foreign(f"{state.slot or ''} {state.name}".strip(), "t0", bold=True),
            Span(f" {_verb(item, model)}", "t1"),
        ),
        (Span(_place(claims) + _since(item, now), "t2"),),
        bg="needs_bg", bleed=True, bar="needs",
    )  # fmt: skip
    words = Line(
        (foreign(_first_line(item.text), "t0", bold=True),),
        indent=2, bg="needs_bg", bleed=True, bar="needs",
    )  # fmt: skip
    foot = Line(tuple(_touches(item, state, model)), _caps(caps), indent=2, bg="needs_bg",
                bleed=True, bar="needs")  # fmt: skip
    return [head, words, foot]


def _one_row(item: InboxItem, state: SessionState, caps: Caps) -> Line:
    return Line(
        (
            Span(f"{_shape(item)} ", "needs"),
            foreign(f"{state.slot or ''} {state.name}".strip(), "t0", bold=True),
                Span("  asks  " if item.kind in ("approval", "question") else "  waits  ", "t2"),
            foreign(one_line(item.text), "t0", bold=True),
        ),
        _caps(caps[:1]),
        bg="needs_bg", bleed=True, bar="needs",
    )  # fmt: skip


def cap(key: str, pressed: str = "") -> Span:
    """A key that can be pressed now, as a cap; a click on it is `pressed` (see `Rows`)."""
    return Span(f" {key} ", "t0", bold=True, bg="s3", id=pressed)


def flowing(caps: Sequence[tuple[Span, ...]], width: int) -> list[Line]:
    """Caps in as many rows as they need; none is parted, none is lost."""
    rows: list[list[Span]] = []
    used = width + 1
    for spans in caps:
        long = sum(width_of(span.text) for span in spans)
        if used + long - 3 > width:
            rows.append([])
            used = 0
        rows[-1] += spans
        used += long
    # The gap after the last cap of a row would make that one be cut.
    return [Line(tuple(row if row[-1].text.strip() else row[:-1])) for row in rows]


def _caps(caps: Caps) -> tuple[Span, ...]:
    spans: list[Span] = []
    for key, verb in caps:
        spans += [cap(key), Span(f" {verb}", "t1"), Span("   ")]
    return tuple(spans[:-1])


def _shape(item: InboxItem) -> str:
    return shape_of(item)[0]


def _verb(item: InboxItem, model: DeckModel) -> str:
    match item.kind:
        case "approval":
            approval = model.approval(item)
            return _WISHES[approval.kind] if approval is not None else "asks"
        case "question":
            question = model.question(item)
            checks = question is not None and question.asker == "checks"
            return "is red, and its checks ask you" if checks else "asks you"
        case "hidden":
            return "waits for a secret of yours"
        case "unknown":
            return "needs to know how this ended"
        case "plan":
            return "has a plan that needs your yes"
        case _:
            return "is parked"


def _since(item: InboxItem, now: int) -> str:
    """What is parked, or ended unseen, asked nothing: it stopped."""
    asked = item.kind in ("approval", "question", "hidden", "plan")
    return f"{'asked' if asked else 'stopped'} {ago(now - item.since_ms)}"


def _place(claims: list[InboxItem]) -> str:
    return f"1 of {len(claims)} in the inbox   " if len(claims) > 1 else ""


def _first_line(text: str) -> str:
    first, *rest = inert(text).strip().splitlines() or [""]
    return f"{first}  {glyphs().cut} {counted(len(rest), 'more line')}" if rest else first


def _touches(item: InboxItem, state: SessionState, model: DeckModel) -> list[Span]:
    approval, question = model.approval(item), model.question(item)
    if question is not None:
        return [foreign(" · ".join(one_line(choice, 40) for choice in question.choices), "t2")]
    if item.kind == "hidden":
        return [Span("what you type is neither shown nor recorded", "t2")]
    if approval is None:
        return [foreign(one_line(state.way_out if item.kind == "parked" else ""), "t2")]
    danger = alarm(approval.danger) if approval.danger else ""
    reasons = [why for why in approval.reasons if why != danger]
    parts = [one_line(reason, 60) for reason in reasons[: 1 if danger else 2]]
    if approval.files and approval.kind != "patch":
        parts.insert(0, counted(len(approval.files), "file"))
    spans = [foreign(" · ".join(parts), "t2")]
    if danger:
        mark = foreign(f"{glyphs().failed} {one_line(danger, 60)}", "failed")
        spans = [mark, Span(" · " if parts else "", "t2"), *spans]
    if state.level.name == "none":
        lead = " · " if parts else ""
        spans += [Span(lead, "t2"), Span(state.level.title, "failed", bold=True)]
    return spans
