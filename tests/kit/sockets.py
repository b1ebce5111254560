"""The sockets a process holds, read from /proc (proc(5)): no tool, and nothing of the process."""

import ipaddress
from pathlib import Path

_TABLES = ("tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6")


def far(pid: int) -> list[str]:
    """The internet sockets of a process that are bound or connected beyond loopback."""
    held = _inodes(pid)
    found = []
    for table in _TABLES:
        file = Path(f"/proc/{pid}/net/{table}")
        if not file.exists():
            continue
        for line in file.read_text().splitlines()[1:]:
            parts = line.split()
            if parts[9] in held and not all(_is_near(part) for part in parts[1:3]):
                found.append(f"{table} {_address(parts[1])} to {_address(parts[2])}")
    return found


def _inodes(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = str(descriptor.readlink())
        except FileNotFoundError:
            continue
        if name.startswith("socket:["):
            found.add(name[8:-1])
    return found


def _is_near(text: str) -> bool:
    """Loopback, or nothing yet; a port open on every address is not near."""
    address, port = _address(text), text.partition(":")[2]
    return address.is_loopback or (address.is_unspecified and int(port, 16) == 0)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as the kernel prints it: 32-bit words in the order of the machine."""
    data = bytes.fromhex(text.partition(":")[0])
    words = [data[at : at + 4][::-1] for at in range(0, len(data), 4)]
    return ipaddress.ip_address(b"".join(words))
