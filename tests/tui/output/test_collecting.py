"""The deck looks for what nobody holds in rounds that stay small."""

import asyncio
import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.app import App
from textual.screen import Screen

from steerdeck.output.collecting import Collector, give_back


class _Ring:
    """Something that holds itself, as screens and their widgets do."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _own_collector() -> Iterator[None]:
    limits = gc.get_threshold()
    # What other tests left in this process is no part of the rounds, which would take seconds;
    # nor of later ones.
    gc.collect()
    gc.freeze()
    yield
    gc.set_threshold(*limits)


def _grown_old() -> weakref.ref[_Ring]:
    """A ring that nobody holds any more, and that only a round over everything finds."""
    ring = _Ring()
    for _ in range(2):
        gc.collect(1)
    return weakref.ref(ring)


def _looked(*, covered: bool = False, rounds: int = 0, rests: bool = True) -> bool:
    """Whether the ring was found after so many rounds over the older ones."""

    async def go() -> bool:
        app: App[None] = App()
        async with app.run_test():
            if covered:
                await app.push_screen(Screen())
            collector = Collector(app, lambda: rests)
            collector.begin()
            gc.collect()
            left = _grown_old()
            for _ in range(rounds):
                gc.collect(1)
            collector.look()
            return left() is None

    return asyncio.run(go())


def test_what_is_left_is_found_soon_on_the_deck_and_later_elsewhere() -> None:
    assert _looked(rounds=2)
    assert not _looked(rounds=2, covered=True)
    assert not _looked(rounds=2, rests=False)
    assert _looked(rounds=10, covered=True)


def test_what_a_closed_screen_left_is_found_soon_in_two_steps() -> None:
    async def go() -> list[bool]:
        app: App[None] = App()
        async with app.run_test():
            collector = Collector(app, lambda: True)
            gc.set_threshold(5_000, 1_000, 1_000)
            await app.push_screen(Screen())
            gc.collect()
            collector.look()
            await app.pop_screen()
            left = _grown_old()
            found = []
            for _ in range(3):
                await app.push_screen(Screen())
                collector.look()
                await app.pop_screen()
                found.append(left() is None)
            return found

    assert asyncio.run(go()) == [False, False, True]


def test_what_is_alive_while_one_looks_and_left_later_is_found_too() -> None:
    """A screen that took its time to go stayed for good when it was kept out of later rounds."""

    async def go() -> bool:
        app: App[None] = App()
        async with app.run_test():
            collector = Collector(app, lambda: True)
            collector.begin()
            ring = _Ring()
            for _ in range(3):
                for _ in range(4):
                    gc.collect(1)
                collector.look()
            left = weakref.ref(ring)
            del ring
            for _ in range(4):
                gc.collect(1)
            collector.look()
            return left() is None

    assert asyncio.run(go())


def _resident() -> int:
    """Bytes of this process in memory; proc(5), second field of statm."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_what_is_free_goes_back_to_the_system() -> None:
    kept = [bytes(2_000) for _ in range(20_000)]
    last = kept.pop()
    del kept[:]
    free = _resident()
    if not give_back():
        pytest.skip("this C library does not offer it")
    assert free - _resident() > 10_000_000
    assert last


_LARGE = """
import os, sys
from pathlib import Path
from steerdeck.output.collecting import keep_apart

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

if not keep_apart():
    sys.exit(3)
kept = [b"x" * (100_000 + n) for n in range(300)]
last, held = kept.pop(), resident()
del kept[:]
assert last and held - resident() > 10_000_000
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_large_pages_that_lie_apart_go_by_themselves() -> None:
    # In a process of its own: one that has run many tests has room for these between others.
    done = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True)
    if done.returncode == 3:
        pytest.skip("this C library does not offer it")
    assert done.returncode == 0, done.stderr
