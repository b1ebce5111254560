"""Eight sessions at 100 tokens a second each: CPU, bytes on the wire, keys answered.

Everything is as in use: model, runtime and deck are processes of their own, the sessions work in
workspaces. Against it stand eight of Textual's Markdown widgets fed at the same rate. On the wide
terminal all eight lanes are seen, as all eight widgets are; on the usual one the deck shows three.
The widgets take all of a core that they get and fall behind: on a machine that is busy elsewhere
their CPU is too small, which shows in how long they waited for a core.
"""

import time

import msgspec

from bench.goals import reached
from bench.harbour import app, harbour
from bench.rows import Row, median, number, share, within
from bench.terminal import COLUMNS, RARE, WIDE, Terminal, cpu_s, waited_s

LANES = 8
PACE = 100
TOLD = "inspect"
"""A word of what the agents say."""
MARKDOWN = "8 Markdown widgets"


class Streamed(msgspec.Struct, frozen=True):
    """What one program did while it streamed."""

    cpu: float
    """Per cent of a core."""
    waited: float
    """Per cent of the time that it was ready to run and another program had the core."""
    kilobytes: float
    """To the terminal, a second."""
    frames: float
    """A second."""
    echoes: list[float]
    """Milliseconds each."""
    runtime: float = 0.0
    """Per cent of a core that the runtime used."""


def measure(*, quick: bool = False) -> list[Row]:
    seconds, keys = (1.0, 5) if quick else (10.0, 60)
    rows = []
    for columns, across, where in (
        (WIDE, 8, f"{WIDE} columns"),
        (COLUMNS, 4, f"{COLUMNS} columns"),
    ):
        theirs = _markdown(columns, across, seconds, keys)
        ours = deck(LANES, columns, seconds, keys)
        rows += _rows(where, ours, theirs, wide=columns == WIDE)
    return rows


def _rows(where: str, ours: Streamed, theirs: Streamed, *, wide: bool) -> list[Row]:
    shown = "8 lanes shown" if wide else "8 streaming, 3 lanes shown"
    p50, p99 = median(ours.echoes), share(ours.echoes, 99)
    against50 = {"reference": median(theirs.echoes), "against": MARKDOWN}
    against99 = {"reference": share(theirs.echoes, 99), "against": MARKDOWN}
    if wide:
        rows = [
            reached("cpu-8", ours.cpu, reference=theirs.cpu, against=MARKDOWN,
                    besides=beside(ours)),
            reached("echo-p50", p50, **against50),
            reached("echo-p99", p99, **against99),
        ]  # fmt: skip
    else:
        rows = [
            within(f"CPU of the deck, {shown}, {where}", ours.cpu, "%", most=6, least_ratio=12,
                   reference=theirs.cpu, against=MARKDOWN),
            within("    key to echo, p50", p50, "ms", most=2, **against50),
            within("    key to echo, p99", p99, "ms", most=10, **against99),
        ]  # fmt: skip
    return [
        *rows,
        within(f"waited for a core, {shown}, {where}", ours.waited, "%", reference=theirs.waited,
               against=MARKDOWN),
        within("    CPU of the runtime", ours.runtime, "%"),
        within("    bytes to the terminal", ours.kilobytes, "kB/s", most=20,
               reference=theirs.kilobytes, against=MARKDOWN),
        within("    frames", ours.frames, "/s", reference=theirs.frames, against=MARKDOWN),
    ]  # fmt: skip


def beside(ours: Streamed) -> str:
    """The runtime's share, which is not in the deck's."""
    return f"the runtime besides {number(ours.runtime)} %, both {number(ours.cpu + ours.runtime)} %"


def deck(lanes: int, columns: int, seconds: float, keys: int) -> Streamed:
    """So many sessions stream into a deck that is so wide."""
    with harbour(PACE) as place:
        # Long enough for the start, the measuring, and the slowest machine in between.
        tokens = int((seconds + keys * 0.3 + 20) * PACE)
        place.start(*((f"lane-{number}", f"Say {tokens} x") for number in range(lanes)))
        place.wait_streaming(lanes)
        with place.deck(columns) as shown:
            if shown.wait_for("lane-0") is None:
                raise RuntimeError(f"the deck never came: {shown.text()[-2000:]!r}")
            return _watched(shown, seconds, keys, place.runtime)


def _markdown(columns: int, across: int, seconds: float, keys: int) -> Streamed:
    with app("markdown_lanes", str(across), columns=columns) as shown:
        if shown.wait_for("READY-MARKER") is None:
            raise RuntimeError(f"it never came: {shown.text()[-2000:]!r}")
        return _watched(shown, seconds, keys)


def _watched(shown: Terminal, seconds: float, keys: int, runtime: int = 0) -> Streamed:
    time.sleep(min(3.0, seconds))
    shown.send(RARE[-1])
    shown.wait_for(RARE[-1])
    shown.send("\x7f")
    first = shown.chunks
    began = _counts(shown, runtime)
    time.sleep(seconds)
    ended = _counts(shown, runtime)
    took, cpu, waited, ran, wrote, drew = (
        after - before for before, after in zip(began, ended, strict=True)
    )
    if shown.wait_for(TOLD, first) is None:
        raise RuntimeError("nothing of what the agents said was drawn, so there is nothing to tell")
    echoes = shown.echoes(RARE[number % len(RARE)] for number in range(keys))
    return Streamed(
        cpu=cpu / took * 100,
        waited=waited / took * 100,
        kilobytes=wrote / took / 1000,
        frames=drew / took,
        echoes=echoes,
        runtime=ran / took * 100,
    )


def _counts(shown: Terminal, runtime: int) -> tuple[float, float, float, float, int, int]:
    return (
        shown.now(), cpu_s(shown.pid), waited_s(shown.pid), cpu_s(runtime), shown.bytes,
        shown.frames,
    )  # fmt: skip
