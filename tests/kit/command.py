"""The real `steerdeck` as a user starts it, and what its homes hold afterwards."""

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from kit.scene import order_id
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import WireError
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.paths import Paths, paths

PROGRAM = str(Path(sys.executable).with_name("steerdeck"))
PATIENCE_S = 120.0


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def steerdeck(
    *arguments: str,
    folder: Path | str | None = None,
    environ: Mapping[str, str] | None = None,
    data: str | None = None,
    program: str = PROGRAM,
) -> Ended:
    """Run `steerdeck ARGUMENTS` without a terminal; `data` is its standard input, else none."""
    given = {"stdin": subprocess.DEVNULL} if data is None else {"input": data}
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environ, capture_output=True, text=True,
        errors="replace", timeout=PATIENCE_S, check=False, **given,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout, done.stderr)


def home_of(folder: Path) -> Paths:
    """The paths of a STEERDECK_HOME."""
    return paths({"STEERDECK_HOME": str(folder), "HOME": str(folder)})


def demos(folder: Path) -> list[Paths]:
    """The homes of the demo's runs below a STEERDECK_HOME, oldest first."""
    return [home_of(run / "home") for run in sorted((folder / "demo").glob("*"))]


def runtime_pid(where: Paths) -> int | None:
    """The process that answers on the home's socket."""
    with suppress(WireError):
        return asyncio.run(_ask(where, end=False))
    return None


async def _ask(where: Paths, *, end: bool) -> int | None:
    client = await lifecycle.attach(where, "0")
    if client is None:
        return None
    if end:
        with suppress(WireError):
            await client.give(o.StopRuntime(id=order_id()))
    await client.close()
    return client.hello.pid


def end_runtimes(folder: Path) -> None:
    """End every runtime of a STEERDECK_HOME, those of its demos too, and wait for that."""
    for where in (home_of(folder), *demos(folder)):
        pid = asyncio.run(_ask(where, end=True))
        until = time.monotonic() + PATIENCE_S
        while pid is not None and lives(pid) and time.monotonic() < until:
            time.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process still runs; proc(5), third field of stat."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def left_of(folder: Path) -> list[str]:
    """Living processes that name a folder in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in told and int(entry.name) != os.getpid():
            found.append(told.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def facts(where: Paths) -> list[e.Event]:
    """Every fact of a journal, in order."""
    reader = JournalReader(where.journal)
    found: list[e.Event] = []
    while page := reader.events(None, after=found[-1].seq if found else 0, limit=5000):
        found += [e.decode(text) for text in page]
    return found


def sessions(where: Paths) -> dict[str, SessionState]:
    """The sessions of a journal by name; empty before there is one."""
    if not where.journal.exists():
        return {}
    return {state.name: state for state in JournalReader(where.journal).sessions()}


def damage(where: Paths) -> list[str]:
    """What is wrong with a journal: its own check, and every call that began or ended twice.

    A call is one of its session: a fork is answered as its source was, with the same ids.
    """
    found = JournalReader(where.journal).check()
    told = facts(where)
    for kind in (e.CallRequested, e.CallStarted, e.CallEnded):
        counts = Counter((fact.session, fact.call) for fact in told if isinstance(fact, kind))
        found += [
            f"{call} of {session}: {kind.__name__} {n} times"
            for (session, call), n in counts.items()
            if n > 1
        ]
    return found


def losses(heard: Iterable[e.Event], where: Paths) -> tuple[int, int]:
    """How many facts that were heard are not kept as they were, and calls that began once more."""
    kept = {fact.seq: fact for fact in facts(where)}
    lost = [one for one in heard if not isinstance(one, e.Streamed) and kept.get(one.seq) != one]
    began = Counter(one.call for one in kept.values() if isinstance(one, e.CallStarted))
    return len(lost), sum(times - 1 for times in began.values())


def of_kind(told: Iterable[e.Event], *kinds: type) -> list[e.Event]:
    return [fact for fact in told if isinstance(fact, kinds)]
