"""The state of a server in a word, a sentence, and the way out."""

from typing import Literal

import msgspec

from steerdeck_agents.facts.counted import counted
from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.servers import ServerStatus
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.listing import Listing
from steerdeck_agents.settings.server import ServerSettings


class Status(msgspec.Struct, frozen=True):
    """What a server is doing."""

    server: str
    name: ServerStatus
    reason: str
    """A whole sentence."""
    way_out: str = ""
    tools: int = 0
    pin: Sha = Sha("")
    kind: Literal["", "server", "tools"] = ""
    """What the developer is asked to consent to; empty when nothing is asked."""
    asks: Sha = Sha("")
    """What the consent is bound to."""
    shown: str = ""
    """What the developer has to see for it, complete: the command line, or what changed."""


def asks(server: ServerSettings) -> Status:
    what = "address" if server.url else "command line"
    return Status(
        server.name,
        "asks",
        f"{server.name} waits for your consent to its {what}.",
        "Allow or refuse it in the inbox.",
        kind="server",
        asks=server.identity,
        shown=server.shown,
    )


def starting(name: str) -> Status:
    return Status(name, "starting", f"{name} is being started.")


def ready(name: str, found: Listing) -> Status:
    count = len(found.tools)
    reason = f"{name} offers {counted(count, 'tool')}."
    if found.left_out:
        more = f"; and {len(found.left_out) - 3} more" if len(found.left_out) > 3 else ""
        reason += f" Left out: {' '.join(found.left_out[:3])}{more}"
    return Status(name, "ready", reason, tools=count, pin=found.pin)


def changed(name: str, found: Listing, bound: Sha, shown: str) -> Status:
    return Status(
        name,
        "changed",
        f"The tools of {name} are not those you allowed; none is called.",
        "Look at what changed, then allow or refuse it in the inbox.",
        tools=len(found.tools),
        pin=found.pin,
        kind="tools",
        asks=bound,
        shown=shown,
    )


def refused(name: str, what: str) -> Status:
    return Status(name, "refused", f"You refused {what}.", "Start it again to be asked once more.")


def gone(name: str) -> Status:
    return Status(name, "gone", f"{name} was ended with its session.")


def late(server: ServerSettings) -> Status:
    """It was not ready in time."""
    return Status(
        server.name,
        "late",
        f"{server.name} was not ready within {server.timeout_s:g} s and was ended.",
        "Raise its timeout in config.toml, or start it again.",
    )


def slow(server: ServerSettings, tool: str, seconds: float) -> Status:
    """It did not answer a call in time; it still runs."""
    return Status(
        server.name,
        "late",
        f"{server.name} did not answer {one_line(tool, 80)} within {round(seconds, 1):g} s.",
        "Wait for its next answer, or raise its timeout in config.toml.",
    )


def of_fault(name: str, fault: ServerFault) -> Status:
    return Status(name, fault.status or "dead", fault.reason, fault.way_out)


def died(name: str, code: int | None, words: str) -> Status:
    """The end of a process nobody wanted to end; `words` are the last of its stderr."""
    how = "was ended by a signal" if code is None else f"ended with exit code {code}"
    said = f": {one_line(words[-300:]).rstrip('.')}." if words else "."
    hint = "Correct its command in config.toml" if code in (126, 127) else "See why"
    return Status(
        name, "dead", f"{name} {how}{said}", f"{hint}; it is started again when it is needed."
    )
