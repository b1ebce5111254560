"""Containers that are nothing but ground: drawn from one kept row instead of Textual's styles.

The compositor asks every container under a changed lane for its rows, at every frame; these have
neither border nor padding, so one blank strip answers for all of them.
"""

from rich.segment import Segment
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.strip import Strip

from steerdeck.glyphs import glyphs
from steerdeck.widgets.strips import blank
from steerdeck_themes.ink import INK
from steerdeck_themes.palettes import Token


class _Ground:
    """Rows of one colour."""

    ground: Token = "s0"
    _kept: tuple[int, int, Token] = (-1, 0, "s0")
    _row: Strip | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        key = (INK.version, crop.width, self.ground)
        if self._row is None or key != self._kept:
            self._kept = key
            self._row = blank(crop.width, self.ground)
        return [self._row] * crop.height


class Across(_Ground, Horizontal):
    """Children side by side."""


class Lanes(Across):
    """Children side by side, with a line between them where ground and panel look the same."""

    def render_lines(self, crop: Region) -> list[Strip]:
        if not INK.palette.lined:
            return super().render_lines(crop)
        shown = [child for child in self.children if child.display]
        cells = [" "] * self.size.width
        for child in shown[:-1]:
            edge = child.virtual_region.right
            if 0 <= edge < len(cells):
                cells[edge] = glyphs().column
        row = Strip([Segment("".join(cells), INK.style("line", self.ground))], len(cells))
        return [row.crop(crop.x, crop.right)] * crop.height


class Down(_Ground, Vertical):
    """Children one below the other."""
