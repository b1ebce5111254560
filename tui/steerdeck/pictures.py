"""Pictures of the deck as SVG, the same bytes for the same screen.

Textual names its style classes by a random-looking id and draws with a web font; here both are
fixed, so a picture can be compared byte for byte and drawn without a network.
"""

import re

from textual.app import App

FONT = "DejaVu Sans Mono"
_ID = re.compile(r"terminal-(?:[0-9a-f]+|\d+)-")
_FACES = re.compile(r"\s*@font-face \{.*?\}\n", re.DOTALL)


def picture(app: App[None], title: str = "") -> str:
    """What is on the screen now as SVG, in a font of this machine, without outside links."""
    svg = app.export_screenshot(title=title or None)
    svg = _FACES.sub("\n", svg)
    svg = _ID.sub("terminal-", svg)
    return svg.replace("Fira Code", FONT)
