"""A home that is a copy of another one, or was moved: its sessions work in its own clones alone.

The journal names clones by absolute paths, so in a copied home it names those of the original, in
which another runtime may be at work. They are made to lie in this home before anything else looks
at them, whether they came along or not. In a copy nothing goes on by itself either: the same
request would be sent twice, and the same call run twice.
"""

import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from steerdeck_agents.facts.events import KnownEvent, Noticed, SessionParked, WorkspaceMade
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.settings.paths import Paths

_TOLD = (
    "This home seems to be a copy of another one, where the same agents may still be at work. Here"
    " they work in the clones of this home, and those that were at work go on when you resume them."
)
_MAY_GO_ON = (
    "This home seems to be a copy of another one, where the same work may still go on, so nothing"
    " goes on here by itself."
)


class Home(NamedTuple):
    """What a runtime found out about its home."""

    copied: bool
    """The same sessions may live in another home, too."""
    facts: list[KnownEvent]
    """What follows from it, to be kept before any session is looked at."""


def look(states: Collection[SessionState], where: Paths, *, copied: bool) -> Home:
    """Compare where the sessions' clones should lie with where they do; reads folders.

    `copied` is what the journal's lock knows. Of a journal that came without its lock file the
    clones tell it: they are there, in another home. Of a home that was moved nothing is there.
    """
    elsewhere = {state.id for state in states if _elsewhere(state, where)}
    copied = copied or any(
        state.id in elsewhere and Path(state.workspace.path).is_dir() for state in states
    )
    facts: list[KnownEvent] = [Noticed(text=_TOLD)] if copied and states else []
    for state in states:
        here = _here(state, where)
        if state.id in elsewhere and (copied or here.is_dir() or (where.bin / here.name).is_dir()):
            facts.append(
                WorkspaceMade(session=state.id, workspace=replace(state.workspace, path=str(here)))
            )
        if copied and not state.archived:
            missing = state.id in elsewhere and not here.is_dir()
            facts += _parked(state, here if missing else None)
    return Home(copied, facts)


def _here(state: SessionState, where: Paths) -> Path:
    return where.workspaces / Path(state.workspace.path).name


def _elsewhere(state: SessionState, where: Paths) -> bool:
    """Whether its clone is not one of this home by its path; a link to it is as good."""
    path = state.workspace.path
    return bool(path) and os.path.realpath(path) != os.path.realpath(_here(state, where))


def _parked(state: SessionState, missing: Path | None) -> list[KnownEvent]:
    turn = None if state.turn is None else state.turn.id
    if missing is not None:
        reason = (
            "This home is a copy, and the clone of this session did not come along: its work lies"
            f" with the original at {state.workspace.path}."
        )
        way_out = f"To go on here, copy that folder to {missing}, then resume it."
    elif would_go_on(state):
        reason = _MAY_GO_ON
        way_out = "Resume it to go on here, or interrupt it to give its turn up."
    else:
        return []
    return [SessionParked(session=state.id, turn=turn, reason=reason, way_out=way_out)]


def would_go_on(state: SessionState) -> bool:
    """Whether anything but the developer's word lets it work."""
    if state.parked:
        return state.parked_until_ms is not None
    return bool(
        state.turn is not None
        or state.queue
        or state.compaction
        or state.again
        or state.copying is not None
        or (state.goal is not None and not state.goal.held)
    )
