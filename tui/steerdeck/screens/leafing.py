"""Reading in the lanes: the one in hand is scrolled; at its beginning older pages are read."""

from typing import Generic, TypeVar

from steerdeck.panes.lane import Lane
from steerdeck.screens.arranging import Arranging, in_sight
from steerdeck.tail import keep_end
from steerdeck_agents.facts.ids import SessionId

T = TypeVar("T")


class Leafing(Arranging[T], Generic[T]):
    """A screen whose lanes are read."""

    pools: tuple[list[Lane], list[Lane]]
    """The lanes of each row; only a grid has two rows."""

    @property
    def lanes(self) -> list[Lane]:
        return [lane for pool in self.pools for lane in pool]

    def read_above(self) -> set[SessionId]:
        """The sessions whose lane somebody has left above its end."""
        shown = [lane for lane in self.lanes if lane.display]
        return {lane.session for lane in shown if not lane.transcript.at_tail}

    def keep_ready(self) -> None:
        """While nothing is seen of the lanes: hold what they show then, without drawing it."""
        if self.model.attached:
            self.helm.watch("deck", in_sight(self.model, self.app.size))
        for session, told in self.model.transcripts.items():
            if not self.helm.is_read(session):
                keep_end(told, self.app.size.height)

    def _hand_lane(self) -> Lane | None:
        hand = self.model.in_hand
        return next((lane for lane in self.lanes if hand and lane.session == hand), None)

    def _scroll(self, action: str) -> None:
        lane = self._hand_lane()
        if lane is not None:
            getattr(lane.transcript, f"action_{action}")()

    def can_scroll_down(self) -> bool:
        return self._hand_lane() is not None

    def do_scroll_down(self) -> None:
        self._scroll("scroll_down")

    def do_scroll_up(self) -> None:
        self._scroll("scroll_up")
        self.read_older()

    def do_page_down(self) -> None:
        self._scroll("page_down")

    def do_page_up(self) -> None:
        self._scroll("page_up")
        self.read_older()

    def do_top(self) -> None:
        self._scroll("scroll_home")
        self.read_older()

    def do_end(self) -> None:
        self._scroll("scroll_end")

    def read_older(self) -> None:
        """At the beginning of what is shown, the page before it is read."""
        lane = self._hand_lane()
        if lane is not None and lane.transcript.above == 0:
            self.helm.go(self.helm.older(lane.session))
