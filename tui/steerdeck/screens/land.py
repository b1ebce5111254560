"""Landing: what would come into the developer's repository, and the three ways in.

Nothing is landed but by a key pressed here; what came of it is said when the journal says so.
"""

from textual.app import ComposeResult
from textual.containers import Vertical

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import Dirty
from steerdeck.panes.changes import changes
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck_agents.facts.ids import SessionId


class LandDialog(SessionDialog):
    """Diffstat, then m, b or p."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="land")
        self.path = Prompt("path of the patch file", send={"enter": "steer"}, id="patch_path")

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog"):
            yield self.body
            yield self.path

    def on_mount(self) -> None:
        super().on_mount()
        self.path.display = False

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.path.display else ("land", "anywhere")

    def show(self, dirty: Dirty) -> None:
        state = self.state
        if state is None:
            self.close_it()
            return
        branch = self.model.outlook.branch or "your branch"
        rows = max(3, self.app.size.height - 16)
        lines = [
            BLANK,
            Line(
                (Span("Land ", "t0", bold=True), foreign(state.name, "t0", bold=True)),
                (foreign(state.workspace.branch, "t2"),),
            ),
            BLANK,
            *changes(state, self.app.size.width if self.app.size.width < 76 else 70, rows),
            BLANK,
        ]
        if state.turn is not None:
            words = "It is still at work: its work can be landed when the turn has ended."
            lines += [Line((Span(words, "t1"),), wrap=True), BLANK]
        for key, what, about in (
            ("merge", "merge", f"into {branch}, forward or with one merge commit"),
            ("branch", "branch", "its commits, as a branch of your repository"),
            ("patch", "patch file", "written where you say; your repository stays as it is"),
        ):
            spans = (
                Span(self.helm.keymap.shown(key).ljust(4), "accent"),
                Span(what.ljust(13), "t0"),
                foreign(about, "t2"),
            )
            lines.append(Line(spans))
        if self.path.display:
            lines += [BLANK, Line((Span("Enter", "accent"), Span(" write it", "t2")))]
        else:
            lines += [*self.notice_lines(), BLANK, self.caps_line((), "land nothing")]
        self.body.show([*lines, BLANK])

    def _land(self, how: str, path: str = "") -> None:
        match how:
            case "merge" | "branch" | "patch":
                self.helm.go(self.helm.land(self.session, how, path))
        self.close_it()
        self.helm.say("landing; the transcript says what came of it")

    def do_merge(self) -> None:
        self._land("merge")

    def do_branch(self) -> None:
        self._land("branch")

    def do_patch(self) -> None:
        name = self.state.name if self.state is not None else "work"
        self.path.display = True
        self.path.text = f"{self.model.folder.rstrip('/')}/{name}.patch"
        self.path.focus()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self._land("patch", event.text.strip())
