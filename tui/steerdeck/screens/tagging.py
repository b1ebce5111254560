"""One line of text: the developer's words for a session."""

from steerdeck.commands import Helm
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.tags import told


class TagDialog(SessionDialog):
    """The tags it has stand in the line; what the line holds at Enter are its tags from then on."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="tag_dialog")
        self.field = Prompt("urgent auth", send={"enter": "steer"}, id="tag_text")
        self.parts = (self.body, self.field)

    def on_mount(self) -> None:
        super().on_mount()
        if self.state is not None:
            self.field.text = " ".join(self.state.tags)
        self.field.focus()

    def draw(self, state: SessionState) -> None:
        title = (Span("Tags of ", "t0", bold=True), foreign(state.name, "t0", bold=True))
        used = sorted({tag for one in self.model.sessions() for tag in one.tags})
        about = "Words of yours; several sessions are spoken to by a tag."
        rows = [BLANK, Line(title, (Span("Enter keep   Esc leave", "t2"),)), BLANK]
        rows.append(Line((Span(about, "t2"),), wrap=True))
        if used:
            rows.append(Line((Span("in use  ", "t2"), foreign(" ".join(used), "t1")), wrap=True))
        self.body.show([*rows, *self.notice_lines(), BLANK])

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        state = self.state
        wanted, _ = told(event.text)
        if state is not None and wanted != state.tags:
            gone = tuple(tag for tag in state.tags if tag not in wanted)
            self.helm.go(self.helm.tag(state.id, wanted, gone))
        self.close_it()
