"""Commands that flood, hide, multiply or will not end: the call returns and nothing stays behind.

Run through the sandbox's own entry at both levels, while a ticker on the same loop measures how
long the runtime would have been deaf, and the growth of its memory.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.sandbox.live import start_live
from steerdeck_agents.sandbox.output import CAP
from steerdeck_agents.sandbox.probe import probe
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

RUNS = int(os.environ.get("STEERDECK_WILD", "200"))
MOST_GROWN = 50 * 1024 * 1024
LATEST_TICK_S = 0.5
RETURNS_S = 1.0
GONE_S = 5.0
AROUND = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin")


class Flood(NamedTuple):
    """A script and how its call has to end: a field of Finished that is true, or an exit code."""

    script: str
    ends: str
    total: int | None = None
    timeout_s: float = 300.0


LINE = "yes 0123456789abcde"
BOMB = (
    "bomb() { (($1 > 11)) && exec sleep 600; bomb $(($1 + 1)) | bomb $(($1 + 1)) & }; bomb 0; wait"
)
"""At most 4,096 processes: that is enough to be one, and spares who shares the machine."""
FLOODS = {
    "100 MB on stdout": Flood(f"{LINE} | head -c 100000000", "0", 100_000_000),
    "1 GB on stderr": Flood(f"{LINE} | head -c 1000000000 >&2", "capped", CAP),
    "yes": Flood("yes", "capped", CAP),
    "binary": Flood("head -c 50000000 /dev/urandom", "0", 50_000_000),
    "one endless line": Flood("tr '\\0' x </dev/zero", "capped", CAP),
    "one line of 100 MB": Flood("tr '\\0' x </dev/zero | head -c 100000000", "0", 100_000_000),
    "fork bomb": Flood(f"{BOMB}; sleep 600", "crowded", timeout_s=60),
    "fork bomb that leaves its group": Flood(
        "bomb() { setsid bash -c 'sleep 600 & sleep 600' & }\n"
        "for i in {1..900}; do bomb; done; sleep 600", "crowded", timeout_s=60,
    ),
    "8 GB": Flood(
        "python3 -ISc 'x = bytearray(8 << 30)\nfor at in range(0, len(x), 4096): x[at] = 1'", "any"
    ),
    "silent and endless": Flood("trap '' TERM HUP INT; while :; do sleep 1; done", "timed_out",
                                timeout_s=1),
}  # fmt: skip

_FOREVER = "while :; do sleep 0.05; done"
_DOUBLE = (
    "import os, time\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "open('up', 'w').close()\n"
    "time.sleep(600)\n"
)
WAYS = {
    "background": f"(touch up; {_FOREVER}) >/dev/null 2>&1 &",
    "pipe kept open": f"(touch up; {_FOREVER}) &",
    "nohup": f"nohup bash -c 'touch up; {_FOREVER}' >/dev/null 2>&1 &",
    "setsid": f"setsid bash -c 'touch up; {_FOREVER}' >/dev/null 2>&1 &",
    "double fork": f'python3 -ISc "{_DOUBLE}" >/dev/null 2>&1 &',
    "ignored SIGTERM": f"(trap '' TERM HUP; touch up; {_FOREVER}) &",
    "stopped child": "bash -c 'touch up; kill -STOP $$' &",
    "zombie": 'python3 -ISc \'import os, time\nif os.fork(): open("up", "w"); time.sleep(600)\' &',
    "cleared environment": "env -i /usr/bin/setsid /bin/bash -c 'touch up; sleep 600' & sleep 0.5",
}
_UNTIL_UP = "for _ in {1..500}; do test -e up && break; sleep 0.01; done"
_END = 'echo "$EPOCHREALTIME" >>ended'


class Meter:
    """What the loop and the memory of this process went through."""

    def __init__(self) -> None:
        self.latest_s = 0.0
        self.grown = 0
        self._before = _memory()

    async def tick(self) -> None:
        while True:
            due = time.monotonic() + 0.01
            await asyncio.sleep(0.01)
            self.latest_s = max(self.latest_s, time.monotonic() - due)
            self.grown = max(self.grown, _memory() - self._before)


@asynccontextmanager
async def measured() -> AsyncIterator[Meter]:
    meter = Meter()
    ticking = asyncio.create_task(meter.tick())
    try:
        yield meter
    finally:
        ticking.cancel()


@contextmanager
def place() -> Iterator[Workspace]:
    """A plain folder as the workspace, and a spool beside it."""
    with tempfile.TemporaryDirectory(prefix="wild-", ignore_cleanup_errors=True) as name:
        top = Path(name).resolve() / "workspace"
        top.mkdir()
        yield Workspace(path=str(top), repository=str(top), branch="b", base="0" * 40)


def spawn_of(script: str, workspace: Workspace, level: Level, timeout_s: float = 60) -> Spawn:
    return Spawn(
        script=script,
        workspace=workspace,
        level=level,
        environment=environment(AROUND, workspace, level),
        surroundings=AROUND,
        timeout_s=timeout_s,
    )


async def flooded(name: str, level: Level, tally: Tally) -> None:
    """One flood: it ends as it should, and the runtime stayed small and awake."""
    flood = FLOODS[name]
    what = f"{name} ({level.title})"
    with place() as workspace:
        spool = Path(workspace.path).with_name("spool")
        heard = time.monotonic()

        def hear(text: str) -> None:
            nonlocal heard
            heard = time.monotonic()

        async with measured() as meter:
            began = time.monotonic()
            spawn = spawn_of(flood.script, workspace, level, flood.timeout_s)
            done = await run(spawn, on_output=hear, stop=asyncio.Event(), spool=spool)
            now = time.monotonic()
        tally.see(_ends(done, flood.ends), f"{what} ended otherwise: {_how(done)}")
        if flood.total is not None:
            size = spool.stat().st_size if done.spool else 0
            tally.see(done.total == size == flood.total, f"{what}: {done.total:,} of it, {size:,}")
        late = now - (began + flood.timeout_s if done.timed_out else heard)
        if flood.total is not None or done.timed_out:
            tally.see(late < RETURNS_S, f"{what}: returned {late:.2f} s late")
        _judge(what, meter, tally)
        tally.see(await gone(workspace), f"{what}: something is left")
    print(f"{what}: {now - began:.2f} s, {_how(done)}, {meter.grown >> 10} kB,"
          f" late {meter.latest_s * 1000:.0f} ms", flush=True)  # fmt: skip


async def escaped(name: str, level: Level, tally: Tally, *, live: bool) -> float:
    """One way to get away: the call is over soon after its main process, and nobody is left."""
    what = f"{name} ({level.title}{', kept' if live else ''})"
    with place() as workspace:
        top = Path(workspace.path)
        script = f"{WAYS[name]}\n{_UNTIL_UP}\n{_END}"
        spool = top.with_name("spool")
        if live:
            session = start_live(
                spawn_of(f"{script}; sleep 600", workspace, level),
                tty=True, on_output=lambda _: None, spool=spool,
            )  # fmt: skip
            while not _ends_of(top):
                await asyncio.sleep(0.01)
            ended = time.time()
            await session.stop()
        else:
            spawn = spawn_of(script, workspace, level)
            await run(spawn, on_output=lambda _: None, stop=asyncio.Event(), spool=spool)
            ended = float((_ends_of(top) or ["0"])[-1])
        late = time.time() - ended
        times = len(_ends_of(top))
        tally.twice = (tally.twice or 0) + max(0, times - 1)
        tally.see((top / "up").exists() and times == 1, f"{what} ran {times} times")
        tally.see(late < RETURNS_S, f"{what}: returned {late:.2f} s after its end")
        tally.see(await gone(workspace), f"{what}: something is left")
    return late


def _ends_of(top: Path) -> list[str]:
    """When the script came to its end, each time it ran; seconds of the clock."""
    file = top / "ended"
    return file.read_text().split("\n")[:-1] if file.exists() else []


_overlooked: set[tuple[int, int]] = set()


def overlook() -> None:
    """Count nobody who is there already: in a suite, what other tests have left to this process."""
    _overlooked.update((one.pid, one.born) for one in descendants.descendants(os.getpid()))


async def gone(workspace: Workspace) -> bool:
    """Whether nobody is left who works in the workspace, after at most five seconds."""
    until = time.monotonic() + GONE_S
    while left := _left(workspace):
        if time.monotonic() > until:
            print(f"left: {left}")
            return False
        await asyncio.sleep(0.05)
    return True


def _left(workspace: Workspace) -> list[descendants.Seen]:
    found = [one for one in descendants.descendants(os.getpid()) if one.pid != os.getpid()]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                here = str((entry / "cwd").readlink()).startswith(workspace.path)
            except OSError:
                continue
            seen = descendants.look(int(entry.name))
            found += [seen] if here and seen is not None else []
    return [one for one in found if (one.pid, one.born) not in _overlooked]


def _ends(done: Finished, how: str) -> bool:
    if how == "any":
        return not done.timed_out
    return done.exit_code == int(how) if how.isdigit() else bool(getattr(done, how))


def _how(done: Finished) -> str:
    marks = ("timed_out", "interrupted", "capped", "crowded")
    return ", ".join([f"exit {done.exit_code}", *(mark for mark in marks if getattr(done, mark))])


def _judge(what: str, meter: Meter, tally: Tally) -> None:
    tally.see(meter.grown < MOST_GROWN, f"{what}: memory grew by {meter.grown >> 20} MB")
    late = meter.latest_s
    tally.see(late < LATEST_TICK_S, f"{what}: a tick was {late * 1000:.0f} ms late")


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def levels() -> list[Level]:
    probed = await probe()
    return [probed, Level()] if probed.name == "bubblewrap" else [Level()]


def floods() -> Counted:
    tally = Tally()

    async def main() -> int:
        found = await levels()
        for level in found:
            for name in FLOODS:
                await flooded(name, level, tally)
        return len(found)

    with world():
        count = asyncio.run(main())
    return tally.done(f"{len(FLOODS)} floods at {count} levels").of(len(FLOODS) * count)


def orphans() -> Counted:
    tally = Tally()
    lates: list[float] = []

    async def main() -> None:
        cases = [
            (name, level, live) for level in await levels() for name in WAYS
            for live in (False, False, True)
        ]  # fmt: skip
        async with measured() as meter:
            for number in range(RUNS):
                name, level, live = cases[number % len(cases)]
                lates.append(await escaped(name, level, tally, live=live))
        _judge("all of them", meter, tally)

    with world():
        asyncio.run(main())
    return tally.done(f"{RUNS} runs, the latest returned {max(lates):.2f} s after its end").of(RUNS)


CLAIMS = (
    Claim("floods", "Floods: the call returns, the runtime stays small and awake", floods),
    Claim("orphans", "Processes that hide or stay: none is left after their call", orphans),
)
