"""A new session: the task as text, everything else on one key, each value with what it means.

What can't start says why and what helps; a refusal leaves the text where it is.
"""

from textual import events

from steerdeck.acts.writing import NEW
from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.keys.key import Place
from steerdeck.messages import ROW
from steerdeck.model import Dirty
from steerdeck.panes.choice import HANG
from steerdeck.panes.origin import proof
from steerdeck.screens.dialog import Dialog
from steerdeck.screens.wanted import OWN, Field, Terms, Wanted, next_of
from steerdeck.text import BLANK, Line, Span, foreign, hairline, width_of
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.places import folder_name
from steerdeck_themes.palettes import Token


class NewSession(Dialog):
    """Task and choices; Enter starts."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="new")
        self.title_row = Rows(id="new_title", ground="s2")
        self.words = Prompt("What should be done?", send={"enter": "steer"}, id="task_words")
        self.parts = (self.title_row, self.words, self.body)
        self.field: Field = "task"
        self.wanted = Wanted(lambda: self.model.outlook)
        self.problem = ""
        self.starting = 0
        self._sent = ""

    def on_mount(self) -> None:
        self.wanted.take_look()
        self.words.text = self.model.drafts.get(NEW, "")
        self.words.focus()
        super().on_mount()
        self.helm.go(self._look())

    async def _look(self, host: str = "") -> None:
        """The repository may have moved on since the deck attached; another machine has its own."""
        before = self.model.outlook.host
        await self.helm.look_around(host)
        if self.model.outlook.host != before:
            self.wanted.move()
        self.wanted.take_look()
        self.show(Dirty(everything=True))
        found = await self.helm.find_checks(self.model.folder, self.model.outlook.host)
        self.propose(found)
        self.show(Dirty(everything=True))

    def propose(self, checks: tuple[Check, ...]) -> None:
        """Checks that were found; those a session was given from here before are ticked again."""
        before = [check for check in checks if check.command in self.helm.ticked]
        self.wanted.choice.offer(before, tick=True)
        self.wanted.choice.offer(checks, tick=False)

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        look = self.model.outlook
        low = self.app.size.height < 24
        gap = [] if low else [BLANK]
        name = folder_name(look.repository)
        name = f"{look.host}:{name}" if look.host else name
        self.title_row.show(
            [*gap, Line((Span("New session", "t0", bold=True),), (foreign(name, "t2"),)), *gap]
        )
        lines = [*gap, hairline(), proof(look)]
        problem = self.problem or look.problem or look.model_problem
        if problem:
            mark = Span(f"{glyphs().failed} ", "failed")
            lines += [*gap, Line((mark, foreign(problem, "t0")), hang=2, wrap=True)]
        lines += [*gap, self._caps(bool(look.problem or look.model_problem)), *gap]
        self.body.show([*gap, *self._window(len(lines) + 4 * len(gap)), *lines])
        self.body.place_cursor()

    def _window(self, taken: int) -> list[Line]:
        """The rows of the fields; on a low terminal those around the one in hand."""
        fields = [field for field in self.wanted.fields() if field != "task"]
        taken += 1 + max(1, self.words.size.height) + 1 + self.above
        if self.field.startswith("check:"):
            command = self.wanted.choice.offered[int(self.field.removeprefix("check:"))].command
            taken += width_of(command) // 36
        else:
            taken += width_of(self.wanted.said(self.field)[1]) // 36
        room = max(3, self.app.size.height - taken)
        place = fields.index(self.field) if self.field in fields else 0
        first = max(0, min(place - room // 2, len(fields) - room))
        return [self._row(field) for field in fields[first : first + room]]

    def _caps(self, blocked: bool) -> Line:
        if self.starting:
            words = f"making the workspace of {counted(self.starting, 'session')}"
            return Line((Span(words, "t1"),), (Span("Esc", "t1"), Span(" close", "t3")))
        moves = (Span("↑ ↓", "accent"), Span(" field   ", "t2"), Span("← →", "accent"),
                 Span(" change", "t2"))  # fmt: skip
        caps = self.caps_line(() if blocked else (("Enter", "start"),))
        apart = (Span("   "),) if caps.spans else ()
        return Line((*caps.spans, *apart, *moves), caps.right)

    def _row(self, field: Field) -> Line:
        here = field == self.field
        bg: Token | None = "s3" if here else None
        bar: Token | None = "accent" if here else None
        wide = self.app.size.width >= 60
        if field.startswith("check:"):
            number = int(field.removeprefix("check:"))
            label = Span(("" if number else "checks").ljust(13), "t2", id=ROW + field)
            spans, right = self.wanted.choice.row(number, here=here)
            right = right if self.app.size.width >= 76 else ()
            return Line((label, *spans), right, bg=bg, bleed=True, bar=bar, wrap=here,
                        hang=13 + HANG)  # fmt: skip
        value, about = self.wanted.said(field)
        if here and field == "command" and self.wanted.choice.own:
            caret = Span(" ", "ink", bg="accent")
            typed = (
                Span(OWN.ljust(13), "t2", id=ROW + field),
                foreign(value, "t0", bold=True, id=CARET),
                caret,
            )
            return Line(typed, bg=bg, bleed=True, bar=bar)
        words = (
            Span((OWN if field == "command" else field).ljust(13), "t2", id=ROW + field),
            foreign((value + " ").ljust(19), "t0", bold=here),
            foreign(about if wide else "", "t2"),
        )
        # What the choice in hand means is read to its end.
        return Line(words, bg=bg, bleed=True, bar=bar, wrap=here, hang=32)

    # keys

    def places(self) -> tuple[Place, ...]:
        return ("new", "anywhere")

    def took(self, name: str) -> bool:
        if name in ("tab", "down", "shift+tab", "up"):
            self._move(1 if name in ("tab", "down") else -1)
        elif self.field != "task" and name in ("left", "right"):
            self._change(1 if name == "right" else -1)
        elif self.field != "task" and name == "enter":
            self._start(self.words.text)
        elif self.field != "task" and (len(name) == 1 or name in ("space", "backspace")):
            self._type(name)
        else:
            return False
        return True

    def row_clicked(self, name: str) -> None:
        """A click takes a field in hand; on the one in hand, and on a check, it changes it."""
        if name == self.field or name.startswith("check:"):
            self.field = name
            self._change(1)
        else:
            self._take_field(name)

    def _move(self, step: int) -> None:
        fields = self.wanted.fields()
        place = fields.index(self.field) if self.field in fields else 0
        self._take_field(fields[(place + step) % len(fields)])

    def _take_field(self, field: Field) -> None:
        self.field = field
        self.wanted.left()
        if self.field == "task":
            self.words.focus()
        else:
            self.set_focus(None)

    def _change(self, step: int) -> None:
        """The next value; another machine is asked first what there is."""
        if self.field == "host":
            there = [one.called for one in self.model.hosts if one.attached]
            self.helm.go(self._look(next_of(there, self.model.outlook.host, step)))
        else:
            self.wanted.change(self.field, step)

    def _type(self, name: str) -> None:
        if self.field != "host":
            self.wanted.type(self.field, name)
        elif name == "space":
            self._change(1)

    def on_paste(self, event: events.Paste) -> None:
        """Into the row of one's own command, which is no widget of its own."""
        if self.field == "command":
            event.stop()
            self.wanted.choice.own += " ".join(event.text.split())
            self.show(Dirty(everything=True))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        if event.text not in ("", self._sent):
            self.problem = ""
        self.model.drafts[NEW] = self.words.draft

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        self._sent = self.words.text = event.text
        self._start(event.text)

    def on_descendant_focus(self) -> None:
        if self.words.has_focus:
            self.field = "task"
            self.show(Dirty(everything=True))

    def _start(self, task: str) -> None:
        look = self.model.outlook
        if self.starting or look.problem or look.model_problem:
            return
        if not task.strip():
            self.problem = "Say what should be done first."
            return
        if self.wanted.goal and not self.wanted.choice.chosen:
            self.problem = "Only checks can complete a goal: tick one, or type a command."
            self.show(Dirty(everything=True))
            return
        self.problem = ""
        self.starting = self.wanted.count
        self.helm.go(self._start_all(task, self.wanted.terms(task)))
        self.show(Dirty(everything=True))

    async def _start_all(self, task: str, terms: Terms) -> None:
        """One after the other; where one is refused, those that are missing are left to start."""
        self.helm.ticked = {check.command for check in terms.checks}
        wanted, count = self.wanted, self.starting
        for number in range(count):
            try:
                await self.helm.start(
                    task,
                    model=terms.model,
                    base=terms.base,
                    mode=terms.mode,
                    carry=terms.carry,
                    budget=terms.budget,
                    checks=terms.checks,
                    goal=terms.goal,
                )
            except (SteerdeckError, OSError) as error:
                self.starting, wanted.count = 0, count - number
                begun = f"{counted(number, 'session')} of {count} started. " if number else ""
                self.problem = f"{begun}{error}"
                if not self.is_current:
                    # It was closed meanwhile; the words of the task are kept for the next time.
                    self.helm.say(self.problem, bad=True)
                self.show(Dirty(everything=True))
                return
        self.words.text = self.model.drafts[NEW] = ""
        self.close_it()
