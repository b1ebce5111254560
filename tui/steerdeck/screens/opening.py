"""Which screen a message opens; the one place that knows them all."""

from textual.screen import Screen

from steerdeck.commands import Helm
from steerdeck.messages import Open
from steerdeck.screens.inbox import InboxScreen


def screen_for(message: Open, helm: Helm) -> Screen[None] | None:
    """The screen to push; None when there is nothing to open."""
    match message.where:
        case "inbox":
            return InboxScreen(helm, message.item)
        case _:
            return None
