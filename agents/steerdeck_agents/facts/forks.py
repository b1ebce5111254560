"""The fact of a fork: a session that begins as a copy of another one, as that stood at one event.

Its prompt items, plan and settings follow as facts of their own, in the same append; only what no
other fact tells is told here.
"""

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.plan import Plan


class Copying(msgspec.Struct, frozen=True):
    """Where the files of a fork come from."""

    source: SessionId
    at: int
    """The source's checkpoints up to this event tell every file of the copy."""
    head: str
    """Commit the source's branch stood at."""
    path: str
    """Workspace of the source, which holds that commit."""


class Told(msgspec.Struct, frozen=True):
    """What the copied window is known to be, and what its model was told of its world."""

    context: int = 0
    measured: int = 0
    measured_items: int = 0
    switched_items: int = 0
    fresh_window: bool = False
    plan_edited: int = 0
    plan: Plan = Plan()
    undone: tuple[str, ...] = ()
    undone_seq: int = 0


class SessionForked(Fact, frozen=True, kw_only=True, tag="session.forked"):
    """This session is a copy; its files follow, and are made again where a crash came between."""

    root: SessionId
    """The first session of the line of forks: its id is the key of the server's prefix cache."""
    copying: Copying
    told: Told = Told()
    interrupted: bool = False
    """The source was in the middle of a turn, which only the source goes on with."""
