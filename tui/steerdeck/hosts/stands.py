"""How the machines stand whose sessions a deck shows, and how their sessions are named there."""

from collections.abc import Sequence

import msgspec

from steerdeck.hosts.marks import host_of
from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState

HERE = "here"
"""What this machine is called among others."""


class HostStands(msgspec.Struct, frozen=True):
    """How a host stands, for the deck to show."""

    name: str
    attached: bool = False
    why: str = ""
    """Why it is not."""
    pause_s: float = 0.0
    """Until it is tried again, from when it was lost; 0 when it is not."""
    owed: int = 0
    """Orders that were under way, and are given again on the next line."""

    @property
    def called(self) -> str:
        return self.name or HERE

    @property
    def sentence(self) -> str:
        """What is to be said of it while it is not attached."""
        often = f"It is tried every {self.pause_s:g} s." if self.pause_s >= 5 else "Trying again."
        again = f" {often}" if self.pause_s else ""
        owed = f" {counted(self.owed, 'order')} under way is given again." if self.owed else ""
        why = self.why if self.why.endswith(".") else f"{self.why}."
        return f"{self.called} is not attached: {why}{again}{owed}"


def named(state: SessionState, hosts: Sequence[HostStands]) -> SessionState:
    """A session under the name it has in a deck of several machines: `build:fix-rounding`."""
    if len(hosts) < 2:
        return state
    sign = f"{host_of(state.id) or HERE}:"
    if state.name.startswith(sign):
        return state
    return msgspec.structs.replace(state, name=f"{sign}{state.name}")


def absent(hosts: Sequence[HostStands]) -> str:
    """What is to be said of the first that is not attached; empty while all are."""
    return next((one.sentence for one in hosts if not one.attached), "")


def own_name(name: str, session: SessionId) -> str:
    """The name as the session's own machine has it."""
    return name.removeprefix(f"{host_of(session) or HERE}:")


def is_gone(session: SessionId, hosts: Sequence[HostStands]) -> bool:
    """Whether the machine of a session is not attached, so that what is shown may be old."""
    return any(not one.attached and one.name == host_of(session) for one in hosts)
