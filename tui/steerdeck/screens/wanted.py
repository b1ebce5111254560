"""What a new session is to be: a value behind each field of the form, and what keys make of it.

Without a widget: the form draws what is said here, and starts what is chosen here.
"""

from collections.abc import Callable, Sequence

import msgspec

from steerdeck.acts.life import MODE_WORDS
from steerdeck.panes.choice import CheckChoice
from steerdeck.panes.origin import price
from steerdeck.screens.goal import next_rhythm, rhythm_words
from steerdeck.text import dollars
from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.goals import Goal
from steerdeck_agents.facts.places import Mode
from steerdeck_agents.runtime.wire import Outlook

Field = str
"""Its label; a proposed check is `check:` and its number."""
OWN = "own check"
_MODES: tuple[Mode, ...] = ("ask", "auto", "plan")
_MODE_ABOUT = {
    "ask": "asks before anything with an effect",
    "auto": "what rules and the sandbox allow runs, the rest asks",
    "plan": "reads and plans, writes nothing",
}
_MOST = 6


class Terms(msgspec.Struct, frozen=True):
    """How each of the sessions starts, as it stood when that was asked for."""

    model: str
    base: str
    mode: Mode
    carry: bool
    budget: float | None
    """Dollars; 0 is without limit, None what the settings say."""
    checks: tuple[Check, ...]
    goal: Goal | None


class Wanted:
    """The fields of a new session; `look` is what is known of the place it would start in."""

    def __init__(self, look: Callable[[], Outlook]) -> None:
        self._look = look
        self.model = ""
        self.base = ""
        self.mode: Mode = "ask"
        self.count = 1
        self.carry = False
        self.budget = ""
        self._budget_typed = False
        self.choice = CheckChoice()
        self.goal = False
        self.turns = 10
        self._typed = ""
        """Letters that look for a model or a branch."""

    def take_look(self) -> None:
        """Begin with what the place proposes; what was chosen by hand stays."""
        look = self._look()
        names = [model.name for model in look.models]
        if self.model not in names:
            preferred = [model.name for model in look.models if model.preferred]
            self.model = (preferred or names or [""])[0]
        if not self._budget_typed:
            self.budget = "" if look.budget is None else f"{look.budget:g}"

    def move(self) -> None:
        """It would start on another machine, which has its own branches and checks."""
        self.base, self.choice = "", CheckChoice()

    def fields(self) -> list[Field]:
        """In their order, the task first."""
        several = ["host"] if self._look().host else []
        fields: list[Field] = ["task", *several, "model", "base", "mode", "how many"]
        if self._look().dirty:
            fields.append("uncommitted")
        fields += ["budget", *(f"check:{n}" for n in range(len(self.choice.offered)))]
        return [*fields, "command", "goal", *(["report"] if self.goal else [])]

    def terms(self, task: str) -> Terms:
        """What is chosen now, for sessions with that task."""
        budget = None if not (self.budget or self._budget_typed) else _number(self.budget)
        goal = Goal(task.strip(), check_in_turns=self.turns) if self.goal else None
        return Terms(
            self.model, self.base, self.mode, self.carry, budget, self.choice.chosen, goal
        )  # fmt: skip

    def said(self, field: Field) -> tuple[str, str]:
        """A field's value and what it means."""
        look = self._look()
        match field:
            case "host":
                return look.host, "where it works"
            case "model":
                return self.model or "none", price(look, self.model)
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
                most = _number(self.budget)
                about = "it stops and asks when that is spent" if most else ""
                return dollars(most) if most else "no limit", about
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

    def left(self) -> None:
        """Another field is in hand: letters begin anew."""
        self._typed = ""

    def change(self, field: Field, step: int) -> None:
        """The next value of a field, or the one before."""
        look = self._look()
        self._typed = ""
        match field:
            case "model":
                self.model = next_of([m.name for m in look.models], self.model, step)
            case "base":
                branches = ["", *[name for name in look.branches if name != look.branch]]
                self.base = next_of(branches, self.base, step)
            case "mode":
                self.mode = _MODES[(_MODES.index(self.mode) + step) % len(_MODES)]
            case "how many":
                self.count = min(_MOST, max(1, self.count + step))
            case "uncommitted":
                self.carry = not self.carry
            case "budget":
                self._budget(f"{max(0.0, _number(self.budget) + step * 0.5):g}")
            case "goal":
                self.goal = not self.goal
            case "report":
                self.turns = next_rhythm(self.turns, step)
            case _ if field.startswith("check:"):
                self.choice.toggle(int(field.removeprefix("check:")))
            case _:
                pass

    def type(self, field: Field, name: str) -> None:
        """A key by its name: letters find a model or a branch, digits make a number."""
        if field == "budget":
            if name == "backspace":
                self._budget(self.budget[:-1])
            elif name in "0123456789.":
                self._budget(self.budget + name)
        elif field == "command":
            own, letter = self.choice.own, " " if name == "space" else name
            self.choice.own = own[:-1] if name == "backspace" else own + letter
        elif field == "how many" and name.isdigit():
            self.count = min(_MOST, max(1, int(name)))
        elif name == "space":
            self.change(field, 1)
        else:
            self._find(field, name)

    def _budget(self, typed: str) -> None:
        self.budget, self._budget_typed = typed, True

    def _find(self, field: Field, name: str) -> None:
        self._typed = self._typed[:-1] if name == "backspace" else self._typed + name
        look = self._look()
        names = [m.name for m in look.models] if field == "model" else list(look.branches)
        found = next((n for n in names if self._typed and self._typed in n), "")
        if found and field == "model":
            self.model = found
        elif found and field == "base":
            self.base = found if found != look.branch else ""


def next_of(names: Sequence[str], now: str, step: int) -> str:
    """The one that many steps on, round and round; where there are none the same."""
    if not names:
        return now
    place = names.index(now) if now in names else 0
    return names[(place + step) % len(names)]


def _number(text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
