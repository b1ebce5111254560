"""Where one writes: what the letters may mean, the row that says to whom, and the text below it."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget

from steerdeck.glyphs import glyphs
from steerdeck.keymap import LEADER, Keymap
from steerdeck.model import DeckModel
from steerdeck.output.frames import paint_now
from steerdeck.panes.suggest import Kind, Offer, SuggestRows, Wish, wish
from steerdeck.panes.target import Verbs, target, verbs_for
from steerdeck.text import Line
from steerdeck.widgets.going_on import go_on
from steerdeck.widgets.prompt import How, Prompt
from steerdeck.widgets.rows import Rows
from steerdeck.widgets.vi import Vi
from steerdeck_agents.facts.ids import SessionId
from steerdeck_themes.palettes import Token

_VERBS = {"start": ("send", "start"), "send": ("send", "send"), "steer": ("send", "steer"),
          "queue": ("queue", "queue"), "now": ("now", "send now"),
          "run": ("send", "run in its workspace")}  # fmt: skip
_HOWS: dict[str, How] = {"send": "steer", "queue": "queue", "now": "now"}
"""In which way an act sends."""
_STEPS = {"up": -1, "down": 1, "ctrl+r": 1, "pageup": -7, "pagedown": 7}
_BLANK = "$ARGUMENTS"
"""Where a template waits for words; the caret goes there."""

CLEARED = "The draft is thrown away; Ctrl+Z brings it back."


class DraftPrompt(Prompt):
    """The text; while the leader waits, and where ↑ takes a message back, keys pass it by."""

    passing = False
    take_back = False
    took: Callable[[str], bool] | None = None
    """Takes a key for what is open above the text; True when it did."""
    looked: Callable[[], None] | None = None
    """Called when text or caret may have changed."""

    def on_key(self, event: events.Key) -> None:
        if self.took is not None and not self.passing and self.took(event.key):
            event.stop()
            event.prevent_default()
        elif self.passing or (event.key == "up" and self.take_back and not self.draft):
            event.prevent_default()
        elif event.key == LEADER:
            self.passing = True

    def _answer(self) -> None:
        if self.looked is not None:
            self.looked()
        super()._answer()


class Composer(Vertical):
    """Suggestions, target row and text."""

    class Wants(Message):
        """Offers for these letters are wanted; `Composer.offer` takes them."""

        def __init__(self, composer: "Composer", kind: Kind, query: str) -> None:
            super().__init__()
            self.composer, self.kind, self.query = composer, kind, query

    class Ready(Message):
        """The deck is attached: what was written before can be read."""

    class Acted(Message):
        """An act was taken from the list, by its id."""

        def __init__(self, act: str) -> None:
            super().__init__()
            self.act = act

    class Closed(Message):
        """The list was closed by hand."""

    class Said(Message):
        """The draft is to be sent; `draft_of` is the name it was kept under."""

        def __init__(
            self, text: str, how: How, draft: str, pictures: tuple[str, ...], draft_of: str
        ) -> None:
            super().__init__()
            self.text, self.how, self.draft, self.pictures = text, how, draft, pictures
            self.draft_of = draft_of

    def __init__(
        self,
        placeholder: str,
        margin: int = 2,
        *,
        id: str = "composer",
        spared: Widget | None = None,
    ) -> None:
        """`spared` stands above it, and its list does not cover it."""
        super().__init__(id=id)
        self.suggest = SuggestRows(margin)
        self.suggest.spared = spared
        self.target = Rows(id="target", ground="s1", margin=margin)
        self.prompt = DraftPrompt(placeholder, margin=margin, id="prompt")
        self.prompt.chipping = True
        self.prompt.took, self.prompt.looked = self._took, self.look
        self._draft_of: str | None = None
        """Under what name the draft is kept that stands here; none has stood here yet."""
        self._wish: Wish | None = None
        self._left: tuple[Kind, int] | None = None
        """What Esc closed: it stays so until something else is looked for."""
        self._before: str | None = None
        """The draft as it was when own words were looked for."""
        self._offered: tuple[Kind, Sequence[Offer]] | None = None
        self._announced = False

    def compose(self) -> ComposeResult:
        yield self.target
        yield self.prompt

    def on_mount(self) -> None:
        self.suggest.under, self.suggest.taken = self, self._clicked
        self.screen.mount(self.suggest)

    def on_resize(self) -> None:
        self.suggest.place()

    def _clicked(self) -> None:
        self.take()
        self.prompt.focus()

    def set_margin(self, margin: int) -> None:
        self.suggest.margin = self.target.margin = self.prompt.margin = margin

    def sync(
        self,
        model: DeckModel,
        keymap: Keymap,
        width: int,
        *,
        leading: bool,
        write: str,
        again: Verbs = (),
    ) -> None:
        """`write` is the key that brings one here, shown while the keys go elsewhere.

        `again` are the keys that pick others, or one again, while several are spoken to.
        """
        if model.attached and not self._announced:
            self._announced = True
            self.post_message(self.Ready())
        if self.suggest.open:
            # What it stands on may have moved.
            self.call_after_refresh(self.suggest.place)
        focused = self.prompt.has_focus
        self.prompt.passing = leading
        self.prompt.send = {
            name: how for id, how in _HOWS.items() for name in keymap.by_id[id].keys
        }
        if keymap.flavour == "vi" and self.prompt.vi is None:
            self.prompt.vi = Vi()
        self.prompt.take_back = any(state.queue for state in model.targets())
        shell = self.prompt.draft.startswith("!")
        lead = glyphs().shell if shell else ""
        if lead != self.prompt.lead:
            self.prompt.lead = lead
            self.prompt.refresh()
        self.set_class(focused, "-focused")
        ground: Token = "s2" if focused else "s1"
        if focused and self.suggest.open:
            verbs: Verbs = (("Enter", "take", "key:enter"), ("Esc", "close", "key:escape"))
        elif focused and self.choosing:
            verbs = (("", "nothing like that", ""), ("Esc", "close", "key:escape"))
        elif focused:
            verbs = (*(_verb(name, keymap) for name in verbs_for(model, shell=shell)), *again)
        else:
            verbs = (*again, *(((write, "write", "do:write"),) if write else ()))
        line = target(model, verbs, width, focused=focused)
        self.target.show([Line(line.spans, line.right, bg=ground, bleed=True,
                               bar="accent" if focused else None)])  # fmt: skip
        self._swap_draft(model)

    def _swap_draft(self, model: DeckModel) -> None:
        """Each target has a draft of its own."""
        name = model.draft_of
        if name != self._draft_of:
            before = model.states.get(SessionId(self._draft_of or ""))
            if before is not None and model.left_by_others(before):
                self.prompt.hold_off()
            self.put_away(model)
            self._draft_of = name
            self.close_list()
            self.prompt.text = model.drafts.get(name, "")
        if name in model.returned and not self.prompt.draft:
            text = model.returned.pop(name)
            held = self.prompt.chips.within(text)
            self.prompt.text = text if held else self.prompt.hold(text)

    def put_away(self, model: DeckModel) -> None:
        """Keep the draft that stands here."""
        if self._draft_of is not None:
            model.drafts[self._draft_of] = self._unsent

    def take_up(self, model: DeckModel) -> None:
        """Another composer was used meanwhile: what it made of the draft stands here, too."""
        if self._draft_of is not None:
            self.prompt.text = model.drafts.get(self._draft_of, "")

    def follow(self, model: DeckModel) -> None:
        """A draft is sent and the next is for somebody else: what was typed since goes along."""
        since, sent_as = self.prompt.draft, self._draft_of
        if sent_as is not None and model.draft_of != sent_as:
            self._draft_of = model.draft_of
            self.close_list()
            self.prompt.text = model.drafts.get(self._draft_of, "") + since
            model.drafts[sent_as], model.drafts[self._draft_of] = "", self.prompt.draft

    def keep(self, model: DeckModel) -> None:
        """The text changed; once there is one, nothing is to be brought back."""
        if self.prompt.draft and model.notice == CLEARED:
            model.say("")
        self.put_away(model)

    # what the letters may mean

    @property
    def choosing(self) -> bool:
        """Whether Enter, Tab, the arrows and Esc are the list's, also while it is empty."""
        return self.suggest.open or self._before is not None

    def look(self) -> None:
        """Read the draft anew: what is looked for may be another thing, or nothing."""
        prompt = self.prompt
        found = wish(prompt.draft, prompt.caret, recalling=self._before is not None)
        if found is None or (found.kind, found.start) != self._left:
            self._left = None
        if found is None or self._left is not None:
            self._wish = None
            self.suggest.close_it()
            return
        if found == self._wish:
            return
        self._wish = found
        if self._offered is not None and self._offered[0] == found.kind:
            # What is known already fits or not, at once; what else there is comes later.
            self.suggest.offer(found.query, self._offered[1], ranked=False)
        self.post_message(self.Wants(self, found.kind, found.query))

    def offer(self, kind: Kind, query: str, offers: Sequence[Offer], *, ranked: bool) -> None:
        """Take what fits a query, unless something else is looked for by now."""
        if self._wish is None or self._wish.kind != kind:
            return
        if not offers and self._before and self.prompt.draft == self._before:
            # The draft is no part of anything written before: all of it is shown, to be sought in.
            self.prompt.text = ""
            self.look()
            return
        self._offered = (kind, offers)
        self.suggest.most = 8 if self.screen.size.height >= 30 else 5
        same = query == self._wish.query
        self.suggest.offer(self._wish.query, offers, ranked=ranked and same)

    @property
    def _unsent(self) -> str:
        """The draft, also while the field holds what own words are looked for with."""
        return self.prompt.draft if self._before is None else self._before

    def recall(self) -> None:
        """Look for words written before, with the draft where any of them are like it."""
        if self._before is None:
            self._before = self.prompt.draft
            self._offered = None
            self.look()

    def close_list(self) -> None:
        self._wish = self._before = self._offered = None
        self.suggest.close_it()

    def _took(self, key: str) -> bool:
        if not self.suggest.open:
            if self._before is None or key not in ("enter", "tab", "ctrl+r", "escape"):
                return False
            # What is looked for is no message.
            if key == "escape":
                self._leave()
            return True
        if key in _STEPS:
            self.suggest.move(_STEPS[key])
        elif key in ("enter", "tab"):
            self.take()
        elif key == "escape":
            self._leave()
        else:
            return False
        paint_now(self.suggest)
        return True

    def _leave(self) -> None:
        """Esc: the list goes, and with it what recalling made of the draft."""
        found, before = self._wish, self._before
        self.close_list()
        if before is not None:
            self.prompt.text = before
        elif found is not None:
            self._left = (found.kind, found.start)
        self.post_message(self.Closed())

    def take(self) -> None:
        """Put what is in hand into the draft, or do it."""
        offer, found, prompt = self.suggest.in_hand, self._wish, self.prompt
        if offer is None or found is None:
            return
        if self._before is not None:
            # So that undo leads from the words found back to the draft.
            prompt.text = self._before
        self.close_list()
        if not offer.text:
            prompt.clear()
            self.post_message(self.Acted(offer.id))
            return
        if found.kind in ("command", "words"):
            name, _, words = prompt.draft[1:].partition(" ")
            filled = offer.filled and name in offer.names
            self.fill(offer.text, prompt.chips.whole(words) if filled else "")
            return
        follows = prompt.draft[found.end : found.end + 1]
        blank = "" if follows[:1].isspace() else " "
        prompt.replace(found.start, found.end, offer.text + blank)

    def fill(self, text: str, words: str = "") -> None:
        """Let the draft be this text, with `words` where it has room for them, else behind it."""
        prompt, words = self.prompt, words.strip()
        if words and _BLANK not in text:
            text = f"{text.rstrip()}\n\n{_BLANK}"
        prompt.replace(0, len(prompt.draft), prompt.hold(text.replace(_BLANK, words or _BLANK)))
        if not words and (at := prompt.draft.find(_BLANK)) >= 0:
            prompt.replace(at, at + len(_BLANK), "")

    # what its parts say

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        event.stop()
        self.close_list()
        name = self._draft_of or ""
        go_on(self, self.Said(event.text, event.how, event.draft, event.pictures, name))


def _verb(name: str, keymap: Keymap) -> tuple[str, str, str]:
    id, verb = _VERBS[name]
    return keymap.shown(id, "composer"), verb, f"do:{id}"
