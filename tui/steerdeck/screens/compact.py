"""Before a compaction: what stays word for word, what becomes a summary, and what it costs."""

from steerdeck.commands import Helm
from steerdeck.model import Dirty
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign, tokens
from steerdeck_agents.facts.ids import SessionId

_KEPT = (
    "instructions and tools, the plan, open approvals, your last message, the last steps word "
    "for word, the list of changed files"
)
_SUMMED = "all before that: the model writes a summary of it"
_STAYS = "every word stays in the journal, where you can read and search it"


class CompactDialog(SessionDialog):
    """What a compaction keeps; Enter orders it."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="compact")

    def show(self, dirty: Dirty) -> None:
        state = self.state
        if state is None or state.archived:
            self.close_it()
            return
        size = f"{tokens(state.context)} tokens now" if state.context else ""
        cost = "one request for the summary; the next request starts without a cache"
        self.body.show(
            [
                BLANK,
                Line((Span("Compact ", "t0", bold=True), foreign(state.name, "t0", bold=True)),
                     (Span(size, "t2"),)),
                BLANK,
                _row("kept", _KEPT),
                _row("summed up", _SUMMED),
                _row("not lost", _STAYS),
                _row("costs", cost),
                *self.notice_lines(),
                BLANK,
                self.caps_line((("Enter", "compact"),), "leave it"),
                BLANK,
            ]
        )  # fmt: skip

    def do_confirm(self) -> None:
        self.helm.go(self.helm.compact(self.session))
        self.close_it()


def _row(label: str, words: str) -> Line:
    return Line((Span(label.ljust(11), "t2"), Span(words, "t1")), hang=11, wrap=True)
