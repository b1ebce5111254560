"""Dialogs: raised over the blended deck, a title, what they are about, one row of caps."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from steerdeck.commands import Helm
from steerdeck.keymap import label, name_of
from steerdeck.keys.key import Place
from steerdeck.messages import ROW
from steerdeck.model import Dirty
from steerdeck.output.veil import Veiled
from steerdeck.panes.dock import Caps, cap
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.pick_list import PickList
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck.widgets.secret import Secret
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

WIDE = 76


class Dialog(Keyed[None], Veiled, ModalScreen[None]):
    """A raised surface with a body of lines, and with what else a dialog puts into its `parts`."""

    def __init__(self, helm: Helm, *, id: str) -> None:
        super().__init__(helm, id=id)
        self.box = Vertical(id="dialog")
        self.body = Rows(id="dialog_body", ground="s2")
        self.parts: tuple[Rows | Prompt | PickList | LineView | Secret, ...] = (self.body,)

    def compose(self) -> ComposeResult:
        with self.box:
            yield from self.parts

    def on_mount(self) -> None:
        self.fit()
        self.show(Dirty(everything=True))

    def on_resize(self) -> None:
        self.fit()
        self.show(Dirty(everything=True))

    def fit(self) -> None:
        """As wide as its words want, as far as the terminal goes."""
        width, height = self.app.size
        self.box.styles.width = min(WIDE, width)
        self.box.styles.offset = (max(0, (width - WIDE) // 2), min(5, max(0, (height - 20) // 3)))
        self.body.margin = 3 if width >= WIDE else 1
        for part in self.parts:
            part.margin = self.body.margin

    @property
    def above(self) -> int:
        """Rows of the screen above it; a page may ask when it is on its way out."""
        return int(self.box.styles.offset.y.value)

    def on_key(self, event: events.Key) -> None:
        """Keys a dialog takes for itself; the keymap has the others, for Textual calls it next."""
        if self.took(name_of(event.key, event.character)):
            event.stop()
            event.prevent_default()
            self.show(Dirty(everything=True))

    def took(self, name: str) -> bool:
        """Do what a key means here that stands in no keymap; False when it means nothing."""
        return False

    def on_pick_list_filtered(self, event: PickList.Filtered) -> None:
        event.picks.refresh(layout=True)
        self.show(Dirty(everything=True))

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        self.show(Dirty(everything=True))

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        """A row of choices is clicked anywhere in it."""
        if event.span.startswith(("do:", "key:")) or event.line >= len(event.rows.lines):
            return
        spans = event.rows.lines[event.line].spans
        ids = (event.span, *(span.id for span in spans))
        id = next((one for one in ids if one.startswith(ROW)), "")
        if id:
            self.row_clicked(id.removeprefix(ROW))
            self.show(Dirty(everything=True))

    def row_clicked(self, name: str) -> None:
        """Do what a click on the row of that name means."""

    def places(self) -> tuple[Place, ...]:
        return ("dialog", "anywhere")

    def do_back(self) -> None:
        self.close_it()

    def close_it(self) -> None:
        if self.is_current:
            self.helm.close_screen(self)

    def caps_line(self, caps: Caps, esc: str = "close") -> Line:
        """The one row of caps, Esc right; each is clickable."""
        spans: list[Span] = []
        for key, verb in caps:
            pressed = self._pressed(key)
            spans += [cap(key, pressed), Span(f" {verb}", "t1", id=pressed), Span("   ")]
        away = (Span("Esc", "t1", id="do:back"), Span(f" {esc}", "t3", id="do:back"))
        # The blanks behind the last one are no words that could be cut.
        return Line(tuple(spans[:-1]), away)

    def _pressed(self, shown: str) -> str:
        """What a click on a cap does: the act whose key it is, else the key itself."""
        for key in self.helm.keymap.of(*self.places()):
            if label(key.keys[0] if key.keys else "") == shown and self.can(key):
                return f"do:{key.id}"
        return f"key:{shown.lower()}" if shown in ("Enter", "Tab") else ""

    def notice_lines(self) -> list[Line]:
        """A message stands in the dialog while it covers the footer."""
        if not self.model.notice:
            return []
        fg = "failed" if self.model.notice_bad else "t1"
        return [BLANK, Line((foreign(self.model.notice, "t0" if fg == "t1" else "failed"),),
                            wrap=True)]  # fmt: skip


class SessionDialog(Dialog):
    """A dialog about one session."""

    def __init__(self, helm: Helm, session: SessionId, *, id: str) -> None:
        super().__init__(helm, id=id)
        self.session = session

    @property
    def state(self) -> SessionState | None:
        return self.model.states.get(self.session)

    def show(self, dirty: Dirty) -> None:
        """It closes when its session is gone."""
        state = self.state
        if state is None or state.archived:
            self.close_it()
        else:
            self.draw(state)

    def draw(self, state: SessionState) -> None:
        """Say what it is about."""


class ConfirmDialog(SessionDialog):
    """Stop and archive, or discard: what it means, and one key that does it."""

    def __init__(self, helm: Helm, session: SessionId, *, discard: bool) -> None:
        super().__init__(helm, session, id="confirm")
        self.discard = discard

    def draw(self, state: SessionState) -> None:
        verb = "Discard" if self.discard else "Archive"
        words = (
            "Its turn is interrupted and its workspace goes to the bin; nothing was landed by it. "
            "u on the deck brings both back."
            if self.discard
            else "Its turn is interrupted and it leaves the rail; its workspace and its history "
            "stay. u on the deck brings it back."
        )
        files = counted(len(state.files), "changed file") if state.files else "no changed files"
        self.body.show(
            [
                BLANK,
                Line((Span(f"{verb} ", "t0", bold=True), foreign(state.name, "t0", bold=True)),
                     (Span(files, "t2"),)),
                BLANK,
                Line((Span(words, "t1"),), wrap=True),
                *self.notice_lines(),
                BLANK,
                self.caps_line((("Enter", verb.lower()),), "leave it"),
                BLANK,
            ]
        )  # fmt: skip

    def do_confirm(self) -> None:
        state = self.state
        if state is not None:
            self.helm.go(self.helm.archive(state, discard=self.discard))
        self.close_it()


class RenameDialog(SessionDialog):
    """One line of text: the session's new name."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="rename")
        self.name_field = Prompt("a short name", send={"enter": "steer"}, id="rename_text")
        self.parts = (self.body, self.name_field)

    def on_mount(self) -> None:
        super().on_mount()
        if self.state is not None:
            self.name_field.text = self.state.name
        self.name_field.focus()

    def draw(self, state: SessionState) -> None:
        title = Line((Span("Rename", "t0", bold=True),), (Span("Enter rename   Esc leave", "t2"),))
        self.body.show([BLANK, title, *self.notice_lines(), BLANK])

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        name = " ".join(event.text.split())
        self.helm.go(self.helm.rename(self.session, name))
        self.close_it()
