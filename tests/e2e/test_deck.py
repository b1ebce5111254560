"""The deck as a person meets it: keys in, a screen out, and a journal that agrees with both."""

import os
import signal
from pathlib import Path

import pytest

pytest.importorskip("pyte", reason="a screen is needed to look at: install pyte")

from kit.command import PROGRAM, damage, demos, facts, of_kind, runtime_pid, sessions
from kit.repositories import fingerprint
from kit.terminal import Terminal
from steerdeck_agents.facts import events as e

FOUR = ("fix-rounding", "add-csv", "currency", "docs")
ALL_DONE = "✓ 4 done"


def demo(columns: int = 200, rows: int = 50) -> Terminal:
    return Terminal([PROGRAM, "demo"], columns=columns, rows=rows)


def quit_deck(deck: Terminal) -> None:
    """Leave with the deck's own keys; the terminal is as it was."""
    deck.press("ctrl+c")
    deck.wait_for("Ctrl+C again")
    deck.press("ctrl+c")
    assert deck.wait_end() == 0
    assert deck.left_on() == []


def in_inbox(screen: str) -> bool:
    return "leave it waiting" in screen


def go_to_waiting(deck: Terminal, what: str) -> None:
    """Open the inbox on the next thing that waits; `what` is how its card is headed."""
    if not in_inbox(screen := deck.wait_for(what)):
        deck.press("alt+." if "Alt+." in screen else ".")
    deck.wait_for(lambda screen: in_inbox(screen) and what in screen)


def leave_inbox(deck: Terminal, answered: str) -> None:
    """Back to the deck once the card that was answered is gone; the inbox may close by itself."""
    if in_inbox(deck.wait_gone(answered)):
        deck.press("escape")
        deck.wait_for(lambda screen: not in_inbox(screen))


def settle_everything(deck: Terminal) -> None:
    """Answer whatever is asked with the keys that are shown, until all four have ended."""
    answers = (
        ("it was done", "d"),
        ("go on", "r"),
        ("y  once", "y"),
        ("w  answer", "1"),
        ("x  seen", "escape"),
    )

    def next_one(screen: str) -> bool:
        return (
            ALL_DONE in screen or ".  answer" in screen or any(cap in screen for cap, _ in answers)
        )

    for _ in range(40):
        screen = deck.wait_for(next_one)
        if in_inbox(screen):
            found = next(((cap, key) for cap, key in answers if cap in screen), None)
            if found is not None:
                cap, key = found
                deck.press(key)
                # Pressed again it would be for what comes next: the caps of a card go with it.
                deck.wait_for(lambda now, cap=cap: cap not in now)
        elif ALL_DONE in screen:
            return
        else:
            deck.press("alt+." if "Alt+." in screen else ".")
            deck.wait_for(lambda now, before=screen: now != before)
    raise AssertionError(deck.screen())


def test_four_sessions_are_seen_answered_left_and_found_done(base: Path):
    with demo() as deck:
        screen = deck.wait_for("4 working")
        assert all(name in screen for name in FOUR)
        lanes = [line for line in screen.split("\n") if "1  fix-rounding" in line]
        assert lanes and "2  add-csv" in lanes[0] and "3  currency" in lanes[0]
        (where,) = demos(base)
        shop = where.data.parent.parent / "shop"
        before = fingerprint(shop)

        go_to_waiting(deck, "currency asks you")
        deck.wait_for("w  answer")
        deck.press("1")
        leave_inbox(deck, "currency asks you")
        go_to_waiting(deck, "add-csv asks to run")
        deck.wait_for("y  once")
        deck.press("y")
        leave_inbox(deck, "add-csv asks to run")
        deck.wait_for(ALL_DONE)
        quit_deck(deck)
        runtime = runtime_pid(where)
        assert runtime is not None

    with demo() as deck:
        deck.wait_for(ALL_DONE)
        screen = deck.wait_for("shop/prices.py")
        assert all(name in screen for name in FOUR)
        assert runtime_pid(where) == runtime
        quit_deck(deck)

    assert damage(where) == []
    assert {state.status for state in sessions(where).values()} == {"done"}
    told = facts(where)
    (decided,) = of_kind(told, e.ApprovalDecided)
    assert (decided.decision, decided.scope, decided.actor) == ("allow", "once", "developer")
    (answered,) = of_kind(told, e.QuestionAnswered)
    assert answered.text == "EUR"
    assert fingerprint(shop) == before


def test_a_killed_runtime_is_noticed_comes_back_and_runs_no_call_twice(base: Path):
    with demo() as deck:
        deck.wait_for(lambda screen: "working" in screen and all(name in screen for name in FOUR))
        (where,) = demos(base)
        first = runtime_pid(where)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        # A new one may come up within a blink, so what was drawn counts, not what stands.
        deck.wait_for(lambda screen: b"not attached" in deck.sent and "not attached" not in screen)
        assert all(name in deck.screen() for name in FOUR)
        settle_everything(deck)
        assert runtime_pid(where) not in (None, first)
        quit_deck(deck)
    assert damage(where) == []
    assert {state.status for state in sessions(where).values()} == {"done"}
    starts = of_kind(facts(where), e.RuntimeStarted)
    assert len(starts) == 2
