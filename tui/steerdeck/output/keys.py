"""What terminals send for keys, tamed before the stock parser reads it.

A raised error would end the input thread and with it the deck; a sequence given up in the middle
would be typed as text. So a sequence is put into the form the parser knows, or ignored whole.
"""

import re
from collections.abc import Callable

_KITTY = re.compile(
    r"\x1b\[(?P<code>\d*)(?::[\d:]*)?"
    r"(?:;(?P<modifiers>\d*)(?::(?P<kind>\d*))?)?(?P<text>;[\d:]*)?(?P<end>[u~ABCDEFHPQRS])"
)
_NUMBER = re.compile(r"\d+")
_RELEASED = "3"
_MODIFIERS = 256
_ALT = {"\x1b\r": "alt+enter", "\x1b\n": "alt+enter", "\x1b ": "alt+space"}
"""Sequences that the stock parser takes for the key without Alt."""
_BEGINNINGS = "[]OPX^_"
"""Characters that begin a longer sequence after an escape (ECMA-48)."""


def named(sequence: str, name_of: Callable[[str], str]) -> str:
    """The key that a sequence means where the stock parser is wrong, else an empty text.

    A terminal sends Alt with a key as an escape before it. The stock parser waits to see whether
    more comes and then forgets the Alt of `.`, or reads `™` for Alt+2; `name_of` names the key.
    """
    if sequence in _ALT:
        return _ALT[sequence]
    if len(sequence) == 2 and sequence[0] == "\x1b":
        key = sequence[1]
        if key.isprintable() and key not in _BEGINNINGS:
            return f"alt+{name_of(key)}"
    return ""


def tamed(sequence: str) -> str | None:
    """The sequence as the stock parser can read it; None for one to be ignored.

    Kitty's protocol adds event types and alternate keys with colons, which are dropped, and reports
    the release of keys, which is ignored like code points that are no characters.
    """
    match = _KITTY.fullmatch(sequence)
    if match is None:
        return sequence
    if match["kind"] == _RELEASED:
        return None
    if match["end"] == "u":
        codes = [match["code"] or "1", *(match["text"] or "").lstrip(";").split(":")]
        if not all(_is_character(code) for code in codes if code):
            return None
    if int((match["modifiers"] or "1")[:9]) > _MODIFIERS:
        return None
    modifiers = "" if match["modifiers"] is None else f";{match['modifiers']}"
    return f"\x1b[{match['code']}{modifiers}{match['text'] or ''}{match['end']}"


def is_place(mouse: str) -> bool:
    """Whether a mouse report names a cell (or pixel) that a screen can have."""
    return all(len(number) <= 4 for number in _NUMBER.findall(mouse))


def _is_character(code: str) -> bool:
    return len(code) < 9 and int(code) <= 0x10FFFF and not 0xD800 <= int(code) <= 0xDFFF
