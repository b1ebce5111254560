"""What every card of the inbox is made of: its filled band, and rows with their label apart."""

from steerdeck.text import Line, Span, clock, foreign
from steerdeck_agents.facts.state import SessionState

LABEL = 11


def band(verb: str, state: SessionState, since_ms: int, now: int, shape: str) -> Line:
    """The filled row that names who asks for what."""
    slot = f"slot {state.slot}   " if state.slot else ""
    return Line(
        (
            Span(f"{shape} ", "needs_ink"),
            foreign(state.name, "needs_ink", bold=True),
            Span(f" {verb}", "needs_ink"),
        ),
        (Span(f"{slot}{clock(now - since_ms)}", "needs_ink"),),
        bg="needs_fill",
        bleed=True,
        bar="needs",
    )


def labelled(label: str, spans: list[Span], hang: int = 0, right: tuple[Span, ...] = ()) -> Line:
    """A row of a card: its label in a column of its own, words wrapped beside it."""
    if label:
        lead = Span(label.ljust(LABEL), "t2")
        return Line((lead, *spans), right, hang=LABEL + hang, wrap=True)
    return Line(tuple(spans), right, indent=LABEL, hang=hang, wrap=True)


def raised(rows: list[Line]) -> list[Line]:
    """Rows on the raised surface of what would happen, with an empty one above and below."""
    return [Line(bg="s2"), *rows, Line(bg="s2")] if rows else []
