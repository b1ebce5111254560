"""The screen under a dialog, blended towards the ground: only its rows that changed are made anew.

Textual renders the whole of it again for every word that arrives behind a dialog, and blends each
segment by itself. What is drawn is the same.
"""

from functools import lru_cache
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.color import Color
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from steerdeck.output import seam
from steerdeck.output.frames import FRAMES
from steerdeck_themes.ink import INK

_ROWS = 512
"""Blended rows that are kept."""


@lru_cache(512)
def _blended(style: Style | None, veil: Color, ground: Style) -> Style:
    """`ground` is what the dialog's screen draws with by itself."""
    if style is None:
        return ground
    bare = style.clear_meta_and_links()
    front, back = (
        (Color.from_rich_color(colour) + veil).rich_color if colour is not None else None
        for colour in (bare.color, bare.bgcolor)
    )
    return ground + bare + Style.from_color(front, back)


class Veiled(Widget):
    """A dialog's part of that: it comes before `ModalScreen` among the bases."""

    _under: tuple[object, list[Strip]] = (None, [])
    _kept: LRUCache[object, Strip] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        base, rows = self._base(), None
        if base is not None and self.styles.background.a < 1:
            rows = self._rows(base)
        if rows is None:
            return super().render_lines(crop)
        lines = rows[crop.y : crop.bottom]
        if crop.x or crop.width != self.outer_size.width:
            return [strip.crop(crop.x, crop.right) for strip in lines]
        return lines

    def _base(self) -> Screen[Any] | None:
        """The nearest screen below that covers what is under it."""
        stack: list[Screen[Any]] = self.app.screen_stack
        opaque = [one for one in stack if one.styles.background.a == 1]
        return opaque[-1] if opaque else None

    def _rows(self, base: Screen[Any]) -> list[Strip] | None:
        width, height = self.outer_size
        veil = self.styles.background
        look = (base, base.size, width, height, veil, INK.version, INK.depth, FRAMES.lean)
        known, rows = self._under
        stale = set(range(height)) if known != look else seam.dirty_rows(self, height)
        if not stale:
            return rows
        made = seam.rows_of(base, stale)
        if made is None:
            return None
        if known != look:
            rows, self._kept = [Strip.blank(width, self.rich_style)] * height, LRUCache(_ROWS)
        else:
            rows = list(rows)
        for row, strip in made.items():
            # On a lean line the screen below stays as the terminal shows it; of another width it
            # is until it is laid out for the terminal's new size.
            lean = FRAMES.lean
            rows[row] = strip.adjust_cell_length(width) if lean else self._blend(strip, width, veil)
        self._under = (look, rows)
        return rows

    def _blend(self, strip: Strip, width: int, veil: Color) -> Strip:
        segments, ground = tuple(strip), self.visual_style.rich_style
        kept = self._kept if self._kept is not None else LRUCache(_ROWS)
        found = kept.get(segments)
        if found is None:
            found = Strip(
                [
                    part if part.control else Segment(part.text, _blended(part.style, veil, ground))
                    for part in segments
                ],
                strip.cell_length,
            ).adjust_cell_length(width)
            _, background = self.background_colors
            for one in self.get_line_filters():
                found = found.apply_filter(one, background)
            kept[segments] = found
        return found
