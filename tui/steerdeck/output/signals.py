"""Signals that end the deck: the terminal is given back as it was, then the process leaves.

Textual restores the terminal on SIGINT only; after a closed SSH line or a killed tmux pane it would
stay in the alternate screen with the mouse switched on. Agents live in the runtime and go on.
While the terminal is left to an editor, a pager or git, Ctrl+C is for that program.
"""

import asyncio
import signal
from typing import Any

from textual.app import App

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
_HEARD_S = 0.2
"""After such a program: until then the loop has heard what came while it stood still."""


def end_on_signals(app: App[Any]) -> None:
    """Let each of the signals end the app with 128 + its number; call it when the app is mounted.

    The second of a kind does what it does by default, so that a deck that hangs can be killed.
    """
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        app.exit(return_code=128 + number)

    for number in ENDING:
        loop.add_signal_handler(number, end, number)

    def spare(_: object) -> None:
        loop.add_signal_handler(signal.SIGINT, lambda: None)

    def mind(_: object) -> None:
        loop.call_later(_HEARD_S, loop.add_signal_handler, signal.SIGINT, end, signal.SIGINT)

    app.app_suspend_signal.subscribe(app, spare, immediate=True)
    app.app_resume_signal.subscribe(app, mind, immediate=True)
