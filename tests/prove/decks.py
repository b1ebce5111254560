"""kill -9 of the deck while an agent streams and while a card is open: nobody else notices."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

from kit.command import PROGRAM, damage, end_runtimes, facts, of_kind, runtime_pid
from kit.playing import playing
from kit.repositories import plain
from kit.scene import SURROUNDINGS, home_at, order_id
from kit.terminal import Terminal
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.models.scripted import Call, Conversation, Reply, Say
from steerdeck_agents.runtime.lifecycle import ensure
from steerdeck_agents.settings.paths import Paths

DECK_KILLS = int(os.environ.get("STEERDECK_DECK_KILLS", "500"))
SEED = 20261120


def asking(talk: Conversation) -> Reply:
    """One asks to run something no rule names, the other one talks and looks on and on."""
    step = len(talk.calls)
    if talk.task == "Stream.":
        words = " ".join(f"word{step}of{number}" for number in range(300))
        return Reply((Say(words), Call("search", {"pattern": f"nothing{step}"})))
    return Reply((Say("I ask."), Call("shell", {"command": f"touch ask-{step}", "why": "Ask."})))


def deck_kills() -> Counted:
    dice, tally = random.Random(SEED), Tally()
    with world() as folder, playing({"asking": asking}, pace=100) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"asking": url}, {})
        try:
            with Terminal([PROGRAM], folder=repository) as deck:
                deck.wait_for("Nothing is running")
                deck.press("ask me", "enter")
                deck.wait_for("ask-me")
                runtime = runtime_pid(where)
            asyncio.run(_stream(where, repository))
            early = _texts(where)
            for number in range(DECK_KILLS):
                with Terminal([PROGRAM], folder=repository) as deck:
                    time.sleep(dice.uniform(0.05, 1.5))
                    # Half of them while the card is open that asks.
                    deck.press(*(("alt+.",) if number % 2 else ()))
                    deck.signal(signal.SIGKILL)
                    deck.wait_end()
                same = runtime_pid(where) == runtime
                answers = _of(where, "approval.decided", "approval.expired")
                tally.see(same and not answers, f"runtime the same: {same}, answered: {answers}")
            with Terminal([PROGRAM], folder=repository) as deck:
                deck.wait_for("asks to run")
                asked = _of(where, "approval.requested")
                tally.see(len(asked) == 1, f"asked: {len(asked)}")
                deck.press("ctrl+c")
                deck.wait_for("Ctrl+C again")
                deck.press("ctrl+c")
                tally.see(deck.wait_end() == 0 and not deck.left_on(), "the last deck")
            late = _texts(where)
            lost = len([text for text in early if text not in late])
            tally.see(not lost, f"{lost} facts are gone")
            tally.see(len(late) > len(early), "the other agent did not go on")
            tally.see(not damage(where), "the journal is damaged")
            began = Counter(fact.call for fact in of_kind(facts(where), e.CallStarted))
        finally:
            end_runtimes(folder / "s")
    tally.lost, tally.twice = lost, sum(times - 1 for times in began.values())
    return tally.done(f"{DECK_KILLS} kills, seed {SEED}").of(DECK_KILLS)


async def _stream(where: Paths, repository: Path) -> None:
    client = await ensure(where, "0", os.environ)
    await client.give(o.Start(id=order_id(), task="Stream.", folder=str(repository),
                              name="stream", surroundings=SURROUNDINGS))  # fmt: skip
    await client.close()


def _texts(where: Paths) -> list[str]:
    return JournalReader(where.journal).events(None, limit=100_000)


def _of(where: Paths, *types: str) -> list[str]:
    reader = JournalReader(where.journal)
    return [text for state in reader.sessions() for text in reader.of_type(state.id, *types)]


CLAIMS = (Claim("deck", "kill -9 of the deck: agents go on, nothing is answered", deck_kills),)
