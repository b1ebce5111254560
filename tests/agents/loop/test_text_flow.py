"""Streamed text is looked through for secrets once for each append, however many tokens it has."""

import asyncio
from types import SimpleNamespace

from steerdeck_agents.facts.events import RequestSent
from steerdeck_agents.gate.secret_marks import Redactor
from steerdeck_agents.loop.stream import TextFlow
from steerdeck_agents.models.model import TextDelta

SENT = RequestSent(request="r", window=0, model="m", items=1, body="b")
SECRET = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"


class Counting(Redactor):
    looked = 0

    def found(self, text, allowed=""):
        self.looked += 1
        return super().found(text, allowed)


class Kept:
    def __init__(self):
        self.facts = []

    async def append(self, *facts, enclosed=()):
        self.facts += facts


async def _said(deltas, redactor, pause=lambda number: False):
    kept = Kept()
    flow = TextFlow(SimpleNamespace(journal=kept, redactor=redactor), SENT)
    for number, delta in enumerate(deltas):
        flow.add(delta)
        if pause(number):
            await asyncio.sleep(0.06)
    await flow.end()
    return [(fact.kind, fact.text) for fact in kept.facts]


def test_many_tokens_are_looked_through_once():
    redactor = Counting()
    words = [TextDelta("i", "message", f"word{number} ") for number in range(200)]
    said = asyncio.run(_said(words, redactor))
    assert said == [("message", "".join(word.text for word in words))]
    assert redactor.looked <= 2


def test_a_secret_cut_anywhere_is_marked_within_and_across_appends():
    text = f"it is {SECRET} as you see"
    for pause in (lambda number: False, lambda number: number == 20):
        pieces = [TextDelta("i", "message", sign) for sign in text]
        redactor = Redactor()
        said = asyncio.run(_said(pieces, redactor, pause))
        assert "".join(words for _, words in said) == redactor.text(text) != text


def test_texts_that_come_in_turn_stay_in_order():
    kinds = ["reasoning", "reasoning", "message", "message"]
    deltas = [TextDelta(kind, kind, f"{number}") for number, kind in enumerate(kinds)]
    said = asyncio.run(_said(deltas, Redactor()))
    assert said == [("reasoning", "01"), ("message", "23")]
