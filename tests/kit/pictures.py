"""Pictures for tests, made byte by byte."""

import struct
import zlib


def png(width: int = 3, height: int = 2, noise: bytes = b"") -> bytes:
    """A whole black picture; `noise` is kept in a chunk of its own and makes it larger."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\0" * width) * height)
    parts = chunk(b"IHDR", head), chunk(b"tEXt", b"x\0" + noise), chunk(b"IDAT", rows)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")
