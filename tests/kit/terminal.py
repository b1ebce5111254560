"""A real terminal for tests: a program on a pseudo-terminal, and the screen a person would see.

A thread reads all the time, as terminals do, so a program is never held up by a test that looks
elsewhere. The child gets its terminal without `fork` in this process, which has threads.
"""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

PATIENCE_S = 40.0
"""The longest a test waits for anything; nothing is ever measured by it."""

_LEAD = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
"""What the child does first: make the pseudo-terminal its controlling one (SIGWINCH, SIGHUP)."""

_OPEN = re.compile(rb"\x1b(?:\[[0-9;:<>=?$ ]*|\][^\x07\x1b]*|P[^\x1b]*)?\Z")
"""A sequence that has begun and not ended; its rest comes with the next bytes."""
_UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1bP[^\x1b]*\x1b\\")
"""Kitty's keyboard protocol and DCS, which pyte would print."""
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_STACKS = re.compile(rb"\x1b\[(?:([<>])[0-9;]*u|\?1049([hl]))")

ANSWERS = {
    b"\x1b[c": b"\x1b[?62;22c",
    b"\x1b[0c": b"\x1b[?62;22c",
    b"\x1b[?u": b"\x1b[?0u",
    b"\x1b[?2026$p": b"\x1b[?2026;2$y",
    b"\x1b[?2048$p": b"\x1b[?2048;0$y",
}
"""What a terminal says when it is asked (xterm control sequences; 2026: synchronised output)."""

_WHERE = re.compile(rb"(?:\x1b\[(\d+);(\d+)H)?\x1b\[6n")
"""What asks for the cursor's place, with what put it there."""

_LEFT_ON = {
    1: "application cursor keys", 1000: "mouse", 1002: "mouse drag", 1003: "mouse movement",
    1004: "focus reports", 1006: "mouse coordinates", 1015: "mouse coordinates (urxvt)",
    1016: "mouse pixels", 1049: "alternate screen", 2004: "bracketed paste",
    2026: "synchronised output", 2048: "size reports",
}  # fmt: skip

KEYS = {
    "enter": "\r", "tab": "\t", "escape": "\x1b", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "shift+tab": "\x1b[Z",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "home": "\x1b[H", "end": "\x1b[F",
    "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f8": "\x1b[19~",
}  # fmt: skip


def bytes_of(key: str) -> bytes:
    """What a terminal sends for a key named as in the keymap, or for plain text."""
    if key in KEYS:
        return KEYS[key].encode()
    if key.startswith("ctrl+") and len(key) == 6:
        return bytes([ord(key[-1]) & 0x1F])
    if key.startswith("alt+") and len(key) > 4:
        return b"\x1b" + bytes_of(key.removeprefix("alt+"))
    return key.encode()


class Terminal:
    """One program on one terminal; a context manager that leaves no process behind."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 200,
        rows: int = 50,
        folder: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.sent = b""
        """Every byte the program wrote."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self._changed = threading.Condition()
        self._ended = False
        self._master, slave = os.openpty()
        _set_size(self._master, columns, rows)
        self.child = subprocess.Popen(
            [sys.executable, "-c", _LEAD, *argv],
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=folder,
            env=dict(environ if environ is not None else os.environ),
        )  # fmt: skip
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # what is seen

    def screen(self) -> str:
        """The screen as lines of text, blanks at their ends left out."""
        with self._changed:
            return self._text()

    def find(self, text: str) -> tuple[int, int] | None:
        """Column and row of a text on the screen, from 0; None when it is not there."""
        for y, line in enumerate(self.screen().split("\n")):
            if (x := line.find(text)) >= 0:
                return x, y
        return None

    def cursor(self) -> tuple[int, int]:
        with self._changed:
            return self._screen.cursor.x, self._screen.cursor.y

    def wait_for(self, wanted: str | Callable[[str], object], within_s: float = PATIENCE_S) -> str:
        """Wait until a text is on the screen, or a look at the screen says yes; the screen."""
        ready = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        with self._changed:
            met = self._changed.wait_for(lambda: ready(self._text()) or self._ended, within_s)
            text = self._text()
        if not met or not ready(text):
            what = repr(wanted) if isinstance(wanted, str) else "what was waited for"
            how = "ended" if self._ended else f"did not come in {within_s:.0f} s"
            raise AssertionError(f"{what}: the program {how}; the screen was:\n{text}")
        return text

    def wait_gone(self, text: str, within_s: float = PATIENCE_S) -> str:
        """Wait until a text has left the screen."""
        return self.wait_for(lambda screen: text not in screen, within_s)

    def wait_end(self, within_s: float = PATIENCE_S) -> int:
        """Wait until the program is gone and all it wrote was read; its exit code."""
        code = self.child.wait(within_s)
        self._reader.join(5.0)
        return code

    def left_on(self) -> list[str]:
        """What the program has switched on in the terminal and not off again."""
        modes: dict[int, bool] = {}
        for numbers, how in _MODE.findall(self.sent):
            modes.update(dict.fromkeys(map(int, numbers.split(b";")), how == b"h"))
        found = [name for number, name in _LEFT_ON.items() if modes.get(number)]
        if not modes.get(25, True):
            found.append("hidden cursor")
        if not modes.get(7, True):
            found.append("no wrapping")
        return [*found, "kitty keyboard"] if self._kitty() else found

    def _kitty(self) -> int:
        """How many keyboard modes are pushed on the main screen; the alternate one has its own."""
        pushed, screen = [0, 0], 0
        for match in _STACKS.finditer(self.sent):
            if sign := match[1]:
                pushed[screen] = max(0, pushed[screen] + (1 if sign == b">" else -1))
            else:
                screen = match[2] == b"h"
        return pushed[screen]

    # what is done

    def press(self, *keys: str) -> None:
        """Press keys named as in the keymap (`enter`, `alt+.`, `ctrl+c`, `y`), or type text."""
        for key in keys:
            self.send(bytes_of(key))

    def send(self, data: bytes | str) -> None:
        """Send exactly this, all at once."""
        rest = memoryview(data.encode() if isinstance(data, str) else data)
        while rest:
            rest = rest[os.write(self._master, rest) :]

    def resize(self, columns: int, rows: int) -> None:
        with self._changed:
            self._screen.resize(rows, columns)
        _set_size(self._master, columns, rows)

    def signal(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def hang_up(self) -> None:
        """Close the terminal, as a dropped line does."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def stop_reading(self) -> None:
        """Take nothing any more, as a line does into which everything vanishes."""
        self._ended = True
        self._reader.join(5.0)

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(10)
        self._ended = True
        self._reader.join(5.0)
        self.hang_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # reading

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def _read(self) -> None:
        while not self._ended:
            try:
                ready, _, _ = select.select([self._master], [], [], 0.05)
                data = os.read(self._master, 65536) if ready else None
            except (OSError, ValueError):
                break
            if data is None:
                continue
            if not data:
                break
            try:
                self._take(data)
            except OSError:
                # It was hung up before an answer of it could be given.
                break
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self.sent += data
            data, self._rest = self._rest + data, b""
            if (cut := _OPEN.search(data)) is not None and len(data) - cut.start() < 4096:
                data, self._rest = data[: cut.start()], data[cut.start() :]
            self._stream.feed(_UNKNOWN.sub(b"", data))
            self._changed.notify_all()
        for question, answer in ANSWERS.items():
            for _ in range(data.count(question)):
                os.write(self._master, answer)
        for row, column in _WHERE.findall(data):
            os.write(self._master, b"\x1b[%s;%sR" % (row or b"1", column or b"1"))


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
