"""Facts about the way of work home: landings, their queue, and undos, told before a file changes.

An intent without an end is what a crash left: the next runtime looks at the files and tells what it
found, and repeats nothing by itself.
"""

from typing import Literal

import msgspec

from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.ids import CheckpointId, MessageId, OrderId, Sha

Onto = Literal["merge", "rebase", "squash"]
"""Ways onto the branch the developer stands on."""
How = Literal["merge", "rebase", "squash", "branch", "patch", "push", "pull_request"]
ONTO: tuple[Onto, ...] = ("merge", "rebase", "squash")


class Landing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a landing is about to do to the developer's repository."""

    how: How
    where: str
    """Branch of the repository, `remote/branch` of a push, or the path of the patch file."""
    result: str = ""
    """Commit the branch is to stand at, or hash of the patch file; empty while nothing of the
    developer's is touched yet."""
    before: str = ""
    """Commit the branch stood at."""
    order: OrderId = OrderId("")
    trying: str = ""
    """Commit the workspace stands at while checks run on it."""

    @property
    def pushes(self) -> bool:
        """It goes on in the developer's own git, and holds up nothing here."""
        return self.how in ("push", "pull_request")


class InLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A place in the landing queue; the lowest seq is next."""

    how: Onto
    seq: int
    at_ms: int = 0


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


class LandingQueued(Fact, frozen=True, kw_only=True, tag="work.landing_queued"):
    """The work is to land when its turn comes."""

    how: Onto


class LandingLeft(Fact, frozen=True, kw_only=True, tag="work.landing_left"):
    """It left the queue without having been tried."""

    reason: str


class LandingStarted(Fact, frozen=True, kw_only=True, tag="work.landing_started"):
    landing: Landing


class MergeChecked(Fact, frozen=True, kw_only=True, tag="work.merge_checked"):
    """A check of the session was run on the result of a merge, before that was landed."""

    commit: str
    result: CheckResult
    old: bool = False
    """All that fails failed before the agent began."""


class WorkLanded(Fact, frozen=True, kw_only=True, tag="work.landed"):
    how: How
    where: str
    """Branch of the repository, `remote/branch` of a push, or the path of the patch file."""
    commit: str = ""
    before: str = ""
    """Commit the branch stood at; empty when it is new, or not known."""
    url: str = ""
    """Of the pull request."""


class LandingFailed(Fact, frozen=True, kw_only=True, tag="work.landing_failed"):
    how: str
    reason: str


class WorkHandedBack(Fact, frozen=True, kw_only=True, tag="work.handed_back"):
    """The agent was told to make its work fit the branch, and has that in its clone."""

    branch: str
    commit: str
    files: tuple[str, ...]
    """Those in conflict."""
    message: MessageId


class RestoreStarted(Fact, frozen=True, kw_only=True, tag="files.restore_started"):
    restoring: Restoring


class RestoreFailed(Fact, frozen=True, kw_only=True, tag="files.restore_failed"):
    """An undo that changed nothing."""

    reason: str


def way_back(landed: WorkLanded, repository: str) -> str:
    """The command that undoes a landing, for the developer to give; empty where there is none."""
    git = f"git -C {repository}"
    match landed.how:
        case "merge" | "rebase" | "squash":
            return f"{git} reset --keep {landed.before[:12]}" if landed.before else ""
        case "branch" if landed.before:
            return f"{git} branch -f {landed.where} {landed.before[:12]}"
        case "branch":
            return f"{git} branch -D {landed.where}"
        case "patch":
            return f"rm {landed.where}"
        case "push" | "pull_request":
            remote, _, branch = landed.where.partition("/")
            return f"{git} push {remote} --delete {branch}"


ShoreFact = (
    LandingQueued | LandingLeft | LandingStarted | MergeChecked | WorkLanded | LandingFailed
    | WorkHandedBack | RestoreStarted | RestoreFailed
)  # fmt: skip
