"""The developer's acts on the layout of the deck: what is in view, where, and how wide.

Each is remembered for the repository. Nothing else changes the layout.
"""

from collections.abc import Sequence
from typing import Generic, TypeVar

from msgspec.structs import replace
from textual import events
from textual.geometry import Size
from textual.widget import Widget

from steerdeck.arrangement import Arrangement, widths
from steerdeck.messages import Open
from steerdeck.model import DeckModel
from steerdeck.output.frames import FRAMES
from steerdeck.panes.lane import Lane
from steerdeck.panes.rail import session_in
from steerdeck.panes.room import LEAST, WIDEST, Room, beside, room
from steerdeck.screens.borders import Border, border_at, dragged
from steerdeck.screens.steering import Steering
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

T = TypeVar("T")
_WORDS = {"columns": "lanes in columns", "grid": "lanes in a grid", "focus": "one lane alone"}


class Arranging(Steering[T], Generic[T]):
    """A screen with lanes."""

    room: Room
    rail: Rows
    _dragged: SessionId | None = None
    """The session whose row of the rail the mouse holds."""
    _border: Border | None = None
    """The border the mouse holds, and where it was drawn to last."""
    _border_x = -1

    parts: Sequence[Widget] = ()
    """What looks different in another class of the screen; no lane does."""

    def wear(self, classes: dict[str, bool]) -> None:
        """Wear classes or not, all of them at once: Textual would ask every lane, for each."""
        before = self.classes
        for name, worn in classes.items():
            self.set_class(worn, name, update=False)
        if self.classes != before:
            self.app.stylesheet.update_nodes((self, *self.parts))

    def fit_anew(self) -> None:
        """Lay the screen out as the arrangement says now."""

    def _arrange(self, plan: Arrangement) -> None:
        self.model.arrange(plan)
        self.fit_anew()

    @property
    def plan(self) -> Arrangement:
        return self.model.arrangement

    @property
    def lanes(self) -> list[Lane]:
        return []

    # which session

    def can_last_session(self) -> bool:
        before = self.model.states.get(self.model.before)
        return before is not None and before in self.model.sessions()

    def do_last_session(self) -> None:
        self.model.take(self.model.before)

    def can_next_needing(self) -> bool:
        return self.model.next_in_need() is not None

    def do_next_needing(self) -> None:
        state = self.model.next_in_need()
        if state is not None:
            self.model.take(state.id)

    def can_tag(self) -> bool:
        return self.hand is not None

    def do_tag(self) -> None:
        self.post_message(Open("tag", self.model.in_hand))

    def do_away(self) -> None:
        self.helm.ask()

    # the layout

    def can_arrange(self) -> bool:
        """Below 100 columns there is one lane, whatever the layout."""
        return self.app.size.width >= 100 and bool(self.model.sessions())

    def do_arrange(self) -> None:
        self._arrange(self.plan.next_shape())
        words = _WORDS[self.plan.shape]
        if self.plan.shape == "grid" and self.room.stacked == 1:
            words += ", once the terminal has 36 rows"
        self.helm.say(f"{words}; {self.helm.keymap.shown('arrange')} changes it")

    def can_hide_rail(self) -> bool:
        return self.app.size.width >= 120

    def verb_hide_rail(self) -> str:
        return "hide rail" if self.plan.rail else "show rail"

    def do_hide_rail(self) -> None:
        self._arrange(replace(self.plan, rail=not self.plan.rail))

    @property
    def is_grouped(self) -> bool:
        """Whether the rail is grouped by what sessions need."""
        return self.plan.groups(len(self.model.sessions()))

    def can_group_rail(self) -> bool:
        return bool(self.room.rail) and len(self.model.sessions()) > 1

    def verb_group_rail(self) -> str:
        return "by slot" if self.is_grouped else "group"

    def do_group_rail(self) -> None:
        self.model.arrange(replace(self.plan, grouped=not self.is_grouped))

    # the lane in hand

    def _beside(self) -> bool:
        """Whether lanes stand beside each other here."""
        return self.room.lanes > 1 and self.hand is not None

    def can_fold(self) -> bool:
        return self._beside()

    def verb_fold(self) -> str:
        return "open" if self.model.in_hand in self.plan.folded else "fold"

    def do_fold(self) -> None:
        self._arrange(self.plan.fold(self.model.in_hand))

    def can_pin(self) -> bool:
        return self._beside()

    def verb_pin(self) -> str:
        return "unpin" if self.model.in_hand in self.plan.pinned else "pin"

    def do_pin(self) -> None:
        self._arrange(self.plan.pin(self.model.in_hand))

    def _row_of(self) -> list[SessionState]:
        """The lanes beside the one in hand, itself among them; none when it has no lane."""
        shown = self.model.lanes(self.room.lanes * self.room.stacked)
        many = beside(self.room, len(shown))
        for first in range(0, len(shown), many):
            row = shown[first : first + many]
            if any(state.id == self.model.in_hand for state in row):
                return row
        return []

    def lane_widths(self, row: list[SessionState], plan: Arrangement) -> list[int]:
        """Widths of the lanes of a row; empty when all are as wide, or can't be otherwise."""
        fits = self.room
        total = fits.columns - fits.rail - (1 if fits.rail else 0)
        shares = [plan.share_of(state.id) for state in row]
        return widths(total, shares, LEAST, WIDEST) if len(set(shares)) > 1 else []

    def _changed_by(self, step: int) -> bool:
        row = self._row_of() if self.hand is not None else []
        if len(row) < 2:
            return False
        plan = self.plan.wider(self.model.in_hand, step)
        if plan == self.plan:
            return False
        now, then = self.lane_widths(row, self.plan), self.lane_widths(row, plan)
        place = next(n for n, state in enumerate(row) if state.id == self.model.in_hand)
        return not then or not now or now[place] != then[place]

    def can_narrower(self) -> bool:
        return self._changed_by(-1)

    def do_narrower(self) -> None:
        self._arrange(self.plan.wider(self.model.in_hand, -1))

    def can_wider(self) -> bool:
        return self._changed_by(1)

    def do_wider(self) -> None:
        self._arrange(self.plan.wider(self.model.in_hand, 1))

    def _moved(self, step: int) -> Arrangement:
        ids = [state.id for state in self.model.sessions()]
        return self.plan.moved(ids, self.model.in_hand, step)

    def can_move_left(self) -> bool:
        return self._moved(-1) != self.plan

    def do_move_left(self) -> None:
        self._arrange(self._moved(-1))

    def can_move_right(self) -> bool:
        return self._moved(1) != self.plan

    def do_move_right(self) -> None:
        self._arrange(self._moved(1))

    # the mouse

    def _row_at(self, event: events.MouseEvent) -> SessionId | None:
        """The session of the row of the rail under the mouse."""
        area = self.rail.region
        line = event.screen_y - area.y
        if not area.contains(event.screen_x, event.screen_y) or line >= len(self.rail.lines):
            return None
        return session_in(self.rail.lines[line])

    def on_mouse_down(self, event: events.MouseDown) -> None:
        self._border = border_at(event.screen_x, event.screen_y, self.rail, self.lanes)
        self._border_x = event.screen_x
        held = self._border is not None or self.is_grouped
        self._dragged = None if held else self._row_at(event)
        if self._border is not None and event.widget is not None:
            # All moves come by one way then, and so in their order.
            event.widget.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """A border follows the mouse, at most once a frame; where the button went up it stays."""
        if self._border is None:
            return
        if not event.button:
            self._let_go()
        elif event.screen_x != self._border_x:
            self._border_x = event.screen_x
            FRAMES.mark(self._pull)

    def _let_go(self) -> None:
        self._border = None
        self.app.capture_mouse(None)

    def _pull(self) -> None:
        border = self._border
        if border is None or not self.is_attached:
            return
        plan = dragged(border, self._border_x, self.plan)
        if plan != self.plan:
            self._arrange(plan)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """A row of the rail that was dragged to another one's place stays there."""
        if self._border is not None:
            if event.screen_x != self._border_x:
                self._border_x = event.screen_x
                self._pull()
            self._let_go()
            return
        dragged_row, self._dragged = self._dragged, None
        place = self._row_at(event)
        if dragged_row is not None and place is not None and place != dragged_row:
            ids = [state.id for state in self.model.sessions()]
            self.model.take(dragged_row)
            self._arrange(self.plan.put(ids, dragged_row, place))


def room_for(width: int, height: int, plan: Arrangement) -> Room:
    """The layout of a terminal under an arrangement."""
    return room(
        width, height, rail_hidden=not plan.rail, rail_cells=plan.rail_cells, shape=plan.shape
    )


def in_sight(model: DeckModel, size: Size) -> set[SessionId]:
    """The sessions whose lanes fit a terminal."""
    fits = room_for(size.width, size.height, model.arrangement)
    return {state.id for state in model.lanes(fits.lanes * fits.stacked)}
