"""Overlaps of one session: the others, the files and lines, and one message to both."""

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import Dirty
from steerdeck.panes.overlapped import MET, draft, met_line, shared_rows
from steerdeck.screens.dialog import WIDE, SessionDialog
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.overlap import Overlap
from steerdeck_agents.facts.state import SessionState


class OverlapDialog(SessionDialog):
    """Enter writes to both, Enter again sends; Esc leaves."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="overlap")
        self.words = Prompt("a message to both", send={"enter": "steer"}, id="overlap_words")
        self.parts = (self.body, self.words)
        self._other = SessionId("")
        """The other session in hand."""

    def on_mount(self) -> None:
        self.words.display = False
        super().on_mount()

    def places(self) -> tuple[Place, ...]:
        return ("words", "anywhere") if self.words.display else ("overlap", "anywhere")

    def met(self) -> list[tuple[Overlap, SessionState]]:
        """The overlaps with sessions that are there."""
        state = self.state
        found = state.overlaps if state is not None else ()
        states = self.model.states
        return [(one, states[one.other]) for one in found if one.other in states]

    def hand(self) -> tuple[Overlap, SessionState] | None:
        """The one in hand, which stays in hand while it lasts."""
        met = self.met()
        return next((one for one in met if one[1].id == self._other), met[0] if met else None)

    def draw(self, state: SessionState) -> None:
        met = self.met()
        width, height = self.app.size
        inner = min(WIDE, width) - 2 * self.body.margin
        most = max(1, (height - 14 - 2 * len(met)) // max(1, len(met)))
        lines = [
            BLANK,
            Line(
                (Span("Overlaps of ", "t0", bold=True), foreign(state.name, "t0", bold=True)),
                (Span(counted(len(met), "session"), "t2"),),
            ),
            BLANK,
        ]
        if not met:
            lines += [Line((Span("Nobody else is at its files now.", "t1"),)), BLANK]
        hand, keys = self.hand(), not self.words.display
        for one, other in met:
            chosen = hand is not None and other.id == hand[1].id
            lines += [
                met_line(one, other, chosen=chosen, keys=keys),
                *shared_rows(one, inner, most),
                BLANK,
            ]
        lines += self.notice_lines()
        if self.words.display:
            lines.append(self.caps_line((("Enter", "send to both"),), "keep it back"))
        else:
            shown = self.helm.keymap.shown
            caps = ((shown("say_both"), "write to both"), (shown("take_other"), "go there"))
            lines.append(self.caps_line(caps if met else ()))
        self.body.show([*lines, BLANK])

    def _move(self, step: int) -> None:
        met, hand = self.met(), self.hand()
        if hand is not None:
            at = next(n for n, one in enumerate(met) if one[1].id == hand[1].id)
            self._other = met[min(len(met) - 1, max(0, at + step))][1].id
            self.show(Dirty(everything=True))

    def on_rows_clicked(self, event: Rows.Clicked) -> None:
        if event.span.startswith(MET) and not self.words.display:
            self._other = SessionId(event.span.removeprefix(MET))
            self.show(Dirty(everything=True))

    def do_overlap_down(self) -> None:
        self._move(1)

    def do_overlap_up(self) -> None:
        self._move(-1)

    def do_take_other(self) -> None:
        if (hand := self.hand()) is not None:
            self.model.take(hand[1].id)
            self.close_it()

    @property
    def _both(self) -> str:
        """Under which name words for both that were kept back lie."""
        return f"{self.session}:{self._other}:both"

    def do_say_both(self) -> None:
        hand, state = self.hand(), self.state
        if hand is None or state is None:
            return
        self._other = hand[1].id
        self.words.display = True
        self.words.text = self.model.drafts.get(self._both) or draft(state, hand[1], hand[0])
        self.words.focus()
        self.show(Dirty(everything=True))

    def do_back(self) -> None:
        if self.words.display:
            self.model.drafts[self._both] = self.words.text
            self.words.display = False
            self.set_focus(None)
            self.show(Dirty(everything=True))
        else:
            self.close_it()

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        state, other = self.state, self.model.states.get(self._other)
        if state is not None and other is not None and event.text.strip():
            text = event.text.strip()
            self.helm.go(self.helm.send(text, [state, other], "steer", text))
            self.model.drafts[self._both] = ""
            self.close_it()
