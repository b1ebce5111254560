"""A key that a command of the developer prints: asked for above the models, which start nothing.

The command is the developer's own word in config.toml, so it runs without a sandbox and without a
question. What it prints is kept in memory for a while and written nowhere; what it says on stderr
is thrown away, since that may hold a secret too.
"""

import asyncio
import os
import time
from collections.abc import Mapping

from steerdeck_agents.facts.errors import SettingsError, SteerdeckError
from steerdeck_agents.facts.places import Level, Surroundings, Workspace
from steerdeck_agents.sandbox.process import Spawn, run
from steerdeck_agents.settings.model import ModelSettings
from steerdeck_agents.settings.scratch import ScratchFolder

LASTS_S = 300.0
"""How long a printed key is used before it is asked for again; tokens of clouds live an hour."""
TIMEOUT_S = 30.0
"""Long enough to touch a hardware key."""
_LONGEST = 16 * 1024
_printed: dict[str, tuple[float, str]] = {}


async def key_of(
    settings: ModelSettings,
    keys: Mapping[str, str],
    surroundings: Surroundings,
    *,
    anew: bool = False,
) -> str | None:
    """The key of a model, from `keys` or printed by its command; None when it has none.

    `anew`: the command is asked again, since the key it printed last may not be taken any more.

    Raises:
        SettingsError: the command failed, printed nothing or too much, or took too long.
    """
    if not settings.key_command:
        return settings.key(keys)
    at, key = _printed.get(settings.key_command, (0.0, ""))
    if anew or not key or time.monotonic() - at > LASTS_S:
        key = await _ask(settings, surroundings)
        _printed[settings.key_command] = time.monotonic(), key
    return key


async def _ask(settings: ModelSettings, surroundings: Surroundings) -> str:
    environment = {**os.environ, **({"PATH": surroundings.path} if surroundings.path else {})}
    with ScratchFolder() as folder:
        spawn = Spawn(
            script=f"exec 2>/dev/null\n{settings.key_command}",
            workspace=Workspace(path=str(folder), repository="", branch="", base=""),
            environment=environment,
            level=Level(),
            timeout_s=TIMEOUT_S,
            allowed=None,
        )
        try:
            done = await run(
                spawn,
                on_output=lambda text: None,
                stop=asyncio.Event(),
                spool=folder / "output",
                cap=_LONGEST,
            )
        except SteerdeckError as error:
            raise _failed(settings, f"could not be started: {error}") from error
    if done.timed_out:
        raise _failed(settings, f"took longer than {TIMEOUT_S:.0f} s and was ended.")
    if done.capped:
        raise _failed(settings, "printed far more than a key.")
    if done.exit_code != 0:
        raise _failed(settings, f"ended with exit code {done.exit_code}.")
    # Password stores print more lines about the entry after the first.
    key = done.head_tail.strip().partition("\n")[0].strip()
    if not key:
        raise _failed(settings, "printed nothing.")
    return key


def _failed(settings: ModelSettings, how: str) -> SettingsError:
    return SettingsError(
        f"The key_command of {settings.name} {how} "
        "Run it in your shell to see why, or correct it in config.toml."
    )
