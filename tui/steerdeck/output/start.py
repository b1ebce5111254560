"""The way to the terminal, put together: one call when the app is mounted.

An app needs three things from this folder: `driver_class()` where it is made, `line_filters()` as
its filters, and `begin()` when it is mounted.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from textual.app import App

from steerdeck.glyphs import choose
from steerdeck.output import seam
from steerdeck.output.backlog import Fragment
from steerdeck.output.collecting import Collector
from steerdeck.output.driver import SafeDriver
from steerdeck.output.frames import FRAMES
from steerdeck.output.gate import depth, erases_with_colour, knows_links
from steerdeck.output.pacing import Pace, Pacer, Reading, start_of
from steerdeck.output.signals import end_on_signals
from steerdeck.output.stage import Stage
from steerdeck.output.width import QUERY, ascii_only, too_wide
from steerdeck_themes.ink import INK


def begin(
    app: App[Any],
    wide: Callable[[], None] | None = None,
    rests: Callable[[], bool] = lambda: True,
    paced: Callable[[Pace], None] = lambda _: None,
) -> Stage:
    """Draw through the output stage, in the terminal's depth of colour, and end on signals.

    Afterwards `stage.forget()` and a refresh of the screen paint every cell anew. Without a
    terminal (tests) nothing is changed. `wide` is called when ASCII marks were chosen because the
    terminal draws the others two cells wide: all that was made with them must be made anew.
    `rests` says that nothing is being done which may hold a screen that was closed; `paced` is
    called with the pace when it changes, and once at the beginning.
    """
    seam.thin_strips()
    seam.free_styles()
    environ = os.environ
    stage = Stage(erases=erases_with_colour(environ), links=knows_links(environ))
    if app.is_headless:
        return stage
    INK.use(INK.palette, depth(app.console.color_system, no_color=app.no_color))
    keep_pace(app, stage, paced)
    end_on_signals(app)
    Collector(app, rests).begin()
    if ascii_only(os.environ):
        choose(ascii_only=True)
    elif wide is not None:
        _measure(app, wide)
    return stage


def keep_pace(app: App[Any], stage: Stage, paced: Callable[[Pace], None]) -> None:
    """Let frames go at the pace the line bears."""
    start, hidden = start_of(os.environ)
    way = seam.send_through(app, stage, Pacer(start, hidden=hidden))
    if way is None:
        return

    def go(pace: Pace) -> None:
        FRAMES.pace = pace
        paced(pace)

    way.paced, way.resume = go, FRAMES.resume
    FRAMES.free, FRAMES.keyed = lambda: way.idle, lambda: way.keyed
    driver = seam.driver_of(app)
    loop = asyncio.get_running_loop()

    def answered(tag: int, at: float) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(way.answered, tag, at)

    if isinstance(driver, SafeDriver):
        driver.answered, driver.awaits = answered, way.pacer.last
    else:
        way.pacer.deaf = True
    app.app_resume_signal.subscribe(app, lambda _: way.lose(), immediate=True)
    go(start)
    way.probe()


def choose_pace(app: App[Any], pace: Pace | Literal["auto"]) -> bool:
    """Draw at that pace, or at the one that what is measured says; False where none is kept."""
    way = seam.way_of(app)
    if way is not None:
        way.choose(None if pace == "auto" else pace)
    return way is not None


def reading_of(app: App[Any]) -> Reading:
    """What is known of the line to the app's terminal."""
    way = seam.way_of(app)
    return Reading() if way is None else way.pacer.reading


def still_of(app: App[Any], stage: Stage) -> str:
    """The app's own screen as it stands: what paints it on an empty terminal of this size."""
    screen = app.screen_stack[0]
    rows = seam.rows_of(screen, range(screen.size.height))
    if app.is_headless or rows is None:
        return ""
    fresh = Stage(erases=stage.erases, links=False)
    return fresh.paint([Fragment(y, 0, rows[y]) for y in sorted(rows)], seam.system_of(app))


def _measure(app: App[Any], wide: Callable[[], None]) -> None:
    """Ask how wide our marks are, before the first frame paints the row they were written on."""

    def heard(column: int) -> None:
        if too_wide(column):
            choose(ascii_only=True)
            wide()

    driver = seam.driver_of(app)
    if isinstance(driver, SafeDriver):
        driver.measured = heard
        driver.write(QUERY)
