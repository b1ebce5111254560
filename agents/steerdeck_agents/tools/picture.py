"""What a picture is, told from its first bytes: format and size, without decoding it.

Formats are those models take: PNG (W3C PNG, 5.2 and 11.2.1), JPEG (ITU T.81, B.2), GIF (89a, 18)
and WebP (RFC 9649, 2.5 to 2.7). A name proves nothing, so only the content counts.
"""

import msgspec

LARGEST = 5 * 1024 * 1024
"""Most bytes of a picture that is given to a model."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame, and so tell its size."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""


class Picture(msgspec.Struct, frozen=True):
    """A picture and its size in pixels."""

    media_type: str
    width: int
    height: int

    @property
    def words(self) -> str:
        """`PNG, 640 × 480 pixels`."""
        name = self.media_type.removeprefix("image/").upper()
        return f"{name}, {self.width:,} × {self.height:,} pixels"


def picture_of(data: bytes) -> Picture | None:
    """The picture these bytes begin, None when they are none or say no size."""
    found = _png(data) or _gif(data) or _webp(data) or _jpeg(data)
    return found if found and found.width and found.height else None


def _png(data: bytes) -> Picture | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return Picture("image/png", _big(data[16:20]), _big(data[20:24]))


def _gif(data: bytes) -> Picture | None:
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 10:
        return None
    return Picture("image/gif", _little(data[6:8]), _little(data[8:10]))


def _webp(data: bytes) -> Picture | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            width, height = _little(data[24:27]) + 1, _little(data[27:30]) + 1
        case b"VP8L" if data[20] == 0x2F:
            bits = _little(data[21:25])
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            width, height = _little(data[26:28]) & 0x3FFF, _little(data[28:30]) & 0x3FFF
        case _:
            return None
    return Picture("image/webp", width, height)


def _jpeg(data: bytes) -> Picture | None:
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _FRAMES:
            return Picture("image/jpeg", _big(data[at + 7 : at + 9]), _big(data[at + 5 : at + 7]))
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        else:
            at += 2 + max(2, _big(data[at + 2 : at + 4]))
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
