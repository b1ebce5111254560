"""Where the deck is to open: a plain description, made by a verb, used by the command line."""

import os
from collections.abc import Mapping

import msgspec

from steerdeck.hosts.convoy import Convoy
from steerdeck.verbs import reach
from steerdeck_agents.facts.orders import Start
from steerdeck_agents.facts.places import Surroundings
from steerdeck_agents.settings.config import Flavour, Pacing, Settings, Theme
from steerdeck_agents.settings.notice import Notify
from steerdeck_agents.settings.paths import Paths


class Berth(msgspec.Struct, frozen=True):
    """A home, a folder, and what to start there first."""

    paths: Paths
    folder: str
    environ: Mapping[str, str]
    """Where a runtime is started from."""
    keys: dict[str, str]
    """The developer's secrets for models; sent with orders only."""
    surroundings: Surroundings
    theme: Theme = "dark"
    ascii: bool = False
    still: bool = False
    """Whether words arrive and clocks move rarely."""
    pace: Pacing = "auto"
    warm: bool = False
    """Whether a process that has the deck loaded is left beside the runtime."""
    own_keys: dict[str, tuple[str, ...]] = {}
    """Keys of the developer's keys.toml by the id of an act."""
    flavour: Flavour = "plain"
    """Whose keys lists and composer have."""
    notify: Notify = Notify()
    """How the developer is told of what waits."""
    settings: Paths | None = None
    """The home whose settings may be written; none in a demo, whose home is its own."""
    starts: tuple[Start, ...] = ()
    """Sessions that are started before the deck lists any."""
    convoy: Convoy | None = None
    """Runtimes of other machines; without them that of this home is attached to."""
    everywhere: bool = False
    """Whether sessions of all repositories are shown from the start."""
    back: str = "steerdeck"
    """What brings this deck back."""
    stop: str = "steerdeck runtime stop"
    """What ends its runtime."""


def berth_at(where: Paths, settings: Settings, folder: str) -> Berth:
    """The deck of a home around a folder, with the looks and the keys its developer chose."""
    return Berth(
        paths=where,
        folder=folder,
        environ=os.environ,
        keys=reach.keys(settings, os.environ),
        surroundings=reach.surroundings(os.environ),
        theme=settings.theme,
        ascii=settings.ascii,
        still=settings.reduced_motion,
        pace=settings.pace,
        own_keys=reach.own_keys(where.keys_file),
        flavour=settings.keys,
        notify=settings.notify,
        settings=where,
    )
