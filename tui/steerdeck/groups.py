"""Groups of the rail: what sessions need, the most urgent first.

A session is in one group, and leaves it only when its state changes; inside a group the order is
that of the rail without groups, so no row trades its place with another by itself.
"""

from collections.abc import Iterable
from typing import Literal

from steerdeck.panes.marks import waits
from steerdeck_agents.facts.state import SessionState

Group = Literal["needs you", "working", "ready for review", "done", "failed", "parked"]
GROUPS: tuple[Group, ...] = (
    "needs you", "working", "ready for review", "done", "failed", "parked",
)  # fmt: skip


def group_of(state: SessionState) -> Group:
    """What a session needs: `parked` goes on by a clock or a word, `done` has nothing to judge."""
    if waits(state):
        return "needs you"
    match state.status:
        case "starting" | "working":
            return "working"
        case "failed":
            return "failed"
        case "parked" | "paused" | "interrupted":
            return "parked"
        case "done" if state.files and not state.landed:
            return "ready for review"
        case _:
            return "done"


def grouped(sessions: Iterable[SessionState]) -> list[tuple[Group, list[SessionState]]]:
    """The groups that have a session, in order."""
    found: dict[Group, list[SessionState]] = {group: [] for group in GROUPS}
    for state in sessions:
        found[group_of(state)].append(state)
    return [(group, states) for group, states in found.items() if states]
