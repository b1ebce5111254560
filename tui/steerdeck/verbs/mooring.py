"""Between the command line and the deck: the runtime called before the deck is loaded, what the
last deck showed for the first frame, and the words when it closes.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from steerdeck.found import Found
from steerdeck.memory import Memory
from steerdeck.output import last_frame
from steerdeck.source import Source
from steerdeck.verbs import reach
from steerdeck.verbs.berth import Berth, berth_at
from steerdeck.verbs.ending import FAILED, Ending
from steerdeck.verbs.printing import drop_output, err
from steerdeck.warm import standing
from steerdeck_agents.facts.errors import UNREADABLE, SteerdeckError
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.runtime import lifecycle
from steerdeck_agents.settings.config import load
from steerdeck_agents.settings.paths import private_folder

_KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPENROUTER_API_KEY", "GEMINI_API_KEY")
_AGENTS = ("codex", "claude", "gemini", "opencode", "goose", "aider", "vibe")
"""Programs of agents as they are called."""
WARM_AFTER_S = 1.0
"""How long after its first facts a deck leaves a warm one behind: loading that takes a core."""
KEPT = 60_000
"""Bytes of the cache for the first frame; a deck may decode no more at once."""


class Mooring:
    """One berth in use."""

    def __init__(self, berth: Berth) -> None:
        self._berth = berth
        self._child: reach.Child | None = None
        self._starts = list(berth.starts)
        self._warming: asyncio.Task[None] | None = None

    def call_runtime(self) -> None:
        """Start the runtime unless one answers; it comes up while the deck is loaded."""
        if self._berth.convoy is not None:
            return
        place = self._berth.paths
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(place.socket)) != 0:
                self._child = lifecycle.spawn(place, self._berth.environ)

    async def connect(self) -> Source:
        """A client of the runtime, with the berth's sessions started; or the runtimes of hosts."""
        if self._berth.convoy is not None:
            return await self._berth.convoy.connect()
        child, self._child = self._child, None
        client = await reach.comes_up(self._berth.paths, self._berth.environ, child)
        try:
            # Given in order, each gone from the list once answered: orders count once anyway.
            while self._starts:
                await client.give(self._starts[0])
                del self._starts[0]
        except BaseException:
            await client.close()
            raise
        if self._berth.warm:
            self._warming = asyncio.create_task(self._keep_warm(), name="warm")
        return client

    async def _keep_warm(self) -> None:
        """Leave a loaded deck for the next start, once this one has the machine no more."""
        await asyncio.sleep(WARM_AFTER_S)
        with contextlib.suppress(SteerdeckError, OSError):
            await asyncio.to_thread(standing.leave, self._berth.paths, self._berth.environ)

    def last_states(self) -> list[SessionState]:
        """What the last deck of this home showed."""
        try:
            data = self._berth.paths.deck_cache.read_bytes()
            return msgspec.json.decode(data, type=list[SessionState]) if len(data) <= KEPT else []
        except (OSError, *UNREADABLE):
            return []

    @property
    def drafts_file(self) -> Path:
        """Where drafts lie between two decks."""
        return self._berth.paths.deck_cache.with_name("drafts.json")

    def found(self) -> Found | None:
        """What is on this machine, for who opens the first deck of this home; else None.

        A home with settings or sessions has met its developer; and nobody is welcomed twice.
        """
        home = self._berth.settings
        if home is None or self._berth.convoy is not None:
            return None
        mark = home.state / "welcomed"
        if any(file.exists() for file in (mark, home.config_file, home.journal)):
            return None
        self._write(mark, b"")
        environ = self._berth.environ
        named = tuple(name for name in _KEYS if environ.get(name))
        path = environ.get("PATH", "")
        agents = tuple(name for name in _AGENTS if shutil.which(name, path=path))
        return Found(named, agents)

    def theme(self) -> str:
        """The theme F8 chose last; where the settings were changed since, theirs."""
        try:
            chosen, configured, *_ = self._theme_file.read_text("utf-8").split()
        except (OSError, ValueError):
            return self._berth.theme
        return chosen if configured == self._berth.theme else self._berth.theme

    @property
    def _theme_file(self) -> Path:
        return self._berth.paths.deck_cache.with_name("theme")

    def memory(self) -> Memory:
        """What the last deck kept for the next one."""
        try:
            data = self._memory_file.read_bytes()
            return msgspec.json.decode(data, type=Memory) if len(data) <= KEPT else Memory()
        except (OSError, *UNREADABLE):
            return Memory()

    def remember(self, memory: Memory) -> None:
        """Keep it for the next deck; what is too much for its first frame is forgotten."""
        data = msgspec.json.encode(memory)
        self._write(self._memory_file, data if len(data) <= KEPT else b"{}")

    @property
    def _memory_file(self) -> Path:
        return self._berth.paths.deck_cache.with_name("memory.json")

    def leave(
        self, states: Sequence[SessionState], lost: str, theme: str = "", unseen: Sequence[str] = ()
    ) -> None:
        """Remember what was shown, and say what goes on without a deck.

        `unseen` are machines that were not attached: what works there is not known.
        """
        alive = [state for state in states if not state.archived]
        self._remember(alive)
        if theme and theme != self.theme():
            self._write(self._theme_file, f"{theme} {self._berth.theme}".encode())
        if lost and not states:
            # What works there is not known, so nothing is said of it.
            err(lost)
            return
        working = sum(state.status in ("working", "starting") for state in alive)
        waiting = sum(state.waits for state in alive)
        parts = [f"{working} {'agent goes' if working == 1 else 'agents go'} on working"]
        if not working:
            parts = ["Nothing is at work"]
        if waiting:
            parts.append(f"{waiting} {'waits' if waiting == 1 else 'wait'} for you")
        told = "; ".join(parts)
        gone = [*unseen] or (["the runtime"] if lost else [])
        if gone:
            were = "was" if len(gone) == 1 else "were"
            told += f" as far as was seen: {', '.join(gone)} {were} not attached"
        berth = self._berth
        try:
            err(f"{told}. `{berth.back}` brings the deck back; `{berth.stop}` ends everything.")
        except OSError:
            # The terminal is gone, so nobody can be told; the exit code still says why.
            drop_output(sys.stderr)

    def keep(self, frame: str) -> None:
        """Keep the last frame for the first moments of the next deck of this home alone."""
        berth = self._berth
        if berth.settings is None or berth.convoy is not None:
            return
        if not frame or len(frame) > last_frame.LARGEST:
            return
        try:
            key = last_frame.key_of(berth.environ, *os.get_terminal_size(2))
        except OSError:
            # The terminal is gone; what is to be kept and said besides is not.
            return
        file = berth.paths.deck_cache.with_name(last_frame.NAME)
        self._write(file, f"{key}\n{frame}".encode())

    def _remember(self, alive: Sequence[SessionState]) -> None:
        data = msgspec.json.encode(alive)
        self._write(self._berth.paths.deck_cache, data if len(data) <= KEPT else b"[]")

    def _write(self, cache: Path, data: bytes) -> None:
        try:
            private_folder(cache.parent)
            draft = cache.with_suffix(".new")
            draft.write_bytes(data)
            draft.replace(cache)
        except (OSError, SteerdeckError):
            # The next deck draws its first frame without it.
            return


def moored(open_deck: Callable[[Berth], int]) -> int:
    """Open the deck of this home around the current folder; the exit code."""
    try:
        where = reach.here()
        settings = load(where, os.environ)
        berth = berth_at(where, settings, reach.folder_here())
        return open_deck(msgspec.structs.replace(berth, warm=settings.warm_start))
    except Ending as ending:
        last_frame.wipe(2)
        err(str(ending))
        return ending.code
    except (SteerdeckError, OSError) as error:
        last_frame.wipe(2)
        err(str(error))
        return FAILED
