"""The goals, each by its name: what is measured, what it may be at most, and which measure tells.

They are targets for two cores that have nothing else to do. `peers` marks those that are held
against other programs that drive agents, where these are found. Reasons are told only in a run that
missed the goal or found another program ahead.
"""

import msgspec

from bench.rows import Row, within
from bench.terminal import A_LETTER_S, PAUSE_S


class Goal(msgspec.Struct, frozen=True):
    """One number of the product that has a goal."""

    name: str
    what: str
    most: float
    unit: str
    measure: str
    """The group of the bench that measures it."""
    peers: bool = False
    most_ratio: float | None = None
    """How many times the reference it may be."""
    least_ratio: float | None = None
    """How many times smaller than the reference it has to be."""
    because: str = ""
    """What makes ours slow or large, told where the goal is missed or another program is ahead."""
    floor: bool = False
    """Whether the reference is a part of the work that nobody does without."""


_TYPED_S = len("Say 40 mark") * A_LETTER_S + PAUSE_S
_ANSWER = f"start to first answer of a new session, runtime warm, {_TYPED_S:.1f} s of it typing"
_TWO = "Deck and runtime are two Python processes"
_TOKEN = f"{_TWO}: one keeps each token, the other draws it."
_LOADED = f"{_TWO} with all they have loaded."
_GROWS = (
    f"{_TWO}. Most of what they grow by comes with the first request, which loads what speaks to"
    " the model; the words are the smaller part."
)
_LIVE = (
    "Textual and the deck are imported first; a deck that is kept loaded saves that, see the warm"
    " start."
)
_BEGUN = (
    "Python and Textual are loaded before a key is answered, and the session gets a clone of its"
    " own before it begins."
)
_ECHO = "Eight lanes stream here and one conversation there, and a key goes through Python."
_FRAMES = "Each frame of eight lanes is laid out and drawn in Python."
_KEPT = (
    "A call here is on disk before it starts and again when it ended, and the files it changed are"
    " kept for undo."
)
_FACTS = "A fact is also numbered, folded, hashed and told to who waits for it, in Python."
GOALS = (
    Goal("first", "something on screen, warm", 20, "ms", "start", peers=True,
         because="Python starts before anything is drawn."),
    Goal("live", "a live frame with four restored lanes, warm", 170, "ms", "start",
         most_ratio=1.35, because=_LIVE),
    Goal("live-forked", "the same with a warm start: forked from a deck that is loaded", 170, "ms",
         "start", most_ratio=1.35),
    Goal("answer", _ANSWER, 490, "ms", "answer", peers=True, because=_BEGUN),
    Goal("token-cpu", "CPU for a task and its 1,000 streamed tokens, one lane", 0.3, "s", "four",
         peers=True, because=_TOKEN),
    Goal("token-bytes", "bytes to the terminal per token, a task and 1,000 of them", 40, "B",
         "four", peers=True, because="The deck draws a rail and a header beside the words."),
    Goal("echo-p50", "key to paint while 8 lanes stream, p50", 2, "ms", "stream", peers=True,
         because=_ECHO),
    Goal("echo-p99", "key to paint while 8 lanes stream, p99", 10, "ms", "stream", peers=True,
         because=_ECHO),
    Goal("echo-tools", "key to paint with 16 agents running tools, p99", 30, "ms", "tools"),
    Goal("cpu-8", "CPU of the deck, 8 lanes at 100 tokens/s each, all in view", 6, "%", "stream",
         least_ratio=12, because=_FRAMES),
    Goal("cpu-32", "CPU of the deck, 32 lanes at 100 tokens/s each, 8 in view", 12, "%", "many",
         because=_FRAMES),
    Goal("four-cpu", "four agents at once, CPU for 4 × 2,000 tokens", 4, "s", "four", peers=True,
         because=_TOKEN),
    Goal("four-pss", "four agents at once, PSS of everything", 110, "MB", "four", peers=True,
         because=_LOADED),
    Goal("idle", "memory idle, deck and runtime, PSS", 85, "MB", "memory", peers=True,
         because=_LOADED),
    Goal("long", "memory after 50,000 tokens, deck and runtime, PSS", 95, "MB", "memory",
         peers=True, because=_GROWS),
    Goal("gap-bare", "harness gap per tool call, bare, p50", 8, "ms", "gap", peers=True,
         floor=True, because=_KEPT),
    Goal("gap-sandboxed", "harness gap per tool call, sandboxed, p50", 20, "ms", "gap",
         floor=True, because="It is the gap of a bare call and what bubblewrap takes to begin."),
    Goal("headless", "one headless turn with a warm runtime", 230, "ms", "answer", peers=True,
         floor=True,
         because="Python starts, and the agent gets a clone of its own before it begins."),
    Goal("ssh", "bytes to the terminal, 8 lanes, over SSH", 20, "kB/s", "lines"),
    Goal("lean", "bytes to the terminal, 8 lanes, lean", 3, "kB/s", "lines"),
    Goal("far-echo", "20 kB/s, 100 ms round trip: key echo, p99", 250, "ms", "lines"),
    Goal("far-backlog", "20 kB/s, 100 ms round trip: backlog", 0.5, "s", "lines"),
    Goal("bad-echo", "5 kB/s, 300 ms round trip: key echo, p99", 1_000, "ms", "lines"),
    Goal("bad-backlog", "5 kB/s, 300 ms round trip: backlog", 1, "s", "lines"),
    Goal("open", "read and fold a session of 100,000 events, no wire, no screen", 30, "ms",
         "seek"),
    Goal("seek", "find the state anywhere in 100,000 events, no wire, no screen, p99", 8, "ms",
         "seek"),
    Goal("saved-p50", "file saved → diff on screen, 16 workspaces, p50", 25, "ms", "saved"),
    Goal("saved-p99", "file saved → diff on screen, 16 workspaces, p99", 60, "ms", "saved"),
    Goal("append", "append without the search index, CPU", 4, "µs", "append", floor=True,
         because=_FACTS),
    Goal("append-searched", "append with the search index, CPU", 8, "µs", "append", floor=True,
         because=_FACTS),
    Goal("packed", "100,000 events after packing", 14, "MB", "seek"),
)  # fmt: skip
BY_NAME = {goal.name: goal for goal in GOALS}


def reached(
    name: str,
    ours: float,
    *,
    reference: float | None = None,
    against: str = "",
    besides: str = "",
) -> Row:
    """The row that tells a goal, with what it was measured against in the same run."""
    goal = BY_NAME[name]
    row = within(
        goal.what, ours, goal.unit, most=goal.most, least_ratio=goal.least_ratio,
        most_ratio=goal.most_ratio, reference=reference, against=against,
    )  # fmt: skip
    return msgspec.structs.replace(row, name=name, besides=besides)


def absent(name: str, why: str) -> Row:
    """The row of a goal that can't be measured here."""
    goal = BY_NAME[name]
    return Row(goal.what, 0, goal.unit, f"≤ {goal.most:g} {goal.unit}", name=name, missing=why)


def of_peer(name: str, by: str, theirs: float) -> Row:
    """The same number of another program."""
    goal = BY_NAME[name]
    return Row(goal.what, theirs, goal.unit, name=name, by=by)


def not_of_peer(name: str, by: str, why: str) -> Row:
    """A number of another program that could not be measured."""
    return msgspec.structs.replace(of_peer(name, by, 0), missing=why)


def no_peer(by: str, why: str) -> Row:
    """Another program that could not be measured."""
    return Row(by, 0, "", by=by, missing=why)
