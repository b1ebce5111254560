"""What the one who opens a deck and the process kept warm say to each other, in packets.

Loaded before anything is on the screen, so it loads next to nothing itself. A packet is one message
(SOCK_SEQPACKET), so no lengths are needed; an environment too large for one means a cold start.
"""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Final

PROTOCOL: Final = "1"
LARGEST: Final = 1 << 18
"""Bytes of a packet; the kernel takes about 200 kB."""
GOES, READY, END, RUN, RAN, FAILED = b"go", b"ready", b"end", b"run", b"ran", b"failed"
SHAPES: Final = ("PYTHON", "TEXTUAL", "ESCDELAY")
"""Beginnings of the names of variables that are read while programs are loaded."""


def possible() -> bool:
    """Whether this system can say who is at the other end, and hold on to a process."""
    return hasattr(socket, "SO_PEERCRED") and hasattr(os, "pidfd_open")


def program(environ: Mapping[str, str]) -> list[str]:
    """What must be the same for one process to be the other's copy; files are looked at besides.

    The first place modules are looked for is left out: it is that of the script, or a folder.
    """
    flags = sys.flags
    return [
        PROTOCOL,
        sys.executable,
        sys.version,
        repr((flags.optimize, flags.dev_mode, flags.isolated, flags.no_site, flags.bytes_warning)),
        repr(sys.warnoptions),
        sys.getfilesystemencoding(),
        repr((os.getuid(), os.getgid(), sorted(os.getgroups()))),
        *sys.path[1:],
        *sorted(f"{name}={value}" for name, value in environ.items() if name.startswith(SHAPES)),
    ]


def pack(*lists: Sequence[bytes]) -> bytes:
    """Lists of texts without a NUL as one packet."""
    parts: list[bytes] = []
    for one in lists:
        parts += [b"%d" % len(one), *one]
    return b"\0".join(parts)


def unpack(data: bytes) -> list[list[bytes]]:
    """The lists of a packet; ValueError when it is none."""
    parts = data.split(b"\0")
    lists, at = [], 0
    while at < len(parts):
        end = at + 1 + int(parts[at])
        lists.append(parts[at + 1 : end])
        at = end
    return lists


def peer(line: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the kernel noted them: `struct ucred` of unix(7)."""
    told = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(told[:4], sys.byteorder), int.from_bytes(told[4:8], sys.byteorder)
