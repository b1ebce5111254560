"""The deck looks for what nobody holds in rounds that stay small."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from textual.app import App
from textual.screen import Screen

from steerdeck.output.collecting import Collector


class _Ring:
    """Something that holds itself, as screens and their widgets do."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _own_collector() -> Iterator[None]:
    limits = gc.get_threshold()
    gc.collect()
    yield
    gc.unfreeze()
    gc.set_threshold(*limits)


def _grown_old() -> weakref.ref[_Ring]:
    """A ring that nobody holds any more, and that only a round over everything finds."""
    ring = _Ring()
    for _ in range(2):
        gc.collect(1)
    return weakref.ref(ring)


def _looked(*, covered: bool, rounds: int = 0, rests: bool = True) -> tuple[bool, int]:
    """Whether the ring was found, and how much is kept out of later rounds."""

    async def go() -> tuple[bool, int]:
        app: App[None] = App()
        async with app.run_test():
            if covered:
                await app.push_screen(Screen())
            collector = Collector(app, lambda: rests)
            collector.begin()
            left = _grown_old()
            for _ in range(rounds):
                gc.collect(1)
            collector.look()
            collector.look()
            return left() is None, gc.get_freeze_count()

    return asyncio.run(go())


def test_on_the_deck_what_is_left_is_found_and_what_stands_is_kept_out() -> None:
    found, kept = _looked(covered=False)

    assert found
    assert kept


def test_what_another_screen_holds_is_never_kept_out() -> None:
    """It would stay for good once that screen is closed."""
    assert _looked(covered=True) == (False, 0)
    assert _looked(covered=True, rounds=8) == (True, 0)


def test_what_an_act_holds_is_not_kept_out_either() -> None:
    assert _looked(covered=False, rests=False) == (False, 0)
