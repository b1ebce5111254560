"""Readline's keys for a draft, as they are in a shell: which key does what to the text."""

from collections.abc import Callable, Mapping

from steerdeck.widgets.draft import Draft

NEWLINE = frozenset({"ctrl+j", "alt+enter", "shift+enter"})
EDIT: Mapping[str, Callable[[Draft], None]] = {
    "left": Draft.left,
    "ctrl+b": Draft.left,
    "right": Draft.right,
    "ctrl+f": Draft.right,
    "alt+b": Draft.word_left,
    "ctrl+left": Draft.word_left,
    "alt+left": Draft.word_left,
    "alt+f": Draft.word_right,
    "ctrl+right": Draft.word_right,
    "alt+right": Draft.word_right,
    "ctrl+a": Draft.line_start,
    "home": Draft.line_start,
    "ctrl+e": Draft.line_end,
    "end": Draft.line_end,
    "ctrl+home": Draft.start,
    "ctrl+end": Draft.end,
    "backspace": Draft.backspace,
    "ctrl+h": Draft.backspace,
    "delete": Draft.delete,
    "ctrl+d": Draft.delete,
    "ctrl+w": Draft.cut_word_left,
    "alt+backspace": Draft.cut_word_left,
    "alt+d": Draft.cut_word_right,
    "ctrl+u": Draft.cut_line_start,
    "ctrl+k": Draft.cut_line_end,
    "ctrl+y": Draft.paste_cut,
    "ctrl+underscore": Draft.undo,
    "ctrl+z": Draft.undo,
}
NOT_WHEN_EMPTY = frozenset({"alt+b", "alt+f", "alt+d", "ctrl+d", "ctrl+z"})
"""Keys that go on to the screen while nothing is written."""
