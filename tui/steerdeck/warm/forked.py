"""What a fork of the kept process does to be one person's deck, as if they had started it.

Everything a process gets from the one who starts it comes over the line: descriptors, folder,
environment. The process it was forked from has never seen any of it.
"""

import errno
import locale
import os
import queue
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Sequence

from steerdeck import cli
from steerdeck.output import last_frame
from steerdeck.outside import Ran, run_through
from steerdeck.warm import papers
from steerdeck.warm.errands import asked

TELLS_S = 1.0
"""How long whoever asked may take to say what for."""
_STREAMS = (
    (0, "stdin", "r", "strict"),
    (1, "stdout", "w", "strict"),
    (2, "stderr", "w", "backslashreplace"),
)
LEAVES_S = 3.0
"""How long a deck that is left alone may take to end, before it is made to."""


def be_deck(line: socket.socket, program: Sequence[str]) -> int:
    """Be the deck of who is at the other end; the exit code, which they are told too.

    `program` is what this one was made from, as `papers.program` says it; nothing is done for who
    has another one.
    """
    line.settimeout(TELLS_S)
    try:
        told, given, _, _ = socket.recv_fds(line, papers.LARGEST, 4)
        theirs, environ, wishes = papers.unpack(told)
        if len(given) != 4 or theirs != [os.fsencode(part) for part in program]:
            return 1
        ready = b"\0".join((papers.READY, b"%d" % os.getpid()))
        socket.send_fds(line, [ready], [os.pidfd_open(os.getpid())])
        if line.recv(papers.LARGEST) != papers.GOES:
            return 1
    except (OSError, ValueError):
        return 1
    line.settimeout(None)
    _dress(given, environ)
    stands, ascii_only = map(bool, wishes)
    if stands:
        last_frame.stand(2)
    client = _Client(line)
    run_through(client.run)
    code = 1
    try:
        code = cli.deck_here(ascii_only=ascii_only)
    except KeyboardInterrupt:
        code = 130
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    finally:
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            # Told as Python tells it, on the terminal that is a shell's again.
            sys.excepthook(kind, error, trace)
        client.say_end(code)
    return code


def _dress(given: Sequence[int], environ: Sequence[bytes]) -> None:
    """Take descriptors, folder and environment for one's own, in a session of one's own."""
    os.setsid()
    for number in range(3):
        os.dup2(given[number], number)
    os.fchdir(given[3])
    for descriptor in given:
        os.close(descriptor)
    os.environ.clear()
    for entry in environ:
        name, _, value = entry.partition(b"=")
        os.environb[name] = value
    time.tzset()
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        # As at any start: a locale nobody has installed is none.
        locale.setlocale(locale.LC_CTYPE, "C")
    encoding = sys.getfilesystemencoding()
    for number, stream_name, mode, errors in _STREAMS:
        stream = os.fdopen(number, mode, encoding=encoding, errors=errors, closefd=False)
        vars(sys).update({stream_name: stream, f"__{stream_name}__": stream})


class _Client:
    """The process that stands in for this one at the terminal."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._over = False
        threading.Thread(target=self._listen, name="warm-client", daemon=True).start()

    def run(self, command: Sequence[str], folder: str, told: str | None) -> Ran:
        """A `Runner` on the client's side; OSError when it can't be started."""
        if told is None:
            return Ran(self._ask(command, folder, ()), "", "")
        with (
            tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as errors,
        ):  # fmt: skip
            said.write(told.encode("utf-8", "replace"))
            said.seek(0)
            code = self._ask(command, folder, (said.fileno(), out.fileno(), errors.fileno()))
            out.seek(0)
            errors.seek(0)
            words = out.read().decode("utf-8", "replace"), errors.read().decode("utf-8", "replace")
            return Ran(code, *words)

    def _ask(self, command: Sequence[str], folder: str, streams: Sequence[int]) -> int:
        socket.send_fds(self._line, [asked(command, folder)], list(streams))
        word, _, number = self._answers.get().partition(b"\0")
        if word == papers.RAN:
            return int(number)
        code = int(number or errno.EIO)
        raise OSError(code, os.strerror(code), command[0])

    def say_end(self, code: int) -> None:
        """Everything is done; what was printed first."""
        self._over = True
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                continue
        try:
            self._line.send(b"\0".join((papers.END, b"%d" % code)))
        except OSError:
            # Nobody waits for it any more.
            return

    def _listen(self) -> None:
        """Hear answers, and that nobody is there any more: then the deck has no terminal either."""
        while told := self._heard():
            self._answers.put(told)
        if not self._over:
            self._answers.put(b"")
            self._leave()

    def _heard(self) -> bytes:
        try:
            return self._line.recv(papers.LARGEST)
        except OSError:
            return b""

    def _leave(self) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(LEAVES_S)
        os.kill(os.getpid(), signal.SIGKILL)
