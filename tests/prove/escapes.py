"""The ways out of each tier this machine has: what works is what `SANDBOX.md` says, exactly.

No better claim and no worse: a way that is held although the table calls it open is counted as
wrong too. Each is tried without a sandbox as well, to tell which of them mean something here.
"""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from prove.claim import ROOT, Claim, Counted, Tally
from prove.escape_probes import PROBES, Probe
from steerdeck_agents.facts.places import Level, LevelName, Surroundings, Workspace
from steerdeck_agents.sandbox import descendants
from steerdeck_agents.sandbox.probe import trials
from steerdeck_agents.sandbox.process import Finished, Spawn, environment, run

Outcome = Literal["held", "open", "put back"]
TABLE = ROOT / "SANDBOX.md"
TIERS: tuple[LevelName, ...] = ("bubblewrap", "landlock")


def published() -> dict[tuple[LevelName, str], str]:
    """What the table says of each way out at each tier."""
    rows = re.findall(r"^\| ([^|]+?) \| (\w[\w ]*?) \| (\w[\w ]*?) \|$", TABLE.read_text(), re.M)
    return {
        (tier, name): cell
        for name, *cells in rows
        if name in {probe.name for probe in PROBES}
        for tier, cell in zip(TIERS, cells, strict=True)
    }


class World:
    """What lies outside, with everything a probe wants to reach."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()
        self._number = 0
        self._tag = ""
        self._template()
        self._sockets()
        with (folder / "home/.ssh/id_rsa").open() as private:
            self._sleeper = subprocess.Popen(
                ["tail", "-f", "/dev/null", "canary"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                stdin=private,
                cwd=folder,
                env={"CANARY": "canary-of-ours"},
                start_new_session=True,
            )
        self._ours, theirs = os.openpty()
        os.set_blocking(self._ours, False)
        self._tty = os.ttyname(theirs)
        self._stack.callback(os.close, theirs)
        self._stack.callback(os.close, self._ours)

    def close(self) -> None:
        self._sleeper.kill()
        self._sleeper.wait()
        self._stack.close()

    def try_out(self, probe: Probe, tier: LevelName) -> Outcome:
        """Try one way out at one tier, everything made anew before."""
        self._number += 1
        self._tag = f"{os.getpid()}-{self._number}"
        place = self.folder / f"world{self._number}"
        outside, clone = place / "outside", place / "clone"
        shutil.copytree(self.folder / "outside", outside)
        shutil.copytree(self.folder / "clone", clone, symlinks=True)
        journal = (outside / "journal.db").open()
        os.set_inheritable(journal.fileno(), True)
        with journal, socket.socket(socket.AF_UNIX) as near:
            near.bind(_short(clone / "s", self._stack))
            near.listen()
            before = _state(outside, clone, self.folder)
            finished = asyncio.run(self._run(probe, tier, place))
            after = _state(outside, clone, self.folder)
        said = "ESCAPED" in finished.head_tail
        if probe.kind == "git":  # what is gone misleads nobody
            changed = bool(after["git"] - before["git"])
        else:
            changed = before["files"] != after["files"]
        arrived = self._arrived()
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            left = Path(folder) / f"sd-{self._tag}"
            changed = changed or left.exists()
            left.unlink(missing_ok=True)
        shutil.rmtree(place, ignore_errors=True)
        if probe.kind == "git":
            return "open" if changed else "put back" if finished.problem else "held"
        return "open" if said or changed or arrived else "held"

    async def _run(self, probe: Probe, tier: LevelName, place: Path) -> Finished:
        level = Level(name=tier, files=tier != "none", network=tier != "none")
        workspace = Workspace(
            path=str(place / "clone"),
            repository=str(self.folder / "repository"),
            branch="main",
            base="",
            borrows=(str(self.folder / "repository/.git/objects"),),
            links=() if tier == "none" else (str(self.folder / "linked"),),
        )
        around = Surroundings(path=f"{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin:/sbin")
        given = environment(around, workspace, level) | self._given(place)
        spawn = Spawn(
            script=probe.script, workspace=workspace, environment=given, level=level,
            surroundings=around, timeout_s=20,
        )  # fmt: skip
        return await run(
            spawn, on_output=lambda _: None, stop=asyncio.Event(), spool=place / "spool"
        )

    def _given(self, place: Path) -> dict[str, str]:
        seen = descendants.look(self._sleeper.pid)
        return {
            "OUT": str(place / "outside"),
            "HOME_DIR": str(self.folder / "home"),
            "REPO": str(self.folder / "repository"),
            "OBJECTS": str(self.folder / "repository/.git/objects"),
            "PID": str(self._sleeper.pid),
            "BORN": str(seen.born if seen else 0),
            "SPACE": str(Path("/proc/self/ns/pid").readlink()),
            "TAG": self._tag,
            "TTY": self._tty,
            **self._addresses,
        }

    def _template(self) -> None:
        folder = self.folder
        for name, text in {
            "outside/file": "canary", "outside/journal.db": "canary", "home/.profile": "",
            "home/.ssh/id_rsa": "canary", "home/.aws/credentials": "canary", "linked/a.js": "x",
        }.items():  # fmt: skip
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        git = ["git", "-c", "user.name=D", "-c", "user.email=d@example.org"]
        clean = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(
            [*git, "init", "-q", "-b", "main", "repository"], cwd=folder, env=clean, check=True
        )
        (folder / "repository/a.txt").write_text("one\n")
        for words in (["add", "."], ["commit", "-qm", "first"]):
            subprocess.run([*git, *words], cwd=folder / "repository", env=clean, check=True)
        clone = [*git, "clone", "-q", "--template=", "--shared", "repository", "clone"]
        subprocess.run(clone, cwd=folder, env=clean, check=True)
        for name in ("hooks", "info"):
            (folder / "clone/.git" / name).mkdir(exist_ok=True)
        (folder / "clone/.git/commondir").write_text(".\n")
        (folder / "clone/.git/config.worktree").write_text("")
        (folder / "clone/linked").symlink_to(folder / "linked")

    def _sockets(self) -> None:
        tcp = self._stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1000))
        self._letterboxes = []
        for address in (("127.0.0.1", 0), ("127.0.0.1", 0), str(self.folder / "letters")):
            family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            box = self._stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            box.bind(address)
            box.setblocking(False)
            self._letterboxes.append(box)
        abstract = f"sd-prove-{os.getpid()}"
        for address in (str(self.folder / "u"), str(self.folder / "r"), f"\0{abstract}"):
            unix = self._stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(address)
            unix.listen(1000)
        self._addresses = {
            "PORT": str(tcp.getsockname()[1]),
            "UDP": str(self._letterboxes[0].getsockname()[1]),
            "DNS": str(self._letterboxes[1].getsockname()[1]),
            "LETTERS": str(self.folder / "letters"),
            "UNIX": str(self.folder / "u"),
            "RUNTIME": str(self.folder / "r"),
            "ABSTRACT": abstract,
        }

    def _arrived(self) -> bool:
        """Whether a datagram or a key has come since the last time."""
        found = False
        for box in self._letterboxes:
            with contextlib.suppress(BlockingIOError):
                found = bool(box.recv(64)) or found
        with contextlib.suppress(BlockingIOError):
            found = bool(os.read(self._ours, 64)) or found
        return found


def _short(path: Path, stack: contextlib.ExitStack) -> str:
    """A path to bind to, whose length the address of a socket allows."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, folder)
    return f"/proc/self/fd/{folder}/{path.name}"


def _state(outside: Path, clone: Path, folder: Path) -> dict[str, frozenset[object]]:
    """What a probe must not change: files outside, and the settings of git."""
    names = ("config", "config.worktree", "commondir", "hooks", "info", "objects/info/alternates")
    git = [clone / ".git", *(clone / ".git" / name for name in names)]
    git += [file for name in ("hooks", "info") for file in (clone / ".git" / name).rglob("*")]
    kept = [folder / "home/.profile", folder / "linked/a.js", clone.parent / "beside"]
    left = [
        file
        for name in (".envrc", ".vscode")
        for file in (clone / name, *(clone / name).rglob("*"))
    ]
    files = [*outside.rglob("*"), *kept, *left]
    return {
        "git": frozenset(
            (str(file), file.is_symlink(), _bytes(file)) for file in git if os.path.lexists(file)
        ),
        "files": frozenset(
            (str(file), _bytes(file), _mode(file)) for file in files if os.path.lexists(file)
        ),
    }


def _bytes(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _mode(file: Path) -> int:
    return file.lstat().st_mode


@contextlib.contextmanager
def worlds() -> Iterator[World]:
    """A world for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="sdp-", dir="/var/tmp") as name:
        world = World(Path(name))
        try:
            yield world
        finally:
            world.close()


def count() -> Counted:
    """Every way out at every tier, against the table."""
    tally = Tally()
    claimed = published()
    here = [tried.tier for tried in asyncio.run(trials()) if tried.level.name != "none"]
    with worlds() as world:
        idle = [probe.name for probe in PROBES if world.try_out(probe, "none") != "open"]
        for tier in here:
            for probe in PROBES:
                found = world.try_out(probe, tier)
                said = claimed.get((tier, probe.name), "nothing")
                tally.see(found == said, f"{tier}: {probe.name}: {found}, the table says {said}")
    tally.see(set(claimed) == {(t, p.name) for t in TIERS for p in PROBES}, "the table differs")
    missing = ", ".join(tier for tier in TIERS if tier not in here) or "none"
    return tally.done(
        f"{len(PROBES)} ways at {', '.join(here)}; tiers not here: {missing}",
        f"not possible here without a sandbox either: {', '.join(idle) or 'none'}",
    )


CLAIMS = (Claim("escapes", "ways out of the sandbox, as its table says", count),)

if __name__ == "__main__":
    with worlds() as made:
        for one in PROBES:
            cells = [made.try_out(one, tier) for tier in ("none", *TIERS)]
            sys.stdout.write(f"| {one.name} | {' | '.join(cells)} |\n")
            sys.stdout.flush()
