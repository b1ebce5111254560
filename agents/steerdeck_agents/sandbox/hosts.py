"""Which hosts a command may reach: names it was allowed, at public addresses, and nothing else.

A name that leads to this machine or its neighbours is refused whatever was allowed, and what is
connected to is the address that was looked at: a second answer of the name server changes nothing.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from steerdeck_agents.facts.errors import BadArguments

PORT = 3128
"""Of the proxy, in the command's own network: so it is always free."""
_URL = f"http://127.0.0.1:{PORT}"
_HERE = "localhost,127.0.0.1,::1"
VARIABLES: Mapping[str, str] = MappingProxyType(
    {"http_proxy": _URL, "https_proxy": _URL, "no_proxy": _HERE}
    | {"HTTP_PROXY": _URL, "HTTPS_PROXY": _URL, "NO_PROXY": _HERE}
)
"""How programs are told of it; the same for every command that was allowed hosts."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_PORTS = frozenset({80, 443})
"""What a name without a port stands for."""
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that stand for one of the old kind in their last four bytes (RFC 6052)."""


class Allowed(NamedTuple):
    """One host that was allowed."""

    name: str
    """In lower case; with `*.` in front, everything below it."""
    ports: frozenset[int]

    @property
    def text(self) -> str:
        """As a call names it, always in the same way."""
        return self.name if self.ports == _PORTS else f"{self.name}:{min(self.ports)}"

    def covers(self, name: str, port: int) -> bool:
        if port not in self.ports:
            return False
        if self.name.startswith("*."):
            return name.endswith(self.name[1:]) and name != self.name[2:]
        return name == self.name


def read(given: Iterable[str]) -> tuple[Allowed, ...]:
    """Hosts as a call names them: `pypi.org`, `*.pythonhosted.org`, `example.org:8443`.

    Raises BadArguments for anything else, addresses and whole top-level domains among it.
    """
    found = []
    for text in given:
        host, colon, port = text.partition(":")
        name = plain(host.removeprefix("*."))
        wide = host.startswith("*.")
        if name is None or (colon and not _is_port(port)):
            raise BadArguments(
                f"{text!r} is no host that can be asked for; name it as in pypi.org, "
                "*.pythonhosted.org or example.org:8443."
            )
        ports = frozenset({int(port)}) if colon else _PORTS
        found.append(Allowed(f"*.{name}" if wide else name, ports))
    return tuple(found)


def plain(host: str) -> str | None:
    """A host name as it is compared; None for what is none, such as an address."""
    name = host.lower().removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name) or name.rpartition(".")[2].isdigit():
        return None
    return name


def is_public(address: str) -> bool:
    """Whether an address is out in the world, not this machine or its neighbours."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _TRANSLATED:
            inner = ipaddress.IPv4Address(found.packed[-4:])
        if inner is not None and not is_public(str(inner)):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65536
