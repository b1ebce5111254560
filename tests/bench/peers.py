"""The same of other programs that drive coding agents, with the same scripted model.

Codex CLI, Mistral Vibe, OpenCode, Claude Code and pi are looked for in the folder that
STEERDECK_PEERS names and on PATH. They can reach nothing but loopback. CPU and memory are those of
everything a program starts. What could not be measured is left out and said.
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

from bench.answers import ROUNDS
from bench.apps.model import say, titled
from bench.four import AFTER_S, PACE, TOKENS
from bench.goals import no_peer, not_of_peer, of_peer
from bench.messages import ThreeTongues, started
from bench.prose import MARKS
from bench.rivals import MEASURED, Measured, Peer, peer_at, title_of
from bench.rows import Row, median, share
from bench.terminal import RARE, Terminal, cpu_s, pss_mb
from kit.playing import playing
from kit.rivals import program
from steerdeck_agents.models.scripted import Call, Conversation, Refuse, Reply

AT_ONCE = 2_000
LONG = 50_000
CALLS = 15
SETTLE_S = 1.0
QUIET_S, LOADED_S = 0.1, 20.0
"""CPU of a second below which it has loaded all it loads, and how long that is waited for."""
ACCEPT_S = 0.2
"""How long the model's being asked is waited for before Enter is pressed again."""
PATIENCE_S = 30.0
LOOK_S, CALM = 3.0, 10_000
"""How long the bytes are waited for, and how few of them meanwhile make it worth drawing them."""
CROWDED_S = 150.0
"""For four at once: OpenCode needs 60 seconds of two cores' time for them."""

Numbers = Iterator[tuple[str, float]]
"""Names of goals and their numbers."""


class Phase(NamedTuple):
    """A part of the work: one that fails leaves the others alone."""

    what: str
    goals: tuple[str, ...]
    pace: float
    """Tokens a second, 0 as fast as it goes."""
    numbers: Callable[[Measured, Peer, "Heard", bool], Numbers]


class Lost(Exception):
    """A program did not do what was waited for."""


class Heard:
    """The model's script, noting when it is asked and when its answers have left."""

    def __init__(self, run: Callable[[int], Call]) -> None:
        self.run = run
        self.pace = 0.0
        self.calls = 0
        """Commands it asks for before it answers."""
        self.came: list[float] = []
        self.left: list[float] = []
        self._made: list[Reply | Refuse] = []

    def __call__(self, talk: Conversation) -> Reply | Refuse:
        if titled(talk):
            return say(talk)
        self.came.append(time.perf_counter())
        made = len(talk.calls)
        self._made.append(Reply((self.run(made),)) if made < self.calls else say(talk))
        return self._made[-1]

    def sent(self, reply: Reply) -> None:
        if reply in self._made:
            self.left.append(time.perf_counter())


class _Timed(ThreeTongues):
    """Keeps the script's pace, and tells it when an answer's last byte has left."""

    async def _stream(self, talk: Conversation, reply: Reply, *given, **named) -> None:
        self._pace = self._scripts["scripted"].pace
        await super()._stream(talk, reply, *given, **named)
        self._scripts["scripted"].sent(reply)

    async def stream_messages(self, talk: Conversation, reply: Reply, *given) -> None:
        self._pace = self._scripts["scripted"].pace
        await super().stream_messages(talk, reply, *given)
        self._scripts["scripted"].sent(reply)


def measure(name: str, *, quick: bool = False) -> list[Row]:
    """The numbers of the program of this name, or that it was not found."""
    one = next(one for one in MEASURED if one.rival.name == name)
    found = program(name, os.environ.get("STEERDECK_PEERS", ""))
    if found is None:
        return [no_peer(one.rival.title, "not found here")]
    return _measured(one, found, quick=quick)


def _measured(one: Measured, found: str, *, quick: bool) -> list[Row]:
    title = title_of(one, found)
    rows = []
    model = Heard(one.run)
    with (
        playing({"scripted": model}, served=partial(started, _Timed)) as url,
        peer_at(one, found, url) as peer,
    ):
        for phase in PHASES:
            missing = list(phase.goals)
            model.pace = phase.pace
            try:
                # One after the other: what comes before a failure counts.
                for name, number in phase.numbers(one, peer, model, quick):
                    rows.append(of_peer(name, title, number))
                    missing.remove(name)
            except (Lost, OSError, TimeoutError, subprocess.SubprocessError) as error:
                rows += [not_of_peer(name, title, f"{phase.what}: {error}") for name in missing]
            peer.end()
    return rows


def _begun(one: Measured, peer: Peer) -> tuple[Terminal, float]:
    """A program that can be typed into, and milliseconds until it could."""
    shown = peer.shown()
    came = shown.wait_for(one.ready, timeout_s=PATIENCE_S)
    if came is None:
        shown.close()
        raise Lost(f"it never showed {one.ready!r}")
    return shown, came * 1000


def _loaded(peer: Peer) -> None:
    """Wait until it is quiet: some go on loading for seconds behind their first frame."""
    for _ in range(int(LOADED_S / SETTLE_S)):
        before = cpu_s(*peer.pids())
        time.sleep(SETTLE_S)
        if cpu_s(*peer.pids()) - before < QUIET_S * SETTLE_S:
            return


def _asked(shown: Terminal, task: str, model: Heard) -> int:
    """Type a task and press Enter; the number of the first chunk after it.

    Some programs show a line to type in before they accept what is typed, and take what they read
    late for a paste: Enter is pressed again until the model is asked.
    """
    had = len(model.came)
    after = shown.type(task)
    gives_up = shown.now() + PATIENCE_S
    while shown.now() < gives_up:
        shown.send("\r")
        until = shown.now() + ACCEPT_S
        while shown.now() < until:
            if len(model.came) > had:
                return after
            time.sleep(0.01)
    raise Lost(f"{task!r} was never sent")


def _answered(shown: Terminal, task: str, after: int, patience_s: float = PATIENCE_S) -> float:
    """When the end of the answer was on the screen, in seconds since the spawn."""
    mark = task.split()[-1][::-1]
    until = shown.now() + patience_s
    while shown.now() < until:
        wrote = shown.bytes
        came = shown.wait_for(mark, after, LOOK_S)
        if came is None and shown.bytes - wrote < CALM:
            # Some let words appear letter by letter.
            came = shown.drawn(mark, after)
        if came is not None:
            return came
    raise Lost(f"the end of its answer to {task!r} did not come within {patience_s:.0f} s")


def _in_use(peer: Peer, shown: Terminal, model: Heard) -> None:
    """Answer once, as ours has before it is measured: what loads with the first words is loaded."""
    _loaded(peer)
    task = f"Say 5 {MARKS[4]}"
    _answered(shown, task, _asked(shown, task, model))


def _start(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    # The first start in a home is another matter, and so is its first answer.
    shown, _ = _begun(one, peer)
    with shown:
        _in_use(peer, shown, model)
    firsts, answers = [], []
    for number in range(1 if quick else ROUNDS):
        shown, first = _begun(one, peer)
        with shown:
            firsts.append(first)
            task = f"Say 40 {MARKS[number % len(MARKS)]}"
            answers.append(_answered(shown, task, _asked(shown, task, model)) * 1000)
    yield "first", median(firsts)
    yield "answer", median(answers)


def _memory(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    shown, _ = _begun(one, peer)
    with shown:
        _loaded(peer)
        yield "idle", pss_mb(*peer.pids())
        for mark in MARKS:
            task = f"Say {(500 if quick else LONG) // len(MARKS)} {mark}"
            _answered(shown, task, _asked(shown, task, model))
            time.sleep(SETTLE_S)
        yield "long", pss_mb(*peer.pids())


def _headless(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    turns = [_turn(one, peer, "Say 5 done", "enod") for _ in range(2 if quick else 4)]
    # The first may find less in place than those after it.
    yield "headless", median(turns[1:])


def _turn(one: Measured, peer: Peer, task: str, mark: str) -> float:
    """Milliseconds of a turn without a screen, from the spawn to the end."""
    began = time.perf_counter()
    done = subprocess.run(
        [peer.found, *one.headless, task], cwd=peer.repository, env=peer.environ,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    took = (time.perf_counter() - began) * 1000
    if done.returncode or mark not in done.stdout:
        raise Lost(f"a turn without a screen ended with {done.returncode}: {done.stderr[-200:]}")
    return took


def _streamed(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    tokens = 400 if quick else TOKENS
    shown, _ = _begun(one, peer)
    with shown:
        _in_use(peer, shown, model)
        time.sleep(SETTLE_S)
        cpu, wrote = cpu_s(*peer.pids()), shown.bytes
        task = f"Say {tokens} {MARKS[0]}"
        _answered(shown, task, _asked(shown, task, model))
        time.sleep(AFTER_S)
        yield "token-cpu", (cpu_s(*peer.pids()) - cpu) * 1000 / tokens
        yield "token-bytes", (shown.bytes - wrote) / tokens
        # Echoes are asked for in a stream of their own: they cost bytes and CPU.
        _asked(shown, f"Say {tokens} {MARKS[1]}", model)
        time.sleep(SETTLE_S)
        keys = 5 if quick else 40
        echoes = shown.echoes((RARE[number % len(RARE)] for number in range(keys)), 0.08)
        yield "echo-p50", median(echoes)
        yield "echo-p99", share(echoes, 99)


def _four(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    tokens = 400 if quick else AT_ONCE
    with ExitStack() as open_:
        four = []
        for _ in range(4):
            shown, _ = _begun(one, peer)
            four.append(open_.enter_context(shown))
            _in_use(peer, shown, model)
        time.sleep(SETTLE_S)
        cpu = cpu_s(*peer.pids())
        task = f"Say {tokens} {MARKS[0]}"
        after = [_asked(shown, task, model) for shown in four]
        for shown, first in zip(four, after, strict=True):
            _answered(shown, task, first, CROWDED_S)
        pids = peer.pids()
        yield "four-cpu", (cpu_s(*pids) - cpu) * 2_000 / tokens
        yield "four-pss", pss_mb(*pids)


def _gap(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    model.calls = 3 if quick else CALLS
    model.came.clear()
    model.left.clear()
    _turn(one, peer, "Say 5 done", "enod")
    if len(model.came) <= model.calls:
        raise Lost(f"it made {max(0, len(model.came) - 1)} of {model.calls} calls")
    gaps = zip(model.left, model.came[1:], strict=False)
    yield "gap-bare", median([(came - left) * 1000 for left, came in gaps])


PHASES = (
    Phase("from the start to an answer", ("first", "answer"), 0, _start),
    Phase("memory", ("idle", "long"), 0, _memory),
    Phase("a turn without a screen", ("headless",), 0, _headless),
    Phase("a stream", ("token-cpu", "token-bytes", "echo-p50", "echo-p99"), PACE, _streamed),
    Phase("four at once", ("four-cpu", "four-pss"), PACE, _four),
    Phase("calls", ("gap-bare",), 0, _gap),
)
