"""The palettes one can choose from: those that come with Steerdeck, and the developer's own.

An own one is a TOML file in the folder `themes` beside `config.toml`, called as the file is:

    like = "dark"            # the palette whose colours stay where nothing else is said
    [colours]
    accent = "#FF8800"

Its 256-colour indices are the nearest ones. What is hard to read is drawn all the same, and said.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from textual.theme import Theme

from steerdeck_themes.colours import SHIPPED
from steerdeck_themes.palettes import TOKENS, Palette, Token, channels, contrast

PREFIX = "steerdeck-"
LEGIBLE = 4.5
"""The WCAG contrast of text that is easy to read."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_LARGEST = 64_000
_READ: tuple[tuple[Token, Token], ...] = (
    *((text, ground) for text in ("t0", "t1", "t2", "t3") for ground in ("s0", "s1")),
    ("ink", "accent"),
    ("needs_ink", "needs_fill"),
    ("needs", "s1"),
    ("failed", "s1"),
)


class Wardrobe:
    """All palettes by their short names, in the order in which one key goes through them."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds the developer's own; it need not exist."""
        self._folder = folder
        self._stamps: dict[str, int] = {}
        self._own: dict[str, Palette] = {}
        self.problems: list[str] = []
        """What is wrong with own palettes, a sentence each."""
        self.reload()

    @property
    def palettes(self) -> dict[str, Palette]:
        shipped = {palette.name.removeprefix(PREFIX): palette for palette in SHIPPED}
        return shipped | self._own

    def find(self, name: str) -> Palette | None:
        return self.palettes.get(name.removeprefix(PREFIX))

    def after(self, name: str) -> Palette:
        """The palette behind another one, the first behind the last."""
        names = list(self.palettes)
        short = name.removeprefix(PREFIX)
        place = names.index(short) if short in names else -1
        return self.palettes[names[(place + 1) % len(names)]]

    def reload(self) -> bool:
        """Read own palettes that are new or were written since; whether anything changed.

        Reads files, so a deck calls it in a thread.
        """
        if self._folder is None:
            return False
        stamps = {}
        try:
            for file in sorted(self._folder.glob("*.toml")):
                stamps[file.name] = file.stat().st_mtime_ns
        except OSError:
            return False
        if stamps == self._stamps:
            return False
        self._stamps = stamps
        own, problems = {}, []
        for name in stamps:
            file = self._folder / name
            try:
                own[file.stem] = _own(file)
                problems += _hard_to_read(file.stem, own[file.stem])
            except (OSError, ValueError) as error:
                problems.append(f"The theme {name} can't be used: {error}.")
                if file.stem in self._own:
                    own[file.stem] = self._own[file.stem]
        self._own, self.problems = own, problems
        return True


def _own(file: Path) -> Palette:
    """A palette from a file; ValueError says what is wrong."""
    if file.stat().st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST} bytes")
    table = tomllib.loads(file.read_text("utf-8"))
    shipped = {palette.name.removeprefix(PREFIX): palette for palette in SHIPPED}
    if file.stem in shipped:
        raise ValueError("this name is taken by one that comes with Steerdeck")
    like = table.pop("like", "dark")
    given = table.pop("colours", {})
    if table:
        raise ValueError(f"there is no setting {next(iter(table))!r}, only like and [colours]")
    ground = shipped.get(like) if isinstance(like, str) else None
    if ground is None:
        raise ValueError(f"like must be one of {', '.join(shipped)}")
    if not isinstance(given, Mapping):
        raise ValueError("[colours] must be a table")
    colours, indices = dict(ground.colours), dict(ground.indices)
    tokens: dict[str, Token] = {token: token for token in TOKENS}
    for name, colour in given.items():
        token = tokens.get(name)
        if token is None:
            raise ValueError(f"there is no colour {name!r}; there are {', '.join(TOKENS)}")
        if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            raise ValueError(f"{name} must be written as #RRGGBB")
        colours[token], indices[token] = colour.upper(), nearest(colour)
    return Palette(f"{PREFIX}{file.stem}", ground.dark, colours, indices, ground.terminal)


def _hard_to_read(name: str, palette: Palette) -> list[str]:
    found = []
    for text, ground in _READ:
        measured = contrast(palette.colours[text], palette.colours[ground])
        if measured < LEGIBLE and not palette.terminal:
            found.append(
                f"In the theme {name} {text} on {ground} has a contrast of {measured:.1f};"
                f" {LEGIBLE} is easy to read."
            )
    return found


def nearest(colour: str) -> int:
    """The index among 16–255 whose colour, by the usual table, is nearest to `#RRGGBB`."""
    wanted = channels(colour)

    def far(index: int) -> int:
        return sum((one - other) ** 2 for one, other in zip(wanted, _cube(index), strict=True))

    return min(range(16, 256), key=far)


def _cube(index: int) -> tuple[int, int, int]:
    """The colour of an index: a cube of six steps, then 24 greys, as xterm has them."""
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    steps = (0, 95, 135, 175, 215, 255)
    place = index - 16
    return steps[place // 36], steps[place // 6 % 6], steps[place % 6]


def theme_of(palette: Palette) -> Theme:
    """What Textual's own style sheets need of a palette."""
    colours = palette.colours
    variables: dict[str, str] = {token: colours[token] for token in TOKENS}
    variables |= {
        "scrollbar": colours["s3"],
        "scrollbar-hover": colours["t3"],
        "scrollbar-active": colours["accent"],
        "scrollbar-background": colours["s1"],
        "scrollbar-background-hover": colours["s1"],
        "scrollbar-background-active": colours["s1"],
        "scrollbar-corner-color": colours["s1"],
    }
    return Theme(
        name=palette.name,
        dark=palette.dark,
        primary=colours["accent"],
        secondary=colours["accent"],
        accent=colours["accent"],
        warning=colours["needs"],
        error=colours["failed"],
        success=colours["done"],
        foreground=colours["t1"],
        background=colours["s0"],
        surface=colours["s1"],
        panel=colours["s2"],
        boost=colours["s2"],
        variables=variables,
    )
