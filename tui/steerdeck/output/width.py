"""Whether the terminal draws our marks one cell wide: asked once, beside the first frame.

Some fonts and settings (East Asian ambiguous width) give them two cells, and a screen that counts
on one is torn to pieces. So all of them are written on the first row, the cursor's place is asked
for, and the row is painted over at once; the answer comes with the input, and nobody waits for it.
A terminal that does not answer, or answers nonsense, keeps the marks.
"""

from collections.abc import Mapping

from steerdeck.glyphs import AMBIGUOUS

QUERY = f"\x1b[1;1H{AMBIGUOUS}\x1b[6n\x1b[1;1H"
"""Leaves the marks on the first row: that row must be painted anew after it."""


def too_wide(column: int) -> bool:
    """Whether the marks took more cells than there are of them; `column` counts from 0."""
    return column > len(AMBIGUOUS)


def ascii_only(environ: Mapping[str, str]) -> bool:
    """Whether the marks can't be shown: another character set than UTF-8, or a console's font."""
    if environ.get("TERM", "") == "linux":
        return True
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environ.get(name, ""):
            charset = value.partition(".")[2].partition("@")[0].lower().replace("-", "")
            return bool(charset) and charset != "utf8"
    return False
