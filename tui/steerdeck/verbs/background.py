"""`runtime status|stop|log`: the background process, looked at and ended."""

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import USAGE, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out, out_json
from steerdeck.warm import standing
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.orders import StopRuntime
from steerdeck_agents.runtime import lifecycle, logfile, wire
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.settings.paths import Paths

END_S = 20.0
"""How long a runtime may take to end."""
_STILL = "The runtime (process {}) is still ending; see `steerdeck runtime log`."


@click.group(cls=Family)
def runtime() -> None:
    """Status, end or log of the background process.

    It owns sessions, tools and the journal, and goes on when the deck is closed.
    """


@runtime.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(as_json: bool) -> None:
    """Say whether it runs, since when, and what it does."""
    where = reach.here()
    page, kept = asyncio.run(_status(where)), standing.found(where)
    if as_json:
        out_json({"running": page is not None, "status": page, "warm": kept})
    elif page is None:
        out("No runtime is running. The next command or deck that needs one starts it.")
    else:
        minutes = (time.time_ns() // 1_000_000 - page.started_ms) // 60_000
        out(f"runtime   {page.version}, process {page.pid}, for {minutes} min")
        waits = f"{page.waiting} wait{'s' if page.waiting == 1 else ''} for you"
        out(f"sessions  {page.sessions}, {page.working} working, {waits}")
        out(f"clients   {page.clients}")
        out(f"journal   {page.journal} ({page.journal_bytes:,} bytes)")
        out(f"sandbox   {page.sandbox}{f': {page.sandbox_why}' if page.sandbox_why else ''}")
        if kept is not None:
            out(f"warm      a loaded deck, process {kept.pid}, {kept.bytes / 1e6:.0f} MB")
        out(f"log       {where.log}")
        place = page.storage
        for told in filter(None, (place.problem, place.read_only, *place.notes)):
            out(f"storage   {told}")
        for what, told in (("program", page.program), ("handover", page.handover)):
            if told:
                out(f"{what:<10}{told}")
        for wait in page.waits_for[1:]:
            out(f"          and for {wait}")


async def _status(where: Paths) -> wire.StatusPage | None:
    async with reach.running(where) as client:
        return await client.ask(wire.RuntimeStatus(), wire.StatusPage) if client else None


@runtime.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def stop(as_json: bool) -> None:
    """End it; sessions at work pause, and come back with the next runtime."""
    where = reach.here()
    # It would end with the runtime, and nobody would wait for that.
    standing.end(where)
    pid = asyncio.run(_stop(where))
    if as_json:
        out_json({"stopped": pid is not None, "pid": pid})
    else:
        out("No runtime was running." if pid is None else f"The runtime (process {pid}) ended.")


async def _stop(where: Paths) -> int | None:
    try:
        client = await lifecycle.attach(where, reach.own_version())
    except WireError as error:
        # It speaks another protocol, so it can't be told; a signal says the same to any version.
        pid = await _pid_behind(where)
        if pid is None:
            raise
        err(f"{error} It is ended by a signal.")
        os.kill(pid, signal.SIGTERM)
        # One that was suspended ends when it goes on.
        os.kill(pid, signal.SIGCONT)
    else:
        if client is None:
            return await _stop_silent(where)
        pid = client.hello.pid
        await tell_to_end(client)
    if not await has_ended(pid):
        raise Ending(_STILL.format(pid))
    return pid


async def _stop_silent(where: Paths) -> int | None:
    """End one that does not listen: it is starting, and told when it does; or ending already."""
    pids = await asyncio.to_thread(lifecycle.processes, where)
    until = time.monotonic() + lifecycle.START_S
    while alive := [pid for pid in pids if lives(pid)]:
        client = await lifecycle.attach(where, reach.own_version())
        if client is not None:
            pid = client.hello.pid
            await tell_to_end(client)
            if not await has_ended(pid):
                raise Ending(_STILL.format(pid))
            return pid
        if time.monotonic() > until:
            raise Ending(
                f"A runtime (process {alive[0]}) is there and does not answer. See"
                " `steerdeck runtime log`, and ask again."
            )
        await asyncio.sleep(lifecycle.LOOK_S)
    return pids[0] if pids else None


async def tell_to_end(client: Client) -> None:
    """Order the runtime to end, and hear it say so."""
    try:
        # It may be gone before its answer is: that is what was wanted.
        with contextlib.suppress(WireError):
            await client.give(StopRuntime(id=reach.new_order()))
    finally:
        await client.close()


async def has_ended(pid: int, within_s: float = END_S) -> bool:
    """Wait until a process is gone; False when it is still there after that time."""
    until = time.monotonic() + within_s
    while lives(pid):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.02)
    return True


def lives(pid: int) -> bool:
    """Whether the process runs; one of our own that ended is cleared away."""
    with contextlib.suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        # Ended, but not cleared away by whoever started it: proc(5), third field.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


async def _pid_behind(where: Paths) -> int | None:
    """The process of a runtime of any protocol, also when it says nothing."""
    try:
        _, writer = await asyncio.open_unix_connection(str(where.socket))
    except OSError:
        return None
    try:
        return lifecycle.behind(writer)
    finally:
        writer.close()


@runtime.command(hidden=True)
@click.option("--folder", default="", help="Where new sessions start.")
def stdio(folder: str) -> None:
    """Pass frames between the standard streams and the runtime; `steerdeck attach` starts it."""
    from steerdeck_agents.runtime.far import Own, has_line, serve
    from steerdeck_agents.settings.config import load

    if not has_line():
        raise Ending(
            "This speaks with a deck on another machine and with nobody else: run"
            " `steerdeck attach` there, with this machine as its host.",
            USAGE,
        )
    if folder:
        try:
            os.chdir(Path(folder).expanduser())
        except OSError as error:
            raise Ending(f"{folder} can't be entered: {error.strerror}.") from error
    where = reach.here()
    keys = reach.keys(load(where, os.environ), os.environ)
    own = Own(keys, reach.surroundings(os.environ), reach.folder_here(), reach.own_version())
    asyncio.run(serve(where, os.environ, own))


@runtime.command()
@click.option("--lines", type=click.IntRange(1), default=40, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The lines as a JSON array.")
def log(lines: int, as_json: bool) -> None:
    """Print the end of its log."""
    file = reach.here().log
    try:
        told = logfile.last_lines(file, lines)
    except FileNotFoundError:
        raise Ending(f"There is no log at {file} yet; the first runtime makes it.") from None
    if as_json:
        out_json(told)
        return
    for line in told:
        out(line)
