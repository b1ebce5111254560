"""`model serve`: the scripted model on loopback, for trying and testing without a key."""

import asyncio
import signal

import click

from steerdeck.verbs.ending import DONE, INTERRUPTED, Ending
from steerdeck.verbs.family import Family
from steerdeck.verbs.printing import err, out
from steerdeck_agents.demo.scripts import SCRIPTS
from steerdeck_agents.models.scripted_server import PACE, serve


@click.group(cls=Family)
def model() -> None:
    """Serve the scripted model on this machine."""


@model.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--pace", type=click.FloatRange(0), default=PACE, show_default=True,
              help="Tokens a second; 0 is as fast as it goes.")  # fmt: skip
@click.option("--key", default="", help="Refuse requests that do not bring this key.")
def serve_model(port: int, pace: float, key: str) -> int:
    """Serve the scripted model until Ctrl+C, on 127.0.0.1 only.

    Its base URL is printed first. Every program that speaks the Responses API can use it.

    \b
    Examples:
      steerdeck model serve --port 4010
      OPENAI_BASE_URL=http://127.0.0.1:4010/v1 steerdeck run "look around" --model scripted
    """
    return asyncio.run(_serve(port, pace, key))


async def _serve(port: int, pace: float, key: str) -> int:
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(code: int) -> None:
        if not ended.done():
            ended.set_result(code)

    try:
        server = await serve(SCRIPTS, port, pace, key)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Ending(f"Port {port} can't be used ({reason}); name another one.") from error
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, end, INTERRUPTED)
    loop.add_signal_handler(signal.SIGTERM, end, DONE)
    try:
        out(server.url)
        err(f"Models: {', '.join(SCRIPTS)}. Try it:")
        secret = f"OPENAI_API_KEY={key} " if key else ""
        err(f'  OPENAI_BASE_URL={server.url} {secret}steerdeck run "look around" --model scripted')
        return await ended
    finally:
        await server.close()
