"""A look at what a landing would come to; repository and workspace are only read."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from steerdeck_agents.facts.errors import OrderRefused, RepositoryError, SteerdeckError
from steerdeck_agents.facts.shore_page import ShoreLine, ShorePage
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.work.landing import in_the_way
from steerdeck_agents.workspace.dry_merge import Scratch, merged, scratch, seeing
from steerdeck_agents.workspace.git import GitError, text
from steerdeck_agents.workspace.within import shown


async def lines(states: Collection[SessionState]) -> list[ShoreLine]:
    """How far each session is ahead of its branch and behind it, by commits."""
    found: list[ShoreLine] = []
    by_top: dict[str, list[SessionState]] = {}
    for state in states:
        if state.workspace.path:
            by_top.setdefault(state.workspace.repository, []).append(state)
    for top, theirs in by_top.items():
        found += await _of_one(top, theirs)
    return found


async def _of_one(top: str, states: Sequence[SessionState]) -> list[ShoreLine]:
    try:
        branch, tip = await _tip(top)
        seen = await seeing(top)
        return [await _line(state, branch, tip, seen) for state in states]
    except (SteerdeckError, OSError) as error:
        return [ShoreLine(state.id, problem=str(error)) for state in states]


async def _tip(top: str) -> tuple[str, str]:
    try:
        branch = await text(top, "symbolic-ref", "--short", "-q", "HEAD", profile="user")
    except GitError:
        branch = ""
    return branch, await text(top, "rev-parse", "--verify", "HEAD^{commit}", profile="user")


async def _line(state: SessionState, branch: str, tip: str, seen: Mapping[str, str]) -> ShoreLine:
    try:
        counted = await text(
            state.workspace.path, "rev-list", "--left-right", "--count", f"{tip}...HEAD",
            env=seen,
        )  # fmt: skip
    except (RepositoryError, OSError) as error:
        return ShoreLine(state.id, branch, problem=str(error))
    behind, ahead = map(int, counted.split())
    return ShoreLine(state.id, branch, ahead, behind)


async def page(state: SessionState) -> ShorePage:
    """One session, with the merge of all it holds tried in a scratch place."""
    place, top = state.workspace, state.workspace.repository
    if not place.path:
        return ShorePage(ShoreLine(state.id, problem="Its workspace is not made yet."))
    try:
        branch, tip = await _tip(top)
        remotes = (await text(top, "remote", profile="user")).splitlines()
        async with scratch(place.path, top) as seen:
            line = await _line(state, branch, tip, seen.env)
            work = await seen.commit_of(place)
            found = ShorePage(
                line,
                uncommitted=work != await text(place.path, "rev-parse", "HEAD"),
                remotes=tuple(remotes),
            )
            return await _tried(found, state, tip, work, seen)
    except (SteerdeckError, OSError) as error:
        return ShorePage(ShoreLine(state.id, problem=str(error)))


async def _tried(
    found: ShorePage, state: SessionState, tip: str, work: str, seen: Scratch
) -> ShorePage:
    place = state.workspace.path
    try:
        merge = await merged(place, tip, work, seen.env)
    except OrderRefused:
        return found
    tree = await text(place, "rev-parse", f"{tip}^{{tree}}", env=seen.env)
    blocked = (
        []
        if merge.conflicts or not found.line.branch
        else await in_the_way(place, Path(state.workspace.repository), tip, merge.tree, seen.env)
    )
    return ShorePage(
        found.line,
        found.uncommitted,
        tried=True,
        held=merge.tree == tree,
        conflicts=merge.names,
        blocked=tuple(map(shown, blocked)),
        remotes=found.remotes,
    )
