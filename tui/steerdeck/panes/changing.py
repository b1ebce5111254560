"""What the lines of an entry depend on besides the entry: its neighbour, the time, the state."""

from steerdeck.panes.entries import QUIET
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.facts.transcript import Called, Entry, Marked, Said


def apart(entry: Entry, previous: Entry | None, visible: bool) -> bool:
    """Whether an empty row stands before an entry; calls stand together, and marks."""
    together = (isinstance(entry, Marked) and isinstance(previous, Marked)) or (
        isinstance(entry, Called)
        and isinstance(previous, Called)
        and not waits(entry)
        and not waits(previous)
    )
    return visible and previous is not None and not together


def is_open(entry: Entry) -> bool:
    return isinstance(entry, Said) and entry.open


def tick(entry: Entry, now: int) -> int:
    """Running and waiting calls show a time, which changes once a second."""
    live = isinstance(entry, Called) and entry.phase in ("running", "asks")
    return now // 1000 if live else 0


def is_live(entry: Entry) -> bool:
    """Whether its lines depend on more than the entry: on the time, or on the state."""
    if isinstance(entry, Called):
        return entry.phase in ("requested", "running", "asks", "lost")
    return isinstance(entry, Marked) and entry.text in QUIET


def waits(call: Called) -> bool:
    return call.phase in ("asks", "lost")


def waiting(entry: Entry, state: SessionState) -> object:
    """What of the state an entry's lines depend on besides the entry."""
    if isinstance(entry, Called):
        return (
            next((a for a in state.approvals if a.call == entry.id), None),
            next((q for q in state.questions if q.call == entry.id), None),
        )
    if isinstance(entry, Marked):
        return state.status, state.verify.claimed_seq
    return None
