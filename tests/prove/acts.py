"""Ten daily acts, with the keys each takes: here, and in two other programs where they are found.

Every act is performed for real in a terminal against a scripted model on loopback, and what must
be seen afterwards is waited for. Codex CLI and OpenCode are looked for in the folder that
STEERDECK_PEERS names (`<folder>/<name>/node_modules/.bin/<name>`, or `<folder>/<name>`) and on
PATH; without them only our own keys are counted.
"""

import os
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

from kit import acting
from kit.acting import ACTS, ANSWER, MADE, OTHERS, REASON, REMARK, STEERED, TASK, TEXT, Fingers
from kit.command import PROGRAM, end_runtimes
from kit.playing import playing
from kit.repositories import plain
from kit.rivals import RIVALS, Rival, end_left, program, surroundings
from kit.scene import home_at
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.models.scripted import Call

COLUMNS, ROWS = 140, 40
PAUSE_S = 0.5
ADDED = "".join(f"+{line}\n" for line in TEXT.splitlines())
PATCH = f"*** Begin Patch\n*** Add File: {MADE}\n{ADDED}*** End Patch\n"
OURS = acting.Ways(
    Call("apply_patch", {"patch": PATCH}),
    Call("shell", {"command": "touch made-by-hand", "why": "To try."}),
    lambda step: Call("search", {"pattern": f"nothing{step}"}),
)
NONE = {
    "codex": {
        "comment a line": "has none: its diff is only read",
        "undo": "has none: no such command",
        "land": "has none: its agent works in the checkout",
    },
    "opencode": {
        "find who waits": "has none: its list marks one that waits as one that works",
        "comment a line": "has none: no such key in its diff viewer",
        "land": "has none: its agent works in the checkout",
    },
}
"""Acts a program lacks, by what its help and its commands offer."""


def ours(hand: Fingers, repository: Path) -> None:
    """All ten in the deck, from the first start to the landed work."""
    hand.sees("Nothing is running")
    hand.begins("start three agents")
    hand.writes(TASK)
    hand.sees("greet-whoever-asks", "Enter steer")
    for task in OTHERS:
        hand.does("alt+n")
        hand.sees("how many", "Enter  start")
        hand.writes(task)
        hand.deck.wait_gone("how many")
    hand.sees("count-the-windows", "Alt+.  answer")
    hand.begins("find who waits")
    hand.does("alt+.")
    hand.sees("asks to change files", "y  once")
    hand.begins("approve")
    hand.does("y")
    hand.sees("touch made-by-hand", "Alt+.  answer")
    hand.returns("alt+.", "asks to run", "N  no, with words")
    hand.begins("reject with words")
    hand.does("N")
    hand.sees("Why not, or what instead")
    hand.writes(REASON)
    hand.sees("Enter send")
    hand.returns("alt+1", "Enter steer", "nothing")
    hand.begins("steer")
    hand.writes(STEERED)
    hand.sees("I heard of the tests.", "Ready for review")
    _ours_on_the_changes(hand, repository)


def _ours_on_the_changes(hand: Fingers, repository: Path) -> None:
    hand.begins("see what changed")
    hand.does("alt+d")
    hand.sees("GREETING = 'hello'", "c  comment")
    hand.begins("comment a line")
    hand.does("c")
    hand.sees("comment on greeting.py, line 1")
    hand.writes(REMARK)
    hand.sees("not sent yet")
    hand.does("S")
    hand.sees("said to greet-whoever-asks")
    hand.begins("undo")
    hand.does("r")
    hand.sees("took back lines 1–2 of greeting.py")
    hand.returns("u", "GREETING = 'hello'")
    hand.returns("escape", "Enter send")
    hand.begins("find last week's answer")
    hand.does("alt+/")
    hand.sees("words of anybody")
    hand.types("teal")
    hand.sees(ANSWER)
    hand.does("ctrl+o")
    hand.sees("Transcript", ANSWER)
    hand.steps_back("shop  main")
    hand.returns("alt+1", "to 1 greet-whoever-asks")
    hand.begins("land")
    hand.does("alt+L")
    hand.sees("no conflict", "m   merge")
    hand.does("m")
    hand.deck.wait_gone("m   merge")
    hand.sees("landed")
    assert (repository / MADE).read_text() == TEXT, "the work is not in the checkout"


def codex(hand: Fingers, repository: Path) -> None:
    """Codex CLI with its command center for agents, begun at a conversation to write."""
    hand.sees("No tasks yet")
    hand.returns("n", "Ask Codex", "for agents")
    hand.begins("start three agents")
    hand.writes(TASK)
    hand.sees("I begin by reading.")
    for task, answer in zip(OTHERS, (ANSWER, "It is four"), strict=True):
        hand.does("left")
        hand.sees("command center")
        hand.does("n")
        hand.sees("Ask Codex")
        hand.writes(task)
        hand.sees(answer)
    hand.begins("find who waits")
    hand.does("left")
    hand.sees("Needs you 1")
    hand.does("tab enter")
    hand.sees("Yes, proceed")
    hand.begins("approve")
    hand.does("y")
    hand.sees("$ touch made-by-hand")
    assert (repository / MADE).read_text() == TEXT, "what was approved did not run"
    hand.begins("reject with words")
    hand.does("escape")
    hand.sees("You canceled")
    hand.writes(REASON)
    hand.sees("Working")
    hand.begins("steer")
    hand.writes(STEERED)
    hand.sees("I heard of the tests.")
    _codex_afterwards(hand)


def _codex_afterwards(hand: Fingers) -> None:
    hand.begins("see what changed")
    hand.spells("/di", "/diff")
    hand.sees("D I F F")
    hand.returns("q", "Ask Codex")
    hand.begins("find last week's answer")
    hand.does("left")
    hand.sees("command center")
    hand.returns("shift+tab", OTHERS[0])
    hand.begins("find last week's answer")
    hand.does("f3")
    hand.types("door")
    hand.does("enter")
    hand.sees(ANSWER)


def opencode(hand: Fingers, repository: Path) -> None:
    """OpenCode, begun at its empty composer."""
    hand.begins("start three agents")
    hand.sees("Ask anything")
    hand.writes(TASK)
    hand.sees("I begin by reading.")
    for task, answer in zip(OTHERS, (ANSWER, "It is four"), strict=True):
        hand.does("ctrl+x n")
        hand.sees("Ask anything")
        hand.writes(task)
        hand.sees(answer)
    hand.returns("ctrl+x l", "Sessions", TASK)
    hand.types(TASK)
    hand.returns("enter", "Allow once")
    hand.begins("approve")
    hand.does("enter")
    hand.sees("Shell command", "Allow once")
    assert (repository / MADE).read_text() == TEXT, "what was approved did not run"
    hand.begins("reject with words")
    hand.does("escape")
    hand.deck.wait_gone("Allow once")
    hand.writes(REASON)
    hand.sees("Glob")
    hand.begins("steer")
    hand.writes(STEERED)
    hand.sees("I heard of the tests.")
    _opencode_on_the_changes(hand, repository)


def _opencode_on_the_changes(hand: Fingers, repository: Path) -> None:
    hand.begins("see what changed")
    hand.spells("/di", "Open diff viewer")
    hand.sees("Diff working tree", "GREETING")
    hand.returns("q", "ctrl+p commands")
    hand.begins("undo")
    for _ in range(3):
        hand.does("ctrl+x u")
        hand.sees("reverted")
        hand.patience()
        if not (repository / MADE).exists():
            break
    assert not (repository / MADE).exists(), "nothing was undone"
    hand.begins("find last week's answer")
    hand.does("ctrl+x l")
    hand.sees("Sessions")
    hand.types("door")
    hand.does("enter")
    hand.sees(ANSWER)


HANDS: dict[str, Callable[[Fingers, Path], None]] = {"codex": codex, "opencode": opencode}


def _performed(tally: Tally, hand: Fingers, act: Callable[[], None]) -> None:
    try:
        act()
    except AssertionError as error:
        tally.see(False, str(error))
        hand.forgets()


def our_keys(tally: Tally) -> dict[str, int | str]:
    """Keys for each act in the deck."""
    with world() as folder, playing({"walker": acting.agent(OURS)}, pace=acting.PACE) as url:
        repository = plain(folder / "shop").resolve()
        home_at(folder / "s", {"walker": url}, {})
        try:
            with Terminal([PROGRAM], folder=repository, columns=COLUMNS, rows=ROWS) as deck:
                hand = Fingers(deck, PAUSE_S)
                _performed(tally, hand, lambda: ours(hand, repository))
                return dict(hand.counts)
        finally:
            end_runtimes(folder / "s")


def their_keys(tally: Tally, rival: Rival, found: str) -> dict[str, int | str]:
    """Keys for each act in another program, or why it has none."""
    with (
        world() as folder,
        playing({"scripted": acting.agent(rival.ways)}, pace=acting.PACE) as url,
    ):
        repository = plain(folder / "shop").resolve()
        home = folder / "rival"
        rival.set_up(home, repository, url)
        with Terminal(
            [found, *rival.words],
            folder=repository, columns=COLUMNS, rows=ROWS, environ=surroundings(home),
        ) as deck:  # fmt: skip
            hand = Fingers(deck, PAUSE_S)
            _performed(tally, hand, lambda: HANDS[rival.name](hand, repository))
        end_left(home)
        return {**hand.counts, **NONE[rival.name]}


def _version(found: str) -> str:
    done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout.split() or ["?"])[-1]


def counted() -> Counted:
    """Ours performed; and ours not more in any act that a peer has."""
    folder = os.environ.get("STEERDECK_PEERS", "")
    tally = Tally()
    mine = our_keys(tally)
    for act in ACTS:
        tally.see(act in mine, f"{act}: not performed in the deck")
    columns: list[tuple[str, dict[str, int | str]]] = [("ours", mine)]
    notes = [f"keys counted on {date.today()}; the text of a message counts for nobody"]
    for rival in RIVALS:
        if (found := program(rival.name, folder)) is None:
            notes.append(f"{rival.title} skipped: not on PATH and not in STEERDECK_PEERS")
            continue
        theirs = their_keys(tally, rival, found)
        columns.append((f"{rival.title} {_version(found)}", theirs))
        for act in ACTS:
            keys, own = theirs.get(act), mine.get(act)
            if isinstance(keys, int) and isinstance(own, int):
                tally.see(own <= keys, f"{act}: ours {own}, {rival.title} {keys}")
            elif keys is None:
                tally.see(False, f"{act}: not reached in {rival.title}")
    return tally.done(*notes, *acting.table(columns))


CLAIMS = (Claim("acts", "ten daily acts take no more keys than elsewhere", counted),)
