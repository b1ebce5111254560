"""A patch of twenty files, and a kill -9 somewhere in the middle of writing it."""

import asyncio
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from kit.command import home_of, losses
from kit.repositories import commit, plain, write
from kit.scene import scene
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say, Script

FILES = 20
_WATCHED = ("os.rename", "os.link", "os.remove", "os.mkdir", "open")
_Tree = dict[str, tuple[int, bytes]]
_on_call: list[Callable[[], None]] = []
"""What happens at each watched call; audit hooks can't be removed, so this is emptied."""


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    # Only a patch names what it opens within a folder it holds; what else the runtime does at that
    # time must not move the place of a kill.
    name = arguments[0] if arguments else None
    if _on_call and event in _WATCHED and isinstance(name, str) and "/" not in name:
        _on_call[0]()


sys.addaudithook(_hook)


class Died(NamedTuple):
    """What a kill left, and what became of it."""

    killed: bool
    left: str
    """`old`, `new` or `half`."""
    named: bool
    """The journal names just the files that differ."""
    restored: bool
    """An undo brought back every byte."""
    lost: int = 0
    """Facts that were committed before the kill and are not in the journal as they were."""
    twice: int = 0
    """Calls that began once more."""


def patch_of(dice: random.Random) -> str:
    """Twenty files: some changed, some new, some removed, some moved."""
    parts = ["*** Begin Patch\n"]
    for number in range(FILES):
        match dice.choice("uuuadm"):
            case "u":
                parts.append(f"*** Update File: d{number % 4}/f{number}\n-old {number}\n+new\n")
            case "a":
                parts.append(f"*** Add File: n{number % 3}/deep/f{number}\n+added\n")
            case "d":
                parts.append(f"*** Delete File: d{number % 4}/f{number}\n")
            case _:
                parts.append(
                    f"*** Update File: d{number % 4}/f{number}\n*** Move to: m/f{number}\n"
                    f"-old {number}\n+moved\n"
                )
    return "".join([*parts, "*** End Patch\n"])


def _script(patch: str) -> Script:
    def script(talk: Conversation) -> Reply:
        if any(call.output is not None for call in talk.calls):
            return Reply((Say("Done.", final=True),))
        return Reply((Call("apply_patch", {"patch": patch}),))

    return script


class Killing:
    """One repository, patched again and again in sessions of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._repository = plain(folder / "repository").resolve()
        for number in range(FILES):
            write(self._repository, f"d{number % 4}/f{number}", f"line\nold {number}\n")
        commit(self._repository, "twenty files")

    def calls(self, seed: int) -> int:
        """How many calls of the file system writing that patch takes; nobody dies."""
        seen = self._folder / f"calls-{seed}"
        _apart(lambda: asyncio.run(self._first(f"count-{seed}", seed, -1, seen)))
        return int(seen.read_text())

    def kill(self, name: str, seed: int, at: int) -> Died:
        """Kill the runtime right before that call, and bring another one up."""
        said = self._folder / f"{name}.said"
        code = _apart(lambda: asyncio.run(self._first(name, seed, at, said)))
        killed = code == -signal.SIGKILL
        # A git that was just being started holds the journal's lock until it is git.
        for _ in range(3):
            if not _apart(lambda: asyncio.run(self._second(name, seed, killed, said))):
                break
            time.sleep(0.2)
        return msgspec.json.decode(said.read_bytes(), type=Died)

    async def _first(self, name: str, seed: int, at: int, seen: Path) -> None:
        script = _script(patch_of(random.Random(seed)))
        heard = os.open(_heard(seen), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        async with scene(self._folder / name, {"m": script}, ids=RandomIds()) as playing:
            append = playing.runtime.fleet.writer.append
            count = 0

            def called() -> None:
                nonlocal count
                count += 1
                if count == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            async def appending(*facts: e.KnownEvent, **how: object) -> object:
                kept = await append(*facts, **how)
                os.write(heard, b"".join(e.encode(fact).encode() + b"\n" for fact in kept))
                if any(isinstance(fact, e.CallStarted) for fact in facts):
                    _on_call.append(called)
                return kept

            playing.runtime.fleet.writer.append = appending
            session = await playing.start(self._repository, "m")
            await playing.until(lambda: playing.of(session, e.CallEnded))
            _on_call.clear()
            seen.write_text(str(count))

    async def _second(self, name: str, seed: int, killed: bool, said: Path) -> None:
        died = await self._looked(name, seed, killed)
        told = [e.decode(line) for line in _heard(said).read_text().splitlines()]
        lost, twice = losses(told, home_of(self._folder / name))
        said.write_bytes(msgspec.json.encode(died._replace(lost=lost, twice=twice)))

    async def _looked(self, name: str, seed: int, killed: bool) -> Died:
        script = _script(patch_of(random.Random(seed)))
        home = self._folder / name
        async with scene(home, {"m": script}, ids=RandomIds()) as playing:
            (state,) = playing.runtime.fleet.states()
            place = Path(state.workspace.path)
            old = _tree(self._repository)
            left = _tree(place)
            wanted = {path for path in {*old, *left} if old.get(path) != left.get(path)}
            if not wanted:
                return Died(killed, "old", True, True)
            named = _named(playing.runtime.fleet.reader, state.id)
            await playing.give(o.Undo, state.id)
            whole = _is_new(left, seed)
            return Died(killed, "new" if whole else "half", named == wanted, _tree(place) == old)


def _heard(said: Path) -> Path:
    """Where the one that is killed writes down what was committed."""
    return said.with_suffix(".heard")


def _apart(work: Callable[[], object]) -> int:
    """Run in a process of its own, forked before there are threads; how it ended."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            if code:
                traceback.print_exc()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _named(reader: JournalReader, session: SessionId) -> set[str]:
    """The files of the newest checkpoint."""
    events = [e.decode(text) for text in reader.of_type(session, "checkpoint.taken")]
    return set(events[-1].paths)


def _tree(top: Path) -> _Tree:
    """Every file but git's own and the ignored ones, with its bytes and whether it may be run."""
    found: _Tree = {}
    for where, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in (".git", "build")]
        for name in files:
            path = Path(where, name)
            if not path.is_symlink():
                mode = path.stat().st_mode & 0o100
                found[path.relative_to(top).as_posix()] = (mode, path.read_bytes())
    return found


def _is_new(left: _Tree, seed: int) -> bool:
    """Whether each file of the patch is as it wants it."""
    return all(
        (f"m/f{number}" in left)
        or (f"n{number % 3}/deep/f{number}" in left)
        or left.get(f"d{number % 4}/f{number}", (0, b"line\nnew\n"))[1] == b"line\nnew\n"
        for number in range(FILES)
    )


def main(folder: Path, seed: int, parts: list[float]) -> None:
    """Kill at these parts of the way, and say what came of each."""
    killing = Killing(folder)
    calls = killing.calls(seed)
    for part in parts:
        at = max(1, round(calls * part))
        print(msgspec.json.encode(killing.kill(f"at-{at}", seed, at)).decode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [float(part) for part in sys.argv[3:]])
