"""Dialogs about when a session is done: its checks, and the goal it works for."""

from steerdeck.commands import Helm
from steerdeck.messages import ROW
from steerdeck.model import Dirty
from steerdeck.panes.choice import HANG, CheckChoice
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

RHYTHMS = (5, 10, 20, 50, 0)
"""Turns between two reports of a goal; 0 is none before its end."""


def rhythm_words(turns: int) -> tuple[str, str]:
    """A rhythm, and what it means."""
    if not turns:
        return "at its end", "when its checks are green or a budget is spent"
    return f"{turns} turns", "after so many it tells how far it is"


def next_rhythm(turns: int, step: int) -> int:
    place = RHYTHMS.index(turns) if turns in RHYTHMS else 1
    return RHYTHMS[(place + step) % len(RHYTHMS)]


class ChecksDialog(SessionDialog):
    """Which checks say that its work is done: found ones to tick, and a command of one's own."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="checks_dialog")
        state = self.state
        self.choice = CheckChoice(ticked=state.verify.checks if state is not None else ())
        self.own = Prompt("a command that exits with 0 when all is well",
                          send={"enter": "steer"}, id="own_check")  # fmt: skip
        self.caps = Rows(ground="s2")
        self.parts = (self.body, self.own, self.caps)
        self.at = 0

    def on_mount(self) -> None:
        super().on_mount()
        if not self.choice.offered:
            self.own.focus()
        self.helm.go(self._offer())

    async def _offer(self) -> None:
        """Checks of the files of its repository, in the folder it stands in."""
        if self.state is None:
            return
        place = self.state.workspace
        folder = f"{place.repository}/{place.subfolder}".rstrip("/")
        self.choice.offer(await self.helm.find_checks(folder), tick=False)
        self.show(Dirty(everything=True))

    def draw(self, state: SessionState) -> None:
        wide = self.app.size.width >= 76
        title = (Span("Checks of ", "t0", bold=True), foreign(state.name, "t0", bold=True))
        about = "They run before its first change, and whenever it says that it is done."
        lines = [BLANK, Line(title), BLANK, Line((Span(about, "t2"),), wrap=True), BLANK]
        for number in range(len(self.choice.offered)):
            here = number == self.at and not self.own.has_focus
            spans, right = self.choice.row(number, here=here)
            right = right if wide else ()
            row = (Span("", id=f"{ROW}{number}"), *spans)
            lines.append(Line(row, right, bg="s3" if here else None, bleed=True,
                              bar="accent" if here else None, wrap=here, hang=HANG))  # fmt: skip
        verb = "set" if self.choice.chosen else "set none"
        moves = (("Space", "tick"),) if self.choice.offered and not self.own.has_focus else ()
        self.body.show([*lines, BLANK])
        caps = self.caps_line((("Enter", verb), *moves), "leave it")
        self.caps.show([*self.notice_lines(), caps, BLANK])

    def took(self, name: str) -> bool:
        count = len(self.choice.offered)
        if name in ("down", "tab", "up", "shift+tab"):
            self._move(1 if name in ("down", "tab") else -1, count)
        elif not self.own.has_focus and name in ("space", "left", "right"):
            self.choice.toggle(self.at)
        elif not self.own.has_focus and name == "enter":
            self._set()
        else:
            return False
        return True

    def row_clicked(self, name: str) -> None:
        self.at = int(name)
        self.set_focus(None)
        self.choice.toggle(self.at)

    def _move(self, step: int, count: int) -> None:
        self.at = (self.at + step) % (count + 1)
        if self.at == count:
            self.own.focus()
        else:
            self.set_focus(None)

    def on_descendant_focus(self) -> None:
        self.at = len(self.choice.offered)
        self.show(Dirty(everything=True))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        self.choice.own = event.text
        self.show(Dirty(everything=True))

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self.choice.own = event.text
        self._set()

    def _set(self) -> None:
        state = self.state
        if state is not None:
            self.helm.go(self.helm.set_checks(state, self.choice.chosen))
        self.close_it()


class GoalDialog(SessionDialog):
    """The objective in words, and how often it reports; its checks alone complete it."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="goal_dialog")
        self.words = Prompt("What should be reached?", send={"enter": "steer"}, id="objective")
        self.title_row = Rows(ground="s2")
        self.parts = (self.title_row, self.words, self.body)
        self.turns = 10
        self.waits = False
        self._problem = ""

    def on_mount(self) -> None:
        super().on_mount()
        state = self.state
        if state is not None:
            goal = state.goal.goal if state.goal is not None else None
            self.words.text = goal.objective if goal is not None else state.task
            if goal is not None:
                self.turns, self.waits = goal.check_in_turns, goal.waits
        self.words.focus()

    def draw(self, state: SessionState) -> None:
        value, about = rhythm_words(self.turns)
        waits = "waits for you" if self.waits else "goes on"
        meant = "it stands still until you let it go on" if self.waits else "by itself"
        title = Line((Span("Goal of ", "t0", bold=True), foreign(state.name, "t0", bold=True)))
        self.title_row.show([BLANK, title, BLANK])
        lines = [
            _row("checks", *_checks(state)),
            _row("reports", value, about),
            _row("then", waits, meant),
        ]
        if self._problem:
            lines += [BLANK, Line((Span(self._problem, "t0"),), wrap=True)]
        caps = (("Enter", "set goal"), ("Tab", "reports"), ("Shift+Tab", "waits"))
        lines += [*self.notice_lines(), BLANK, self.caps_line(caps, "leave it"), BLANK]
        self.body.show(lines)

    def took(self, name: str) -> bool:
        if name not in ("tab", "shift+tab"):
            return False
        self.row_clicked("reports" if name == "tab" else "then")
        return True

    def row_clicked(self, name: str) -> None:
        if name == "reports":
            self.turns = next_rhythm(self.turns, 1)
        elif name == "then":
            self.waits = not self.waits

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        state = self.state
        if state is not None and not state.verify.checks:
            self.words.text = event.text
            key = self.helm.keymap.shown("set_checks")
            self._problem = f"Only checks can complete a goal, and it has none: {key} sets some."
            self.show(Dirty(everything=True))
            return
        if state is not None:
            goal = Goal(event.text.strip(), check_in_turns=self.turns, waits=self.waits)
            self.helm.go(self.helm.set_goal(state, goal))
        self.close_it()


def _checks(state: SessionState) -> tuple[str, str]:
    names = ", ".join(check.name for check in state.verify.checks)
    return names or "none", "only they can complete it" if names else "a goal needs some"


def _row(label: str, value: str, about: str) -> Line:
    return Line(
        (Span(label.ljust(11), "t2", id=ROW + label), foreign((value + " ").ljust(17), "t0"),
         Span(about, "t2")),
        hang=11, wrap=True,
    )  # fmt: skip
