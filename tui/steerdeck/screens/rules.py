"""Every rule in a list: what it allows or forbids, where, how often it was used, when it ends.

One key takes a rule back; one that forbids or asks takes it twice, since more may run without it.
The list is asked for again whenever something about a lasting rule changed.
"""

from collections.abc import Sequence

from steerdeck.commands import Helm
from steerdeck.keys.key import Place
from steerdeck.model import DeckModel, Dirty
from steerdeck.panes.exact import written
from steerdeck.panes.ruled import left_words
from steerdeck.screens.dialog import WIDE, Dialog
from steerdeck.text import BLANK, Line, Span, ago, foreign, width_of, wrap
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.gate.rule_terms import in_words
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.wire_rules import RulesStand, RuleStands
from steerdeck_themes.palettes import Token

_LOW = 24
"""Rows of a terminal below which what is said elsewhere too is left out."""
_DOES = {"allow": "allow", "ask": "ask about", "deny": "forbid"}


class RulesDialog(Dialog):
    """The rules of this home, one in hand."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="rules")
        self.list = PickList(ground="s2", margin=3, spaced=True, id="palette_list")
        self.foot = Rows(ground="s2", margin=3)
        self.parts = (self.body, self.list, self.foot)
        self._page: RulesStand | None = None
        self._asked_of: tuple[RuleStands, ...] | None = None
        """The lasting rules the deck knew of when the list was asked for."""
        self._sure = ""
        """The forbidding rule whose first key was pressed."""

    def on_mount(self) -> None:
        super().on_mount()
        self.list.focus()

    async def _read(self) -> None:
        self._page = await self.helm.bridge.page(wire.Rules(), RulesStand)
        if self.is_mounted:
            self.show(Dirty(everything=True))

    @property
    def rule(self) -> RuleStands | None:
        """The rule in hand."""
        pick, page = self.list.selected, self._page
        if pick is None or page is None:
            return None
        return next((one for one in page.rules if one.rule.id == pick.id), None)

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        if self._asked_of != self.model.lasting:
            self._asked_of = self.model.lasting
            self.helm.go(self._read())
        page = self._page
        count = counted(len(page.rules), "rule") if page is not None else "asking"
        lines = [BLANK, Line((Span("Rules", "t0", bold=True),), (Span(count, "t2"),)), BLANK]
        for problem in page.problems if page is not None else ():
            lines.append(Line((foreign(one_line(problem, 300), "failed"),), wrap=True))
        if page is not None and not page.rules:
            none = "There are none: what is not known to read only asks each time."
            lines.append(Line((Span(none, "t1"),), wrap=True))
        self.body.show(lines)
        if page is not None:
            wide = min(WIDE, self.app.size.width) - 2 * self.list.margin
            self.list.show(picks(page.rules, self.model, wide))
            self.list.refresh(layout=True)
        foot = self._foot(low=self.app.size.height < _LOW)
        self.foot.show(foot)
        self.list.styles.max_height = self._room(lines, foot)

    def _room(self, head: list[Line], foot: list[Line]) -> int:
        """Rows for the list, so that the keys below it stay on the screen."""
        wide = max(20, min(WIDE, self.app.size.width) - 6)
        long = (sum(width_of(span.text) for span in line.spans) for line in (*head, *foot))
        taken = sum(max(1, -(-cells // wide)) for cells in long)
        return max(2, self.app.size.height - taken - self.above)

    def _foot(self, *, low: bool) -> list[Line]:
        one = self.rule
        lines: list[Line] = [BLANK]
        if one is not None:
            lines.append(Line((Span(written(one_line(in_words(one.rule), 600)), "t0"),), wrap=True))
            lines.append(Line((foreign(_told(one, self.model, self.helm.now_ms()), "t2"),),
                              wrap=True))  # fmt: skip
            if one.rule.why:
                lines.append(Line((foreign(one_line(one.rule.why, 300), "t2"),), wrap=True))
            if self._sure == one.rule.id:
                again = self.helm.keymap.shown("revoke_rule")
                more = f"{again} again takes it back: what it forbids may run then"
                if one.rule.decision == "ask":
                    more = f"{again} again takes it back: what it asks about may run then"
                lines.append(Line((Span(more, "failed"),), wrap=True))
        file = "`steerdeck rules edit` opens the file of those that last"
        lines += [] if low else [BLANK, Line((Span(file, "t2"),), wrap=True)]
        lines += [*self.notice_lines(), BLANK]
        caps = ((self.helm.keymap.shown("revoke_rule"), "take back"),) if one is not None else ()
        return [*lines, self.caps_line(caps), BLANK]

    # keys

    def places(self) -> tuple[Place, ...]:
        return ("rules", "anywhere")

    def took(self, name: str) -> bool:
        match name:
            case "j":
                self.list.action_cursor_down()
            case "k":
                self.list.action_cursor_up()
            case _:
                return False
        return True

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        self._sure = ""

    def can_revoke_rule(self) -> bool:
        return self.rule is not None

    def do_revoke_rule(self) -> None:
        one = self.rule
        if one is None:
            return
        if one.rule.decision != "allow" and self._sure != one.rule.id:
            self._sure = one.rule.id
            return
        self._sure = ""
        self.helm.go(self._revoke(one))

    async def _revoke(self, one: RuleStands) -> None:
        await self.helm.revoke_rule(one.rule.id)
        await self._read()


def picks(rules: Sequence[RuleStands], model: DeckModel, width: int) -> list[Pick]:
    """What each rule does, in two rows if it must; below, where it holds, its use and its end.

    Who made it, and when, is told of the one in hand; the place is cut before use and end are.
    """
    found = []
    for one in rules:
        words = written(one_line(in_words(one.rule), 200))
        colour: Token = "t1" if one.rule.decision == "allow" else "failed"
        does = Span(f"{_DOES[one.rule.decision]} ", colour)
        rows = wrap(does.text + words, max(20, width - 2))
        rest = " ".join(rows[1:])
        head = [Line((does, Span(rows[0][len(does.text) :], "t0", bold=True)), indent=2)]
        head += [Line((Span(rest, "t0", bold=True),), indent=4)] if rest else []
        use = (Span(f"used {counted(one.meter.used, 'time')}   ", "t2"), Span(_end(one), "t1"))
        below = Line((foreign(_place(one, model), "t2"),), use, indent=4)
        found.append(Pick(one.rule.id, (*head, below), words))
    return found


def _end(one: RuleStands) -> str:
    return left_words(one.left, one.rule) or "no end"


def _told(one: RuleStands, model: DeckModel, now: int) -> str:
    """Where a rule holds, its use and its end, and who made it."""
    told = [_place(one, model), f"used {counted(one.meter.used, 'time')}"]
    told.append(_end(one))
    made = f" {ago(max(0, now - one.rule.made_ms))}" if one.rule.made_ms else ""
    told.append(f"by {one_line(one.rule.by, 24)}{made}")
    return " · ".join(told)


def _place(one: RuleStands, model: DeckModel) -> str:
    match one.rule.scope:
        case "turn" | "session":
            state = next((s for id, s in model.states.items() if id == one.rule.session), None)
            name = one_line(state.name, 30) if state is not None else one.rule.session
            return f"this turn of {name}" if one.rule.turn else name
        case "repository":
            return one_line(folder_name(one.rule.repository), 30)
        case "everywhere":
            return "everywhere"
        case _:
            return "nowhere"
