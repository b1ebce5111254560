"""Ten acts of a day with several agents, and a hand that counts the keys each of them takes.

A key pressed counts one, a chord too; the free text of a message does not, Enter that sends it
does; the letters of a command's name do. Approve and reject begin where the ask is shown, comment
and undo where the changes are; every other act begins at the conversation, ready to write.
"""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from kit.terminal import Terminal
from steerdeck_agents.models.scripted import Call, Conversation, Part, Reply, Say

ACTS = (
    "start three agents", "find who waits", "approve", "reject with words", "steer",
    "see what changed", "comment a line", "undo", "find last week's answer", "land",
)  # fmt: skip
TASK, OTHERS = "Greet whoever asks.", ("Which colour is the door?", "Count the windows.")
REASON, STEERED, REMARK, ANSWER = (
    "Not by hand.",
    "Mind the tests.",
    "Say please.",
    "teal as the sea",
)
MADE = "greeting.py"
TEXT = "GREETING = 'hello'\nNAME = 'you'\n"
PATIENT_STEPS = 400
PACE = 40.0
"""Tokens a second: the first agent asks only after the others were started."""

Step = Callable[[Conversation], tuple[Part, ...]]


class Ways(NamedTuple):
    """The calls one program's agent makes: writes a file, runs a command, passes the time."""

    write: Call
    run: Call
    idle: Callable[[int], Call]


def agent(ways: Ways) -> Callable[[Conversation], Reply]:
    """Writes, wants to run something, works on until it is steered; others only answer."""

    def script(talk: Conversation) -> Reply:
        last = talk.said[-1] if talk.said else ""
        if "title" in " ".join(talk.said).lower():
            return Reply((Say(last.rpartition("\n")[2], final=True),))
        if not any(TASK in words for words in talk.said):
            said = ANSWER if OTHERS[0] in last else "four"
            return Reply((Say(f"It is {said}.", final=True),))
        step = sum(call.output is not None for call in talk.calls)
        if step == 0:
            return Reply((Say("I begin by reading. " * 36), ways.write))
        if step == 1:
            return Reply((ways.run,))
        if step < PATIENT_STEPS and STEERED not in " ".join(talk.said):
            return Reply((ways.idle(step),))
        return Reply((Say("I heard of the tests.", final=True),))

    return script


class Fingers:
    """A hand on one program's terminal; what it presses counts for the act it is at."""

    def __init__(self, deck: Terminal, pause_s: float = 0.0) -> None:
        self.deck = deck
        self.pause_s = pause_s
        """Between keys: some programs take what comes at once for a paste."""
        self.counts: dict[str, int] = {}
        self._act = ""

    def begins(self, act: str) -> None:
        assert act in ACTS, act
        self._act = act

    def does(self, keys: str) -> None:
        """Press these keys; within an act they count."""
        for key in keys.split():
            time.sleep(self.pause_s)
            self.deck.press(key)
        if self._act:
            self.counts[self._act] = self.counts.get(self._act, 0) + len(keys.split())

    def spells(self, letters: str, command: str) -> None:
        """So much of a command's name as finds it, every letter a key, and Enter."""
        self.does(" ".join(letters))
        self.sees(command)
        self.does("enter")

    def types(self, text: str) -> None:
        """Words of one's own, which don't count."""
        time.sleep(self.pause_s)
        self.deck.press(text)
        self.sees(text)
        time.sleep(2 * self.pause_s)

    def writes(self, text: str) -> None:
        self.types(text)
        self.does("enter")

    def sees(self, *words: str) -> str:
        try:
            return self.deck.wait_for(lambda screen: all(word in screen for word in words))
        except AssertionError as error:
            raise AssertionError(f"{self._act}, {words}: {error}") from error

    def patience(self) -> None:
        """As long as a hand would look before it presses again."""
        time.sleep(4 * self.pause_s)

    def forgets(self) -> None:
        """An act that was not finished has no count."""
        self.counts.pop(self._act, None)

    def returns(self, keys: str, *words: str) -> None:
        """Back to where acts begin, which counts for nobody."""
        self._act = ""
        self.does(keys)
        self.sees(*words)

    def steps_back(self, words: str) -> None:
        """Escape until these words are there, which counts for nobody."""
        self._act = ""
        for _ in range(4):
            if words in self.deck.screen():
                return
            self.does("escape")
            time.sleep(1.0)
        self.sees(words)


def table(counts: Iterable[tuple[str, dict[str, int | str]]]) -> list[str]:
    """A row an act, a column a program: keys, or why there are none."""
    named = list(counts)
    rows = ["act: " + ", ".join(name for name, _ in named)]
    for act in ACTS:
        told = ", ".join(str(found.get(act, "not reached")) for _, found in named)
        rows.append(f"{act}: {told}")
    return rows
