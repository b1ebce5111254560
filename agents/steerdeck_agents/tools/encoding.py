"""Bytes of a file as text and back, exactly: what is not edited keeps every byte.

Tried in order: a byte order mark, UTF-8, then UTF-8 with stray bytes (when it holds more good
than bad sequences), else Latin-1. A file with NUL or control bytes is binary and has no text.
"""

import codecs
import re
from typing import NamedTuple

_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_STRAY = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")


class Encoding(NamedTuple):
    """How one file is written."""

    name: str
    codec: str
    mark: bytes = b""
    errors: str = "strict"

    def encode(self, text: str) -> bytes:
        """Raises UnicodeEncodeError for characters this encoding lacks."""
        return self.mark + text.encode(self.codec, self.errors)


UTF8 = Encoding("UTF-8", "utf-8")
_MARKED = (
    Encoding("UTF-8 with a mark", "utf-8", codecs.BOM_UTF8),
    Encoding("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("UTF-16 (big endian)", "utf-16-be", codecs.BOM_UTF16_BE),
)
_STRAYS = Encoding("UTF-8 with stray bytes", "utf-8", errors="surrogateescape")
_LATIN = Encoding("Latin-1", "latin-1")


def decode(data: bytes) -> tuple[str, Encoding] | None:
    """The text of a file and how to write it again; None for a binary file.

    Stray bytes are lone surrogates in the text (`surrogateescape`); `readable` makes them marks.
    """
    for encoding in _MARKED:
        if data.startswith(encoding.mark):
            return _strictly(data[len(encoding.mark) :], encoding)
    if b"\0" in data:
        return None
    decoded = _strictly(data, UTF8)
    if decoded is not None:
        return decoded
    if _BINARY.search(data):
        return None
    text = data.decode("utf-8", "surrogateescape")
    if len(_BEYOND_ASCII.findall(text)) > len(_STRAY.findall(text)):
        return text, _STRAYS
    return data.decode("latin-1"), _LATIN


def readable(text: str) -> str:
    """Text that can be stored and sent: each stray byte as a replacement mark."""
    return _STRAY.sub("\ufffd", text)


def _strictly(data: bytes, encoding: Encoding) -> tuple[str, Encoding] | None:
    try:
        text = data.decode(encoding.codec)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else (text, encoding)
