"""A session's whole life in a repository full of traps, or one whose agent lays them.

Started as a program it lives every life there is and marks in its own process tree when the product
is at work, so that whoever watches the tree knows whose processes are whose.
"""

import asyncio
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from kit.hostile_grounds import TRAPS, Trap, beside, biting
from kit.repositories import commit, plain
from kit.scene import Scene, scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.errors import SteerdeckError
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime import wire

Side = Literal["repository", "workspace"]
SIDES: tuple[Side, ...] = ("repository", "workspace")
PATCH = (
    "*** Begin Patch\n*** Update File: src/shop.py\n-    return sum(items)\n+    return 7\n"
    "*** Add File: fresh.md\n+new\n*** End Patch\n"
)
MARKER = "/bin/true"
"""Started with the words `work` or `rest`, a program that says whose time it is."""


class Life:
    """One session from its start to its landing; `bitten` holds what should never have run."""

    def __init__(self, folder: Path, traps: tuple[Trap, ...], side: Side, *, marks: bool) -> None:
        self._folder = folder
        self._traps = traps
        self._side = side
        self._marks = marks
        self._laid = False
        self.bitten = folder / "bitten"
        self.refused: list[str] = []
        folder.mkdir(parents=True)
        self._repository = plain(folder / "repository").resolve()
        commit(self._repository, "ground")
        self._bite = biting(folder / "tools", self.bitten)

    @property
    def bites(self) -> str:
        return self.bitten.read_text() if self.bitten.exists() else ""

    async def live(self) -> None:
        late = any(trap.late for trap in self._traps)
        if self._side == "repository" and not late:
            self._lay(self._repository)
        self._mark("work")
        home = self._folder / "home"
        async with scene(home, {"m": self._script(home)}, ids=RandomIds()) as playing:
            try:
                session = await playing.start(self._repository, "m")
            except SteerdeckError as error:
                self.refused.append(str(error))
            else:
                state = await playing.status(session, "done", "idle", "failed", "parked", "paused")
                self.refused += [state.reason] if state.status == "parked" else []
                await self._afterwards(playing, session)
        self._mark("rest")

    async def _afterwards(self, playing: Scene, session: SessionId) -> None:
        """All that is done with the files of a session."""
        give, ask = playing.give, playing.client.ask
        patch = str(self._folder / "work.patch")
        last = playing.of(session, e.CallEnded)
        steps: list[Callable[[], object]] = [
            lambda: ask(wire.Diff(session), str),
            lambda: ask(wire.FilesAt(session, last[-1].seq if last else 1), str),
            lambda: give(o.Undo, session, paths=("fresh.md",)),
            lambda: give(o.Land, session, how="patch", path=patch),
            lambda: give(o.Land, session, how="branch"),
            lambda: give(o.Land, session, how="merge"),
            lambda: give(o.Archive, session),
        ]
        for step in steps:
            try:
                await step()
            except SteerdeckError as error:
                self.refused.append(str(error))

    def _script(self, home: Path) -> Callable[[Conversation], Reply]:
        def script(talk: Conversation) -> Reply:
            place = next(home.rglob("workspaces/*"))
            beside[:] = [self._repository, place]
            if not self._laid:
                self._lay(place if self._side == "workspace" else self._repository)
            if any(call.output is not None for call in talk.calls):
                return Reply((Say("Written.", final=True),))
            return Reply((Call("apply_patch", {"patch": PATCH}),))

        return script

    def _lay(self, top: Path) -> None:
        self._laid = True
        self._mark("rest")
        for trap in self._traps:
            trap.lay(top, self._bite)
        self.bitten.unlink(missing_ok=True)
        self._mark("work")

    def _mark(self, word: str) -> None:
        if self._marks:
            names = ", ".join(trap.name for trap in self._traps)
            subprocess.run([MARKER, word, self._side, names], check=True)


def main(folder: Path) -> None:
    platform.processor()  # Python asks a program for it, once.
    for number, trap in enumerate(TRAPS):
        for side in SIDES:
            life = Life(folder / f"{number}-{side}", (trap,), side, marks=True)
            asyncio.run(life.live())
            print("bitten" if life.bites else "whole", trap.name, side, life.bites, sep="\t")
            for why in life.refused:
                print("refused", trap.name, side, why.replace("\n", " "), sep="\t", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
