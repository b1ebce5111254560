"""What may follow the leader: the keys that do something now, in columns, for who hesitates."""

from collections.abc import Sequence

from steerdeck.panes.footer import Hint
from steerdeck.text import BLANK, Line, Span, fit, width_of

_COLUMN = 22
_KEY = 7


def follows(hints: Sequence[Hint], width: int, rows: int) -> list[Line]:
    """At most `rows` lines, filled column by column; what has no room is in the palette."""
    columns = max(1, width // _COLUMN)
    tall = max(1, min(rows, -(-len(hints) // columns)))
    shown = hints[: tall * columns]
    lines = []
    for row in range(tall):
        spans: list[Span] = []
        for hint in shown[row::tall]:
            pressed = f"do:{hint.act}"
            room = _COLUMN - _KEY - 2
            verb = fit(hint.verb, room)
            spans += [
                Span(hint.key.ljust(_KEY), "accent", bold=True, id=pressed),
                Span(verb + " " * (room - width_of(verb)), "t1", id=pressed),
                Span("  "),
            ]
        lines.append(Line(tuple(spans)))
    left = len(hints) - len(shown)
    more = f"{left} more in the commands" if left > 0 else ""
    head = Line(
        (Span("then", "t2"),), (Span(more, "t3"), Span("   Esc", "t1"), Span(" back", "t3"))
    )
    return [BLANK, head, *lines, BLANK]
