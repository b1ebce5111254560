"""Answers that end in a way of their own: what of them stays in the prompt, and how the turn ends.

A refusal is the model's word and is never asked again. An answer that reached the limit of output
tokens goes on once; its calls are not whole and never start (law 4).
"""

import json

from steerdeck_agents.facts.events import TurnStatus
from steerdeck_agents.facts.requests import Ending
from steerdeck_agents.facts.state import OpenTurn
from steerdeck_agents.loop import request
from steerdeck_agents.loop.stream import Response

PARTIAL = ("cut_off", "filtered")
"""Endings of answers that are not whole."""
_GO_ON = request.message(
    "developer",
    "Your answer was cut off at the limit of output tokens; calls in it were not run. Go on where"
    " it stopped, in smaller steps.",
)

New = tuple[str, str, str]


def kept(response: Response, ending: Ending, *, again: bool) -> list[New]:
    """The items of an answer that go into the prompt, as (text, origin, kind)."""
    items = [(item.text, "model", item.type) for item in response.items]
    match ending:
        case "cut_off":
            words = [item for item in items if item[2] == "message"] or _partial(response)
            return [*words, (_GO_ON, "harness.cut_off", "message")] if again else words
        case "filtered" | "empty":
            # Reasoning alone is not taken back, and what was filtered would be filtered again.
            return []
        case "refused":
            return [item for item in items if item[2] in ("message", "reasoning")]
        case "":
            return items


def outcome(turn: OpenTurn) -> tuple[TurnStatus, str]:
    """How a turn ends whose last answer asked for nothing more, and why in a sentence."""
    match turn.ending:
        case "refused":
            return "refused", "The model refused to go on with this; its words say why."
        case "filtered":
            return "refused", "The server's content filter stopped the answer."
        case "cut_off":
            return "failed", (
                "The answer reached the model's limit of output tokens twice in a row. "
                "Ask for a smaller step."
            )
        case "empty" if turn.requests <= 1:
            return "failed", "The model answered with nothing."
        case _:
            # After calls an empty answer only means that it has nothing to add.
            return "completed", ""


def _partial(response: Response) -> list[New]:
    """The words that had arrived, where the server did not tell them as an item."""
    text = "".join(response.messages)
    if not text:
        return []
    content = [{"type": "output_text", "text": text, "annotations": []}]
    item = {"type": "message", "role": "assistant", "content": content}
    return [(json.dumps(item, ensure_ascii=False, separators=(",", ":")), "model", "message")]
