"""A new session: the task as text, everything else on one key, each value with what it means.

What can't start says why and what helps; a refusal leaves the text where it is.
"""

from textual import events

from steerdeck.acts.life import MODE_WORDS
from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.keys.key import Place
from steerdeck.messages import ROW
from steerdeck.model import Dirty
from steerdeck.panes.choice import HANG, CheckChoice
from steerdeck.panes.origin import price, proof
from steerdeck.screens.dialog import Dialog
from steerdeck.screens.goal import next_rhythm, rhythm_words
from steerdeck.text import BLANK, Line, Span, dollars, foreign, hairline, width_of
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.places import Mode, folder_name
from steerdeck_agents.runtime import wire
from steerdeck_themes.palettes import Token

Field = str
"""Its label; a proposed check is `check:` and its number."""
_MODES: tuple[Mode, ...] = ("ask", "auto", "plan")
_MODE_ABOUT = {
    "ask": "asks before anything with an effect",
    "auto": "what rules and the sandbox allow runs, the rest asks",
    "plan": "reads and plans, writes nothing",
}
_OWN = "own check"
_MOST = 6


class NewSession(Dialog):
    """Task and choices; Enter starts."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="new")
        self.title_row = Rows(id="new_title", ground="s2")
        self.words = Prompt("What should be done?", send={"enter": "steer"}, id="task_words")
        self.parts = (self.title_row, self.words, self.body)
        self.field: Field = "task"
        self.task_model = ""
        self.base = ""
        self.mode: Mode = "ask"
        self.count = 1
        self.carry = False
        self.budget = ""
        self.choice = CheckChoice()
        self.goal = False
        self.turns = 10
        self.problem = ""
        self.starting = 0
        self._typed = ""
        self._sent = ""

    def on_mount(self) -> None:
        self._take(self.model.outlook)
        self.words.focus()
        super().on_mount()
        self.helm.go(self._look())

    async def _look(self, host: str = "") -> None:
        """The repository may have moved on since the deck attached; another machine has its own."""
        before = self.model.outlook.host
        await self.helm.look_around(host)
        if self.model.outlook.host != before:
            self.base, self.choice = "", CheckChoice()
        self._take(self.model.outlook)
        self.show(Dirty(everything=True))
        found = await self.helm.find_checks(self.model.folder, self.model.outlook.host)
        self.propose(found)
        self.show(Dirty(everything=True))

    def propose(self, checks: tuple[Check, ...]) -> None:
        """Checks that were found; those a session was given from here before are ticked again."""
        before = [check for check in checks if check.command in self.helm.ticked]
        self.choice.offer(before, tick=True)
        self.choice.offer(checks, tick=False)

    def _take(self, look: wire.Outlook) -> None:
        names = [model.name for model in look.models]
        if self.task_model not in names:
            preferred = [model.name for model in look.models if model.preferred]
            self.task_model = (preferred or names or [""])[0]
        self.budget = self.budget or ("" if look.budget is None else f"{look.budget:g}")

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
        fields = [field for field in self._fields() if field != "task"]
        taken += 1 + max(1, self.words.size.height) + 1 + self.above
        if self.field.startswith("check:"):
            command = self.choice.offered[int(self.field.removeprefix("check:"))].command
            taken += width_of(command) // 36
        else:
            taken += width_of(self._said(self.field)[1]) // 36
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

    def _fields(self) -> list[Field]:
        several = ["host"] if self.model.outlook.host else []
        fields: list[Field] = ["task", *several, "model", "base", "mode", "how many"]
        if self.model.outlook.dirty:
            fields.append("uncommitted")
        fields += ["budget", *(f"check:{n}" for n in range(len(self.choice.offered)))]
        return [*fields, "command", "goal", *(["report"] if self.goal else [])]

    def _row(self, field: Field) -> Line:
        here = field == self.field
        bg: Token | None = "s3" if here else None
        bar: Token | None = "accent" if here else None
        wide = self.app.size.width >= 60
        if field.startswith("check:"):
            number = int(field.removeprefix("check:"))
            label = Span(("" if number else "checks").ljust(13), "t2", id=ROW + field)
            spans, right = self.choice.row(number, here=here)
            right = right if self.app.size.width >= 76 else ()
            return Line((label, *spans), right, bg=bg, bleed=True, bar=bar, wrap=here,
                        hang=13 + HANG)  # fmt: skip
        value, about = self._said(field)
        if here and field == "command" and self.choice.own:
            caret = Span(" ", "ink", bg="accent")
            typed = (
                Span(_OWN.ljust(13), "t2", id=ROW + field),
                foreign(value, "t0", bold=True, id=CARET),
                caret,
            )
            return Line(typed, bg=bg, bleed=True, bar=bar)
        words = (
            Span((_OWN if field == "command" else field).ljust(13), "t2", id=ROW + field),
            foreign((value + " ").ljust(19), "t0", bold=here),
            foreign(about if wide else "", "t2"),
        )
        # What the choice in hand means is read to its end.
        return Line(words, bg=bg, bleed=True, bar=bar, wrap=here, hang=32)

    def _said(self, field: Field) -> tuple[str, str]:
        """A field's value and what it means."""
        look = self.model.outlook
        match field:
            case "host":
                return look.host, "where it works"
            case "model":
                return self.task_model or "none", price(look, self.task_model)
            case "base":
                ahead = f"{look.ahead} ahead of its upstream" if look.ahead else ""
                value = self.base or f"{look.branch or 'HEAD'}  {look.head[:8]}"
                return value, "" if self.base else ahead
            case "mode":
                return MODE_WORDS[self.mode], _MODE_ABOUT[self.mode]
            case "how many":
                words = "one session" if self.count == 1 else "the same task, side by side"
                return str(self.count), words
            case "uncommitted":
                files = counted(look.dirty, "file")
                about = f"{files}, as a first checkpoint" if self.carry else (
                    f"{files} of yours; it starts from {look.head[:8]}")  # fmt: skip
                return "carry over" if self.carry else "leave out", about
            case "budget":
                value = dollars(_number(self.budget)) if self.budget else "no limit"
                return value, "it stops and asks when that is spent" if self.budget else ""
            case "command":
                found = "" if self.choice.offered else "none found; "
                about = "" if self.choice.own else f"{found}type one, exit 0 is green"
                return self.choice.own or "none", about
            case "goal":
                about = "it works on, turn after turn, until its checks are green"
                return ("on", about) if self.goal else ("off", "it ends with its turn")
            case "report":
                return rhythm_words(self.turns)
            case _:
                return "", ""

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
        fields = self._fields()
        place = fields.index(self.field) if self.field in fields else 0
        self._take_field(fields[(place + step) % len(fields)])

    def _take_field(self, field: Field) -> None:
        self.field = field
        self._typed = ""
        if self.field == "task":
            self.words.focus()
        else:
            self.set_focus(None)

    def _change(self, step: int) -> None:
        look = self.model.outlook
        self._typed = ""
        match self.field:
            case "host":
                there = [one.called for one in self.model.hosts if one.attached]
                self.helm.go(self._look(_next(there, look.host, step)))
            case "model":
                self.task_model = _next([m.name for m in look.models], self.task_model, step)
            case "base":
                branches = ["", *[name for name in look.branches if name != look.branch]]
                self.base = _next(branches, self.base, step)
            case "mode":
                place = (_MODES.index(self.mode) + step) % len(_MODES)
                self.mode = _MODES[place]
            case "how many":
                self.count = min(_MOST, max(1, self.count + step))
            case "uncommitted":
                self.carry = not self.carry
            case "budget":
                self.budget = f"{max(0.0, _number(self.budget) + step * 0.5):g}"
            case "goal":
                self.goal = not self.goal
            case "report":
                self.turns = next_rhythm(self.turns, step)
            case field if field.startswith("check:"):
                self.choice.toggle(int(field.removeprefix("check:")))
            case _:
                pass

    def _type(self, name: str) -> None:
        """Letters find a model or a branch, digits make a number."""
        if self.field == "budget":
            if name == "backspace":
                self.budget = self.budget[:-1]
            elif name in "0123456789.":
                self.budget += name
            return
        if self.field == "command":
            own = self.choice.own
            self.choice.own = own[:-1] if name == "backspace" else own + _letter(name)
            return
        if self.field == "how many" and name.isdigit():
            self.count = min(_MOST, max(1, int(name)))
            return
        if name == "space":
            self._change(1)
            return
        self._typed = self._typed[:-1] if name == "backspace" else self._typed + name
        look = self.model.outlook
        names = [m.name for m in look.models] if self.field == "model" else list(look.branches)
        found = next((n for n in names if self._typed and self._typed in n), "")
        if found and self.field == "model":
            self.task_model = found
        elif found and self.field == "base":
            self.base = found if found != look.branch else ""

    def on_paste(self, event: events.Paste) -> None:
        """Into the row of one's own command, which is no widget of its own."""
        if self.field == "command":
            event.stop()
            self.choice.own += " ".join(event.text.split())
            self.show(Dirty(everything=True))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        if event.text not in ("", self._sent):
            self.problem = ""

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
        if self.goal and not self.choice.chosen:
            self.problem = "Only checks can complete a goal: tick one, or type a command."
            self.show(Dirty(everything=True))
            return
        self.problem = ""
        self.starting = self.count
        self.helm.go(self._start_all(task))
        self.show(Dirty(everything=True))

    async def _start_all(self, task: str) -> None:
        checks = self.choice.chosen
        self.helm.ticked = {check.command for check in checks}
        goal = Goal(task.strip(), check_in_turns=self.turns) if self.goal else None
        try:
            for _ in range(self.count):
                await self.helm.start(
                    task,
                    model=self.task_model,
                    base=self.base,
                    mode=self.mode,
                    carry=self.carry,
                    budget=_number(self.budget) or None,
                    checks=checks,
                    goal=goal,
                )
        except (SteerdeckError, OSError) as error:
            self.starting = 0
            self.problem = str(error)
            self.show(Dirty(everything=True))
            return
        self.close_it()


def _next(names: list[str], now: str, step: int) -> str:
    if not names:
        return now
    place = names.index(now) if now in names else 0
    return names[(place + step) % len(names)]


def _letter(name: str) -> str:
    return " " if name == "space" else name


def _number(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
