"""What the developer writes while a script is at work: what kind of message, and what to do."""

import re
from collections.abc import Iterable
from typing import Literal

import msgspec

from steerdeck_agents.demo.calls import add_file, patch, update_file
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.models.scripted import Call

NOTES = "NOTES.md"
_TITLE = "# Notes"

_GO_ON = re.compile(
    r"\W*(?:(?:please|okay|ok|yes)\W+)*"
    r"(?:go on|go ahead|continue|carry on|proceed|resume|okay|ok|yes|thanks|thank you)"
    r"(?:\W+please)?\W*\Z",
    re.IGNORECASE,
)
_STOP = re.compile(r"\W*(?:please\W+)?(?:stop|halt|enough|that's all)\b", re.IGNORECASE)
_TESTS = re.compile(r"\b(?:run|rerun|repeat|check)\b.{0,40}\btests?\b", re.IGNORECASE | re.DOTALL)


def kind_of(text: str) -> Literal["go on", "stop", "tests", "note"]:
    """What a script does about a message: most wishes it can only write down for the reviewer."""
    if _GO_ON.match(text):
        return "go on"
    if _STOP.match(text):
        return "stop"
    return "tests" if _TESTS.search(text) else "note"


def quote(text: str, limit: int = 200) -> str:
    return f"“{one_line(text, limit)}”"


def note(texts: Iterable[str], there: list[str]) -> Call:
    """A patch that writes one line for each text below the notes that are there already."""
    lines = [f"- {one_line(text, 300)}" for text in texts]
    if not there:
        return patch(add_file(NOTES, "\n".join([_TITLE, "", *lines])))
    added = "".join(f"+{line}\n" for line in lines)
    return patch(update_file(NOTES, f" {there[-1]}\n{added}"))


def notes_in(arguments: str) -> list[str]:
    """The lines a `note` patch wrote, from the JSON text of its arguments."""
    text = str(msgspec.json.decode(arguments, type=dict[str, str]).get("patch"))
    return (
        [line[1:] for line in text.splitlines() if line.startswith("+- ")] if NOTES in text else []
    )
