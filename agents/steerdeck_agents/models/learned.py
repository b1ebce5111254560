"""What the servers of models taught us: which API they have, and which parameters they refuse.

Nothing is asked for its own sake: the first real request is sent, and when a server answers that it
has no such API, or names a parameter it does not know, that is remembered, so that it costs one
request and not one a turn. It is forgotten after a week, since servers are updated.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.settings.model import ModelSettings
from steerdeck_agents.settings.private_file import replace_file

LASTS_S = 7 * 24 * 3600.0


class Capabilities(msgspec.Struct, frozen=True):
    """What one base URL can do, as far as it is known."""

    api: Literal["", "responses", "chat"] = ""
    drops: dict[str, tuple[str, ...]] = {}
    """Model id to parameters that are left out for it; an empty id is every model there."""
    learnt_s: float = 0.0
    """Seconds since 1970."""


class Learned:
    """Capabilities by base URL, kept in a file of the cache."""

    def __init__(self, file: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._known: dict[str, Capabilities] = {}
        if file is not None:
            with contextlib.suppress(OSError, *UNREADABLE):
                data = file.read_bytes()
                self._known = msgspec.json.decode(data, type=dict[str, Capabilities])

    def of(self, settings: ModelSettings) -> Capabilities:
        """What is known of a model's server."""
        found = self._known.get(_place(settings), Capabilities())
        age = self._clock() - found.learnt_s
        return found if 0 <= age < LASTS_S else Capabilities()

    def drops(self, settings: ModelSettings) -> frozenset[str]:
        """Parameters that are left out of requests to this model."""
        drops = self.of(settings).drops
        return frozenset((*drops.get("", ()), *drops.get(settings.model, ())))

    def learn_api(self, settings: ModelSettings, api: Literal["", "responses", "chat"]) -> None:
        known = self.of(settings)
        if known.api != api:
            self._keep(settings, msgspec.structs.replace(known, api=api))

    def learn_drop(self, settings: ModelSettings, name: str, *, only_model: bool) -> None:
        known = self.of(settings)
        model = settings.model if only_model else ""
        names = tuple(sorted({*known.drops.get(model, ()), name}))
        drops = {**known.drops, model: names}
        self._keep(settings, msgspec.structs.replace(known, drops=drops))

    def _keep(self, settings: ModelSettings, found: Capabilities) -> None:
        place = _place(settings)
        self._known[place] = msgspec.structs.replace(found, learnt_s=self._clock())
        if self._file is None:
            return
        # A cache that can't be written costs a request after the next start, and nothing else.
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_file(self._file, msgspec.json.format(msgspec.json.encode(self._known)))


@functools.cache
def learned_at(cache: Path) -> Learned:
    """What is known in the cache folder of one home; one object for all sessions of a process."""
    return Learned(cache / "providers.json")


def _place(settings: ModelSettings) -> str:
    """The base URL without a password somebody wrote into it."""
    parts = urlsplit(settings.base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
