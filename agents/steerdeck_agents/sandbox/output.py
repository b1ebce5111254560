"""What a command prints: head and tail in bounded memory, the whole in a file, live text passed on.

A thread of its own reads the pipe, so neither a flood nor a slow disk holds up the runtime's loop.
"""

import codecs
import errno
import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

from steerdeck_agents.gate.secret_marks import at_work
from steerdeck_agents.gate.secret_stream import ByteStream

HEAD_TAIL = 32 * 1024
"""Bytes of UTF-8 the model and the transcript get at most."""
LIVE = 8 * 1024
LIVE_EVERY_S = 0.05
CAP = 100 * 1024 * 1024
KEPT = 8 * 1024 * 1024
"""Bytes of a complete output that are stored; of a longer one its two ends."""
_CHUNK = 64 * 1024
_HELD_S = 0.05
"""How long an unfinished word waits for its rest before a prompt is taken for one."""


def _mark(problem: UnicodeError) -> tuple[str, int]:
    assert isinstance(problem, UnicodeDecodeError)
    wrong = problem.object[problem.start : problem.end]
    return "".join(f"⟨{byte:02X}⟩" for byte in wrong), problem.end


codecs.register_error("steerdeck-marks", _mark)


def readable(data: bytes) -> str:
    """UTF-8 text; each byte that is none becomes a visible mark such as `⟨FF⟩`."""
    return data.decode("utf-8", "steerdeck-marks")


def kept_of(spool: Path, most: int = KEPT) -> bytes:
    """A complete output for the journal; of more than `most` its two ends around a mark."""
    with spool.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        if size <= most:
            return file.read()
        half = most // 2
        head = file.read(half)
        file.seek(size - half)
        mark = f"\n[… {size - 2 * half:,} of {size:,} bytes are left out here …]\n"
        return head + mark.encode() + file.read()


class HeadTail:
    """The two ends of a stream of bytes, in bounded memory."""

    def __init__(self) -> None:
        self.total = 0
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.total += len(data)
        missing = HEAD_TAIL // 2 - len(self._head)
        if missing > 0:
            self._head += data[:missing]
            data = data[missing:]
        self._tail += data
        if len(self._tail) > HEAD_TAIL:
            del self._tail[: -HEAD_TAIL // 2]

    def kept(self) -> bytes:
        """What is there: everything as long as `total` is at most HEAD_TAIL."""
        return bytes(self._head + self._tail)

    def give_back(self, size: int) -> bytes:
        """Forget the last bytes (fewer than are kept) and return them."""
        back = self.kept()[-size:]
        from_tail = min(size, len(self._tail))
        del self._tail[len(self._tail) - from_tail :]
        del self._head[len(self._head) - (size - from_tail) :]
        self.total -= size
        return back

    def text(self) -> str:
        """The whole, or its two ends around a mark that says how many bytes are missing."""
        if self.total <= HEAD_TAIL:
            text = readable(self.kept())
            if len(text.encode()) <= HEAD_TAIL:
                return text
        half = HEAD_TAIL // 2 - 40
        behind = bytes(self._tail[-HEAD_TAIL // 2 :])
        head, cut_head = _fit(bytes(self._head), half, from_end=False)
        tail, cut_tail = _fit(behind, half, from_end=True)
        cut = self.total - len(self._head) - len(behind) + cut_head + cut_tail
        return f"{head}\n[… {cut:,} bytes cut here …]\n{tail}"


class Collector:
    """Takes every byte of one command's output and keeps what is needed of it."""

    def __init__(self, spool: Path, *, cap: int = CAP, allowed: str | None = "") -> None:
        """`allowed`: secrets that may be shown, since the developer said so; any when None."""
        self.full = False
        self.problem = ""
        """Why the complete output could not be kept, in words."""
        self._cap = cap
        self._spool = spool
        self._file: int | None = None
        self._kept = False
        self.ends = HeadTail()
        self._waiting = bytearray()
        self._passed_over = 0
        redactor = at_work()
        self._clean = ByteStream(redactor, allowed) if redactor and allowed is not None else None

    def add(self, data: bytes) -> None:
        """Take the next bytes; sets `full` when the cap is reached and drops the rest.

        An unfinished word may be the beginning of a secret: it waits for the next bytes, for
        `idle` or for `end`.
        """
        self._take(self._clean.feed(data) if self._clean else data)

    def idle(self) -> None:
        """Nothing was printed for a while: take what hardly begins a secret."""
        if self._clean is not None:
            self._take(self._clean.idle())

    def end(self) -> None:
        """Nothing more will be printed: take what was held back."""
        if self._clean is not None:
            self._take(self._clean.rest())

    def _take(self, data: bytes) -> None:
        room = self._cap - self.total
        if len(data) >= room:
            data, self.full = data[:room], True
        if self.total + len(data) > HEAD_TAIL:
            self._write(data)
        self._wait(data)
        self.ends.add(data)

    @property
    def total(self) -> int:
        """Bytes taken."""
        return self.ends.total

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def live(self, *, last: bool = False) -> str:
        """The text since the last call, at most 8 KiB; what had to be left out is named."""
        whole = len(self._waiting) - (0 if last else unfinished(self._waiting))
        data, self._waiting = bytes(self._waiting[:whole]), self._waiting[whole:]
        text, cut = _fit(data, LIVE - 80, from_end=True)
        cut, self._passed_over = cut + self._passed_over, 0
        return f"\n[… {cut:,} bytes not shown live …]\n{text}" if cut else text

    def close(self) -> Path | None:
        """Finish; the file with the complete output, or None when `head_tail` says it all."""
        if self._file is None and not self.problem:
            try:
                self.ends.kept().decode()
            except UnicodeDecodeError:
                self._write(b"")
        if self._file is not None:
            os.close(self._file)
            self._file = None
            self._kept = not self.problem
        return self._spool if self._kept else None

    def head_tail(self) -> str:
        """The output, at most 32 KiB of it: see `HeadTail.text`."""
        return self.ends.text()

    def _wait(self, data: bytes) -> None:
        self._waiting += data
        if len(self._waiting) > LIVE:
            self._passed_over += len(self._waiting) - LIVE
            del self._waiting[:-LIVE]

    def _write(self, data: bytes) -> None:
        if self.problem:
            return
        try:
            if self._file is None:
                self._spool.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
                self._file = os.open(self._spool, flags, 0o600)
                data = self.ends.kept() + data
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as problem:
            self.problem = f"The complete output could not be kept: {problem.strerror}."


class Pump(threading.Thread):
    """Reads a pipe into a collector until its end, its cap, or `finish`.

    `on_text` and `on_end` are called in this thread; the caller brings them to its loop.
    """

    def __init__(
        self,
        pipe: int,
        collector: Collector,
        on_text: Callable[[str], None],
        on_end: Callable[[], None],
    ) -> None:
        super().__init__(name="command output", daemon=True)
        self._pipe = pipe
        self._collector = collector
        self._on_text = on_text
        self._on_end = on_end
        self._woken, self._wake = os.pipe()

    def finish(self) -> None:
        """Take what is in the pipe now and end; for writers that never close it."""
        os.write(self._wake, b"x")

    def close(self) -> None:
        """Give back the file descriptors; after the thread has ended."""
        for descriptor in (self._pipe, self._woken, self._wake):
            os.close(descriptor)

    def run(self) -> None:
        try:
            self._follow()
        finally:
            # Whoever waits for its end would wait for ever.
            self._on_end()

    def _follow(self) -> None:
        ready = select.poll()
        ready.register(self._pipe, select.POLLIN)
        ready.register(self._woken, select.POLLIN)
        shown = 0.0
        left = -1
        held = False
        while left and not self._collector.full:
            pause = shown + LIVE_EVERY_S - time.monotonic() if self._collector.waiting else None
            if pause is None and held:
                pause = _HELD_S
            seen = {fd for fd, _ in ready.poll(None if pause is None else max(0, pause * 1000))}
            if self._woken in seen:
                left = left - 1 if left > 0 else 16
                if self._pipe not in seen:
                    break
            if self._pipe in seen:
                data = self._read()
                if not data:
                    break
                self._collector.add(data)
                held = True
            elif held:
                held = False
                self._collector.idle()
            if self._collector.waiting and time.monotonic() >= shown + LIVE_EVERY_S:
                self._show(last=False)
                shown = time.monotonic()
        self._collector.end()
        self._show(last=True)

    def _read(self) -> bytes:
        """The next bytes; none at the end, which a terminal tells by an error (EIO)."""
        try:
            return os.read(self._pipe, _CHUNK)
        except OSError as problem:
            if problem.errno != errno.EIO:
                raise
            return b""

    def _show(self, *, last: bool) -> None:
        text = self._collector.live(last=last)
        if text:
            self._on_text(text)


def unfinished(data: bytes | bytearray) -> int:
    """How many bytes at the end begin a character whose rest has not come yet (0 to 3)."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if needed > back else 0
        if byte < 0x80:
            break
    return 0


def _fit(data: bytes, room: int, *, from_end: bool) -> tuple[str, int]:
    """The most of one end of `data` whose text has at most `room` bytes, and how many it leaves."""
    size = min(len(data), room)
    while True:
        part = _whole(data[len(data) - size :], len(data) > size) if from_end else data[:size]
        if not from_end and len(data) > size:
            part = part[: len(part) - unfinished(part)]
        text = readable(part)
        width = len(text.encode())
        if width <= room:
            return text, len(data) - len(part)
        size = min(size - 1, size * room // width)


def _whole(part: bytes, cut: bool) -> bytes:
    """Without the rest of a character that a cut before it has split."""
    skip = 0
    while cut and skip < min(3, len(part)) and part[skip] & 0xC0 == 0x80:
        skip += 1
    return part[skip:]
