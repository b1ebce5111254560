"""What commands ask of the network and what they did in it: a fact for each connection."""

from collections.abc import Sequence

import msgspec

from steerdeck_agents.facts.fact import Fact

_HEAD = "network: "
MOST_REACHED = 16
"""Hosts a state remembers, those of the newest connections."""


class NetworkUsed(Fact, frozen=True, kw_only=True, tag="network.used"):
    """`call` is the call whose command asked for it; also told when it was refused."""

    host: str
    port: int
    allowed: bool
    why: str = ""
    """Why it was refused or failed."""
    sent: int = 0
    """Bytes from the command."""
    received: int = 0


class Reached(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the commands of a session did at one host and port so far."""

    host: str
    port: int
    times: int = 0
    refused: int = 0
    sent: int = 0
    received: int = 0
    at_ms: int = 0
    """The newest connection."""


def reached(before: Sequence[Reached], use: NetworkUsed) -> tuple[Reached, ...]:
    """The hosts after one more connection, the one it went to last."""
    mine = [one for one in before if (one.host, one.port) == (use.host, use.port)]
    now = mine[0] if mine else Reached(use.host, use.port)
    now = Reached(
        use.host,
        use.port,
        now.times + use.allowed,
        now.refused + (not use.allowed),
        now.sent + use.sent,
        now.received + use.received,
        use.at_ms,
    )
    return (*(one for one in before if one not in mine), now)[-MOST_REACHED:]


def asking(hosts: Sequence[str], script: str) -> str:
    """The text of an approval: hosts in its first line, so that alike cards are alike in them."""
    return f"{_HEAD}{' '.join(hosts)}\n{script}"


def asked_for(text: str) -> tuple[tuple[str, ...], str]:
    """The hosts and the script of such a text; a text of another kind asks for none."""
    first, _, script = text.partition("\n")
    if not first.startswith(_HEAD):
        return (), text
    return tuple(first.removeprefix(_HEAD).split()), script
