"""What the servers of one session stand on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steerdeck_agents.facts.ids import Clock
from steerdeck_agents.servers.pipes import Launch
from steerdeck_agents.servers.question import Elicit
from steerdeck_agents.servers.status import Status
from steerdeck_agents.settings.paths import Paths


@dataclass(frozen=True)
class Ground:
    """Everything that is the session's and not the server's."""

    paths: Paths
    root: str
    """The workspace's folder: the only root a server is told of."""
    launch: Launch
    keys: Mapping[str, str]
    """Variables of the developer's shell that servers may be given."""
    clock: Clock
    elicit: Elicit
    on_change: Callable[[Status], None]
    """Called in the loop whenever a server is in another state."""
    patience_s: float = 0.5
    """Before the first new start of a server that died; doubled each time, up to 16 times."""
