"""What a script puts into a summary of its conversation, to find its place again after it.

A script is played from its beginning for every request, so a compacted conversation must still
tell which calls were made and how they ended; one line of the summary does.
"""

import re

import msgspec

from steerdeck_agents.facts.errors import UNREADABLE
from steerdeck_agents.models.scripted import Asked, Conversation

_HEAD = "What I did, for the script I play: "
_LINE = re.compile(re.escape(_HEAD) + r"(\{.*\})$", re.MULTILINE)
_ENDS = 300
"""Characters of an output's beginning and end that are remembered."""


class Memory(msgspec.Struct, frozen=True):
    """Calls and messages of before the summary."""

    calls: tuple[Asked, ...] = ()
    messages: tuple[str, ...] = ()


def summary_of(talk: Conversation) -> str:
    """A summary of the conversation that `recall` reads."""
    calls = tuple(msgspec.structs.replace(call, output=_ends(call.output)) for call in talk.calls)
    memory = msgspec.json.encode(Memory(calls, talk.messages)).decode()
    words = f"I work on this: {talk.task}\n{len(calls)} calls were made so far."
    return f"{words}\n\n{_HEAD}{memory}"


def recall(note: str) -> Memory:
    """What the summary in a note of the harness remembers; nothing when it is of another model."""
    found = _LINE.search(note)
    try:
        return Memory() if found is None else msgspec.json.decode(found[1], type=Memory)
    except UNREADABLE:
        return Memory()


def _ends(output: str | None) -> str | None:
    if output is None or len(output) <= 2 * _ENDS:
        return output
    return f"{output[:_ENDS]}\n[…]\n{output[-_ENDS:]}"
