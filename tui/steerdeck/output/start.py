"""The way to the terminal, put together: one call when the app is mounted.

An app needs three things from this folder: `driver_class()` where it is made, `line_filters()` as
its filters, and `begin()` when it is mounted.
"""

import os
from collections.abc import Callable
from typing import Any

from textual.app import App

from steerdeck.glyphs import choose
from steerdeck.output import seam
from steerdeck.output.collecting import Collector
from steerdeck.output.driver import SafeDriver
from steerdeck.output.gate import depth, erases_with_colour, knows_links
from steerdeck.output.signals import end_on_signals
from steerdeck.output.stage import Stage
from steerdeck.output.width import QUERY, ascii_only, too_wide
from steerdeck_themes.ink import INK


def begin(
    app: App[Any],
    wide: Callable[[], None] | None = None,
    rests: Callable[[], bool] = lambda: True,
) -> Stage:
    """Draw through the output stage, in the terminal's depth of colour, and end on signals.

    Afterwards `stage.forget()` and a refresh of the screen paint every cell anew. Without a
    terminal (tests) nothing is changed. `wide` is called when ASCII marks were chosen because the
    terminal draws the others two cells wide: all that was made with them must be made anew.
    `rests` says that nothing is being done which may hold a screen that was closed.
    """
    environ = os.environ
    stage = Stage(erases=erases_with_colour(environ), links=knows_links(environ))
    if app.is_headless:
        return stage
    INK.use(INK.palette, depth(app.console.color_system, no_color=app.no_color))
    seam.send_through(app, stage)
    app.app_resume_signal.subscribe(app, lambda _: stage.forget(), immediate=True)
    end_on_signals(app)
    Collector(app, rests).begin()
    if ascii_only(os.environ):
        choose(ascii_only=True)
    elif wide is not None:
        _measure(app, wide)
    return stage


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
