"""The safe driver: no byte a terminal sends can end the deck, no terminal that left can block it.

Textual 8.2.8 dies of a kitty key with an event type (what a crashed program leaves switched on), of
a code point out of range and of a byte that is not UTF-8; Alt+Enter arrives as Enter and submits; a
paste with an escape in it is typed; a terminal that went away leaves a dead writer thread and a
queue that fills. Each is mended here.
"""

import codecs
import os
import selectors
import sys
from collections.abc import Callable, Iterable
from io import TextIOBase
from time import monotonic, sleep
from typing import Any

from textual import events
from textual.app import App
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from steerdeck.output import seam
from steerdeck.output.last_frame import ALTERNATE, taken_over
from steerdeck.output.notices import VERSION_QUERY
from steerdeck.output.pacing import ROW
from steerdeck.output.pastes import Paste, PasteReader
from steerdeck.output.version import VersionReader

_HELD = 0.02
"""Seconds that the beginning of a mark is waited on; a lone Escape must not feel slow."""
_PRESSED = (events.Key, events.Paste, events.MouseDown, events.MouseScrollDown,
            events.MouseScrollUp)  # fmt: skip
_LARGEST = 4000
"""Columns or rows beyond which a reported size is no terminal's."""


class PatientFile(TextIOBase):
    """The terminal as a file of UTF-8 text that swallows all once the terminal is gone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.gone = False

    def write(self, text: str) -> int:
        data = memoryview(text.encode("utf-8", "replace"))
        while data and not self.gone:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:
                self._wait()
            except OSError:
                self.gone = True
        return len(text)

    def _wait(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._descriptor, selectors.EVENT_WRITE)
            selector.select(1.0)

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


class SafeDriver(LinuxDriver):
    """Textual's driver for Linux and macOS with its own reader and writer."""

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.deck = app
        self.measured: Callable[[int], object] | None = None
        """Called once, on the app's loop, with the column a cursor report names, from 0."""
        self.versioned: Callable[[str], object] | None = None
        """Called once, on the app's loop, with what the terminal says that it is."""
        self.answered: Callable[[int, float], object] | None = None
        """Called in the input's thread with the number of a pacer's question, and when it came."""
        self.awaits: Callable[[], tuple[int, float]] = lambda: (-1, 0.0)
        """The newest such question without an answer, and how many seconds that may take."""
        self.pressed_at = 0.0
        """When the last key came, on the clock of `monotonic`."""
        self._heard = -1
        self._version = VersionReader()
        if sys.__stderr__ is not None:
            seam.write_to(self, PatientFile(sys.__stderr__.fileno()))

    def write(self, data: str) -> None:
        """Write data, but enter the other screen once: the last deck's frame may stand there."""
        if data != ALTERNATE or not taken_over():
            super().write(data)

    def run_input_thread(self) -> None:
        """Read until the app ends; the end of the terminal's input ends the app."""
        parser, pastes = seam.SafeParser(), PasteReader()
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_HELD if pastes.holds else 0.1):
                    data = self._read()
                    if not data:
                        self.deck.call_later(self.deck.exit, return_code=129)
                        return
                    self._take(parser, pastes.feed(self._unversioned(decode(data)), monotonic()))
                else:
                    self._take(parser, pastes.rest(monotonic()))
                self._send(parser.tick())

    def _unversioned(self, text: str) -> str:
        """The input without the answer to our question, which is awaited but once."""
        if self.versioned is None:
            return text
        text = self._version.feed(text)
        if self._version.version:
            heard, self.versioned = self.versioned, None
            self.deck.call_later(heard, self._version.version)
        return text

    def _take(self, parser: seam.SafeParser, inputs: Iterable[str]) -> None:
        for text in inputs:
            if isinstance(text, Paste):
                self.process_message(events.Paste(text.replace("\x00", "")))
            else:
                self._send(parser.feed(text))

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _send(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Pass a message on, but for a size no terminal has and the answer to our own question."""
        if isinstance(message, events.CursorPosition):
            self._told(message)
            return
        if isinstance(message, _PRESSED):
            self.pressed_at = monotonic()
        if isinstance(message, events.Resize):
            width, height = message.size
            if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
                return
        super().process_message(message)

    def _told(self, message: events.CursorPosition) -> None:
        """Nobody but us asks where the cursor is; the row says who of us did."""
        if message.y == ROW:
            self._heard = message.x
            if self.answered is not None:
                self.answered(message.x, monotonic())
        elif self.measured is not None:
            heard, self.measured = self.measured, None
            self.deck.call_later(heard, message.x)

    def disable_input(self) -> None:
        """Read no more, but first what was asked for: it would be typed into what comes next."""
        tag, within_s = self.awaits()
        until = monotonic() + within_s
        while tag >= 0 and self._heard != tag and monotonic() < until and self._reads():
            sleep(0.005)
        super().disable_input()

    def _reads(self) -> bool:
        return self._key_thread is not None and self._key_thread.is_alive()


def ask_version(app: App[Any], heard: Callable[[str], object]) -> None:
    """Ask the terminal what it is; `heard` is called when it answers, which many never do."""
    driver = seam.driver_of(app)
    if isinstance(driver, SafeDriver):
        driver.versioned = heard
        driver.write(VERSION_QUERY)


def send(app: App[Any], sequence: str) -> None:
    """Write a sequence of ours to the app's terminal; nothing where there is none."""
    driver = seam.driver_of(app)
    if isinstance(driver, SafeDriver):
        driver.write(sequence)
        driver.flush()


def driver_class() -> type[Driver] | None:
    """The driver for this process; None leaves the choice to Textual (tests, a browser)."""
    if os.environ.get("TEXTUAL_DRIVER") or os.name != "posix":
        return None
    if sys.__stdin__ is None or sys.__stderr__ is None:
        return None
    return SafeDriver
