"""A screen whose keys are data: it looks a key up in the keymap and calls `do_<id>`.

`can_<id>` says whether the act does something now, `verb_<id>` what it is called now, `why_<id>`
why it can't; all are optional. Footer and help ask the first two, so a key that does nothing is
never shown, and one that is pressed all the same is answered in words. A click on a key that is
shown is that key, with the same waits; a click that only brought the terminal to the front does
nothing.
"""

import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from textual import events
from textual.message import Message
from textual.screen import Screen

from steerdeck.commands import Helm
from steerdeck.hosts.stands import absent
from steerdeck.keymap import LEADER, label, name_of
from steerdeck.keys.key import Key, Place, wordless
from steerdeck.messages import Open, Quit, SwitchPace, SwitchTheme, TurnMouse, opened
from steerdeck.model import DeckModel, Dirty
from steerdeck.panes.follows import follows
from steerdeck.panes.footer import Hint, Hints, footer, message
from steerdeck.text import Line
from steerdeck.widgets.rows import Rows

T = TypeVar("T")
QUIT_S = 1.0
FOLLOW_S = 0.4
"""How long the leader may stand alone until the keys that may follow are listed."""
KEEP_S = 1.0
"""How long after a change the drafts are written down."""
FOCUS_S = 0.5
"""How long after the terminal came to the front a click is taken for what brought it there."""
_ON_ALT = ("next_waiting", "inbox", "palette", "help", "back", "try_now")
_LANES = ("deck", "zoom")
_ALWAYS_ALT = (".", *"123456789")


class Keyed(Screen[T], Generic[T], inherit_bindings=False):
    """A screen of the deck."""

    AUTO_FOCUS = ""

    def __init__(self, helm: Helm, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.helm = helm
        self._leading = False
        self._quit_at = 0.0
        self.pressed_at: float | None = None
        """When the key in hand was typed; None between keys."""
        self._followed: Rows | None = None
        self._keeping = False

    def keep_soon(self) -> None:
        """Soon after a change drafts are written down."""
        if not self._keeping:
            self._keeping = True
            self.set_timer(KEEP_S, self.keep_now)

    def keep_now(self) -> None:
        self._keeping = False
        self.helm.go(self.helm.keep_drafts())

    @property
    def model(self) -> DeckModel:
        return self.helm.model

    def places(self) -> tuple[Place, ...]:
        """Where keys go now, the nearest place first."""
        return ("anywhere",)

    def show(self, dirty: Dirty) -> None:
        """Draw what changed."""

    @property
    def covered(self) -> bool:
        """Whether a screen lies over it through which nothing is seen of it."""
        for screen in reversed(self.app.screen_stack):
            if screen is self:
                return False
            if not screen.is_modal:
                return True
        return False

    def about(self) -> object:
        """What an act of this screen would be done to: when that changed, it must be asked anew."""
        return None

    @property
    def leading(self) -> bool:
        """Whether the leader was pressed and the next key belongs to it."""
        return self._leading

    # keys

    def post_message(self, message: Message) -> bool:
        if isinstance(message, Open):
            self.helm.ahead.begin()
        return super().post_message(message)

    def on_key(self, event: events.Key) -> None:
        if self.helm.ahead.holds(event, passed=True):
            event.stop()
            event.prevent_default()
            return
        self.pressed_at = event.time
        name = name_of(event.key, event.character)
        self.forget_notice()
        try:
            handled = self._handle(name)
        finally:
            self.pressed_at = None
        if handled:
            event.stop()
            event.prevent_default()

    def forget_notice(self) -> None:
        """Whoever goes on has read it: the keys stand there again."""
        if self.model.notice:
            self.model.say("")
            self.show(Dirty(everything=True))

    def on_click(self, event: events.Click) -> None:
        """A click gives the keys of the footer back too; what it does comes behind that."""
        self.forget_notice()

    def on_rows_pressed(self, event: Rows.Pressed) -> None:
        """A key that is shown was clicked."""
        event.stop()
        kind, _, what = event.what.partition(":")
        just = event.at - self.helm.focused_at < FOCUS_S
        if just or self.helm.waking or not self.app.app_focus:
            return
        if kind == "key":
            (self.focused or self).post_message(events.Key(what, None))
            return
        if kind == "open":
            self.open(opened(what))
            return
        key = self.helm.keymap.by_id.get(what)
        # What was pressed down before it could be read is not meant, however late it was let go.
        down = self.helm.down_at
        self.pressed_at = event.at if down is None else min(event.at, down)
        try:
            self._leave_leader()
            if key is not None and self.can(key):
                self.do(key)
        finally:
            self.pressed_at = None

    def _handle(self, name: str) -> bool:
        if self._leading:
            self._leave_leader()
            key = self.helm.keymap.behind_leader(name)
            if key is not None and self.can(key):
                self.do(key)
            elif key is not None:
                self._answer_for([key])
            self.show(Dirty(everything=True))
            return True
        if name == LEADER and "composer" in self.places():
            self._leading = True
            self.set_timer(FOLLOW_S, self._show_follows)
            self.show(Dirty(everything=True))
            return True
        found = self._find(name)
        for key in found:
            if self.can(key):
                self.do(key)
                return True
        return self._answer_for(found)

    def _answer_for(self, found: Sequence[Key]) -> bool:
        """Say why the first of these does nothing now; False where it goes without saying."""
        for key in found:
            if self._method("do", key.id) is None or wordless(key):
                continue
            why = self._method("why", key.id)
            words = str(why()) if why is not None else f"{key.title}: not possible now."
            if words:
                self.helm.say(words)
                self.show(Dirty(everything=True))
                return True
        return False

    def _show_follows(self) -> None:
        """Above where one writes, so that nothing that is read or written moves."""
        if not self._leading or self._followed is not None or not self.is_current:
            return
        acts = [
            (name, key)
            for name, key in self.helm.keymap.all_behind_leader()
            if key.verb and self.can(key)
        ]
        hints = [
            Hint(label(name), key.verb, key.id)
            for name, key in acts
            if not key.id.startswith("slot_")
        ]
        if len(hints) < len(acts):
            hints.append(Hint("1…9", "session"))
        width, height = self.app.size
        below = self.below_follows()
        listed = self._followed = Rows(ground="s2", id="follows")
        listed.show(follows(hints, width - 2 * listed.margin, max(1, height - below - 5)))
        listed.styles.margin = (0, 0, below, 0)
        self.mount(listed)

    def below_follows(self) -> int:
        """Rows at the bottom that the list of following keys leaves free."""
        return 2

    def below_digest(self) -> int:
        """Rows at the bottom that the digest of an absence leaves free."""
        return self.below_follows()

    def _leave_leader(self) -> None:
        self._leading = False
        if self._followed is not None:
            self._followed.remove()
            self._followed = None

    def _find(self, name: str) -> list[Key]:
        places = self.places()
        found = self.helm.keymap.find(places, name)
        letter = name.removeprefix("alt+")
        if found or letter == name:
            return found
        if "composer" not in places:
            # On a card Esc and a quick letter, which terminals merge, must not answer.
            return self.helm.keymap.find(places, letter) if places[0] in _LANES else []
        if letter not in _ALWAYS_ALT and not self.composer_empty():
            return []
        found = self.helm.keymap.find(self.letter_places(), letter)
        behind = self.helm.keymap.behind_leader(letter)
        return found or ([behind] if behind is not None else [])

    def composer_empty(self) -> bool:
        return True

    def letter_places(self) -> tuple[Place, ...]:
        """Whose letters Alt gives while the composer has the keys."""
        return ("deck",)

    def can(self, key: Key) -> bool:
        """Whether pressing the key does something now."""
        if self._method("do", key.id) is None:
            return False
        can = self._method("can", key.id)
        return can is None or bool(can())

    def do(self, key: Key) -> None:
        act = self._method("do", key.id)
        if act is not None:
            act()
            self.show(Dirty(everything=True))

    def do_by_name(self, key: Key) -> None:
        """Carry out what was chosen from a list."""
        if key.id == "quit_by_steps":
            # Chosen by its name it is no slip of the hand, and clears no draft on the way.
            self.post_message(Quit())
        else:
            self.do(key)

    def verb(self, key: Key) -> str:
        verb = self._method("verb", key.id)
        return str(verb()) if verb is not None else key.verb

    def _method(self, kind: str, id: str) -> Callable[[], object] | None:
        method = getattr(self, f"{kind}_{id}", None)
        if method is None:
            name, _, number = id.rpartition("_")
            numbered = getattr(self, f"{kind}_{name}", None) if number.isdigit() else None
            if numbered is None:
                return None
            return lambda: numbered(int(number))
        return method if callable(method) else None

    # the footer

    def hints(self) -> tuple[Hints, Hints]:
        """Keys that work now with their verbs: of this place, and everywhere."""
        places = self.places()
        composing = "composer" in places
        left: list[tuple[int, Hint]] = []
        right: list[tuple[int, Hint]] = []
        reachable = (*places, *self.letter_places()) if composing else places
        for key in self.helm.keymap.of(*reachable):
            if not key.foot or not self.can(key):
                continue
            if composing and key.id not in _ON_ALT and "composer" not in key.where:
                continue
            verb = self.verb(key)
            if verb:
                hint = Hint(self.helm.keymap.shown(key.id, places[0]), verb, key.id)
                (left if key.foot < 0 else right).append((key.foot, hint))
        return (
            tuple(hint for _, hint in sorted(left, key=lambda row: -row[0])),
            tuple(hint for _, hint in sorted(right)),
        )

    def footer_line(self, width: int) -> Line:
        """Keys that work now, or what there is to say until the next key."""
        if self._leading:
            words = f"{label(LEADER)} … the next key is one of the deck's"
            return message(words, bad=False, width=width)
        if self.model.notice:
            right = self.hints()[1]
            bad = self.model.notice_bad
            return message(self.model.notice, bad=bad, right=right, width=width)
        place = self.model.storage.problem or self.model.storage.read_only
        if trouble := self.model.lost or place:
            return message(trouble, bad=True, width=width)
        if gone := absent(self.model.hosts):
            # The others go on, and so do their keys.
            return message(gone, bad=True, right=self.hints()[1], width=width)
        return footer(*self.hints(), width)

    # what works in every screen

    def open(self, where: Open) -> None:
        self.post_message(where)

    def do_palette(self) -> None:
        self.post_message(Open("palette"))

    def do_help(self) -> None:
        self.post_message(Open("help", item=self.places()[0]))

    def do_pace(self) -> None:
        self.post_message(SwitchPace())

    def do_theme(self) -> None:
        self.post_message(SwitchTheme())

    def can_settings(self) -> bool:
        """The demo keeps none."""
        return self.helm.home is not None

    def do_settings(self) -> None:
        self.post_message(Open("settings"))

    def do_mouse(self) -> None:
        self.post_message(TurnMouse())

    def do_quit_by_steps(self) -> None:
        self.quit_step()

    def quit_step(self, fate: str = "the agents go on") -> bool:
        """Ctrl+C pressed with nothing to clear; True when it was the second within a second."""
        now = time.monotonic()
        if now - self._quit_at < QUIT_S:
            self.post_message(Quit())
            return True
        self._quit_at = now
        self.helm.say(f"Ctrl+C again within a second closes the deck; {fate}.")
        return False
