"""What a key led to, on its way up: from the parent on, where the key itself would go next.

Posted to the widget it would stand behind keys that are in its queue already, and those would be at
the screen first: words would be sent to whom the next key chose.
"""

from textual.message import Message
from textual.widget import Widget


def go_on(widget: Widget, message: Message) -> None:
    """Hand a message of a widget to what it stands in."""
    (widget.parent or widget).post_message(message.set_sender(widget))
