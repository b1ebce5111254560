"""Keys as people of vi and of emacs have them in their fingers: other keys for acts of the table.

`plain` is the table itself, which knows `j` and `k` already. A flavour changes lists and the
composer only, and no key of it may mean two things in one place: a test holds all flavours to that.
"""

from collections.abc import Mapping

from steerdeck_agents.settings.config import Flavour

FLAVOURS: Mapping[Flavour, Mapping[str, tuple[str, ...]]] = {
    "plain": {},
    "vi": {
        "page_down": ("pagedown", "ctrl+d"),
        "page_up": ("pageup", "ctrl+u"),
    },
    "emacs": {
        "scroll_down": ("j", "down", "ctrl+n"),
        "scroll_up": ("k", "up", "ctrl+p"),
        "line_down": ("j", "down", "ctrl+n"),
        "line_up": ("k", "up", "ctrl+p"),
        "setting_down": ("j", "down", "ctrl+n"),
        "setting_up": ("k", "up", "ctrl+p"),
        "field_down": ("j", "down", "ctrl+n"),
        "field_up": ("k", "up", "ctrl+p"),
        "page_down": ("pagedown", "ctrl+v"),
        "page_up": ("pageup", "alt+v"),
        "top": ("g", "home", "alt+<"),
        "end": ("G", "end", "alt+>"),
        # Ctrl+P is a line up wherever there are lines.
        "palette": ("ctrl+k", "alt+x"),
    },
}
"""The keys of an act by its id, in place of the table's."""
