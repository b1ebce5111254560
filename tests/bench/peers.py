"""The same of other programs that drive coding agents, with the same scripted model.

Codex CLI, OpenCode and pi are looked for in the folder that STEERDECK_PEERS names and on PATH. They
can reach nothing but loopback. CPU and memory are those of everything a program starts. What could
not be measured is left out and said.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

from bench.apps.model import say, titled
from bench.goals import no_peer, of_peer
from bench.prose import MARKS
from bench.rivals import MEASURED, Measured, Peer, peer_at, title_of
from bench.rows import Row, median, share
from bench.terminal import RARE, Terminal, cpu_s, pss_mb
from kit.playing import playing
from kit.rivals import program
from steerdeck_agents.models.scripted import Conversation, Reply, Say
from steerdeck_agents.models.scripted_server import ScriptedServer

TOKENS, AT_ONCE = 1_000, 2_000
LONG = 50_000
PACE = 200.0
CALLS = 15
SETTLE_S = 1.0
A_LETTER_S, PAUSE_S = 0.015, 0.5
"""Between letters, and before Enter: what comes sooner some programs take for a paste."""
ACCEPT_S = 0.6
PATIENCE_S = 30.0

Numbers = Iterator[tuple[str, float]]
"""Names of goals and their numbers."""


class Lost(Exception):
    """A program did not do what was waited for."""


class Heard:
    """The model's script, counting how often it is asked for an answer."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, talk: Conversation) -> Reply:
        if not titled(talk):
            self.requests += 1
        return say(talk)


def measure(*, quick: bool = False) -> list[Row]:
    rows = []
    for one in MEASURED:
        found = program(one.rival.name, os.environ.get("STEERDECK_PEERS", ""))
        if found is None:
            rows.append(no_peer(one.rival.title, "not found here"))
        else:
            rows += _measured(one, found, quick=quick)
    return rows


def _measured(one: Measured, found: str, *, quick: bool) -> list[Row]:
    title = title_of(one, found)
    rows = []
    for what, pace, phase in (
        ("start, memory and one turn", 0.0, _unpaced),
        ("a stream", PACE, _streamed),
        ("four at once", PACE, _four),
        ("calls", None, _gap),
    ):
        try:
            with ExitStack() as open_:
                if pace is None:
                    numbers = phase(one, found, quick)
                else:
                    model = Heard()
                    url = open_.enter_context(playing({"scripted": model}, pace=pace))
                    peer = open_.enter_context(peer_at(one, found, url))
                    numbers = phase(one, peer, model, quick)
                # One after the other: what comes before a failure counts.
                for name, number in numbers:
                    rows.append(of_peer(name, title, number))
        except (Lost, OSError, TimeoutError, subprocess.SubprocessError) as error:
            rows.append(no_peer(title, f"{what} could not be measured: {error}"))
    return rows


def _begun(one: Measured, peer: Peer) -> tuple[Terminal, float]:
    """A program that can be typed into, and milliseconds until it could."""
    shown = peer.shown()
    came = shown.wait_for(one.ready, timeout_s=PATIENCE_S)
    if came is None:
        shown.close()
        raise Lost(f"it never showed {one.ready!r}")
    return shown, came * 1000


def _warm(one: Measured, peer: Peer) -> None:
    """The first start in a home is another matter."""
    shown, _ = _begun(one, peer)
    with shown:
        time.sleep(2 * SETTLE_S)


def _asked(shown: Terminal, task: str, model: Heard) -> int:
    """Type a task and press Enter; the number of the first chunk after it.

    Some programs show a line to type in before they accept what is typed, and take what they read
    late for a paste: Enter is pressed again until the model is asked.
    """
    had = model.requests
    shown.type(task, A_LETTER_S)
    time.sleep(PAUSE_S)
    after = shown.chunks
    for _ in range(20):
        shown.send("\r")
        until = shown.now() + ACCEPT_S
        while shown.now() < until:
            if model.requests > had:
                return after
            time.sleep(0.01)
    raise Lost(f"{task!r} was never sent")


def _answered(shown: Terminal, task: str, after: int) -> float:
    mark = task.split()[-1][::-1]
    came = shown.wait_for(mark, after, PATIENCE_S)
    if came is None:
        raise Lost(f"the end of its answer to {task!r} never came")
    return came


def _unpaced(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    rounds = 1 if quick else 3
    _warm(one, peer)
    firsts, answers = [], []
    for number in range(rounds):
        shown, first = _begun(one, peer)
        with shown:
            firsts.append(first)
            task = f"Say 40 mark{number}"
            answers.append(_answered(shown, task, _asked(shown, task, model)) * 1000)
    yield "first", median(firsts)
    yield "answer", median(answers)
    yield from _memory(one, peer, model, quick)
    yield "headless", median([_headless(one, peer) for _ in range(rounds)])


def _memory(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    peer.end()
    shown, _ = _begun(one, peer)
    with shown:
        time.sleep(2 * SETTLE_S)
        yield "idle", pss_mb(*peer.pids())
        for mark in MARKS:
            task = f"Say {(500 if quick else LONG) // len(MARKS)} {mark}"
            _answered(shown, task, _asked(shown, task, model))
            time.sleep(SETTLE_S)
        yield "long", pss_mb(*peer.pids())


def _headless(one: Measured, peer: Peer) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [peer.found, *one.headless, "Say 5 done"], cwd=peer.repository, env=peer.environ,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    took = (time.perf_counter() - began) * 1000
    if done.returncode or "enod" not in done.stdout:
        raise Lost(f"a turn without a screen ended with {done.returncode}: {done.stderr[-200:]}")
    return took


def _streamed(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    tokens = 400 if quick else TOKENS
    _warm(one, peer)
    shown, _ = _begun(one, peer)
    with shown:
        time.sleep(SETTLE_S)
        cpu, wrote = cpu_s(*peer.pids()), shown.bytes
        task = f"Say {tokens} stream"
        after = _asked(shown, task, model)
        ended = _answered(shown, task, after)
        time.sleep(SETTLE_S / 2)
        yield "token-cpu", (cpu_s(*peer.pids()) - cpu) * 1000 / tokens
        yield "token-bytes", (shown.bytes - wrote) / tokens
        assert ended
        # Echoes are asked for in a stream of their own: they cost bytes and CPU.
        _asked(shown, f"Say {tokens} again", model)
        time.sleep(SETTLE_S)
        keys = 5 if quick else 40
        echoes = shown.echoes((RARE[number % len(RARE)] for number in range(keys)), 0.08)
        yield "echo-p50", median(echoes)
        yield "echo-p99", share(echoes, 99)


def _four(one: Measured, peer: Peer, model: Heard, quick: bool) -> Numbers:
    tokens = 400 if quick else AT_ONCE
    _warm(one, peer)
    with ExitStack() as open_:
        four = []
        for _ in range(4):
            shown, _ = _begun(one, peer)
            four.append(open_.enter_context(shown))
        time.sleep(SETTLE_S)
        cpu = cpu_s(*peer.pids())
        task = f"Say {tokens} four"
        after = [_asked(shown, task, model) for shown in four]
        for shown, first in zip(four, after, strict=True):
            _answered(shown, task, first)
        pids = peer.pids()
        yield "four-cpu", (cpu_s(*pids) - cpu) * 2_000 / tokens
        yield "four-pss", pss_mb(*pids)


class _Server(ScriptedServer):
    """Asks for one command after the other, noting when answers left and requests came."""

    def __init__(self, one: Measured, calls: int) -> None:
        super().__init__({"scripted": self.play}, 0, "")
        self.one, self.calls = one, calls
        self.came: list[float] = []
        self.left: list[float] = []

    def play(self, talk: Conversation) -> Reply:
        if titled(talk):
            return say(talk)
        self.came.append(time.perf_counter())
        if len(talk.calls) >= self.calls:
            return Reply((Say("Done.", final=True),))
        return Reply((self.one.run(len(talk.calls)),))

    async def _stream(self, *given, **named) -> None:
        await super()._stream(*given, **named)
        self.left.append(time.perf_counter())


def _gap(one: Measured, found: str, quick: bool) -> Numbers:
    yield "gap-bare", asyncio.run(_called(one, found, 3 if quick else CALLS))


async def _called(one: Measured, found: str, calls: int) -> float:
    """Milliseconds from an answer's last byte to the next request, the median of its calls."""
    server = _Server(one, calls)
    await server.start(0)
    try:
        with peer_at(one, found, server.url) as peer:
            child = await asyncio.create_subprocess_exec(
                peer.found, *one.headless, "Run them.", cwd=peer.repository, env=peer.environ,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                await asyncio.wait_for(child.wait(), PATIENCE_S)
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
    finally:
        await server.close()
    if len(server.came) <= calls:
        raise Lost(f"it made {max(0, len(server.came) - 1)} of {calls} calls")
    gaps = zip(server.left[-len(server.came) :], server.came[1:], strict=False)
    return median([(came - left) * 1000 for left, came in gaps])
