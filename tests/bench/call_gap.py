"""What the harness adds to one tool call: from the model's last byte to the next request's arrival.

The command prints the time it began and ends at once, so what lies between is ours: reading the
response, judging the call, checkpoints, the journal, the sandbox, and the next request. Runtime and
model share one process and one clock. The references are a bare spawn and a bubblewrap with nothing
but the system's folders in it, both of `true`, between the measured calls.
"""

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.goals import absent, reached
from bench.rows import Row, median, share, within
from kit.repositories import commit, many, write
from kit.scene import SURROUNDINGS, home_at, order_id
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId, SystemClock
from steerdeck_agents.facts.places import Level
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import ScriptedServer
from steerdeck_agents.runtime.local import attach_in_process
from steerdeck_agents.runtime.server import Runtime
from steerdeck_agents.sandbox.probe import probe

FILES = 400
"""Files of the repository: as many as a middling package has."""
READS = "echo $EPOCHREALTIME"
WRITES = "echo $EPOCHREALTIME | tee -a notes.txt"
PATIENCE_S = 60.0
WARM = 3
"""Calls at the start that are not counted."""


class _Server(ScriptedServer):
    """The scripted model, noting when each response has left and when each request has come."""

    def __init__(self, command: str, calls: int) -> None:
        super().__init__({"gap": self.play}, 0, "")
        self.command = command
        self.calls = calls
        self.came: list[float] = []
        self.left: list[float] = []
        self.ran: list[float] = []

    def play(self, talk: Conversation) -> Reply:
        self.came.append(time.time())
        if talk.calls:
            output = talk.calls[-1].output or ""
            self.ran.append(float(output.split()[-1]))
        if len(talk.calls) >= self.calls:
            return Reply((Say("Done.", final=True),))
        return Reply((Call("shell", {"command": self.command, "why": "Look."}),))

    async def _stream(self, *given, **named) -> None:
        await super()._stream(*given, **named)
        # At pace 0 nothing else of this process ran since the first byte was written.
        self.left.append(time.time())


class _Gaps:
    """Milliseconds of each call."""

    def __init__(self, server: _Server) -> None:
        calls = list(zip(server.left, server.ran, server.came[1:], strict=False))[WARM:]
        self.before = [(ran - left) * 1000 for left, ran, _ in calls]
        self.after = [(came - ran) * 1000 for _, ran, came in calls]
        self.whole = [(came - left) * 1000 for left, _, came in calls]


def measure(*, quick: bool = False) -> list[Row]:
    calls = WARM + (3 if quick else 40)
    level = asyncio.run(probe())
    with tempfile.TemporaryDirectory(prefix="steerdeck-bench-") as folder:
        place = Path(folder)
        top = many(place / "repository", FILES)
        write(top, "notes.txt", "notes\n")
        commit(top)
        rows = _rows("bare", place, top, Level(), calls, _spawned(["true"], calls), 8)
        if level.name == "bubblewrap":
            rows += _rows("bubblewrap", place, top, level, calls, _spawned(_bwrap(), calls), 20)
        else:
            rows.append(absent("gap-sandboxed", f"bubblewrap does not work here: {level.name}"))
    return rows


def _rows(
    name: str, place: Path, top: Path, level: Level, calls: int, floor: float, most: float
) -> list[Row]:
    rows = []
    for what, command in (("reads", READS), ("writes a file", WRITES)):
        server = _Server(command, calls)
        asyncio.run(_play(place / f"{name}-{what[0]}", top, level, server))
        gaps = _Gaps(server)
        rows += [
            _whole(what, name, median(gaps.whole), floor, most),
            within(f"{what}, {name}: up to the command's first line", median(gaps.before), "ms"),
            within("    of it from there to the next request", median(gaps.after), "ms"),
            within("    the quietest tenth", share(gaps.whole, 10), "ms"),
            within("    p95", share(gaps.whole, 95), "ms"),
        ]  # fmt: skip
    return rows


def _whole(what: str, name: str, gap: float, floor: float, most: float) -> Row:
    """The goal is about calls that read, as those that other programs were measured with."""
    against = f"{name} spawn of `true`"
    if what == "reads":
        goal = "gap-bare" if name == "bare" else "gap-sandboxed"
        return reached(goal, gap, reference=floor, against=against)
    return within(
        f"gap of a call that {what}, {name}, p50", gap, "ms", most=most, reference=floor,
        against=against,
    )  # fmt: skip


async def _play(home: Path, top: Path, level: Level, server: _Server) -> None:
    await server.start(0)
    where = home_at(home, {"gap": server.url}, {server.command: top})
    runtime = Runtime(where, clock=SystemClock(), ids=RandomIds(), level=level, version="0")
    await runtime.start()
    client, serving = await attach_in_process(runtime, "0")
    await client.watch(SessionId(""), "status")
    try:
        given = await client.give(
            o.Start(
                id=order_id(), task="Look.", folder=str(top), model="gap", mode="auto",
                surroundings=SURROUNDINGS,
            )
        )  # fmt: skip
        session = runtime.fleet.session(given.session)
        async with asyncio.timeout(PATIENCE_S):
            async for _ in client.incoming():
                if session.state.status in ("done", "idle", "failed", "parked", "needs_you"):
                    break
        assert session.state.status in ("done", "idle"), session.state.reason
    finally:
        await client.close()
        await asyncio.gather(serving, return_exceptions=True)
        await runtime.close("the bench ended")
        await server.close()


def _spawned(argv: Sequence[str], times: int) -> float:
    """Milliseconds on the clock to start a program and see it end, the median."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def _bwrap() -> list[str]:
    """The least sandbox that can run a program."""
    program = shutil.which("bwrap") or "bwrap"
    argv = [program, "--unshare-all", "--die-with-parent", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "lib", "lib64"):
        link = Path("/") / name
        if link.is_symlink():
            argv += ["--symlink", str(link.readlink()), str(link)]
        elif link.exists():
            argv += ["--ro-bind", str(link), str(link)]
    return [*argv, "--proc", "/proc", "--dev", "/dev", "true"]
