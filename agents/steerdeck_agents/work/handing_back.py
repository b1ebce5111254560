"""Handing work back: what the agent is told and given when its work does not fit the branch.

The developer's branch comes into its clone under a name of its own, and both sides of every
conflict are in the message.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.work.check_judge import told
from steerdeck_agents.work.landing_checks import ChecksRed
from steerdeck_agents.work.landing_result import Stands, fetch
from steerdeck_agents.workspace.dry_merge import Merged
from steerdeck_agents.workspace.git import LARGE, GitError, git
from steerdeck_agents.workspace.within import shown

MOST = 8_000
"""Characters of both sides together."""
_LINES = 40
"""Of one conflict."""


def name_of(branch: str) -> str:
    """What the developer's branch is called in the clone."""
    return f"developer/{branch}"


async def bring_branch(workspace: Workspace, at: Stands) -> str:
    """Put the developer's branch into the clone; its name there."""
    ref = f"refs/remotes/{name_of(at.branch)}"
    source = Path(workspace.repository)
    await fetch(Path(workspace.path), source, f"+{at.theirs}:{ref}")
    return name_of(at.branch)


async def conflict_message(workspace: Workspace, at: Stands, merge: Merged) -> str:
    """What the agent reads of a merge that failed."""
    name = name_of(at.branch)
    sides = await _sides(workspace, at, merge)
    return (
        f"Your work is to land on {at.branch}, and the two conflict in "
        f"{counted(len(merge.conflicts), 'file')}: {', '.join(merge.names)}. Nothing was landed.\n"
        f"{name} in your clone is that branch at {at.theirs[:12]}. Merge it "
        f"(`git merge {name}`), resolve each conflict so that both intents hold, see that "
        "everything still works, and commit. Then say so; the developer lands it again.\n\n"
        f"{sides}"
    )


def red_message(at: Stands, red: ChecksRed) -> str:
    """What the agent reads when checks fail on the merged result only."""
    name = name_of(at.branch)
    return (
        f"Your work merges with {at.branch}, but on the merged result checks fail. Nothing was "
        f"landed.\n{name} in your clone is that branch at {at.theirs[:12]}. Merge it "
        f"(`git merge {name}`), mend what fails there, and commit. Do not skip, delete or weaken "
        f"tests.\n\n{told(red.judged, red.results)}"
    )


async def _sides(workspace: Workspace, at: Stands, merge: Merged) -> str:
    parts: list[str] = []
    for path in merge.conflicts:
        try:
            data = await git(workspace.path, "cat-file", "blob", f"{merge.tree}:{path}")
        except GitError:
            data = b""
        found = list(_conflicts(os.fsdecode(data), at)) if len(data) <= LARGE else []
        body = "\n".join(found) or "(no lines to show: one side removed it, or it is no text)"
        parts.append(f"{shown(path)}\n{body}")
    text = "\n\n".join(parts).encode("utf-8", "replace").decode()
    if len(text) <= MOST:
        return text
    return text[:MOST] + "\n… (cut here; the merge shows you the rest)"


def _conflicts(text: str, at: Stands) -> Iterator[str]:
    """Each conflict of a file between its marks, the marks saying whose side is which."""
    inside: list[str] | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("<<<<<<< "):
            inside = [f"line {number}", f"<<<<<<< {at.branch}"]
        elif inside is not None and line.startswith(">>>>>>> "):
            kept = inside if len(inside) <= _LINES else [*inside[:_LINES], "… (cut here)"]
            yield "\n".join([*kept, ">>>>>>> your work"])
            inside = None
        elif inside is not None:
            inside.append(line)
