"""What a crash broke off, as rows of a card: what happened, what is kept, what was in flight."""

from steerdeck.panes.card import labelled
from steerdeck.text import Line, Span, ago, foreign
from steerdeck_agents.facts.cut_off import CutOff


def cut_rows(cut: CutOff | None, now: int) -> list[Line]:
    """The story of a crash; nothing where there was none."""
    if cut is None:
        return []
    why = f"{cut.why} while it worked"
    flying = [foreign(one.what, "t0") for one in cut.in_flight]
    nothing = [Span(cut.flying, "t1")]
    return [
        labelled("cut off", [Span(why, "t0"), Span(f"   {ago(now - cut.last_ms)}", "t2")]),
        labelled("kept to", [foreign(cut.last, "t1")]),
        *(
            labelled("" if number else "in flight", [one])
            for number, one in enumerate(flying or nothing)
        ),
    ]
