"""The deck itself at the far end of `ssh -tt`: its connection is killed again and again.

As somebody works who logs in to the machine: the session is begun in that deck, the line dies at
any moment (of the start, too), and the next `ssh` in the same terminal shows the work going on.
"""

import asyncio
import os
import random
import shlex
import signal
import tempfile
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from kit.command import damage, end_runtimes, facts, lives, losses, of_kind, runtime_pid
from kit.counting import Counting, at_work
from kit.far_hosts import FarHost, login_environ
from kit.playing import playing
from kit.repositories import fingerprint, plain
from kit.scene import home_at
from kit.sshd import HOST, Sshd, decks_of, sshd, why_not
from kit.terminal import Terminal
from kit.waiting import comes
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime.lifecycle import ensure

LOGINS = int(os.environ.get("STEERDECK_LOGINS", "50"))
SEED = 20261120
COUNTING = Counting(20 * LOGINS + 100, "echo {} >> ran.txt; sleep 0.3")
PATIENCE_S = 60.0
ENDS_S = 15.0
ENDS = ("ssh", "sshd")
"""What is killed: the program here, or the session of the server."""
SANE = "the terminal is as before"
AGAIN = "line {} ended"
_LOOP = f"""
before=$(stty -g) number=0
until "$@"; do
    # A shell does this after a program that was killed; what the deck left on stays on.
    stty "$before"
    printf '\\033[2J\\033[H{AGAIN.format("%s")}\\r\\n' $number
    number=$((number + 1))
done
test "$(stty -g)" = "$before" && echo {SANE}
"""


class Line(NamedTuple):
    """The processes of one login: `ssh` here, its session of the server, the deck there."""

    ssh: int
    sshd: int
    deck: int


def _line(server: Sshd) -> Line | None:
    found = decks_of(server)
    return Line(**found) if found.keys() == set(Line._fields) else None


def _is_up(server: Sshd) -> bool:
    return _line(server) is not None


def _are_gone(line: Line) -> bool:
    return not any(map(lives, line))


def _round(deck: Terminal, server: Sshd, dice: random.Random, number: int, tally: Tally) -> str:
    """Kill the line at some moment, and look that nothing stays of it; words that must have come.

    Half of the lines die while the deck starts, the others while somebody types.
    """
    if not tally.see(comes(partial(_is_up, server), PATIENCE_S), f"round {number}: no deck came"):
        return ""
    words = f"remark {number:03}"
    came = ""
    if dice.random() < 0.5:
        deck.wait_for("works", PATIENCE_S)
        deck.press(words, "enter")
        if dice.random() < 0.5:
            kept = comes(partial(_said, server.host, words), PATIENCE_S)
            tally.see(kept, f"round {number}: {words} never came\n{deck.screen()}")
            came = words
    time.sleep(dice.uniform(0.0, 1.2))
    line, kind = _line(server), dice.choice(ENDS)
    if not tally.see(line, f"round {number}: the line was gone before it was killed"):
        return came
    assert line is not None
    os.kill(getattr(line, kind), signal.SIGKILL)
    gone = comes(partial(_are_gone, line), ENDS_S)
    tally.see(gone, f"round {number}: after {kind} was killed {line} is left")
    deck.wait_for(AGAIN.format(number), PATIENCE_S)
    return came


def _said(host: FarHost, words: str) -> int:
    """How often the journal over there has these words of the developer."""
    return sum(words in event.text for event in of_kind(facts(host.where), e.MessageSent))


async def _at_work(host: FarHost) -> None:
    client = await ensure(host.where, version("steerdeck"), login_environ(host.home))
    await at_work(client)
    await client.close()


def _works(host: FarHost) -> SessionState:
    (state,) = JournalReader(host.where.journal).sessions()
    return state


def logins() -> Counted:
    if reason := why_not():
        return Counted(skipped=reason)
    tally = Tally()
    with (
        world(),
        tempfile.TemporaryDirectory(prefix="sdp-", dir="/tmp") as folder,
        playing({"counting": COUNTING}) as url,
        sshd(Path(folder) / "m") as server,
    ):
        try:
            _logins(server, url, tally)
        finally:
            end_runtimes(server.host.home / "s")
        tally.see(not decks_of(server), f"left behind: {decks_of(server)}")
    return tally.done(f"seed {SEED}, {LOGINS} logins killed").of(LOGINS)


def _logins(server: Sshd, url: str, tally: Tally) -> None:
    host, dice, heard, came = server.host, random.Random(SEED), list[e.Event](), list[str]()
    (host.home / ".gitconfig").write_text("[user]\n name = Kim\n email = kim@example.invalid\n")
    repository = plain(host.home / "shop").resolve()
    before = fingerprint(repository)
    home_at(host.home / "s", {"counting": url}, COUNTING.allowed(repository))
    there = f"exec sh -lc 'exec steerdeck -C {shlex.quote(str(repository))}'"
    login = [str(server.place / "bin/ssh"), "-tt", HOST, there]
    with Terminal(["sh", "-c", _LOOP, "sh", *login], columns=120, rows=36) as deck:
        deck.wait_for("Nothing is running")
        deck.press("works", "enter")
        deck.wait_for("asks to run", PATIENCE_S)
        asyncio.run(_at_work(host))
        owner = runtime_pid(host.where)
        for number in range(LOGINS):
            steps = _works(host).counts.calls
            came.append(_round(deck, server, dice, number, tally))
            heard += facts(host.where)[len(heard) :]
            goes_on = comes(lambda least=steps: _works(host).counts.calls > least, 10.0)
            tally.see(
                goes_on,
                f"round {number}: the session stood still: {_works(host).status}\n{deck.screen()}",
            )
            print(number + 1, "of", LOGINS, tally.notes, flush=True)
        deck.wait_for("works", PATIENCE_S)
        deck.press("ctrl+c")
        deck.wait_for("Ctrl+C again")
        deck.press("ctrl+c")
        deck.wait_for(SANE)
        tally.see(deck.wait_end() == 0, "the last deck did not end well")
        tally.see(deck.left_on() == [], f"left on in the terminal: {deck.left_on()}")
    tally.see(runtime_pid(host.where) == owner is not None, "another runtime answers")
    for number, words in enumerate(came):
        most = _said(host, f"remark {number:03}")
        tally.see(most == 1 if words else most <= 1, f"remark {number:03} came {most} times")
    tally.lost, _ = losses(heard, host.where)
    tally.see(not tally.lost, f"{tally.lost} facts that were there are gone")
    tally.see(not (found := damage(host.where)), f"the journal: {found[:3]}")
    ran = next(host.where.workspaces.glob("*/**/ran.txt")).read_text().split()
    tally.twice = len(ran) - len(set(ran))
    tally.see(not tally.twice, f"a command ran twice: {ran}")
    tally.see(fingerprint(repository) == before, "the repository is another one")


CLAIMS = (Claim("logins", "A deck behind `ssh -tt` whose connection is killed, again", logins),)
