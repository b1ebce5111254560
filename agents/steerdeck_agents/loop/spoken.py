"""The developer's words as items of the prompt, with the pictures that go along."""

import base64
from collections.abc import Sequence

from steerdeck_agents.facts.state import Message
from steerdeck_agents.loop import request
from steerdeck_agents.loop.prompt import NewText
from steerdeck_agents.loop.site import Site


def items(site: Site, messages: Sequence[Message]) -> list[NewText]:
    """One item a message; reads the journal where there are pictures: call it in a thread."""
    return [(_item(site, message), "developer", "message") for message in messages]


def unseen(site: Site, messages: Sequence[Message]) -> list[str]:
    """What the developer is told where the model takes no pictures."""
    return [
        f"{site.wire_model} takes no pictures: it was told of {one.name}, but not shown it."
        for message in messages
        for one in message.pictures
    ]


def _item(site: Site, message: Message) -> str:
    if not message.pictures:
        return request.message("user", message.text)
    if not site.images:
        named = "; ".join(f"{one.name} ({one.words})" for one in message.pictures)
        return request.message("user", f"{message.text}\n\n(Attached, but not shown: {named}.)")
    urls = [
        f"data:{one.media_type};base64,{base64.b64encode(site.blob(one.sha)).decode()}"
        for one in message.pictures
    ]
    return request.message("user", message.text, urls)
