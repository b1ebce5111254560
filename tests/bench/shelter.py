"""What each tier of the sandbox adds to a command: the same command, in turns, with and without."""

import asyncio
import tempfile
from pathlib import Path

from bench.rows import Row, median, share, within
from kit.repositories import commit, many, write
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.probe import trials
from steerdeck_agents.sandbox.process import Spawn, environment, run

FILES = 100
AROUND = Surroundings(path="/usr/bin:/bin")
MOST_MS = 20.0


def measure(*, quick: bool = False) -> list[Row]:
    """Rows of milliseconds; the goal is what may be added."""
    tried = asyncio.run(trials())
    levels = [Level(), *(one.level for one in tried if one.level.name != "none")]
    with tempfile.TemporaryDirectory(prefix="steerdeck-bench-") as folder:
        top = many(Path(folder) / "clone", FILES)
        write(top, "notes.txt", "notes\n")
        commit(top)
        place = Workspace(path=str(top), repository="", branch="", base="")
        took = asyncio.run(_took(place, levels, 4 if quick else 60, Path(folder) / "spool"))
    bare = took.pop("none")
    rows = [within("a command without a sandbox, p50", median(bare), "ms")]
    for name, times in took.items():
        added = median(times) - median(bare)
        rows += [
            within(f"{name} adds to a command, p50", added, "ms", most=MOST_MS,
                   reference=median(bare), against="without a sandbox"),
            within("    the whole command, p95", share(times, 95), "ms"),
        ]  # fmt: skip
    return rows


async def _took(
    place: Workspace, levels: list[Level], times: int, spool: Path
) -> dict[str, list[float]]:
    """Milliseconds of each command by level, the first of each left out."""
    loop = asyncio.get_running_loop()
    took: dict[str, list[float]] = {level.name: [] for level in levels}
    for _ in range(times + 1):
        for level in levels:
            began = loop.time()
            await run(
                Spawn(
                    script="true",
                    workspace=place,
                    environment=environment(AROUND, place, level),
                    level=level,
                    surroundings=AROUND,
                ),
                on_output=lambda _: None,
                stop=asyncio.Event(),
                spool=spool,
            )
            took[level.name].append((loop.time() - began) * 1000)
    return {name: all_of_them[1:] for name, all_of_them in took.items()}
