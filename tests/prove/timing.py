"""Keys typed while something appears never answer it, whatever was typed how fast.

In turn a card, the dialog that stores a rule, and the second key for what is dangerous.
"""

import os
import random
import time

from kit.command import PROGRAM, damage, end_runtimes, facts, of_kind
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.models.scripted import Call, Conversation, Reply

BURSTS = int(os.environ.get("STEERDECK_BURSTS", "500"))
SEED = 20261120
KINDS = ("card", "scope", "danger")
"""What appears in the n-th burst."""
LATE_S = 0.02
"""What a loaded machine may lose between a look at the clock here and the byte that is sent."""
ARM_S = 0.4
"""How long a card must have been in view before a key may answer it."""


def asking(talk: Conversation) -> Reply:
    """Asks for one command after the other; every refusal brings the next."""
    number = sum(call.tool == "shell" for call in talk.calls)
    program = "rm -rf /" if KINDS[number % 3] == "danger" else "touch x"
    call = Call("shell", {"command": f"{program} # burst-{number:04}", "why": "Ask."})
    # A plan that goes on, or the agent would be said to spend without a change.
    done = [{"text": f"Part {part}.", "status": "completed"} for part in range(number // 10 + 1)]
    plan = [Call("update_plan", {"steps": done})] if number % 10 == 0 else []
    return Reply((*plan, call))


def bursts() -> Counted:
    dice = random.Random(SEED)
    tally = Tally()
    with world() as folder, playing({"asking": asking}) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"asking": url}, {})
        try:
            with Terminal([PROGRAM], folder=repository, columns=120, rows=36) as deck:
                deck.wait_for("Nothing is running")
                begun = time.monotonic()
                deck.press("ask me", "enter")
                for number in range(BURSTS):
                    _burst(deck, dice, number, begun)
                    _ready(deck, number)
                    if KINDS[number % 3] == "scope":
                        _scope(deck, dice)
                        _ready(deck, number)
                    elif KINDS[number % 3] == "danger":
                        _danger(deck, dice)
                    # Before this no the next card can't be in view.
                    begun = time.monotonic()
                    deck.send("n")
                deck.wait_for(f"burst-{BURSTS:04}")
            decided = of_kind(facts(where), e.ApprovalDecided)
            for number, fact in enumerate(decided):
                said = (fact.decision, fact.words)
                tally.see(said == ("reject", ""), f"burst {number}: {said}")
            tally.see(len(decided) == BURSTS, f"{len(decided)} decisions")
            tally.see(not of_kind(facts(where), e.CallStarted), "a command was started")
            tally.see(not of_kind(facts(where), e.RuleAdded), "a rule was stored")
            tally.see(not damage(where), "the journal is damaged")
        finally:
            end_runtimes(folder / "s")
    return tally.done(f"{BURSTS} bursts, seed {SEED}")


def _ready(deck: Terminal, number: int) -> None:
    """Wait until the card of this burst can be answered."""
    yes = "asks again" if KINDS[number % 3] == "danger" else " once"
    drift = "may be going wrong"
    deck.wait_for(lambda now: f"burst-{number:04}" in now and (yes in now or drift in now))
    if drift in deck.screen():
        # So many requests without a change are news of their own: put aside, it is not this card.
        deck.send("x")
        deck.wait_for(lambda now: f"burst-{number:04}" in now and yes in now)


def _scope(deck: Terminal, dice: random.Random) -> None:
    """Type while the dialog appears that would store a rule and run, then leave it."""
    begun = time.monotonic()
    deck.send("a" + "".join(dice.choices("ys\r", k=4)))
    _hammer(deck, dice, begun, "ys\r")
    deck.wait_for("store and run")
    deck.send("\x1b")
    deck.wait_for(lambda now: "store and run" not in now)


def _danger(deck: Terminal, dice: random.Random) -> None:
    """Type the second key before what the first one said can have been read."""
    begun = time.monotonic()
    deck.send("y!" + "".join(dice.choices("y!", k=3)))
    _hammer(deck, dice, begun, "y!")


def _hammer(deck: Terminal, dice: random.Random, begun: float, letters: str) -> None:
    """Type these letters until shortly before 400 ms after the beginning."""
    while time.monotonic() < begun + ARM_S - LATE_S:
        deck.send("".join(dice.choices(letters, k=dice.randint(1, 4))))
        time.sleep(dice.uniform(0.0, 0.05))


def _burst(deck: Terminal, dice: random.Random, number: int, begun: float) -> None:
    """Type at random for less than 400 ms from when the card could first be in view.

    The card is opened as soon as something waits, with keys right behind in the same write.
    """
    opened = 0.0
    until = time.monotonic() + 20
    while time.monotonic() < until:
        screen = deck.screen()
        card = "leave it waiting" in screen and f"burst-{number:04}" in screen
        early = time.monotonic() < begun + ARM_S - LATE_S
        keys = "".join(dice.choices("ys", k=dice.randint(1, 4))) if dice.random() < 0.3 else ""
        asked = f"burst-{number:04}" in screen and "asks to run" in screen
        if asked and not card and time.monotonic() > opened + 3:
            opened = begun = time.monotonic()
            deck.send("\x1b.")
            # It was not in view before this key, so what is sent with it is early.
            deck.send("ysy")
        elif card and not early:
            return
        elif keys and early:
            deck.send(keys)
        time.sleep(dice.uniform(0.0, 0.02))


CLAIMS = (Claim("timing", "keys typed before a prompt stood for 400 ms answer nothing", bursts),)
