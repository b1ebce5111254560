"""`serve`: the same deck in a browser on this machine, behind a link that works once."""

import asyncio
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING

import click

from steerdeck.verbs import reach
from steerdeck.verbs.ending import DONE, INTERRUPTED, Ending
from steerdeck.verbs.printing import err, out

if TYPE_CHECKING:
    from steerdeck.verbs.browser import Shown


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
def serve(port: int) -> int:
    """Show the deck of this folder in a browser, on 127.0.0.1 only, until Ctrl+C.

    The link that is printed works once: the browser that opens it first is let in, others are not.
    To see it from elsewhere forward the port over ssh. Needs: pip install 'steerdeck[web]'.

    \b
    Examples:
      steerdeck serve
      steerdeck serve --port 8010      # there: ssh -L 8010:127.0.0.1:8010 host
    """
    try:
        from steerdeck.verbs.browser import Shown, listening
    except ImportError as error:
        raise Ending(
            "The browser needs packages of its own: pip install 'steerdeck[web]'."
        ) from error
    try:
        taken = listening(port)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Ending(f"Port {port} can't be used ({reason}); name another one.") from error
    # The browser's process is a child of this one: what the shell around it set stays.
    command = shlex.join([sys.executable, "-m", "steerdeck", "-C", reach.folder_here()])
    for name in ("TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_LOG"):
        os.environ.pop(name, None)
    shown = Shown(command, taken)
    return asyncio.run(_until_stopped(shown))


async def _until_stopped(shown: "Shown") -> int:
    ended, code = asyncio.Event(), [DONE]

    def stop(how: int) -> None:
        code[0] = how
        ended.set()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop, INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, stop, DONE)
    out(shown.door.link)
    err("Open it in a browser of this machine; it works once. Ctrl+C ends it, and agents go on.")
    await shown.run(ended)
    return code[0]
