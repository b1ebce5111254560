"""The palette: every act that works now by name, with its key, and every session.

The key stands at the right, so that the palette teaches what makes it superfluous.
"""

from textual import events

from steerdeck.commands import Helm
from steerdeck.glyphs import glyphs
from steerdeck.keys.key import Key
from steerdeck.keys.names import MOVES, names_of
from steerdeck.messages import Open
from steerdeck.model import Dirty
from steerdeck.panes.marks import mark_for
from steerdeck.screens.dialog import Dialog
from steerdeck.screens.keyed import Keyed
from steerdeck.text import BLANK, Line, Span, foreign
from steerdeck.widgets.pick_list import Pick, PickList
from steerdeck.widgets.rows import CARET, Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import wire

_AROUND = 6
"""Rows of the dialog above and below its list."""
_MOST = 20


class Palette(Dialog):
    """What can be done on the screen below it."""

    def __init__(self, helm: Helm) -> None:
        super().__init__(helm, id="palette")
        self.list = PickList(ground="s2", margin=3, typed=True, id="palette_list")
        self.foot = Rows(ground="s2", margin=3)
        self.parts = (self.body, self.list, self.foot)
        self._acts: dict[str, Key] = {}
        self._about: object = None
        """What the screen below was about when this was opened."""

    def on_mount(self) -> None:
        self._about = self.below.about() if self.below is not None else None
        self.list.show([*self._commands(), *self._sessions()])
        super().on_mount()
        self.list.focus()
        self.helm.go(self._read_archived())

    async def _read_archived(self) -> None:
        """Sessions that left the deck can be replayed."""
        states = await self.helm.bridge.page(wire.Sessions(archived=True), list[SessionState])
        picks = []
        for state in reversed(states):
            if state.archived and self.model.is_here(state):
                right = (Span(f"replay   {state.archived}", "t2"),)
                line = Line((foreign(state.name, "t0"),), right, indent=2)
                words = f"replay {state.name}"
                picks.append(Pick(f"replay:{state.id}", (line,), words, "archived"))
        if picks and self.is_mounted:
            self.list.show([*self._commands(), *self._sessions(), *picks])
            self.list.refresh(layout=True)
            self.show(Dirty(everything=True))

    @property
    def below(self) -> Keyed[object] | None:
        """The screen the palette was opened on."""
        stack = self.app.screen_stack
        place = stack.index(self) if self in stack else len(stack)
        screen = stack[place - 1] if place else None
        return screen if isinstance(screen, Keyed) else None

    def _commands(self) -> list[Pick]:
        screen = self.below
        if screen is None:
            return []
        places = (*screen.places(), *screen.letter_places())
        picks = []
        for key in self.helm.keymap.of(*places):
            # Sessions are listed by name; and this is the palette.
            if key.id == "palette" or key.id.startswith("slot_"):
                continue
            if key.title and screen.can(key):
                self._acts[key.id] = key
                shown = self.helm.keymap.shown(key.id, screen.places()[0], paired=False)
                line = Line((Span(key.title, "t0"),), (Span(shown, "t2"),), indent=2)
                names = names_of(key, screen.verb(key))
                picks.append(Pick(key.id, (line,), key.title, "commands", names))
        # Who moves by the palette knows the words; all else stands before it.
        return sorted(picks, key=lambda pick: self._acts[pick.id].verb in MOVES)

    def _sessions(self) -> list[Pick]:
        picks = []
        for state in self.model.sessions():
            mark = mark_for(state)
            left = (foreign(f"{state.slot or ''} {state.name}".strip(), "t0"),)
            right = (Span(f"{mark.shape} ", mark.colour), Span(mark.word, mark.colour))
            line = Line(left, right, indent=2)
            picks.append(
                Pick(f"session:{state.id}", (line,), f"{state.slot} {state.name}", "sessions")
            )
        return picks

    def show(self, dirty: Dirty) -> None:
        if not self.is_mounted:
            return
        query = self.list.query_text
        found = len(self.list.picks)
        caret = Span(" ", "ink", bg="accent")
        lead = (
            Span(f"{glyphs().you} ", "accent", id=CARET),
            foreign(query, "t0", bold=True, id=CARET),
            caret,
        )
        hint = () if query else (Span(" what to do, or a session", "t3"),)
        count = (Span(f"{found}", "t2"),) if found else ()
        none = [] if found else [Line((Span("Nothing by that name.", "t1"),), indent=2)]
        self.body.show([BLANK, Line((*lead, *hint), count), BLANK, *none])
        self.body.place_cursor()
        room = max(2, min(_MOST, self.app.size.height - self.above - _AROUND))
        self.list.styles.max_height = room
        more = self.list.below(room)
        rest = (Span(f"{glyphs().cut} {more} more", "t2"),) if more else ()
        verb = " run" if found else " look for it in all that was said"
        esc = (
            Span("Enter", "t1", id="key:enter"),
            Span(verb, "t3", id="key:enter"),
            Span("   "),
            Span("Esc", "t1", id="do:back"),
            Span(" close", "t3", id="do:back"),
        )
        self.foot.show([BLANK, Line(esc, rest), BLANK])

    def on_pick_list_chosen(self, event: PickList.Chosen) -> None:
        below, id = self.below, event.id
        self.close_it()
        if id.startswith("session:"):
            self.model.take(SessionId(id.removeprefix("session:")))
            self.model.target = "one"
            if below is not None:
                below.show(Dirty(everything=True))
        elif id.startswith("replay:") and below is not None:
            below.open(Open("replay", SessionId(id.removeprefix("replay:"))))
        elif below is not None and (key := self._acts.get(id)) is not None:
            below.call_later(self._carry_out, below, key)

    def _carry_out(self, below: Keyed[object], key: Key) -> None:
        """What was chosen, if it still means the same and is still possible."""
        if below.about() != self._about:
            self.helm.say("Something else waits there now, so nothing was done.", bad=True)
        elif below.can(key):
            below.do_by_name(key)

    def on_key(self, event: events.Key) -> None:
        """Keys that mean another thing here than elsewhere; the keymap has the others."""
        if event.key == "ctrl+p" and self.helm.keymap.flavour == "emacs":
            self.list.action_cursor_up()
        elif event.key == "enter":
            below = self.below
            self.close_it()
            if below is not None:
                below.open(Open("search", item=self.list.query_text))
        elif event.key in ("ctrl+p", "escape"):
            self.close_it()
        else:
            return
        event.stop()
        event.prevent_default()
