"""Somebody's hand at a deck in a real terminal, and one whole job to walk through with it.

The job is the same by keys and by mouse: every step names the key to press and the words to click.
What came of it is asked of the journal and of git, never of the screen alone.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from kit.command import damage, facts, of_kind
from kit.repositories import run
from kit.terminal import Terminal
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.fact import Fact
from steerdeck_agents.facts.reviewing import CommentMade, LinesPutBack, LinesTakenBack, ReviewSent
from steerdeck_agents.facts.shore import WorkLanded
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.settings.paths import Paths

TASK, NAME = "Greet whoever asks.", "greet-whoever-asks"
REASON, STEERED, REMARK, DRAFT = "Not by hand.", "Mind the tests.", "Say please.", "half a thought"
PATCH = """*** Begin Patch
*** Add File: greeting.py
+GREETING = 'hello'
+NAME = 'you'
*** End Patch
"""
STEPS = ("Write the greeting", "Ask for its colour")
PATIENT_STEPS = 150
"""How many calls the agent makes at most while nobody steers it."""
PACE = 100.0
"""Tokens a second, so that there is a while in which the agent works."""


def walker(talk: Conversation) -> Reply:
    """Plans, writes a file, wants to run something, asks, and reads on until it is steered."""
    step = sum(call.output is not None for call in talk.calls)
    match step:
        case 0:
            return Reply((Say("I begin."), Call("update_plan", {"steps": _plan("in_progress")})))
        case 1:
            return Reply((Call("apply_patch", {"patch": PATCH}),))
        case 2:
            return Reply((Call("shell", {"command": "touch made-by-hand", "why": "To try."}),))
        case 3:
            return Reply((Call("ask", {"question": "Which colour?", "choices": ["red", "blue"]}),))
        case _ if STEERED not in talk.said and step < PATIENT_STEPS:
            return Reply((Call("search", {"pattern": f"nothing{step}"}),))
    if sum(call.tool == "update_plan" for call in talk.calls) < 2:
        return Reply((Call("update_plan", {"steps": _plan("completed")}),))
    return Reply((Say(f"Ready after {len(talk.said)} messages.", final=True),))


def _plan(status: str) -> list[dict[str, str]]:
    return [{"text": STEPS[0], "status": status}, {"text": STEPS[1], "status": "pending"}]


class Hand:
    """What is on the screen, and what to do with it: by keys, or by clicks on words."""

    def __init__(self, deck: Terminal, *, mouse: bool = False) -> None:
        self.deck = deck
        self.mouse = mouse

    def sees(self, *words: str) -> str:
        try:
            return self.deck.wait_for(lambda screen: all(word in screen for word in words))
        except AssertionError as error:
            raise AssertionError(f"{words}: {error}") from error

    def does(self, keys: str, *words: str) -> None:
        """Press keys, each once the screen stands; or click on the words, one after the other."""
        if not self.mouse:
            self.deck.press(*keys.split())
            return
        for each in words:
            self.clicks(each)

    def place_of(self, words: str) -> tuple[int, int]:
        """Column and row, from 1, of the middle of the lowest of these words."""
        lines = self.sees(words).split("\n")
        row = max(n for n, line in enumerate(lines) if words in line)
        return lines[row].rindex(words) + len(words) // 2 + 1, row + 1

    def clicks(self, words: str, *, focusing: bool = False) -> None:
        """Press and let go of the left button (SGR); with `focusing` the focus comes by it."""
        x, y = self._still(words)
        came = "\x1b[I" if focusing else ""
        self.deck.send(f"{came}\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m")

    def _still(self, words: str) -> tuple[int, int]:
        """Where the words are once they have stood there for as long as a hand takes."""
        place = None
        while place != (place := self.place_of(words)):
            time.sleep(0.15)
        return place

    def wheels_up(self, words: str, times: int = 40) -> None:
        """Turn the wheel over these words."""
        x, y = self.place_of(words)
        for _ in range(times):
            self.deck.send(f"\x1b[<64;{x};{y}M")
            time.sleep(0.01)

    def types(self, text: str) -> None:
        self.deck.press(text)
        self.sees(text)

    def writes(self, text: str, verb: str) -> None:
        """Into the composer, which has the focus, and sends it."""
        self.types(text)
        self.does("enter", f"Enter {verb}")

    def reads(self, notice: str) -> None:
        """A notice stands where keys are named: a click takes it away, and so does any key."""
        if self.mouse:
            self.clicks(notice)
            self.deck.wait_gone(notice)

    def takes(self, named: str, card: str) -> None:
        """Go to what waits: `named` is told of it on the deck, `card` is how its card is headed."""
        here = "leave it waiting"

        def ready(screen: str) -> bool:
            # A frame comes in pieces, so rows of the screen before may stand there for a moment.
            if here in screen:
                return card in screen and named in screen
            return "Alt+.  answer" in screen and named in screen

        if here not in self.deck.wait_for(ready):
            self.does("alt+.", "Alt+.  answer")
        self.sees(card, "leave it waiting")

    def to_lanes(self) -> None:
        """From the composer to the deck, where letters are commands."""
        self.does("f2", "lanes")
        self.sees("? keys")

    def finds(self, act: str) -> None:
        """An act that no key on the screen does: by its name, among all commands."""
        self.clicks("commands")
        self.sees("what to do, or a session")
        self.types(act)


def start(hand: Hand) -> None:
    hand.sees("Nothing is running")
    hand.writes(TASK, "start")
    hand.sees(NAME, "needs you")


def allow(hand: Hand) -> None:
    hand.takes("greeting.py", "asks to change files")
    hand.sees("NAME = 'you'", "y  once")
    if hand.mouse:
        hand.deck.send("\x1b[O")
        time.sleep(0.2)
        hand.clicks("y  once", focusing=True)
        time.sleep(0.6)
        assert "y  once" in hand.deck.screen(), "a click that only brought the focus answered"
    hand.does("y", "y  once")
    hand.sees("touch made-by-hand")


def refuse(hand: Hand) -> None:
    hand.takes("touch made-by-hand", "asks to run a command")
    hand.sees("N  no, with words")
    hand.does("N", "no, with words")
    hand.sees("Why not, or what instead")
    hand.types(REASON)
    hand.does("enter", "say no with these words")
    hand.sees("you said no")


def answer(hand: Hand) -> None:
    hand.takes("Which colour?", "asks you")
    hand.sees("w  answer")
    hand.does("2", "blue")
    hand.sees("working")


def steer(hand: Hand) -> None:
    hand.sees("Enter steer", "nothing4")
    hand.writes(STEERED, "steer")
    hand.sees("Ready after 2 messages.", "Ready for review")


def look(hand: Hand) -> None:
    if hand.mouse:
        hand.to_lanes()
    hand.does("alt+d", "d diff")
    hand.sees("greeting.py", "NAME = 'you'", "comment")


def comment(hand: Hand) -> None:
    hand.does("j", "NAME = 'you'")
    hand.does("c", "c  comment")
    hand.sees("comment on greeting.py, line 2")
    hand.types(REMARK)
    hand.does("enter", "keep it")
    hand.sees("not sent yet")


def reject(hand: Hand) -> None:
    hand.sees("r  reject")
    hand.does("r", "r  reject")
    hand.sees("took back lines 1–2 of greeting.py", "stale")
    hand.does("u", "u  undo")
    hand.sees("GREETING = 'hello'")
    hand.deck.wait_gone("stale")


def send(hand: Hand) -> None:
    hand.sees("c  comment")
    hand.reads("put back what was rejected")
    hand.does("S", "S send 1 comment")
    hand.sees("sent")
    hand.deck.wait_gone("not sent yet")
    hand.reads("said to greet")
    hand.does("escape", "back")
    hand.sees("Ready after 3 messages.", "main")


def plan(hand: Hand) -> None:
    if hand.mouse:
        hand.finds("Show the plan")
    hand.does("alt+p", "Show the plan, change it or decide on it")
    hand.sees(*STEPS, "e  edit")
    hand.does("escape", "back")
    hand.deck.wait_gone("e  edit")


def tools(hand: Hand) -> None:
    if not hand.mouse:
        hand.to_lanes()
    hand.does("enter", "zoom")
    hand.sees("Transcript", "Tools", "Events")
    hand.does("o", "Tools")
    hand.sees("result", "took", "nothing5")


def search(hand: Hand) -> None:
    hand.does("t", "Transcript")
    if hand.mouse:
        hand.finds("Search the transcript")
    hand.does("/", "Search the transcript, or filter the tool calls")
    hand.sees("Words to look for")
    hand.types("the tests")
    hand.deck.press("enter")
    hand.sees("1 of 1", STEERED)
    hand.does("escape", "Esc ")
    hand.deck.wait_gone("1 of 1")
    hand.does("escape", "Esc let go")
    hand.deck.wait_gone("Esc let go")


JOB: tuple[Callable[[Hand], None], ...] = (
    start, allow, refuse, answer, steer, look, comment, reject, send, plan, tools, search,
)  # fmt: skip


def outcome(where: Paths, repository: Path) -> Iterator[tuple[bool, str]]:
    """What the walk must have left behind, each with what is wrong otherwise."""
    told = facts(where)

    def one(kind: type[Fact], fits: Callable[..., bool], told_so: str) -> tuple[bool, str]:
        found = of_kind(told, kind)
        return len(found) == 1 and fits(found[0]), f"{told_so}: {found}"

    yield one(e.SessionCreated, lambda fact: fact.task == TASK, "one session with the task")
    decided = [(fact.decision, fact.words) for fact in of_kind(told, e.ApprovalDecided)]
    yield decided == [("allow", ""), ("reject", REASON)], f"allowed, then refused: {decided}"
    yield one(e.QuestionAnswered, lambda fact: fact.text == "blue", "the answer")
    said = [fact.text for fact in of_kind(told, e.MessageSent)]
    fits = len(said) == 3 and said[:2] == [TASK, STEERED] and REMARK in said[2]
    yield fits, f"what was said: {said}"
    yield one(CommentMade, lambda fact: fact.text == REMARK, "one comment")
    yield one(LinesTakenBack, lambda fact: fact.taken.path == "greeting.py", "taken back")
    yield one(LinesPutBack, lambda fact: True, "put back")
    yield one(ReviewSent, lambda fact: len(fact.comments) == 1, "one review sent")
    turns = len(of_kind(told, e.TurnEnded))
    yield turns == 2, f"steered within the first turn, reviewed in a second: {turns}"
    yield not (found := damage(where)), f"damage: {found}"
    yield not run(repository, "status", "--porcelain"), "the checkout is dirty"


def ashore(where: Paths, repository: Path) -> Iterator[tuple[bool, str]]:
    """The same once the work has landed, was archived and is back."""
    told = facts(where)
    yield len(of_kind(told, WorkLanded)) == 1, "it landed once"
    yield len(of_kind(told, e.SessionArchived)) == 1, "it was archived once"
    yield len(of_kind(told, e.SessionReopened)) == 1, "it was brought back once"
    text = run(repository, "show", "main:greeting.py")
    yield text == "GREETING = 'hello'\nNAME = 'you'", f"what landed: {text!r}"
    yield (repository / "greeting.py").is_file(), "the checkout lacks what landed"
    yield not (repository / "made-by-hand").exists(), "what was refused has run"
