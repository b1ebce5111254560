"""The screen as text: every row as it is read, and below it how each stretch of it is drawn.

A change in a state shows as a change of lines, so that a reviewer sees what moved. Styles are named
by the palette's tokens; the ground of a row's first cell is left out where a stretch stands on it.
"""

from rich.style import Style
from rich.text import Text

from steerdeck.app import DeckApp
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import TOKENS


def grid(app: DeckApp) -> str:
    """All rows with their line numbers, then the stretches that are more than plain text."""
    width, height = app.size
    names = {INK.palette.colours[token].lower(): token for token in reversed(TOKENS)}
    out = [f"{width}x{height}"]
    runs = []
    for number, strip in enumerate(app.screen._compositor.render_strips()[:height]):
        row = Text.assemble(*((segment.text, segment.style or "") for segment in strip))
        out.append(f"{number:2}|{row.plain.rstrip()}")
        told = _runs(strip, names)
        if told:
            runs.append(f"{number:2}: {told}")
    return "\n".join([*out, "--", *runs]) + "\n"


def _runs(strip, names: dict[str, str]) -> str:
    """`t1 s1` is the text everywhere, so it is not told; neither are stretches of blanks on it."""
    told, cell = [], 0
    last, start, end = "", 0, 0
    for segment in strip:
        width = segment.cell_length
        style = _named(segment.style, names, blank=not segment.text.strip())
        if style == last:
            end = cell + width
        else:
            if last:
                told.append(f"{start}-{end} {last}")
            last, start, end = style, cell, cell + width
        cell += width
    if last:
        told.append(f"{start}-{end} {last}")
    return "  ".join(told)


def _named(style: Style | None, names: dict[str, str], *, blank: bool) -> str:
    if style is None:
        return ""

    def name(colour) -> str:
        triplet = colour.get_truecolor() if colour is not None else None
        return names.get(triplet.hex, triplet.hex) if triplet is not None else "-"

    ground = name(style.bgcolor)
    parts = [] if blank else [name(style.color)]
    parts += [ground] if ground not in ("s0", "s1", "-") else []
    parts += [word for word in ("bold", "italic", "underline", "reverse") if getattr(style, word)]
    return "" if parts in ([], ["t1"]) else "/".join(parts)
