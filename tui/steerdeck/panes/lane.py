"""One session's column: head, plan, transcript, changes."""

from collections.abc import Sequence

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.message import Message

from steerdeck.hosts.stands import is_gone
from steerdeck.model import DeckModel, ShownDiff
from steerdeck.panes.beside import asked_beside
from steerdeck.panes.changes import changes, changes_row
from steerdeck.panes.chips import Names, chip_rows
from steerdeck.panes.ground import Down
from steerdeck.panes.hunk import newest_hunk
from steerdeck.panes.plan import plan, plan_row
from steerdeck.panes.room import Room
from steerdeck.panes.status import lane_head, narrow_head
from steerdeck.panes.transcript import TranscriptPane
from steerdeck.panes.waits import wait_of, wait_row
from steerdeck.text import BLANK, Line, hairline
from steerdeck.widgets.rows import Rows
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.places import folder_name
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Transcript
from steerdeck_agents.runtime.wire_rules import RuleStands
from steerdeck_themes.palettes import Token


class Lane(Down):
    """A lane; `sync` draws a session into it."""

    class Clicked(Message):
        """Somewhere in the lane was clicked, `times` times in a row."""

        def __init__(self, session: SessionId, times: int) -> None:
            super().__init__()
            self.session, self.times = session, times

    def __init__(self) -> None:
        super().__init__(classes="lane")
        self.session = SessionId("")
        self.cells = 0
        """Its width; 0 shares evenly."""
        self.head = Rows(ground="s1")
        self.chips = Rows(ground="s1")
        self.plan = Rows(ground="s1")
        self.transcript = TranscriptPane(leaps=True)
        self.wait = Rows(ground="s1")
        self.changes = Rows(ground="s1")

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.chips
        yield self.plan
        yield self.transcript
        yield self.wait
        yield self.changes

    def on_click(self, event: events.Click) -> None:
        if self.session:
            self.post_message(self.Clicked(self.session, event.chain))

    def sync(
        self,
        state: SessionState,
        transcript: Transcript | None,
        hunk: ShownDiff | None,
        room: Room,
        now: int,
        *,
        in_hand: bool,
        keys_here: bool,
        repository: str = "",
        pinned: bool = False,
        usual: str = "",
        names: Names | None = None,
        lasting: Sequence[RuleStands] = (),
        gone: bool = False,
    ) -> None:
        """Draw the session; with one lane its name stands in the strip above.

        `gone`: its machine is not attached.
        """
        self.session = state.id
        ground: Token = "s0" if room.lanes == 1 and not room.rail else "s1"
        self.ground = ground
        for part in (
            self.head, self.chips, self.plan, self.transcript, self.wait, self.changes
        ):  # fmt: skip
            part.ground = ground
            part.margin = room.margin
        inner = room.lane - 2 * room.margin
        if ground == "s0":
            head = [narrow_head(state, now, room.lane, usual)]
        else:
            head = lane_head(
                state, now, in_hand=in_hand, keys_here=keys_here, repository=repository,
                pinned=pinned, usual=usual, gone=gone,
            )  # fmt: skip
        self.head.show(head)
        self.chips.show(self._chips(state, names or {}, room, now, inner, lasting))
        self.plan.show(self._plan(state, room))
        self.changes.show(self._changes(state, hunk, room, inner))
        wait = wait_of(state, now)
        below = asked_beside(state, now) if wait is None else [wait_row(wait)]
        below = [BLANK, *below] if below and wait is None and room.rows >= 30 else below
        self.wait.show(below)
        if self.wait.display != bool(below):
            self.wait.display = bool(below)
        self.transcript.far = not in_hand
        self.transcript.sync(transcript, state, now)

    def _chips(
        self,
        state: SessionState,
        names: Names,
        room: Room,
        now: int,
        inner: int,
        lasting: Sequence[RuleStands],
    ) -> list[Line]:
        """Goal, checks, shells and the like; indented as the model's line above them is."""
        indent = 0 if self.ground == "s0" else 3
        low = room.rows < 30
        rows = chip_rows(state, names, now, inner - indent, low=low, lasting=lasting)
        return [msgspec.structs.replace(row, indent=row.indent + indent) for row in rows]

    def _plan(self, state: SessionState, room: Room) -> list[Line]:
        if not room.full_plan:
            row = plan_row(state, room.lane)
            return [*row, BLANK] if room.rows >= 20 else row
        steps = plan(state, room.steps)
        end = [BLANK] if room.rows >= 45 else []
        return [BLANK, *steps, hairline(), *end] if steps else [BLANK]

    def _changes(
        self, state: SessionState, hunk: ShownDiff | None, room: Room, inner: int
    ) -> list[Line]:
        if room.rows < 20:
            return []
        if not room.files:
            return [hairline(), changes_row(state, inner)]
        lines = [BLANK, hairline(), *changes(state, inner, room.files)]
        if room.hunk and hunk is not None and state.files:
            rows = newest_hunk(hunk.text, room.hunk)
            lines += [BLANK, *rows] if rows else []
        return [*lines, BLANK]


def fill_lane(
    lane: Lane, state: SessionState, model: DeckModel, room: Room, now: int, *, keys_here: bool
) -> None:
    """Draw a session of the model into a lane of the deck."""
    elsewhere = folder_name(state.workspace.repository)
    lane.transcript.author = model.starter_of(state)
    lane.sync(
        state,
        model.transcripts.get(state.id),
        model.diffs.get(state.id),
        room,
        now,
        in_hand=state.id == model.in_hand,
        keys_here=keys_here,
        repository="" if model.is_here(state) else elsewhere,
        pinned=state.id in model.arrangement.pinned,
        usual=model.outlook.sandbox,
        names=model.states,
        lasting=model.lasting_of(state),
        gone=is_gone(state.id, model.hosts),
    )
