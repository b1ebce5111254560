"""Typing into a shell session by hand, and ending one: its output above, one line to type below.

Where it asks for what is not echoed, the line is a secret: never drawn, kept or logged.
"""

from textual import events

from steerdeck.commands import Helm
from steerdeck.model import Dirty
from steerdeck.panes.shells import shell_lines
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.waiting import program
from steerdeck.widgets.line_view import LineView
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.secret import Secret
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.shells import OpenShell


class _ShellDialog(SessionDialog):
    """A dialog about one shell session; it closes when that has ended."""

    def __init__(self, helm: Helm, session: SessionId, shell: str, *, id: str) -> None:
        super().__init__(helm, session, id=id)
        self._shell_id = shell

    @property
    def shell(self) -> OpenShell | None:
        state = self.state
        shells = state.shells if state is not None else ()
        return next((shell for shell in shells if shell.id == self._shell_id), None)


class TypeDialog(_ShellDialog):
    """Enter types the line and stays; Esc leaves."""

    def __init__(self, helm: Helm, session: SessionId, shell: str) -> None:
        super().__init__(helm, session, shell, id="type_dialog")
        self.output = LineView(id="type_output", ground="s2", marker=False)
        self.line = Prompt("a line to type", send={"enter": "steer"}, id="type_line")
        self.line.sends_nothing = True
        self.secret = Secret(id="type_secret")
        self.parts = (self.output, self.line, self.secret, self.body)
        self._restless = False
        """Somebody was typing a secret when its field was taken away, and may still be."""

    def on_mount(self) -> None:
        self.output.can_focus = False
        super().on_mount()
        hidden = self.shell is not None and self.shell.hidden
        (self.secret if hidden else self.line).focus()
        self.output.action_scroll_end()

    def fit(self) -> None:
        super().fit()
        rows = max(4, min(16, self.app.size.height - 8))
        self.output.styles.height = rows

    def show(self, dirty: Dirty) -> None:
        shell, state = self.shell, self.state
        if shell is None or state is None:
            self._end()
            return
        self.output.put("shell", [BLANK, *shell_lines(shell, self.helm.now_ms())])
        if self.secret.display != shell.hidden:
            self._turn(hidden=shell.hidden)
        verb = "type it, not shown" if shell.hidden else "type it"
        here = self.focused in (self.line, self.secret)
        caps = (("Enter", verb),) if here else (("Tab", "write"),)
        lines = [*self.notice_lines(), self.caps_line(caps), BLANK]
        self.body.show(lines)

    def _end(self) -> None:
        """The shell session is gone; the dialog stays while the rest of a secret may come.

        Under it lies the composer, where that would be seen and sent.
        """
        self._restless = self._restless or not self.secret.empty
        if not self._restless:
            self.close_it()
            return
        self.secret.wipe()
        self.secret.display = self.line.display = False
        self.set_focus(None)
        words = "It has ended; what you were typing went nowhere."
        self.body.show([BLANK, Line((Span(words, "t1"),), wrap=True), BLANK,
                        self.caps_line(()), BLANK])  # fmt: skip

    def _turn(self, *, hidden: bool) -> None:
        """From a line that is shown to one that is not, or back.

        Whoever was writing a secret may still be: the shown line waits until it is asked for.
        """
        writing = self.secret.has_focus and not self.secret.empty
        self.secret.display, self.line.display = hidden, not hidden
        self.secret.wipe()
        self._restless = writing
        if writing or not self.is_current:
            self.set_focus(None)
        else:
            (self.secret if hidden else self.line).focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "tab" and self.shell is not None:
            self._restless = False
            (self.secret if self.secret.display else self.line).focus()
            event.stop()
            event.prevent_default()
            self.show(Dirty(everything=True))
            return
        super().on_key(event)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self._type(event.text, hidden=False)

    def on_secret_entered(self, event: Secret.Entered) -> None:
        self._type(self.secret.take(), hidden=True)

    def _type(self, text: str, *, hidden: bool) -> None:
        shell = self.shell
        if shell is not None:
            self.helm.go(self.helm.type_into(self.session, shell.id, text, hidden=hidden))


class EndShellDialog(_ShellDialog):
    """What ending a shell means, and one key that does it."""

    def __init__(self, helm: Helm, session: SessionId, shell: str) -> None:
        super().__init__(helm, session, shell, id="end_shell_dialog")

    def show(self, dirty: Dirty) -> None:
        shell, state = self.shell, self.state
        if shell is None or state is None:
            self.close_it()
            return
        ports = " ".join(f":{port}" for port in shell.ports)
        words = "It is stopped with all it started. The agent sees that you ended it."
        self.body.show(
            [
                BLANK,
                Line((Span("End ", "t0", bold=True), foreign(program(shell), "t0", bold=True),
                      Span("  of ", "t2"), foreign(state.name, "t1")), (Span(ports, "t1"),)),
                BLANK,
                Line((foreign(shell.title, "t1"),), wrap=True),
                BLANK,
                Line((Span(words, "t1"),), wrap=True),
                *self.notice_lines(),
                BLANK,
                self.caps_line((("Enter", "end it"),), "leave it"),
                BLANK,
            ]
        )  # fmt: skip

    def do_confirm(self) -> None:
        shell = self.shell
        if shell is not None:
            self.helm.go(self.helm.end_shell(self.session, shell))
        self.close_it()
