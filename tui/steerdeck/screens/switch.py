"""Another model or another effort inside a session, with its cost to the cache said before.

A change takes effect with the next request. What the present model has in its cache is read anew
by another one; what that costs is asked of the runtime for the model in hand, and said as unknown
where a price is unknown.
"""

from steerdeck.commands import Helm
from steerdeck.messages import ROW
from steerdeck.model import Dirty
from steerdeck.screens.dialog import SessionDialog
from steerdeck.text import BLANK, Line, Span, dollars, foreign, hairline, tokens
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

EFFORTS = ("", "minimal", "low", "medium", "high", "xhigh")
"""Reasoning efforts by the names servers know; the empty one leaves it to the model."""


class SwitchDialog(SessionDialog):
    """Models to pick from, the effort on ← and →, the cost below."""

    def __init__(self, helm: Helm, session: SessionId) -> None:
        super().__init__(helm, session, id="switch")
        self.list = PickList(ground="s2", margin=3, typed=True, twice=True, id="palette_list")
        self.foot = Rows(ground="s2", margin=3)
        self.parts = (self.body, self.list, self.foot)
        state = self.state
        self.now = state.model if state is not None else ""
        self.effort = state.effort if state is not None else ""
        self._costs: dict[str, wire.SwitchPage] = {}
        self._asked: set[str] = set()

    def on_mount(self) -> None:
        self.list.show([self._pick(model) for model in self._models()])
        self.list.select(self.now)
        super().on_mount()
        self.list.focus()
        self._ask()

    def _models(self) -> list[wire.ModelLine]:
        models = list(self.model.outlook.models)
        if self.now and all(model.name != self.now for model in models):
            models.insert(0, wire.ModelLine(self.now))
        return models

    def _pick(self, model: wire.ModelLine) -> Pick:
        price = "its price is not known"
        if model.input_price is not None and model.output_price is not None:
            price = f"${model.input_price:g} in, ${model.output_price:g} out per million"
        left = [foreign(model.name, "t0")]
        if model.name == self.now:
            left.append(Span("   in use", "t2"))
        return Pick(model.name, (Line(tuple(left), (Span(price, "t2"),), indent=2),), model.name)

    @property
    def chosen(self) -> str:
        return self.list.selected.id if self.list.selected is not None else ""

    # what it costs

    def _ask(self) -> None:
        name = self.chosen
        if name and name != self.now and name not in self._asked:
            self._asked.add(name)
            self.helm.go(self._read(name))

    async def _read(self, name: str) -> None:
        query = wire.Switch(self.session, name, self.helm.keys)
        self._costs[name] = await self.helm.bridge.page(query, wire.SwitchPage)
        self.show(Dirty(everything=True))

    def _cost(self) -> list[Line]:
        if self.chosen == self.now:
            state = self.state
            changed = state is not None and self.effort != state.effort
            words = "The model stays; another effort may cost the cache once." if changed else (
                "In use now.")  # fmt: skip
            return [Line((Span(words, "t2"),), wrap=True)]
        page = self._costs.get(self.chosen)
        if page is None:
            return [Line((Span("asking what it costs", "t3"),))]
        return [Line(tuple(spans), wrap=True) for spans in cost_words(page)]

    # what is drawn

    def show(self, dirty: Dirty) -> None:
        if self.is_mounted:
            super().show(dirty)

    def draw(self, state: SessionState) -> None:
        title = (Span("Model for ", "t0", bold=True), foreign(state.name, "t0", bold=True))
        query = self.list.query_text
        hint = (foreign(query, "t0", id=CARET),) if query else (Span("type to find one", "t3"),)
        self.body.show([BLANK, Line(title, hint), BLANK])
        self.body.place_cursor()
        effort = (
            Span("effort".ljust(11), "t2"),
            Span("← ", "accent", id=f"{ROW}left"),
            Span(self.effort or "the model's own", "t0", bold=True),
            Span(" →", "accent", id=f"{ROW}right"),
        )
        caps = self.caps_line((("Enter", "change"),) if self._differs() else (), "leave it")
        self.foot.show(
            [BLANK, Line(effort), hairline(), *self._cost(), *self.notice_lines(), BLANK, caps,
             BLANK]
        )  # fmt: skip

    def _differs(self) -> bool:
        state = self.state
        return state is not None and (
            self.chosen not in ("", state.model) or self.effort != state.effort
        )

    # keys

    def took(self, name: str) -> bool:
        if name not in ("left", "right"):
            return False
        self.row_clicked(name)
        return True

    def row_clicked(self, name: str) -> None:
        place = EFFORTS.index(self.effort) if self.effort in EFFORTS else 0
        self.effort = EFFORTS[(place + (1 if name == "right" else -1)) % len(EFFORTS)]

    def on_pick_list_highlighted(self, event: PickList.Highlighted) -> None:
        self._ask()

    def on_pick_list_filtered(self, event: PickList.Filtered) -> None:
        self._ask()

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        state = self.state
        if state is not None and self._differs():
            model = None if event.id == state.model else event.id
            effort = None if self.effort == state.effort else self.effort
            self.helm.go(self.helm.switch(state, model, effort))
        self.close_it()


def cost_words(page: wire.SwitchPage) -> list[list[Span]]:
    """What a change of the model costs, as far as it is known."""
    lines: list[list[Span]] = []
    if not page.tokens:
        lines.append([Span("It costs nothing: nothing of this window is in a cache yet.", "t1")])
    else:
        said = f"{tokens(page.tokens)} tokens are read anew, without the cache"
        if page.dollars is None:
            lines.append([Span(f"{said}; the price of the new model is not known.", "t1")])
        else:
            instead = "" if page.saved is None else f" instead of {dollars(page.saved)}"
            lines.append([Span(f"{said}: ", "t1"), Span(dollars(page.dollars), "t0", bold=True),
                          Span(f"{instead}.", "t1")])  # fmt: skip
    if page.window and not page.fits:
        told = (
            f"The conversation does not fit the {tokens(page.window)} it can read: compact first."
        )
        lines.append([Span(told, "failed")])
    return lines
