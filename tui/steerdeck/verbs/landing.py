"""`land` and `overlaps`: bringing work home, alone or in line, and who is at the same files."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Literal, get_args

import click
import msgspec

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.follow import follow
from steerdeck.verbs.printing import confirmed, err, is_terminal, out, out_json, out_table
from steerdeck.verbs.shore import diffstat
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import shore_orders as s
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.marks import told
from steerdeck_agents.facts.overlap import DEPTHS, Depth, Lines, shared_words
from steerdeck_agents.facts.shore import ONTO, Onto
from steerdeck_agents.facts.shore_page import ShorePage
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.wire_shore import ShoreOf

Way = Literal["merge", "rebase", "squash", "branch", "patch", "push", "pr", "hand_back", "look"]
WAYS: tuple[Way, ...] = get_args(Way)


@click.command()
@click.argument("sessions", metavar="[ID]...", nargs=-1)
@click.option("--merge", is_flag=True, help="Onto the branch you stand on.")
@click.option("--rebase", is_flag=True, help="The same, commit by commit.")
@click.option("--squash", is_flag=True, help="The same, as one commit.")
@click.option("--branch", is_flag=True, help="As a branch of its own.")
@click.option("--patch", "file", metavar="FILE", help="As a patch file that git can apply.")
@click.option("--push", is_flag=True, help="As a branch, pushed by your own git.")
@click.option("--pr", is_flag=True, help="The same, with a pull request by your `gh`.")
@click.option("--remote", default="origin", help="Where to push; `origin` if you name none.")
@click.option("--hand-back", is_flag=True, help="Let the agent mend conflicts.")
@click.option("--look", is_flag=True, help="Only say what it would come to.")
@click.option("--queue", is_flag=True, help="One after the other, checks run on each result.")
@click.option("--leave", is_flag=True, help="Take it out of the queue.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
def land(
    sessions: tuple[str, ...],
    file: str | None,
    remote: str,
    queue: bool,
    leave: bool,
    yes: bool,
    **ways: bool,
) -> None:
    """Bring a session's work into your repository.

    Nothing of a session is in your repository until you say this. With --queue several land in the
    order you name them; the checks of each run on the merged result before it lands, and what
    conflicts or fails goes back to its agent. Without an ID, --queue shows the line.

    \b
    Examples:
      steerdeck land add-csv --look
      steerdeck land add-csv --merge
      steerdeck land --queue add-csv fix-login --rebase
      steerdeck land add-csv --patch add-csv.patch
    """
    chosen = [way for way in WAYS if (file is not None if way == "patch" else ways[way])]
    if queue:
        named = chosen or ["merge"]
        onto: Onto | None = next((one for one in ONTO if [one] == named), None)
        if onto is None:
            raise Ending("A queue lands by --merge, --rebase or --squash.", USAGE)
        asyncio.run(_queue(sessions, onto, yes=yes) if sessions else _line())
        return
    if len(sessions) != 1:
        raise Ending("Name one session to land, or several with --queue.", USAGE)
    if leave:
        asyncio.run(_leave(sessions[0]))
        return
    if len(chosen) != 1:
        names = "--merge, --rebase, --squash, --branch, --patch FILE, --push and --pr"
        raise Ending(f"Say how: one of {names}; --look only tells what would come of it.", USAGE)
    asyncio.run(_land(sessions[0], chosen[0], file or "", remote, yes=yes))


async def _land(words: str, how: Way, file: str, remote: str, *, yes: bool) -> None:
    where = reach.here()
    state = await reach.session(where, words)
    async with reach.runtime(where) as client:
        page = await client.ask(ShoreOf(state.id), ShorePage)
        if how == "look":
            for line in looked(state, page):
                out(line)
            return
        for line in diffstat(state):
            err(line)
        place = {"patch": f"as {file}", "hand_back": "to its agent"}.get(
            how, f"into {state.workspace.repository}"
        )
        if is_terminal() and not yes and not await confirmed(f"Land it ({how}) {place}?"):
            raise Ending("Nothing was landed.")
        match how:
            case "push" | "pr":
                await _push(client, state, page, remote, pull_request=how == "pr")
            case "hand_back":
                await client.give(s.HandBack(id=reach.new_order(), session=state.id))
                out(f"Handed back to {state.name}: it has both sides, and your branch.")
            case "patch":
                path = str(Path(file).absolute())
                await _give_land(client, state, how, path)
            case _:
                await _give_land(client, state, how, "")


async def _give_land(
    client: Client,
    state: SessionState,
    how: Literal["merge", "rebase", "squash", "branch", "patch"],
    path: str,
) -> None:
    await client.give(s.Land(id=reach.new_order(), session=state.id, how=how, path=path))
    now = await _now(client, state.id)
    out(f"Landed {state.name} ({how}): {now.landed}")
    if now.way_back:
        err(f"Undo it with `{now.way_back}`.")


async def _push(
    client: Client, state: SessionState, page: ShorePage, remote: str, *, pull_request: bool
) -> None:
    from steerdeck.pushing import Push, has_gh, push

    if pull_request and not has_gh():
        raise Ending(
            "`gh` isn't installed, so no pull request can be opened from here; land it with "
            "--push and open one on the forge's own page."
        )
    order = s.BeginPush(
        id=reach.new_order(), session=state.id, remote=remote, pull_request=pull_request
    )
    await client.give(order)
    begun = (await _now(client, state.id)).landing
    if begun is None:
        raise Ending("The push was taken back meanwhile; nothing was pushed.")
    ended = await asyncio.to_thread(
        push,
        Push(
            repository=state.workspace.repository,
            remote=remote,
            branch=state.workspace.branch,
            commit=begun.result,
            onto=page.line.branch,
            title=state.name,
            body=state.task,
            pull_request=pull_request,
        ),
    )
    await client.give(
        s.EndPush(
            id=reach.new_order(),
            session=state.id,
            push=order.id,
            problem=ended.problem,
            url=ended.url,
        )
    )
    if ended.problem:
        raise Ending(ended.problem)
    out(f"Pushed {state.name}: {begun.where}{f' {ended.url}' if ended.url else ''}")
    err(f"Undo it with `{(await _now(client, state.id)).way_back}`.")


async def _now(client: Client, session: SessionId) -> SessionState:
    states = await client.sessions(archived=True)
    return next(state for state in states if state.id == session)


def looked(state: SessionState, page: ShorePage) -> list[str]:
    """What a landing would come to, in lines."""
    line = page.line
    if line.problem:
        return [f"{state.name}: {line.problem}"]
    branch = line.branch or "no branch, HEAD is detached"
    more = ", its work uncommitted" if page.uncommitted else ""
    lines = [f"{state.name}: {line.ahead} ahead of {branch}{more}, {line.behind} behind"]
    if page.held:
        nothing = not state.files
        lines.append("it changed nothing" if nothing else "your branch holds this work already")
    elif page.conflicts:
        lines.append(f"conflicts: {', '.join(page.conflicts)}")
    elif page.tried:
        lines.append("merges without a conflict")
    else:
        lines.append("whether it merges is not known: trying needs git 2.38")
    if page.blocked:
        lines.append(f"in the way, uncommitted: {', '.join(page.blocked)}")
    if state.verify.checks:
        names = ", ".join(check.name for check in state.verify.checks)
        lines.append(f"checks that --queue runs on the result: {names}")
    return lines


# in line


async def _queue(words: Sequence[str], how: Onto, *, yes: bool) -> None:
    where = reach.here()
    states = [await reach.session(where, word) for word in words]
    names = ", ".join(state.name for state in states)
    if is_terminal() and not yes and not await confirmed(f"Land in this order ({how}): {names}?"):
        raise Ending("Nothing was landed.")
    async with reach.runtime(where) as client:
        after = 0
        for state in states:
            order = s.QueueLanding(id=reach.new_order(), session=state.id, how=how)
            given = await client.give(order)
            after = after or given.seq
        left = {state.id: state.name for state in states}
        failed = 0
        async for name, line, good in _ends(client, left, after):
            out(f"{name}: {line}")
            failed += not good
    if failed:
        raise Ending(f"{failed} of {len(states)} did not land; `show ID` says more.")


async def _ends(
    client: Client, left: dict[SessionId, str], after: int
) -> AsyncIterator[tuple[str, str, bool]]:
    """Name, words, and whether it is good news, of what happens to the queued until all ended."""
    waiting = dict(left)
    async for _, event in follow(client, SessionId(""), after):
        name = waiting.get(event.session)
        if name is None:
            continue
        match event:
            case e.WorkLanded():
                yield name, f"landed on {event.where} ({event.commit[:12]})", True
            case e.LandingFailed():
                yield name, f"not landed: {event.reason}", False
            case e.LandingLeft():
                yield name, f"not landed: {event.reason}", False
            case e.MergeChecked():
                line = told(event)
                yield name, line[0] if line else "", True
                continue
            case _:
                continue
        del waiting[event.session]
        if not waiting:
            return


async def _line() -> None:
    states = await reach.listing(reach.here(), archived=False)
    line = sorted(
        ((state.in_line.seq, state) for state in states if state.in_line is not None),
        key=lambda one: one[0],
    )
    if not line:
        err("Nothing is queued to land.")
    for number, (_, state) in enumerate(line, 1):
        how = state.in_line.how if state.in_line is not None else ""
        lands = state.landing is not None and not state.landing.pushes
        doing = "being landed" if lands else "waits"
        out(f"{number}  {state.name}  {how}  {doing}")


async def _leave(words: str) -> None:
    where = reach.here()
    state = await reach.session(where, words)
    await reach.give(where, s.LeaveQueue(id=reach.new_order(), session=state.id))
    out(f"{state.name} is no longer queued to land.")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON array.")
def overlaps(as_json: bool) -> None:
    """List sessions that are at the same files.

    The deepest first: what git could not merge, the same lines, the same file, and files that one
    reads or plans to change while another has changed them.
    """
    rows = met_rows(asyncio.run(reach.listing(reach.here(), archived=False)))
    if as_json:
        out_json(rows)
    elif not rows:
        err("No two sessions are at the same files.")
    else:
        out_table([(f"{row.session}, {row.other}", row.path, row.words) for row in rows])


class MetRow(msgspec.Struct, frozen=True):
    """One file that two sessions are at, as a line and as JSON."""

    session: str
    other: str
    path: str
    depth: Depth
    lines: tuple[Lines, ...]
    other_lines: tuple[Lines, ...]
    words: str


def met_rows(states: Sequence[SessionState]) -> list[MetRow]:
    """Each shared file once, the deepest first."""
    names = {state.id: state.name for state in states}
    rows = [
        MetRow(
            session=state.name,
            other=names[met.other],
            path=file.path,
            depth=file.depth,
            lines=file.lines,
            other_lines=file.their_lines,
            words=shared_words(file),
        )
        for state in states
        for met in state.overlaps
        if met.other in names and state.id < met.other
        for file in met.files
    ]
    return sorted(rows, key=lambda row: -DEPTHS.index(row.depth))
