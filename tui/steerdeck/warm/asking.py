"""The short way to a deck: ask the process kept warm to become it, and stand in for it meanwhile.

The fork belongs to another session, so the terminal never becomes its own: keys and pictures pass
it by the descriptors it was given, but what the terminal and the shell tell a job reaches only this
process. It passes signals on, stops and goes on with the deck, runs for it the programs that want
the terminal, hands back its exit code, and gives the terminal back when it was killed.
Whatever is off, no fork draws anything and the deck starts as it does without one.
"""

import os
import signal
import socket
import termios
import time
from types import FrameType
from typing import Any, Final

from steerdeck.output.giving_back import give_back
from steerdeck.output.last_frame import beside_frame, taken_over
from steerdeck.warm import papers

POINTER: Final = "warm"
"""A file beside the last frame that says where the process listens."""
ANSWER_S: Final = 0.5
"""How long it may take to answer on a busy machine; one that was stopped is not waited for."""
KILLED: Final = 137
STOPS_S: Final = 5.0
"""How long a deck may take to leave the screen before it is stopped."""
_PASSED = (signal.SIGWINCH, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


def warm_deck(*, stands: bool, ascii_only: bool) -> int | None:
    """The exit code of a deck that was forked for this terminal; None where one must be started.

    `stands` says that the last deck's frame is on the screen.
    """
    if not papers.possible() or not _in_front():
        return None
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        line.settimeout(ANSWER_S)
        # Descriptors are not inherited, so no program started later holds the line open.
        line.connect(beside_frame(os.environ, POINTER).read_bytes())
        keeper, user = papers.peer(line)
        if user != os.getuid() or stands_still(keeper):
            return None
        fork = _hand_over(line, stands=stands, ascii_only=ascii_only)
        if fork is None:
            return None
        before = termios.tcgetattr(0)
        line.send(papers.GOES)
    except (OSError, ValueError, termios.error):
        line.close()
        return None
    line.settimeout(None)
    taken_over()
    return _Standing(line, *fork, before).until_it_ends()


def _in_front() -> bool:
    """Whether one terminal is all three streams and this is its foreground job."""
    try:
        devices = {os.fstat(descriptor).st_rdev for descriptor in range(3)}
        return len(devices) == 1 and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _behind() -> bool:
    """Whether the terminal is another job's now; not so where it is gone, which ends a deck."""
    try:
        return os.tcgetpgrp(0) != os.getpgrp()
    except OSError:
        return False


def _hand_over(line: socket.socket, *, stands: bool, ascii_only: bool) -> tuple[int, int] | None:
    """Give a fork all that this process was started with; its number and a hold on it."""
    environ = os.environb
    told = papers.pack(
        [os.fsencode(part) for part in papers.program(os.environ)],
        [b"%s=%s" % (name, environ[name]) for name in environ],
        [b"stands" if stands else b"", b"ascii" if ascii_only else b""],
    )
    folder = os.open(".", os.O_PATH | os.O_DIRECTORY)
    try:
        socket.send_fds(line, [told], [0, 1, 2, folder])
    finally:
        os.close(folder)
    said, held, _, _ = socket.recv_fds(line, papers.LARGEST, 1)
    word, _, number = said.partition(b"\0")
    if word != papers.READY or not held:
        return None
    return int(number), held[0]


def stands_still(pid: int) -> bool:
    """Whether a process is stopped, or gone: proc(5), third field of stat."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return True
    with os.fdopen(descriptor, "rb") as file:
        return file.read().rpartition(b")")[2].split()[0] in (b"T", b"t", b"Z")


class _Standing:
    """This process while a fork is the deck."""

    def __init__(self, line: socket.socket, pid: int, held: int, before: list[Any]) -> None:
        """`held` is a descriptor of the fork, `before` how the terminal was set."""
        self._line, self._pid, self._held, self._before = line, pid, held, before
        self._hung_up = False

    def until_it_ends(self) -> int:
        """Serve the fork; its exit code."""
        for number in _PASSED:
            signal.signal(number, self._pass)
        signal.signal(signal.SIGTSTP, self._stop)
        while True:
            try:
                said, given, _, _ = socket.recv_fds(self._line, papers.LARGEST, 3)
            except OSError:
                said, given = b"", []
            word, _, rest = said.partition(b"\0")
            if word == papers.END:
                return int(rest)
            if word != papers.RUN:
                give_back(0, self._before)
                return 128 + signal.SIGHUP if self._hung_up else KILLED
            from steerdeck.warm.errands import run_for_fork

            self._answer(run_for_fork(rest, given))

    def _answer(self, told: bytes) -> None:
        try:
            self._line.send(told)
        except OSError:
            # It is gone; that is heard next.
            return

    def _pass(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP and self._hung_up:
            # A terminal that goes tells its job more than once; a deck takes the second for force.
            return
        self._hung_up = self._hung_up or number == signal.SIGHUP
        try:
            signal.pidfd_send_signal(self._held, number)
        except ProcessLookupError:
            return

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Stop as a job does: the deck leaves the screen first, and comes back with us."""
        self._pass(number, frame)
        until = time.monotonic() + STOPS_S
        while not stands_still(self._pid) and time.monotonic() < until:
            time.sleep(0.01)
        self._pass(signal.SIGSTOP, frame)
        # The system takes no notice of this one where nobody is left who could let us go on.
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        while _behind():
            # Sent on in the background, where nothing may draw.
            os.kill(os.getpid(), signal.SIGTSTP)
            time.sleep(0.05)
        signal.signal(signal.SIGTSTP, self._stop)
        self._pass(signal.SIGCONT, frame)
