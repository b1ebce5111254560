"""The checks of a session, run on the result of a merge before that is landed.

They run in the session's own workspace, which stands at the result meanwhile: what a check needs,
installed packages say, is only there. Afterwards the workspace is again as it was.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from steerdeck_agents.facts.checks import CheckResult
from steerdeck_agents.facts.errors import OrderRefused
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.sandbox.process import environment
from steerdeck_agents.work.check_judge import Judged, judge
from steerdeck_agents.work.check_run import Ran, run_check
from steerdeck_agents.work.landing_result import to_its_end
from steerdeck_agents.workspace.git import GitError, Profile, fields, git, text
from steerdeck_agents.workspace.within import remove_file

_LOCKED_S = 5.0
"""How long a git that has outlived the runtime may still hold an index."""
Tell = Callable[[Ran, bool], Awaitable[None]]
"""Called with each run, and whether all that fails in it failed before the agent began."""


class ChecksRed(OrderRefused):
    """Checks fail on the result that did not fail before the agent began."""

    def __init__(self, judged: Judged, results: tuple[CheckResult, ...]) -> None:
        failing = [result for result in results if not result.good]
        names = ", ".join(result.check for result in failing)
        self.what = f"On the merged result {names} failed; nothing was landed."
        super().__init__(self.what)
        self.judged = judged
        self.results = results


async def prove(state: SessionState, commit: str, spool: Path, tell: Tell) -> None:
    """Run the session's checks at a commit its workspace holds; ChecksRed when they fail.

    Whoever calls holds the session's hands, and has committed its work.
    """
    checks = state.verify.checks
    if not checks:
        return
    variables = environment(state.surroundings, state.workspace, state.level)
    before = {result.check: result for result in state.verify.baseline}
    results: list[CheckResult] = []
    async with standing_at(state.workspace, commit):
        for check in checks:
            ran = await run_check(
                check,
                workspace=state.workspace,
                level=state.level,
                surroundings=state.surroundings,
                environment=variables,
                spool=spool,
                stop=asyncio.Event(),
                baseline=before.get(check.name),
            )
            results.append(ran.result)
            alone = judge(state.verify.baseline, [ran.result])
            await tell(ran, alone.verdict == "old")
    judged = judge(state.verify.baseline, results)
    if judged.verdict == "red":
        raise ChecksRed(judged, tuple(results))


@asynccontextmanager
async def standing_at(workspace: Workspace, commit: str) -> AsyncIterator[None]:
    """Let the files of a workspace be those of a commit for a while; nothing may be uncommitted."""
    place = workspace.path
    back = await stand_of(place)
    elsewhere = commit != await text(place, "rev-parse", "HEAD")
    try:
        if elsewhere:
            await to_its_end(_checked_out(place, commit))
        yield
    finally:
        # Whatever ends this, the agent finds its files as it left them.
        await to_its_end(put_back(place, back))


async def _checked_out(place: str, commit: str) -> None:
    try:
        await git(
            place, "checkout", "--quiet", "--no-overwrite-ignore", "--detach", commit,
            profile="workspace",
        )  # fmt: skip
    except GitError as error:
        raise OrderRefused(
            f"The merged result can't be checked in the session's workspace: {error} Remove the "
            "files in the way there, or land it without the queue."
        ) from error


async def stand_of(place: str) -> str:
    """The branch a workspace is on, else its commit."""
    try:
        return await text(place, "symbolic-ref", "--short", "-q", "HEAD")
    except GitError:
        return await text(place, "rev-parse", "HEAD")


async def put_back(place: str, stand: str) -> None:
    """Back on its branch, whatever checks did to files that git knows."""
    await git(place, "checkout", "--quiet", "--force", stand, profile="workspace")


async def taken_back(workspace: Workspace, tried: str) -> None:
    """Have a workspace as its branch has it, where a crash cut off checks at a commit.

    Its work was committed before, so what goes is theirs, or came from that commit: the crash may
    have come before it stood there, with some of the files changed over.
    """
    place = workspace.path
    lock = await lock_let_go(Path(place), "workspace")
    if lock:
        # Nothing runs in it now, so nobody takes that away any more.
        await asyncio.to_thread(Path(lock).unlink, missing_ok=True)
    stand = await stand_of(place)
    if stand not in (tried, workspace.branch):
        return
    if stand != tried:
        for path in await _brought(place, workspace.branch, tried):
            await asyncio.to_thread(remove_file, place, path)
    await put_back(place, workspace.branch)


async def _brought(place: str, branch: str, tried: str) -> list[str]:
    """Files git does not know there that are new in the commit, byte for byte as it has them."""
    added = ("diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", branch, tried)
    new = set(await fields(place, *added)) & set(await fields(place, "ls-files", "-z", "-o"))
    return [
        path
        for path in sorted(new)
        if await text(place, "hash-object", "--", path)
        == await text(place, "rev-parse", f"{tried}:{path}")
    ]


async def lock_let_go(top: Path, profile: Profile) -> str:
    """Wait for a git that is still at work; the lock that nobody takes away, if there is one."""
    place = await text(top, "rev-parse", "--path-format=absolute", "--git-path", "index.lock",
                       profile=profile)  # fmt: skip
    for _ in range(round(_LOCKED_S / 0.1)):
        if not await asyncio.to_thread(Path(place).exists):
            return ""
        await asyncio.sleep(0.1)
    return place
