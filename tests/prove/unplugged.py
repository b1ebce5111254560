"""A whole demo with the deck without a network: every socket of every process, all along."""

import subprocess
import time
from pathlib import Path

from kit.alone import ALONE, why_not_alone
from kit.command import PROGRAM, damage, demos, end_runtimes, left_of, runtime_pid, steerdeck
from kit.sockets import far
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def unplugged() -> Counted:
    if why_not := why_not_alone():
        return Counted(skipped=why_not)
    tally = Tally()
    with world() as folder:
        home = folder / "s"
        try:
            looks = _with_deck(home, tally)
        finally:
            # With the deck gone: an open one would bring the runtime back.
            end_runtimes(home)
        done = subprocess.run(
            [*ALONE, PROGRAM, "demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        tally.see(done.returncode == 0, f"line mode: {done.returncode} {done.stderr[-300:]}")
        doctor = steerdeck("doctor")
        tally.see("Traceback" not in doctor.said, doctor.said[-300:])
        tally.see(not (stuck := left_of(folder)), f"left: {stuck[:2]}")
    return tally.done(f"{looks} looks at the sockets of a process")


def _with_deck(home: Path, tally: Tally) -> int:
    """Look at every socket until the demo has rested for a while; how many looks."""
    looks = 0
    with Terminal([*ALONE, PROGRAM, "demo"]) as deck:
        deck.wait_for("4 working")
        (where,) = demos(home)
        runtime = runtime_pid(where)
        tally.see(runtime, "no runtime answers")
        until = time.monotonic() + 30
        idle_until = 0.0
        while time.monotonic() < (idle_until or until):
            for pid in family(deck.child.pid) + family(runtime or 0):
                looks += 1
                try:
                    found = far(pid)
                except OSError:
                    continue
                if found:
                    tally.see(False, f"process {pid}: {found}")
            if not idle_until and "2 in the inbox" in deck.screen():
                idle_until = time.monotonic() + 8
        tally.see(idle_until, "the demo did not come to rest")
        tally.see(not damage(where), "the journal is damaged")
    return looks


CLAIMS = (Claim("unplugged", "no socket but loopback and unix, no network needed", unplugged),)
