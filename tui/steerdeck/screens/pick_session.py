"""Pick another session, to compare two results with each other."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import Dirty
from steerdeck.output.veil import Veiled
from steerdeck.panes.changes import counts
from steerdeck.panes.marks import mark_for
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

_WIDE = 64


class PickSession(Keyed[SessionId], Veiled, ModalScreen[SessionId]):
    """The sessions that can be compared with; what is typed narrows the list."""

    def __init__(self, helm: Helm, others: Sequence[SessionState]) -> None:
        super().__init__(helm, id="pick_session")
        self.body = Rows(id="dialog_body", ground="s2", margin=3)
        self.list = PickList(
            [self._pick(state) for state in others], ground="s2", margin=3, typed=True,
            id="palette_list",
        )  # fmt: skip
        self.foot = Rows(ground="s2", margin=3)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self.body
            yield self.list
            yield self.foot

    def on_mount(self) -> None:
        width, height = self.app.size
        box = self.query_one("#dialog")
        box.styles.width = min(_WIDE, width)
        box.styles.offset = (max(0, (width - _WIDE) // 2), min(5, max(0, (height - 16) // 3)))
        self.list.focus()
        self.show(Dirty(everything=True))

    def _pick(self, state: SessionState) -> Pick:
        mark = mark_for(state)
        left = (
            foreign(f"{state.slot or ''} {state.name}".strip(), "t0"),
            Span(f"   {mark.shape} {mark.word}", mark.colour),
        )
        nothing = (Span("nothing changed", "t3"),)
        right = counts(state.files, total=True) if state.files else nothing
        return Pick(state.id, (Line(left, right, indent=2),), state.name)

    def show(self, dirty: Dirty) -> None:
        title = Span("Compare with the result of", "t0", bold=True)
        typed = foreign(f"  {self.list.query_text}", "accent", id=CARET)
        self.body.show([BLANK, Line((title, typed)), BLANK])
        self.body.place_cursor()
        keys = (Span("Enter", "t1"), Span(" compare   ", "t3"), Span("Esc", "t1"),
                Span(" leave", "t3"))  # fmt: skip
        self.foot.show([BLANK, Line(keys), BLANK])

    def places(self) -> tuple[Place, ...]:
        return ("dialog", "anywhere")

    def on_pick_list_filtered(self, event: PickList.Filtered) -> None:
        self.list.refresh(layout=True)
        self.show(Dirty(everything=True))

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        self.helm.close_screen(self, SessionId(event.id))

    def do_back(self) -> None:
        self.helm.close_screen(self)
