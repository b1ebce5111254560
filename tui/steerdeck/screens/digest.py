"""The digest of an absence, over whatever screen somebody comes back to.

It covers nothing that a key could answer: what waits for a yes or no is never hidden by it.
"""

from textual.screen import ModalScreen, Screen

from steerdeck.commands import Helm
from steerdeck.panes.digest import digest_lines
from steerdeck.screens.arming import Arming
from steerdeck.screens.arranging import Arranging
from steerdeck.screens.keyed import Keyed
from steerdeck.widgets.rows import Rows

_LEAST = 8
"""Rows of a terminal that a digest needs."""


def show_digest(screen: Screen[object], helm: Helm) -> None:
    """Show it, draw it as it is now, or take it away."""
    rows = (child for child in screen.children if isinstance(child, Rows))
    present = next((child for child in rows if child.id == "digest"), None)
    hidden = isinstance(screen, Arming | ModalScreen) or not isinstance(screen, Keyed)
    if not helm.told_now or helm.away is None or hidden:
        if present is not None:
            present.remove()
        return
    below = screen.below_digest() if isinstance(screen, Keyed) else 2
    rail = screen.room.rail if isinstance(screen, Arranging) else 0
    lines = digest_lines(
        helm.happened(),
        helm.model.states,
        helm.now_ms() - helm.away.since.at_ms,
        max(_LEAST, screen.app.size.height - below - 4),
        opened=helm.away.since is helm.opened,
        key=helm.keymap.shown("away"),
    )
    shown = present or Rows(ground="s2", id="digest")
    left = rail + 1 if rail else 0
    shown.styles.margin = (0, 0, below, left)
    shown.styles.width = max(1, screen.app.size.width - left)
    shown.show(lines)
    if present is None:
        screen.mount(shown)
