"""Every private name of Textual that Steerdeck uses, in one file.

Each use has a test and falls back to what Textual does by itself when the name is gone, so that a
new version makes the deck slower at worst, never broken.
"""

from textual.widget import Widget


def paint(widget: Widget) -> bool:
    """Draw what is dirty on the widget's screen at once; False when Textual will do it later.

    Textual collects changes on a timer of 60 a second; a key's answer would wait for it.
    """
    if not widget.is_attached or not widget.is_mounted:
        return False
    screen = widget.screen
    draw = getattr(screen, "_on_timer_update", None)
    dirty = getattr(screen, "_dirty_widgets", None)
    if draw is None or dirty is None:
        widget.refresh()
        return False
    widget.refresh()
    dirty.add(widget)
    draw()
    return True
