"""Where one writes: the row that says to whom, and the text below it."""

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from steerdeck.keymap import LEADER, Keymap
from steerdeck.model import DeckModel
from steerdeck.panes.target import target, verbs_for
from steerdeck.text import Line
from steerdeck.widgets.prompt import Prompt
from steerdeck.widgets.rows import Rows
from steerdeck_themes.palettes import Token

_VERBS = {"start": ("send", "start"), "send": ("send", "send"), "steer": ("send", "steer"),
          "queue": ("queue", "queue"), "now": ("now", "send now")}  # fmt: skip


class DraftPrompt(Prompt):
    """The text; while the leader waits, and where ↑ takes a message back, keys pass it by."""

    passing = False
    take_back = False

    def on_key(self, event: events.Key) -> None:
        if self.passing or (event.key == "up" and self.take_back and not self.text):
            event.prevent_default()
        elif event.key == LEADER:
            self.passing = True


class Composer(Vertical):
    """Target row and text."""

    def __init__(self, placeholder: str, margin: int = 2, *, id: str = "composer") -> None:
        super().__init__(id=id)
        self.target = Rows(id="target", ground="s1", margin=margin)
        self.prompt = DraftPrompt(placeholder, margin=margin, id="prompt")
        self._draft_of = ""

    def compose(self) -> ComposeResult:
        yield self.target
        yield self.prompt

    def set_margin(self, margin: int) -> None:
        self.target.margin = self.prompt.margin = margin

    def sync(
        self, model: DeckModel, keymap: Keymap, width: int, *, leading: bool, write: str
    ) -> None:
        """`write` is the key that brings one here, shown while the keys go elsewhere."""
        focused = self.prompt.has_focus
        self.prompt.passing = leading
        self.prompt.take_back = len(model.targets()) == 1 and bool(model.targets()[0].queue)
        self.set_class(focused, "-focused")
        ground: Token = "s2" if focused else "s1"
        if focused:
            verbs = tuple(_verb(name, keymap) for name in verbs_for(model))
        else:
            verbs = ((write, "write"),) if write else ()
        line = target(model, verbs, width, focused=focused)
        self.target.show([Line(line.spans, line.right, bg=ground, bleed=True,
                               bar="accent" if focused else None)])  # fmt: skip
        self._swap_draft(model)

    def _swap_draft(self, model: DeckModel) -> None:
        """Each target has a draft of its own."""
        name = model.draft_of
        if name != self._draft_of:
            model.drafts[self._draft_of] = self.prompt.text
            self._draft_of = name
            self.prompt.text = model.drafts.get(name, "")
        if name in model.returned and not self.prompt.text:
            self.prompt.text = model.returned.pop(name)

    def keep(self, model: DeckModel, text: str) -> None:
        """The text changed by hand."""
        model.drafts[self._draft_of or model.draft_of] = text


def _verb(name: str, keymap: Keymap) -> tuple[str, str]:
    id, verb = _VERBS[name]
    return keymap.shown(id, "composer"), verb
