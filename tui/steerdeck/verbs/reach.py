"""From a command to the runtime: attach to it or start it, and find the session somebody means."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path, PureWindowsPath
from typing import Protocol

import msgspec

from steerdeck.verbs.ending import FAILED, USAGE, Ending
from steerdeck_agents.facts.ids import OrderId, RandomIds
from steerdeck_agents.facts.orders import Order
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.runtime.client import Client
from steerdeck_agents.runtime.wire import Given
from steerdeck_agents.settings.config import Settings
from steerdeck_agents.settings.paths import Paths, paths

NOBODY = "No runtime is running, so nobody is at work here."
PREFIX = 4
"""Fewer characters of an id name nothing."""


class Child(Protocol):
    """A runtime this process started, as `subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


@cache
def own_version() -> str:
    """This Steerdeck's version; asked late, since the way to it takes longer than most commands.

    The folder that was installed beside the packages is named after it; reading what is in it
    loads a parser of e-mail, 10 ms.
    """
    found = {version for place in sys.path for version in _versions(place)}
    if len(found) == 1:
        return found.pop()
    from importlib.metadata import version

    return version("steerdeck")


def _versions(place: str) -> Iterator[str]:
    try:
        with os.scandir(place or ".") as entries:
            names = [entry.name for entry in entries if entry.name.startswith("steerdeck-")]
    except OSError:
        return
    for name in names:
        if name.endswith(".dist-info"):
            yield name.removeprefix("steerdeck-").removesuffix(".dist-info")


def here() -> Paths:
    """The home of this environment."""
    return paths(os.environ)


def folder_here() -> str:
    """The current folder."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        raise Ending("The current folder is gone; go to another one first.") from None


def whole(folder: str) -> str:
    """An absolute path for the runtime, which stands elsewhere; a Windows path is its to name."""
    return folder if PureWindowsPath(folder).is_absolute() else str(Path(folder).absolute())


def new_order() -> OrderId:
    return OrderId(RandomIds().new("ord"))


def surroundings(environ: Mapping[str, str]) -> Surroundings:
    """What a session takes from this shell; it is recorded, so no secret is among it."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)),
                  "")  # fmt: skip
    return Surroundings(environ.get("PATH", ""), environ.get("VIRTUAL_ENV", ""), locale)


def keys(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables a session needs to reach its models; they stay in the runtime's memory."""
    wanted = {*settings.variables, "OPENAI_API_KEY", "OPENAI_BASE_URL"}
    return {name: environ[name] for name in sorted(wanted) if environ.get(name)}


@asynccontextmanager
async def runtime(where: Paths) -> AsyncIterator[Client]:
    """A client of the home's runtime, which is started when there is none."""
    client = await lifecycle.ensure(where, own_version(), os.environ)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def running(where: Paths) -> AsyncIterator[Client | None]:
    """A client of the home's runtime, or None when none runs."""
    client = await lifecycle.attach(where, own_version())
    try:
        yield client
    finally:
        if client is not None:
            await client.close()


async def comes_up(where: Paths, environ: Mapping[str, str], child: Child | None) -> Client:
    """A client of the runtime `child`, which is on its way; another one is started if it died."""
    version = await asyncio.to_thread(own_version)
    while child is not None and child.poll() is None:
        client = await lifecycle.attach(where, version)
        if client is not None:
            return client
        await asyncio.sleep(lifecycle.LOOK_S)
    return await lifecycle.ensure(where, version, environ)


async def listing(where: Paths, *, archived: bool) -> list[SessionState]:
    """The sessions as the runtime has them, or as the journal does when none runs."""
    async with running(where) as client:
        if client is not None:
            return await client.sessions(archived=archived)
    if not where.journal.exists():
        return []
    from steerdeck_agents.journal.reader import JournalReader

    states = map(left, await asyncio.to_thread(JournalReader(where.journal).sessions))
    return [state for state in states if archived or not state.archived]


def left(state: SessionState) -> SessionState:
    """A session while no runtime runs: what its journal calls at work stands where it was left."""
    if state.status not in ("working", "starting"):
        return state
    way_out = f"`steerdeck resume {state.name}` brings a runtime back, and so does the deck."
    return msgspec.structs.replace(state, status="parked", reason=NOBODY, way_out=way_out)


async def session(where: Paths, words: str) -> SessionState:
    """The one session somebody means by an id, a name, or the beginning of either."""
    return find(await listing(where, archived=True), words)


async def living(where: Paths, words: str) -> list[SessionState]:
    """The session somebody means; without a word all that are not archived."""
    return [await session(where, words)] if words else await listing(where, archived=False)


def find(states: Sequence[SessionState], words: str) -> SessionState:
    """The session of that id or name, else the only one whose id or name begins so.

    A living session goes before an archived one, and a newer one before an older of the same name.
    """
    for fits in (
        [state for state in states if state.id == words],
        [state for state in states if state.name == words and not state.archived],
        [state for state in states if state.name == words][-1:],
        [state for state in states if _begins(state, words) and not state.archived],
        [state for state in states if _begins(state, words)],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            names = ", ".join(f"{state.name} ({state.id})" for state in fits[:5])
            raise Ending(f"{words!r} may be any of {names}; write more of it.", USAGE)
    raise Ending(f"There is no session {words!r}; `steerdeck sessions --all` lists them.", FAILED)


def _begins(state: SessionState, words: str) -> bool:
    if not words:
        return False
    bare = state.id.partition("_")[2]
    by_id = state.id.startswith(words) or bare.startswith(words)
    return state.name.startswith(words) or (by_id and len(words) >= PREFIX)


async def give(where: Paths, order: Order) -> Given:
    """Give one order to the home's runtime."""
    async with runtime(where) as client:
        return await client.give(order)


def own_keys(file: Path) -> dict[str, tuple[str, ...]]:
    """The developer's `keys.toml`: ids of acts with one key or a list of keys each."""
    import tomllib

    try:
        told = tomllib.loads(file.read_text("utf-8"))
        found = msgspec.convert(told, dict[str, str | tuple[str, ...]])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, msgspec.ValidationError) as error:
        reason = re.sub(r"\s+", " ", str(error))
        raise Ending(f"{file} can't be used: {reason}. Correct it, or move it away.") from error
    return {name: (keys,) if isinstance(keys, str) else keys for name, keys in found.items()}
