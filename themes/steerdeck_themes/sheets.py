"""Where the style sheets are: every rule of layout lives in `styles/`, foundation first."""

from pathlib import Path


def styles() -> list[Path]:
    """Absolute paths of all style sheets, in the order in which they apply."""
    folder = Path(__file__).parent / "styles"
    foundation = folder / "foundation.tcss"
    return [foundation, *sorted(path for path in folder.glob("*.tcss") if path != foundation)]
