"""Whether this is a place for the deck, and how many colours it has.

Textual would draw a full screen on `TERM=dumb` and run for ever on a closed input, so this is asked
before Textual is imported; what is not a terminal gets line mode.
"""

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO

    from steerdeck_themes.depth import Depth

_NO_SCREEN = frozenset({"", "dumb", "unknown"})
_KEEPS_COLOUR = ("xterm", "tmux", "alacritty", "foot", "kitty", "wezterm", "konsole", "vte", "rxvt")


def wants_deck(
    stdin: "IO[str] | None",
    stdout: "IO[str] | None",
    stderr: "IO[str] | None",
    environ: Mapping[str, str],
) -> bool:
    """True where all three are one person's terminal that can do more than print lines.

    A browser's driver speaks over pipes, and says so.
    """
    if environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver"):
        return True
    if environ.get("TERM", "") in _NO_SCREEN:
        return False
    return all(stream is not None and _is_terminal(stream) for stream in (stdin, stdout, stderr))


def _is_terminal(stream: "IO[str]") -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def depth(color_system: str | None, *, no_color: bool = False) -> "Depth":
    """How Ink draws, from the console's `color_system` and the wish for no colour at all."""
    if no_color:
        return "none"
    if color_system == "standard":
        return "16"
    return "256" if color_system == "256" else "true"


def erases_with_colour(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to erase cells with the background colour in force."""
    return environ.get("TERM", "").startswith(_KEEPS_COLOUR)


def knows_links(environ: Mapping[str, str]) -> bool:
    """Whether OSC 8 is drawn as a link or passed over, and surely never drawn as text."""
    return environ.get("TERM", "").startswith(_KEEPS_COLOUR)
