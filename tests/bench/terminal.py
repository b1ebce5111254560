"""A terminal to measure in: a program on a real pseudo-terminal, with a time on every chunk.

A thread reads all the time and answers what programs ask of a terminal, as xterm would; nothing is
drawn, so a fast stream is never slowed by the rig. The program is spawned without `fork` and
without a program before it, since its start is one of the things measured.
"""

import fcntl
import os
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

COLUMNS, ROWS = 200, 50
WIDE = 430
"""Columns that hold eight lanes side by side."""
PATIENCE_S = 40.0
RARE = [chr(code) for code in (*range(0x410, 0x450), *range(0x391, 0x3A2), *range(0x3B1, 0x3CA))]
"""Letters no program under test writes by itself: the first chunk that holds one is its echo."""
_LOST_S = 5.0
_ECHOES_S = 20.0
A_LETTER_S, PAUSE_S = 0.004, 0.05
"""Between letters, and before Enter: the shortest that every program measured takes. Without any
Codex takes the task for a paste, and its Enter for a line in it."""
_TICKS = os.sysconf("SC_CLK_TCK")
_QUERY = re.compile(
    rb"\x1b\[(?P<device>[>=]?)0?c|(?:\x1b\[(?P<place>\d+;\d+)H)?\x1b\[(?P<report>\??[56])n"
    rb"|\x1b\[\?(?P<mode>\d+)\$p"
    rb"|\x1b\[(?P<kitty>\?)u|\x1b\[(?P<version>>)0?q"
    rb"|\x1b\](?P<colour>1[0-2]);\?(?:\x07|\x1b\\)"
)
_KNOWN_MODES = {1, 7, 25, 1000, 1002, 1003, 1004, 1006, 1049, 2004, 2026}
_DRAWN = 60_000
_UNDRAWN = re.compile(rb"\x1b\[[<>=?][0-9;]*\$?[A-Za-z]|\x1b[P_][^\x1b]*\x1b\\")
"""What pyte would print, or need not know: private modes, keyboards, pictures."""
_FRAME = b"\x1b[?2026h"


class Terminal:
    """One program on a terminal of its own."""

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        columns: int = COLUMNS,
        rows: int = ROWS,
    ) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        name = os.ttyname(slave)
        self._chunks: list[tuple[float, bytes]] = []
        self._more = threading.Condition()
        self._tail = b""
        self._ended = False
        self.bytes = 0
        self.frames = 0
        self.began = time.perf_counter()
        # Opened by the leader of a new session, a terminal becomes its controlling one.
        self.pid = os.posix_spawn(
            argv[0],
            argv,
            {**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
            setsid=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def now(self) -> float:
        """Seconds since the spawn."""
        return time.perf_counter() - self.began

    @property
    def chunks(self) -> int:
        return len(self._chunks)

    @property
    def first_byte(self) -> float:
        """Seconds from the spawn to the first byte."""
        return self._chunks[0][0]

    def wait_for(self, text: str, after: int = 0, timeout_s: float = PATIENCE_S) -> float | None:
        """When the first chunk came that completes these bytes; None when it did not.

        Seconds since the spawn; `after` is the number of the first chunk to look at.
        """
        wanted = text.encode()
        until = self.now() + timeout_s
        seen = b""
        at = after
        while True:
            with self._more:
                while at >= len(self._chunks):
                    left = until - self.now()
                    if left <= 0 or self._ended:
                        return None
                    self._more.wait(left)
                came, data = self._chunks[at]
            at += 1
            seen = seen[-len(wanted) :] + data
            if wanted in seen:
                return came

    def drawn(self, text: str, after: int = 0) -> float | None:
        """When these words stood on the screen, drawn whole or bit by bit; as `wait_for` tells it.

        Only the last of what was written is drawn: a screenful that matters is in it.
        """
        chunks = self._chunks[after:]
        size = 0
        for number, (_, data) in enumerate(reversed(chunks), start=1):
            size += len(data)
            if size > _DRAWN:
                chunks = chunks[-number:]
                break
        screen = pyte.Screen(COLUMNS, ROWS)
        stream = pyte.ByteStream(screen)
        for came, data in chunks:
            stream.feed(_UNDRAWN.sub(b"", data))
            if any(text in line for line in screen.display):
                return came
        return None

    def number_of(self, text: str) -> int:
        """The number of the first chunk with these bytes; that of the next one when none has."""
        wanted = text.encode()
        found = (at for at, (_, data) in enumerate(self._chunks) if wanted in data)
        return next(found, self.chunks)

    def send(self, text: str) -> None:
        os.write(self._master, text.encode())

    def type(self, text: str) -> int:
        """Write a task as a fast hand does, up to Enter; the number of the first chunk after it."""
        for letter in text:
            self.send(letter)
            time.sleep(A_LETTER_S)
        time.sleep(PAUSE_S)
        return self.chunks

    def echoes(self, letters: Iterable[str], gap_s: float = 0.11) -> list[float]:
        """Milliseconds from a typed letter to its bytes on the wire, one for each letter.

        A letter that does not show in time counts as that time; a program that is slow to answer
        is asked less often.
        """
        took = []
        until = self.now() + _ECHOES_S
        for number, letter in enumerate(letters, start=1):
            after, sent = self.chunks, self.now()
            if sent > until:
                break
            self.send(letter)
            came = self.wait_for(letter, after, _LOST_S)
            took.append(_LOST_S * 1000 if came is None else (came - sent) * 1000)
            if number % 16 == 0:
                self.send("\x7f" * 16)
            # Not in step with any frame clock.
            time.sleep(gap_s + number * 7919 % 50 / 1000)
        return took

    def text(self) -> str:
        """All that was written, for a look at what went wrong."""
        return b"".join(data for _, data in self._chunks).decode("utf-8", "replace")

    def wait_end(self, timeout_s: float = 5.0) -> bool:
        """Whether it ended by itself in time."""
        until = self.now() + timeout_s
        while self.pid and self.now() < until:
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                self.pid = 0
            else:
                time.sleep(0.01)
        return not self.pid

    def close(self) -> None:
        """Ask it to end, then make it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.pid:
                os.kill(self.pid, number)
                self.wait_end(3)
        self._ended = True
        self._reader.join(1)
        os.close(self._master)

    def _read(self) -> None:
        while not self._ended:
            if not select.select([self._master], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self._master, 65_536)
            except OSError:
                data = b""
            came = self.now()
            if data:
                self._answer(data)
            with self._more:
                self._ended = self._ended or not data
                if data:
                    self._chunks.append((came, data))
                    self.bytes += len(data)
                    self.frames += data.count(_FRAME)
                self._more.notify_all()

    def _say(self, data: bytes) -> None:
        os.write(self._master, data)

    def _answer(self, data: bytes) -> None:
        heard = self._tail + data
        end = 0
        for asked in _QUERY.finditer(heard):
            end = asked.end()
            with suppress(OSError):
                self._say(_said(asked))
        rest = heard[end:]
        escape = rest.find(b"\x1b", max(0, len(rest) - 24))
        self._tail = rest[escape:] if escape >= 0 else b""


def _said(asked: re.Match[bytes]) -> bytes:
    """What xterm says to a query (xterm control sequences; kitty's keyboard protocol)."""
    value = asked[asked.lastgroup or 0]
    match asked.lastgroup:
        case "device":
            return {b"": b"\x1b[?64;1;22c", b">": b"\x1b[>41;370;0c"}.get(value, b"")
        case "report":
            return b"\x1b[0n" if value.endswith(b"5") else b"\x1b[%sR" % (asked["place"] or b"1;1")
        case "mode":
            return b"\x1b[?%s;%d$y" % (value, 2 if int(value) in _KNOWN_MODES else 0)
        case "kitty":
            return b"\x1b[?0u"
        case "version":
            return b"\x1bP>|XTerm(370)\x1b\\"
        case _:
            return b"\x1b]%s;rgb:1e1e/1e1e/1e1e\x1b\\" % value


def cpu_s(*pids: int) -> float:
    """CPU of processes and the children they have waited for, in seconds (proc(5), 10 ms fine)."""
    spent = 0
    for pid in pids:
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            spent += sum(map(int, fields[11:15]))
    return spent / _TICKS


def waited_s(*pids: int) -> float:
    """How long the main threads of processes were ready and had no core (proc(5), schedstat)."""
    waited = 0
    for pid in pids:
        with suppress(OSError):
            waited += int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    return waited / 1e9


def pss_mb(*pids: int) -> float:
    """Memory of processes, shared pages by their share, in MB (proc(5), smaps_rollup)."""
    kilobytes = 0
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1000
