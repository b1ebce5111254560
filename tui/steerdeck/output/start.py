"""The way to the terminal, put together: one call when the app is mounted.

An app needs three things from this folder: `driver_class()` where it is made, `line_filters()` as
its filters, and `begin()` when it is mounted.
"""

import os
from typing import Any

from textual.app import App

from steerdeck.output import seam
from steerdeck.output.gate import depth, erases_with_colour
from steerdeck.output.signals import end_on_signals
from steerdeck.output.stage import Stage
from steerdeck_themes.ink import INK


def begin(app: App[Any]) -> Stage:
    """Draw through the output stage, in the terminal's depth of colour, and end on signals.

    Afterwards `stage.forget()` and a refresh of the screen paint every cell anew. Without a
    terminal (tests) nothing is changed.
    """
    stage = Stage(erases=erases_with_colour(os.environ))
    if app.is_headless:
        return stage
    INK.use(INK.palette, depth(app.console.color_system, no_color=app.no_color))
    seam.send_through(app, stage)
    app.app_resume_signal.subscribe(app, lambda _: stage.forget(), immediate=True)
    end_on_signals(app)
    return stage
