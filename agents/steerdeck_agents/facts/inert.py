"""The one sanitiser: foreign text made harmless on its way to any output (law 9).

The journal and the model keep the exact text. Everything a person sees passes through `inert`,
which turns controls, escape sequences, bidirectional and invisible characters into visible marks,
so no tool output can move the cursor, set the clipboard or hide part of a command. Kept fast for
large plain output: clean ASCII is recognised by `bytes.translate` alone.
"""

import re

_PLAIN = bytes(range(0x20, 0x7F)) + b"\n"
_INVISIBLE = (
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0),
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *(0x180B, 0x180C, 0x180D, 0x180F),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
    *range(0xFFF0, 0xFFFC),
    *range(0xE0000, 0xE1000),
)
_MARKS: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code != 0x0A},
    0x09: "    ",
    0x7F: "␡",
    **{code: f"⟨{code:02X}⟩" for code in range(0x80, 0xA0)},
    **{code: f"⟨U+{code:04X}⟩" for code in _INVISIBLE},
    **dict.fromkeys(range(55296, 57344), "⟨surrogate⟩"),
}
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"
)


def inert(text: str, *, sequences: str = "mark") -> str:
    """Text that is safe to print; newlines stay, tabs become four blanks.

    `sequences="drop"` removes whole escape sequences first (colours of a command's output), the
    default leaves their characters visible, so that an approval shows everything that would run.
    """
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN):
        return text
    if sequences == "drop":
        text = _SEQUENCE.sub("", text).replace("\r\n", "\n")
    return text.translate(_MARKS)


def one_line(text: str, limit: int = 400) -> str:
    """`inert` text on one line, cut with an ellipsis after `limit` characters."""
    words = " ".join(text[: limit * 64].split())
    line = inert(words[: limit + 1])
    whole = len(line) <= limit and len(text) <= limit * 64
    return line if whole else line[: limit - 1] + "…"


def utf8(text: str) -> str:
    """Text with lone surrogates as visible marks, so that it can be stored and sent."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
