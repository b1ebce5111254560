"""A deck on another machine's sessions over a real `sshd`, its line killed again and again."""

import asyncio
import os
import random
import signal
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from kit.command import PROGRAM, damage, end_runtimes, facts, lives, of_kind, runtime_pid
from kit.counting import Counting, start
from kit.far_hosts import FarHost, login_environ
from kit.playing import playing
from kit.repositories import fingerprint, plain
from kit.scene import home_at
from kit.sshd import HOST, Sshd, line_of, sshd, why_not
from kit.terminal import Terminal
from kit.waiting import comes
from prove import logins
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.runtime.lifecycle import ensure

LINES = int(os.environ.get("STEERDECK_LINES", "50"))
SEED = 20261120
COUNTING = Counting(4 * LINES + 10, "echo {} >> ran.txt; sleep 0.5")
PATIENCE_S = 60.0
ENDS = ("ssh", "sshd", "far")
"""What is killed: the program here, the session of the server, the program there."""


def _said(host: FarHost, words: str) -> int:
    """How often the journal over there has these words of the developer."""
    return sum(words in event.text for event in of_kind(facts(host.where), e.MessageSent))


def _attached(screen: str) -> bool:
    """As the first row says it; the last one keeps a refusal until the next key."""
    return "not attached" not in screen.partition("\n")[0]


def _round(deck: Terminal, server: Sshd, dice: random.Random, number: int, tally: Tally) -> None:
    """Kill the line at some moment, say something at once, and look whether it came there once."""
    time.sleep(dice.uniform(0.0, 0.6))
    line = line_of(server)
    kind = dice.choice(ENDS)
    words = f"remark {number:03}"
    early = dice.random() < 0.5
    if early:
        deck.press(words, "enter")
    if kind in line:
        os.kill(line[kind], signal.SIGKILL)
    back = comes(lambda: (now := line_of(server)).keys() >= set(ENDS) and now != line, PATIENCE_S)
    if not tally.see(back, f"round {number}: no new line after {kind} was killed"):
        return
    deck.wait_for(_attached, PATIENCE_S)
    if not early:
        deck.press(words, "enter")
    came = comes(lambda: _said(server.host, words), 5.0)
    if not came:
        # It was refused while there was no line, so it lies in the composer again.
        tally.see(words in deck.screen(), f"round {number}: {words} is nowhere\n{deck.screen()}")
        deck.press("enter")
    tally.see(
        comes(lambda: _said(server.host, words), PATIENCE_S), f"round {number}: {words} never came"
    )


def lines() -> Counted:
    if reason := why_not():
        return Counted(skipped=reason)
    tally, dice = Tally(), random.Random(SEED)
    with (
        world(),
        tempfile.TemporaryDirectory(prefix="sdp-", dir="/tmp") as folder,
        playing({"counting": COUNTING}) as url,
        sshd(Path(folder) / "m") as server,
    ):
        try:
            _lines(server, url, dice, tally)
        finally:
            end_runtimes(server.host.home / "s")
        left = comes(lambda: not line_of(server), 10.0)
        tally.see(left, f"left behind: {line_of(server)}")
    return tally.done(f"seed {SEED}, {LINES} lines killed").of(LINES)


async def _start(host: FarHost, url: str, repository: Path) -> None:
    """A session over there, which somebody began before."""
    home_at(host.home / "s", {"counting": url}, COUNTING.allowed(repository.resolve()))
    client = await ensure(host.where, version("steerdeck"), login_environ(host.home))
    await start(client, repository, "count")
    await client.close()


def _lines(server: Sshd, url: str, dice: random.Random, tally: Tally) -> None:
    host = server.host
    (host.home / ".gitconfig").write_text("[user]\n name = Kim\n email = kim@example.invalid\n")
    repository = plain(host.home / "shop")
    before = fingerprint(repository)
    environ = {**os.environ, "PATH": f"{server.place}/bin:{os.environ['PATH']}"}
    asyncio.run(_start(host, url, repository))
    command = [PROGRAM, "attach", HOST, "--folder", str(repository)]
    with Terminal(command, environ=environ, columns=120, rows=36) as deck:
        deck.wait_for("Step ", PATIENCE_S)
        owner = runtime_pid(host.where)
        for number in range(LINES):
            _round(deck, server, dice, number, tally)
        line_before_end = line_of(server)
        deck.press("ctrl+c")
        time.sleep(0.3)
        deck.press("ctrl+c")
        tally.see(deck.wait_end(PATIENCE_S) == 0, "the deck did not end well")
        tally.see(deck.left_on() == [], f"left on in the terminal: {deck.left_on()}")
    gone = comes(lambda: not any(lives(pid) for pid in line_before_end.values()), 10.0)
    tally.see(gone, f"left of the last line: {line_before_end}")
    tally.see(runtime_pid(host.where) == owner, "another runtime answers")
    for number in range(LINES):
        words = f"remark {number:03}"
        came = _said(host, words)
        tally.see(came == 1, f"{words} came {came} times")
        tally.lost = (tally.lost or 0) + (came == 0)
    told = facts(host.where)
    tally.see(not damage(host.where), f"the journal: {damage(host.where)[:3]}")
    seqs = [event.seq for event in told]
    tally.see(seqs == list(range(1, len(seqs) + 1)), "numbers of facts are missing")
    ran = next(host.where.workspaces.glob("*/**/ran.txt")).read_text().split()
    tally.twice = len(ran) - len(set(ran))
    tally.see(not tally.twice, f"a command ran twice: {ran}")
    tally.see(fingerprint(repository) == before, "the repository is another one")


CLAIMS = (
    Claim("lines", "A line over a real sshd, killed while words are on their way", lines),
    *logins.CLAIMS,
)
