"""The whole job by hand, in a real tmux: with keys alone and with the mouse, at two sizes.

Each walk starts a session, allows a patch, refuses a command with words, answers a question,
steers, reads the changes, comments a line, takes a hunk back and puts it again, lands the work,
archives the session, brings it back, closes the deck and opens it again. What came of it is read
from the journal and from git.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kit import walking
from kit.command import PROGRAM, end_runtimes
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at
from kit.terminal import Terminal
from kit.walking import DRAFT, JOB, NAME, TASK, Hand
from prove.claim import Claim, Counted, Tally, world

SIZES = ((80, 24), (200, 50))


@contextmanager
def tmux(folder: Path, where: Path, columns: int, rows: int) -> Iterator[Terminal]:
    """A deck inside tmux inside a terminal, with the mouse on and keys let through at once."""
    server = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
    wishes = [["set", "-g", name, value] for name, value in _WISHES]
    words = [word for wish in wishes for word in (*wish, ";")]
    with Terminal(
        [*server, *words, "new-session", PROGRAM], folder=where, columns=columns, rows=rows
    ) as deck:
        try:
            yield deck
        finally:
            subprocess.run([*server, "kill-server"], capture_output=True, check=False)


_WISHES = (("mouse", "on"), ("focus-events", "on"), ("escape-time", "10"), ("status", "off"))


def land(hand: Hand) -> None:
    if hand.mouse:
        hand.finds("Land the work")
    hand.does("L", "Land the work of the session in hand")
    hand.sees("no conflict", "m   merge")
    hand.does("m", "m   merge")
    hand.deck.wait_gone("m   merge")
    hand.reads("landing; the transcript")
    hand.does("q", "Esc deck")
    hand.sees("landed (merge) on main", "Enter zoom")


def archive(hand: Hand) -> None:
    if hand.mouse:
        hand.finds("Stop and archive")
    hand.does("A", "Stop and archive the session in hand")
    hand.sees("Archive greet-whoever-asks", "Enter  archive")
    hand.does("enter", "Enter  archive")
    hand.sees("Nothing is running")
    hand.reads("archived; u")


def bring_back(hand: Hand) -> None:
    if hand.mouse:
        hand.finds("Undo the last")
    hand.does("u", "Undo the last discard or archive")
    hand.sees(NAME, "reopened")


def scroll(hand: Hand) -> None:
    if hand.mouse:
        hand.wheels_up("reopened")
    else:
        hand.deck.press("g")
    hand.sees(f"› {TASK}", "I begin.")


def leave(hand: Hand) -> None:
    """Close the deck with a draft in the composer; the terminal is given back."""
    hand.does("space", "Space write")
    hand.sees("F1 keys")
    hand.types(DRAFT)
    hand.to_lanes()
    # Once more within a second: that is for keys, since the palette takes a hand longer.
    hand.deck.press("ctrl+c")
    hand.sees("Ctrl+C again")
    hand.deck.press("ctrl+c")
    assert hand.deck.wait_end() == 0


REST = (land, archive, bring_back, scroll, leave)


def _step(tally: Tally, step: Callable[[Hand], None], hand: Hand) -> bool:
    try:
        step(hand)
    except AssertionError as error:
        return tally.see(False, f"{step.__name__}: {error}")
    return tally.see(True, "")


def walk(tally: Tally, columns: int, rows: int, *, mouse: bool) -> None:
    """The job from the first word to the second deck, at one size."""
    with world() as folder, playing({"walker": walking.walker}, pace=walking.PACE) as url:
        repository = plain(folder / "shop").resolve()
        where = home_at(folder / "s", {"walker": url}, {})
        try:
            with tmux(folder, repository, columns, rows) as deck:
                hand = Hand(deck, mouse=mouse)
                hand.sees("Nothing is running")
                deck.send("\x1b[I")
                for step in (*JOB, *REST):
                    if not _step(tally, step, hand):
                        return
            for check in (walking.outcome, walking.ashore):
                for holds, otherwise in check(where, repository):
                    tally.see(holds, otherwise)
            with tmux(folder, repository, columns, rows) as deck:
                again = Hand(deck, mouse=mouse)
                _step(tally, lambda hand: bool(hand.sees(NAME, DRAFT, "reopened")), again)
        finally:
            end_runtimes(folder / "s")


def walked(*, mouse: bool) -> Counted:
    if shutil.which("tmux") is None:
        return Counted(skipped="no tmux on this machine")
    tally = Tally()
    for columns, rows in SIZES:
        walk(tally, columns, rows, mouse=mouse)
    return tally.done("in tmux at 80x24 and 200x50")


CLAIMS = (
    Claim("walk-keys", "the whole job in tmux, with keys alone", lambda: walked(mouse=False)),
    Claim("walk-mouse", "the whole job in tmux, by mouse", lambda: walked(mouse=True)),
)
