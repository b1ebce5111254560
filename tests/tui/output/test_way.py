"""What streams waits for the line and keys do not: on a line whose time is a number."""

import asyncio
import re
from itertools import pairwise

import pytest
from pyte import Screen, Stream
from rich.color import ColorSystem
from rich.segment import Segment
from textual.strip import Strip

from kit.slow_line import Direction
from kit.virtual import VirtualClock, run
from steerdeck.output.backlog import FAR, NEAR, Fragment
from steerdeck.output.pacing import ROW, Pace, Pacer
from steerdeck.output.stage import Stage
from steerdeck.output.way import Way

COLUMNS, ROWS = 120, 40
PROMPT = ROWS - 1
LETTERS = [chr(code) for code in range(0x410, 0x450)]
"""Letters that nothing writes but a key."""
TRUE = ColorSystem.TRUECOLOR
_ASKED = re.compile(r"\x1b\[(\d+);(\d+)H\x1b\[6n")


def plain(text: str, width: int = COLUMNS) -> Strip:
    return Strip([Segment(text[:width].ljust(width))])


class Far:
    """A terminal at the far end of a line, which answers or does not."""

    def __init__(self, clock: VirtualClock, bytes_s: float, trip_s: float) -> None:
        self.clock, self.trip_s = clock, trip_s
        self.line = Direction(trip_s / 2, bytes_s)
        self.answers = True
        self.screen = Screen(COLUMNS, ROWS)
        self.stream: Stream | None = None
        """What is seen, where a test looks at it."""
        self.backlogs: list[float] = []
        self.written: list[float] = []
        self.way: Way
        self.taken = True
        self.key_at = -10.0
        self._waits: list[tuple[str, float]] = []
        self.echoes: list[float] = []

    def ready(self) -> bool:
        return self.taken

    def moved(self) -> bool:
        return False

    def system(self) -> ColorSystem:
        return TRUE

    def pressed_at(self) -> float:
        return self.key_at

    def repaint(self) -> None:
        raise AssertionError("the stage could not paint")

    def write(self, text: str) -> None:
        now = self.clock.seconds
        self.line.send(text.encode(), now)
        self.written.append(now)
        self.backlogs.append(self.line.backlog_s(now))
        loop = asyncio.get_running_loop()
        arrives = self.line.backlog_s(now) + self.trip_s / 2
        loop.call_later(arrives, self._show, text)

    def _show(self, text: str) -> None:
        if self.stream is not None:
            self.stream.feed(_ASKED.sub("", text))
        while self._waits and self._waits[0][0] in text:
            self.echoes.append(self.clock.seconds - self._waits.pop(0)[1])
        for row, column in _ASKED.findall(text):
            if self.answers and int(row) == ROW + 1:
                asyncio.get_running_loop().call_later(self.trip_s / 2, self._answer, int(column))

    def _answer(self, column: int) -> None:
        self.way.answered(column - 1, self.clock.seconds)

    def press(self, shown: str) -> None:
        """A key is on its way, and its echo is to be seen."""
        pressed = self.clock.seconds
        self._waits.append((shown, pressed))
        asyncio.get_running_loop().call_later(self.trip_s / 2, self._key, shown)

    def _key(self, shown: str) -> None:
        self.key_at = self.clock.seconds
        self.way.answering = True
        self.way.put([Fragment(PROMPT, 0, plain(shown))])
        self.way.answering = False
        self.way.pump()


class Streams:
    """Eight columns of text that move up again and again, drawn when there is room for a frame."""

    def __init__(self, way: Way, tall: int) -> None:
        self.way, self.step, self.tall = way, 0, tall

    def draw(self) -> None:
        if not self.way.idle:
            return
        self.step += 1
        width = COLUMNS // 8
        for lane in range(8):
            for y in range(self.tall):
                words = f"{self.step * 7919 + y * 31 + lane * 17:x} words"
                rows = self.way.stage.news(lane * width, y, [plain(words, width)])
                self.way.put(rows, FAR)
        self.way.pump()


def made(
    bytes_s: float, trip_s: float, pacer: Pacer | None = None, *, seen: bool = False
) -> tuple[VirtualClock, Far]:
    clock = VirtualClock()
    far = Far(clock, bytes_s, trip_s)
    far.stream = Stream(far.screen) if seen else None
    far.way = Way(Stage(), pacer or Pacer("ssh"), far, clock.monotonic)
    return clock, far


def busy(
    clock: VirtualClock, far: Far, seconds: float, *, keys: bool = True, tall: int = PROMPT
) -> None:
    """Streams for so long while somebody types eight letters a second."""

    async def typed() -> None:
        far.way.probe()
        streams = Streams(far.way, tall)
        ends, number = clock.seconds + seconds, 0
        while clock.seconds < ends:
            streams.draw()
            await asyncio.sleep(0.05)
            number += 1
            if keys and number % 3 == 0 and clock.seconds > 5:
                far.press(LETTERS[number % len(LETTERS)])
        await asyncio.sleep(10)

    run(clock, typed())


@pytest.mark.parametrize(
    ("bytes_s", "trip_s", "echo_s", "backlog_s"),
    [(20_000, 0.1, 0.25, 0.5), (5_000, 0.3, 1.0, 1.0), (100_000, 0.05, 0.2, 0.5)],
)
def test_keys_are_answered_in_time_whatever_streams(
    bytes_s: float, trip_s: float, echo_s: float, backlog_s: float
) -> None:
    clock, far = made(bytes_s, trip_s)
    busy(clock, far, 20)
    assert len(far.echoes) > 80
    assert max(far.echoes) <= echo_s
    assert max(far.backlogs) <= backlog_s
    assert far.line.carried > 10_000, "something streamed meanwhile"


def test_without_pacing_the_same_line_falls_behind_without_end() -> None:
    pacer = Pacer("local")
    pacer.deaf = True
    clock, far = made(20_000, 0.1, pacer)
    busy(clock, far, 4, keys=False)
    assert max(far.backlogs) > 2


def test_the_line_is_known_after_a_moment_and_a_slow_one_is_drawn_for_leanly() -> None:
    clock, far = made(5_000, 0.3)
    busy(clock, far, 20)
    reading = far.way.pacer.reading
    assert reading.pace == "lean" and not reading.by_hand
    assert 290 <= reading.trip_ms <= 400
    assert 3 <= reading.rate_kb <= 7


def test_a_fast_line_to_somewhere_else_stays_as_it_began() -> None:
    clock, far = made(2_000_000, 0.02)
    busy(clock, far, 20)
    assert far.way.pacer.reading.pace == "ssh"
    assert far.line.carried / 30 <= 20_000


def test_what_the_terminal_shows_in_the_end_is_what_was_drawn_last() -> None:
    clock, far = made(20_000, 0.1, seen=True)
    drawn: list[str] = []

    async def work() -> None:
        far.way.probe()
        for step in range(200):
            y, x = step * 7 % ROWS, step * 13 % 60
            text = f"step {step} at {y}"
            if step % 3:
                far.way.put([Fragment(y, x, plain(text, 20 + step % 11))], FAR)
            else:
                far.way.put([Fragment(y, 0, plain(text))])
            drawn.append(text)
            far.way.pump()
            await asyncio.sleep(0.01)
        await asyncio.sleep(20)

    run(clock, work())
    whole = Screen(COLUMNS, ROWS)
    full = Stream(whole)
    for step in range(200):
        y, x = step * 7 % ROWS, step * 13 % 60
        strip = plain(drawn[step], 20 + step % 11 if step % 3 else COLUMNS)
        full.feed(Stage().paint([Fragment(y, x if step % 3 else 0, strip)], TRUE))
    assert far.screen.display == whole.display
    assert not far.way.stage.backlog


@pytest.mark.parametrize("pace", ["local", "ssh", "lean"])
def test_a_terminal_that_never_answers_is_drawn_on_all_the_same(pace: Pace) -> None:
    clock, far = made(10e6, 0.0, Pacer(pace))
    far.answers = False
    busy(clock, far, 15, tall=3)
    assert far.way.pacer.deaf
    gaps = [later - at for at, later in pairwise(far.written)]
    assert max(gaps) <= 1.5
    assert max(far.echoes) <= 0.1
    assert far.way.pacer.reading.trip_ms == 0


def test_a_line_that_stands_still_gets_little_and_goes_on_when_it_is_back() -> None:
    clock, far = made(50_000, 0.1)
    busy(clock, far, 10, keys=False)
    before = far.line.carried
    far.answers = False
    busy(clock, far, 20, keys=False)
    assert far.line.carried - before < 10_000
    far.answers, between = True, far.line.carried
    busy(clock, far, 10, keys=False)
    assert far.line.carried - between > 40_000


def test_a_terminal_that_takes_nothing_now_is_asked_again() -> None:
    clock, far = made(50_000, 0.0, seen=True)

    async def work() -> None:
        far.taken = False
        far.way.put([Fragment(3, 0, plain("later"))])
        far.way.pump()
        await asyncio.sleep(1)
        assert not far.line.carried
        far.taken = True
        await asyncio.sleep(1)

    run(clock, work())
    assert far.screen.display[3].startswith("later")


def test_the_session_in_hand_comes_before_the_others() -> None:
    clock, far = made(20_000, 0.1, seen=True)

    async def work() -> None:
        far.way.probe()
        await asyncio.sleep(2)
        for y in range(30):
            far.way.put([Fragment(y, 0, plain("x" * COLUMNS))], NEAR if y >= 20 else FAR)
        far.way.pump()
        while not (seen := [y for y in range(30) if "x" in far.screen.display[y]]):
            await asyncio.sleep(0.05)
        assert min(seen) == 20
        await asyncio.sleep(5)

    run(clock, work())
    assert all("x" in far.screen.display[y] for y in range(30))


def test_a_key_is_answered_before_a_screen_that_is_painted_anew() -> None:
    clock, far = made(2_500, 0.3)
    busy(clock, far, 8, keys=False)

    async def work() -> None:
        far.key_at = clock.seconds
        far.way.put([Fragment(y, 0, plain(f"anew {y} " * 20)) for y in range(PROMPT)])
        far.way.pump()
        for count in range(1, 7):
            far.press("".join(LETTERS[:count]))
            await asyncio.sleep(0.12)
        await asyncio.sleep(10)

    run(clock, work())
    assert len(far.echoes) == 6
    assert max(far.echoes) <= 1.0
    assert not far.way.stage.backlog


def test_a_terminal_that_never_answers_shows_its_first_screen_soon() -> None:
    clock, far = made(1e6, 0.1)
    far.answers = False

    async def work() -> None:
        far.way.probe()
        far.way.put([Fragment(y, 0, plain(f"first {y} " * 20)) for y in range(ROWS)])
        far.way.pump()
        await asyncio.sleep(3)

    run(clock, work())
    assert not far.way.stage.backlog
