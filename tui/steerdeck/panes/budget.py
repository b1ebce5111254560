"""Budgets in words: what of them is spent, what raising them would mean."""

from steerdeck.panes.card import labelled
from steerdeck.text import BLANK, Line, Span, dollars
from steerdeck_agents.facts.limits import WARNED_SHARE, Kind, Limits, amount, reached
from steerdeck_agents.facts.state import SessionState

UNITS: dict[Kind, str] = {
    "dollars": "dollars",
    "tokens": "tokens",
    "seconds": "minutes of work",
    "turns": "turns",
}
_MOST = 1e12


def spent(state: SessionState) -> tuple[Kind, ...]:
    """The budgets of the session that hold it up: empty unless it is parked for them."""
    if not state.parked or state.parked_until_ms is not None:
        return ()
    return reached(state.limits, state.spent)


def raised(state: SessionState) -> Limits:
    """Each budget that is spent doubled, more often where it is overspent."""
    new = {}
    for kind in spent(state):
        limit = state.limits.of(kind) or 1.0
        while limit <= state.spent.of(kind) or limit == state.limits.of(kind):
            limit *= 2
        new[kind] = limit
    return _limits(new)


def raised_by(state: SessionState, text: str) -> Limits | None:
    """The first spent budget as a number the developer wrote; None when it can't be that."""
    kinds = spent(state)
    try:
        number = float(text.strip().lstrip("$").replace(",", "").replace("_", ""))
    except ValueError:
        return None
    number = number * 60 if kinds[:1] == ("seconds",) else number
    if not kinds or not state.spent.of(kinds[0]) < number < _MOST:
        return None
    return _limits({kinds[0]: number})


def raised_words(state: SessionState) -> str:
    """The raised budgets, as in `$4.00 and 24,000 tokens`."""
    limits = raised(state)
    return " and ".join(amount(kind, limits.of(kind) or 0.0) for kind in spent(state))


def budget_rows(state: SessionState) -> list[Line]:
    """The part of a card that says what is spent and what `b` does."""
    lines: list[Line] = []
    for kind in spent(state):
        limit = state.limits.of(kind) or 0.0
        used = Span(amount(kind, state.spent.of(kind)), "t0")
        lines.append(
            labelled("" if lines else "spent", [used, Span(f" of {amount(kind, limit)}", "t1")])
        )
    if lines:
        words = [Span(f"to {raised_words(state)}", "t1"), Span(", then it goes on", "t2")]
        lines += [BLANK, labelled("raise", words)]
    return lines


def warned_span(state: SessionState) -> list[Span]:
    """Beside the cost of a lane: the budget of which most is spent."""
    for kind in reached(state.limits, state.spent, WARNED_SHARE):
        limit = state.limits.of(kind) or 0.0
        if kind == "dollars" and state.usage.priced:
            return [Span(f" of {dollars(limit)}", "t0")]
        share = int(100 * state.spent.of(kind) / limit) if limit else 100
        return [Span(f"  {share}% of {amount(kind, limit)}", "t0")]
    return []


def _limits(new: dict[Kind, float]) -> Limits:
    tokens, turns = new.get("tokens"), new.get("turns")
    return Limits(
        dollars=new.get("dollars"),
        tokens=None if tokens is None else int(tokens),
        seconds=new.get("seconds"),
        turns=None if turns is None else int(turns),
    )
