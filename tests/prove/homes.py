"""Homes of every kind: read-only, full, missing, shared, on a network. Each works, or says why."""

import asyncio
import os
import re
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from kit.command import PROGRAM, end_runtimes, left_of
from kit.filled import Ticks, filled
from kit.full_disks import full, may_mount, small_disk
from kit.playing import playing
from kit.repositories import plain
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts.errors import JournalTaken
from steerdeck_agents.facts.events import Noticed
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.journal.writer import Writer
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.work.storage import notes_of

PATIENCE_S = 60.0
NETWORK = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "drvfs", "fuse", "fuse.sshfs", "fuse.rclone",
    "virtiofs", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "ocfs2", "gfs2", "davfs",
)  # fmt: skip
LOCAL = ("ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "f2fs", "apfs")
WORDS = 8
"""The least words of a sentence that says what is wrong and what helps."""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class House:
    """One home to be tried: a folder, a repository, a model, and an environment."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.repository = plain(folder / "repository").resolve()
        self.environ = {
            name: value for name, value in os.environ.items() if name not in ("STEERDECK_HOME",)
        } | {"OPENAI_API_KEY": "sk-none", "OPENAI_BASE_URL": url}

    def set(self, **variables: str) -> "House":
        self.environ |= variables
        return self

    def run(self, *words: str, umask: int = 0o022) -> Ran:
        done = subprocess.run(
            [PROGRAM, *words], cwd=self.repository, env=self.environ, capture_output=True,
            text=True, timeout=PATIENCE_S, check=False, stdin=subprocess.DEVNULL, umask=umask,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def works(self, tally: Tally, what: str, umask: int = 0o022) -> None:
        """A task runs to its end, and nobody else can read what is kept."""
        ran = self.run("run", "Say hello.", "--model", "m", "--json", umask=umask)
        tally.see(ran.code == 0, f"{what}: exit {ran.code}: {ran.err[-300:]}")
        shown = set(ran.out.splitlines())
        (journal,) = (path for path in self.kept() if path.name == "journal.db")
        stored = set(JournalReader(journal).events(None, limit=10_000))
        lost = [text for text in shown - stored if '"seq":0,' not in text and '"seq":' in text]
        tally.lost = (tally.lost or 0) + len(lost)
        tally.see(shown & stored and not lost, f"{what}: not in the journal: {lost[:2]}")
        self.tidy(tally, what)

    def tidy(self, tally: Tally, what: str) -> None:
        open_to_others = [
            str(path.relative_to(self.folder))
            for path in self.kept()
            if stat.S_IMODE(path.lstat().st_mode) & 0o077
        ]
        tally.see(not open_to_others, f"{what}: others can read {open_to_others[:5]}")

    def kept(self) -> Iterator[Path]:
        """What Steerdeck made, but for the insides of clones, which are as git makes them."""
        for top in self.folder.rglob("*"):
            inside = {"data", "state", "cache", "steerdeck"} & set(top.parts)
            if inside and "workspaces" not in top.parts and "repository" not in top.parts:
                yield top

    def says(
        self,
        tally: Tally,
        what: str,
        words: Sequence[str],
        pattern: str,
        codes: Sequence[int] = (1,),
    ) -> None:
        """A command ends with a sentence and an exit code, never with a traceback."""
        ran = self.run(*words)
        told = f"{what}: exit {ran.code}: {ran.err[-400:]}"
        tally.see(ran.code in codes and "Traceback" not in ran.err, told)
        tally.see(re.search(pattern, ran.err) and len(ran.err.split()) >= WORDS, told)


def hello(talk: Conversation) -> Reply:
    return Reply((Say("Hello.", final=True),))


def _home(house: House) -> Path:
    place = house.folder / "s"
    house.set(STEERDECK_HOME=str(place))
    return place


def _no_folders(house: House, tally: Tally) -> None:
    (house.folder / "empty").mkdir()
    house.set(HOME=str(house.folder / "empty")).works(tally, "no XDG folders")


def _relative_xdg(house: House, tally: Tally) -> None:
    (house.folder / "h").mkdir()
    house.set(HOME=str(house.folder / "h"), XDG_DATA_HOME="xdg", XDG_STATE_HOME="./xdg")
    house.works(tally, "relative XDG folders")
    tally.see(not (house.repository / "xdg").exists(), "a relative XDG folder was followed")


def _missing_parents(house: House, tally: Tally) -> None:
    house.set(STEERDECK_HOME=str(house.folder / "not" / "there" / "s"))
    house.works(tally, "a home whose parents are missing")


def _link(house: House, tally: Tally) -> None:
    (house.folder / "real").mkdir()
    (house.folder / "link").symlink_to(house.folder / "real")
    house.set(STEERDECK_HOME=str(house.folder / "link")).works(tally, "a home that is a link")


def _umask_open(house: House, tally: Tally) -> None:
    _home(house)
    house.works(tally, "umask 000", umask=0)


def _umask_shut(house: House, tally: Tally) -> None:
    _home(house)
    house.works(tally, "umask 777", umask=0o777)


def _a_file(house: House, tally: Tally) -> None:
    _home(house).write_text("a file")
    house.says(
        tally,
        "a home that is a file",
        ("run", "x", "--model", "m"),
        "STEERDECK_HOME|folder|Not a directory",
    )


def _foreign(house: House, tally: Tally) -> None:
    place = _home(house)
    (place / "data").mkdir(parents=True)
    os.chown(place / "data", 12345, 12345)
    house.says(tally, "a home of another user", ("run", "x", "--model", "m"), "another user")


def _lock_taken(house: House, tally: Tally) -> None:
    place = _home(house)
    (place / "data" / "journal.lock").mkdir(parents=True)
    house.says(tally, "a folder for a lock", ("run", "x", "--model", "m"), "lock file")


def _read_only_empty(house: House, tally: Tally) -> None:
    with small_disk(_home(house), 8) as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        house.says(tally, "a read-only home", ("run", "x", "--model", "m"), "STEERDECK_HOME|writ")
        end_runtimes(disk)


def _read_only_kept(house: House, tally: Tally) -> None:
    with small_disk(_home(house), 8) as disk:
        filled(disk / "data" / "journal.db", sessions=2, turns=1)
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        house.says(tally, "read-only, with a journal", ("run", "x", "--model", "m"), "only shown")
        shown = house.run("show", "name-ses_01")
        tally.see(shown.code == 0 and "name-ses_01" in shown.out, f"not shown: {shown.err[-200:]}")
        told = house.run("runtime", "status").out
        tally.see("only shown" in told, f"status: {told[-300:]}")
        end_runtimes(disk)


def _no_room(house: House, tally: Tally) -> None:
    with small_disk(_home(house), 2) as disk:
        with full(disk):
            house.says(
                tally, "no room at all (as over a quota)", ("run", "x", "--model", "m"),
                "[Rr]oom|[Ss]pace|full|written",
            )  # fmt: skip
        end_runtimes(disk)
        shutil.rmtree(disk / "data", ignore_errors=True)
        house.tidy(tally, "no room")


SETUPS: tuple[Callable[[House, Tally], None], ...] = (
    _no_folders, _relative_xdg, _missing_parents, _link, _umask_open, _umask_shut, _a_file,
    _foreign, _lock_taken, _read_only_empty, _read_only_kept, _no_room,
)  # fmt: skip
NEED_MOUNT = (_read_only_empty, _read_only_kept, _no_room)
NEED_ROOT = (_foreign,)


def homes() -> Counted:
    tally, skipped = Tally(), []
    with world() as folder, playing({"m": hello}) as url:
        why = may_mount(folder)
        for number, setup in enumerate(SETUPS):
            if (setup in NEED_MOUNT and why) or (setup in NEED_ROOT and os.geteuid() != 0):
                skipped.append(setup.__name__.strip("_"))
                continue
            place = folder / f"{number}"
            place.mkdir()
            house = House(place, url)
            try:
                setup(house, tally)
            finally:
                house.run("runtime", "stop")
            tally.see(not (left := left_of(place)), f"{setup.__name__}: left {left[:1]}")
    notes = [f"not tried: {', '.join(skipped)}: {why or 'root only'}"] if skipped else []
    tried = len(SETUPS) - len(skipped)
    return tally.done(f"{tried} set-ups", *notes).of(tried)


def networks() -> Counted:
    tally = Tally()
    with world() as folder:
        for kind in (*NETWORK, *LOCAL):
            place = folder / kind
            place.mkdir()
            mounts = folder / "mounts"
            # A bind mount stands in the kernel's table with the type of what it shows.
            mounts.write_text(f"/dev/vda / ext4 rw 0 0\nhost:/x {place} {kind} rw 0 0\n")
            asyncio.run(on_kind(place / "journal.db", mounts, kind in NETWORK, kind, tally))
    return tally.done(
        f"{len(NETWORK)} kinds of network, {len(LOCAL)} of local file systems, faked"
    ).of(len(NETWORK) + len(LOCAL))


async def on_kind(path: Path, mounts: Path, far: bool, kind: str, tally: Tally) -> None:
    writer = Writer(path, clock=Ticks(), on_committed=lambda batch: None, mounts=mounts)
    await writer.start()
    for number in range(5):
        await writer.append(Noticed(text=f"fact {number}"), full=number % 2 == 0)
        seen = JournalReader(path).events(None)
        tally.lost = (tally.lost or 0) + max(0, number + 1 - len(seen))
        tally.see(len(seen) == number + 1, f"{kind}: a reader sees {len(seen)} of {number + 1}")
    logged = path.with_name("journal.db-wal").exists()
    tally.see(logged is not far, f"{kind}: a log in shared memory: {logged}")
    said = " ".join(notes_of(writer))
    tally.see(("network" in said) is far, f"{kind}: said {said}")
    second = Writer(path, clock=Ticks(), on_committed=lambda batch: None, mounts=mounts)
    try:
        await second.start()
        tally.see(False, f"{kind}: two writers")
    except JournalTaken:
        tally.see(True, "")
    await writer.stop()
    with closing(sqlite3.connect(path)) as connection:
        mode = connection.execute("pragma journal_mode").fetchone()[0]
    tally.see((mode == "wal") is not far, f"{kind}: left in mode {mode}")
    tally.see(not JournalReader(path).check(), f"{kind}: damaged")


CLAIMS = (
    Claim("homes", "read-only, full, missing and odd homes: they work, or say what helps", homes),
    Claim("networks", "no shared memory on network file systems, and that is said", networks),
)
