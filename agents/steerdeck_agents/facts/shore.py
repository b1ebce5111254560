"""Intents about files outside a call: a landing and an undo, told before the first file changes.

An intent without an end is what a crash left: the next runtime looks at the files and tells what it
found, and repeats nothing by itself.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CheckpointId, OrderId, Sha


class Landing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a landing is about to do to the developer's repository."""

    how: Literal["merge", "branch", "patch"]
    where: str
    """Branch of the repository, or the path of the patch file."""
    result: str = ""
    """Commit the branch is to stand at, or hash of the patch file; empty while nothing of the
    developer's is touched yet."""
    before: str = ""
    """Commit the branch stood at."""
    order: OrderId = OrderId("")


class Restored(msgspec.Struct, frozen=True, omit_defaults=True):
    """One path as an undo wants it; without hash and link it is to be gone."""

    path: str
    sha: Sha | None = None
    link: str | None = None
    mode: int = 0


class Restoring(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an undo is about to write."""

    checkpoint: CheckpointId
    files: tuple[Restored, ...]
    undone_by: CheckpointId | None = None
    order: OrderId = OrderId("")


class LandingStarted(Fact, frozen=True, kw_only=True, tag="work.landing_started"):
    landing: Landing


class RestoreStarted(Fact, frozen=True, kw_only=True, tag="files.restore_started"):
    restoring: Restoring


class RestoreFailed(Fact, frozen=True, kw_only=True, tag="files.restore_failed"):
    """An undo that changed nothing."""

    reason: str


ShoreFact = LandingStarted | RestoreStarted | RestoreFailed
