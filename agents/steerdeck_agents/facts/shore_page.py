"""How a session's work stands to the branch it would land on: looked at when asked, never kept."""

import msgspec

from steerdeck_agents.facts.ids import SessionId


class ShoreLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One session in a listing."""

    session: SessionId
    branch: str = ""
    """The one the developer stands on; empty when their HEAD is on none."""
    ahead: int = 0
    """Commits of the session that the branch has not."""
    behind: int = 0
    """Commits of the branch that the session has not."""
    problem: str = ""
    """Why it can't be said."""


class ShorePage(msgspec.Struct, frozen=True, omit_defaults=True):
    """One session closely, with what a merge of all it holds would come to."""

    line: ShoreLine
    uncommitted: bool = False
    """It holds changes that are in none of its commits yet."""
    tried: bool = False
    """The merge has been tried; without that nothing is known of conflicts."""
    held: bool = False
    """The branch holds the work already."""
    conflicts: tuple[str, ...] = ()
    """Files git could not merge."""
    blocked: tuple[str, ...] = ()
    """Uncommitted files of the developer that the merge would write."""
    remotes: tuple[str, ...] = ()
    """Where the repository can be pushed to."""
