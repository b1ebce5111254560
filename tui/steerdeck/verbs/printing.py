"""Everything a verb prints: data to the standard output, messages to the standard error.

Foreign text passes the sanitiser here and nowhere else, so no verb can forget it. JSON keeps every
character: what a terminal could obey is written as an escape of JSON.
"""

import asyncio
import os
import sys
import termios
from collections.abc import Callable, Sequence
from typing import TextIO, TypeVar

import msgspec

from steerdeck_agents.facts.inert import inert
from steerdeck_agents.share.json_text import printable

Line = TypeVar("Line")


def out(text: str) -> None:
    """A line of data."""
    _print(inert(text), sys.stdout)


def err(text: str) -> None:
    """A message for the person at the terminal."""
    _print(inert(text), sys.stderr)


def put(text: str) -> None:
    """The beginning of a line, whose rest somebody types."""
    sys.stdout.write(inert(text))
    sys.stdout.flush()


def out_json(value: object) -> None:
    """One value as one line of JSON."""
    out_stored(msgspec.json.encode(value).decode())


def out_stored(text: str) -> None:
    """A stored JSON text: byte for byte into a pipe, with escapes on a terminal."""
    _print(printable(text) if sys.stdout.isatty() else text, sys.stdout)


def out_table(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> None:
    """Rows in columns as wide as they need; the columns in `right` are numbers."""
    clean = [[inert(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    for row in clean:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        _print("  ".join(cells).rstrip(), sys.stdout)


def out_lines(
    lines: Sequence[Line], row: Callable[[Line], Sequence[str]], none: str, *, as_json: bool
) -> None:
    """Lines as a table or as JSON; without any a person is told so."""
    if as_json:
        out_json(lines)
    elif lines:
        out_table([row(line) for line in lines])
    else:
        err(none)


def progress(text: str) -> None:
    """How far something long has come, in place of what stood there; empty clears the line.

    Only a terminal shows it.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{inert(text)}")
        sys.stderr.flush()


def is_terminal() -> bool:
    """Whether somebody can be asked: both the question and the answer go to a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


async def ask(question: str) -> str:
    """The line somebody types on the terminal after the question; empty at the end of the input.

    What was typed before it was asked answers nothing. It is waited for without a thread, which
    Ctrl+C could not end.
    """
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    sys.stderr.write(f"{inert(question)} ")
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()
    keyboard = sys.stdin.fileno()
    typed = bytearray()

    def read() -> None:
        data = os.read(keyboard, 4096)
        typed.extend(data)
        if (not data or b"\n" in data) and not line.done():
            line.set_result(typed.decode("utf-8", "replace").strip())

    loop.add_reader(keyboard, read)
    try:
        return await line
    finally:
        loop.remove_reader(keyboard)


async def confirmed(question: str) -> bool:
    return (await ask(f"{question} [y/N]")).lower() in ("y", "yes")


def make_outputs_safe() -> None:
    """Characters an old locale can't show are written as escapes, and never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def drop_output(stream: TextIO) -> None:
    """Nobody reads this output any more: what Python still holds for it goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _print(text: str, stream: TextIO) -> None:
    stream.write(f"{text}\n")
    stream.flush()
