"""The line to the deck drops: SIGHUP, a closed terminal, a terminal that takes nothing any more.

That is what a deck sees that runs behind somebody's ssh. It must end, the agents must go on, and
the next one must be attached at once, also where ten thousand events were recorded. A line of
`steerdeck attach` into which everything vanishes is tried over a real sshd.
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

from kit.command import (
    PROGRAM,
    damage,
    end_runtimes,
    facts,
    left_of,
    lives,
    losses,
    runtime_pid,
    sessions,
)
from kit.counting import Counting, at_work, start
from kit.far_hosts import FarHost, login_environ
from kit.filled import filled
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at, order_id
from kit.sshd import HOST, Sshd, line_of, sshd, why_not
from kit.terminal import Terminal
from kit.waiting import comes
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.state import SessionState
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.runtime import wire
from steerdeck_agents.runtime.lifecycle import attach, ensure
from steerdeck_agents.settings.paths import Paths

DROPS = int(os.environ.get("STEERDECK_DROPS", "200"))
HOLES = int(os.environ.get("STEERDECK_HOLES", "10"))
SEED = 20261120
EVENTS = 10_000
TURNS = 420
"""Each of 24 events."""
LONG = SessionId("ses_00")
COUNTING = Counting(20 * max(DROPS, 20), "echo {} >> steps.txt; sleep 0.3")
AGAIN_S = 1.0
ENDS_S = 15.0
QUIET_S = 10.0
SPINS = 0.02
"""Share of a processor that nothing may use that has nothing to do."""
KINDS = ("SIGHUP", "closed", "takes nothing")


async def _begin(where: Paths, repository: Path) -> None:
    """A session that works all the while."""
    client = await ensure(where, version("steerdeck"), os.environ)
    await start(client, repository, "works")
    await client.close()


async def _again(where: Paths) -> tuple[float, SessionState]:
    """Attach as a deck does, and read what its first frame needs: how long, and who works."""
    begun = time.monotonic()
    client = await attach(where, version("steerdeck"))
    assert client is not None, "no runtime answers"
    await client.watch(SessionId(""), "status")
    states = await client.sessions()
    await client.ask_raw(wire.Events(LONG, limit=400, newest=True))
    took = time.monotonic() - begun
    await client.close()
    return took, next(state for state in states if state.name == "works")


def _has_ended(deck: Terminal) -> bool:
    return deck.child.poll() is not None


def _are_gone(line: dict[str, int]) -> bool:
    return not any(map(lives, line.values()))


def _is_past(where: Paths, seq: int) -> bool:
    return sessions(where)["works"].seq > seq


def _drop(deck: Terminal, kind: str) -> None:
    match kind:
        case "SIGHUP":
            deck.signal(signal.SIGHUP)
        case "closed":
            deck.hang_up()
        case _:
            deck.stop_reading()
            time.sleep(0.5)
            # Whoever held the line gives it up at last.
            deck.hang_up()


def drops() -> Counted:
    tally, dice = Tally(), random.Random(SEED)
    slowest, before, heard = 0.0, 0, list[e.Event]()
    with world() as folder, playing({"counting": COUNTING}) as url:
        repository = plain(folder / "repository").resolve()
        where = home_at(folder / "s", {"counting": url}, COUNTING.allowed(repository))
        where.journal.parent.mkdir(mode=0o700, parents=True)
        filled(where.journal, sessions=1, turns=TURNS)
        try:
            asyncio.run(_begin(where, repository))
            owner = runtime_pid(where)
            for number in range(DROPS):
                kind = KINDS[number % len(KINDS)]
                with Terminal([PROGRAM], folder=repository) as deck:
                    deck.wait_for("works")
                    time.sleep(dice.uniform(0.0, 0.4))
                    _drop(deck, kind)
                    ended = comes(partial(_has_ended, deck), ENDS_S)
                tally.see(ended, f"round {number}: after {kind} the deck went on")
                took, works = asyncio.run(_again(where))
                slowest = max(slowest, took)
                tally.see(took <= AGAIN_S, f"round {number}: attached again after {took:.2f} s")
                still = f"round {number}: the agent stood still: {works.status} {works.reason}"
                tally.see(comes(partial(_is_past, where, before), ENDS_S), still)
                before = works.seq
                heard += _since(where, heard)
            tally.see(runtime_pid(where) == owner, "another runtime answers")
            _rest(where, owner, tally)
            tally.see(not damage(where), f"the journal: {damage(where)[:3]}")
            many = sum(event.session == LONG for event in facts(where))
            tally.see(many >= EVENTS, f"{many} events were there")
            _judged(where, "works", heard, tally)
        finally:
            end_runtimes(folder / "s")
        tally.see(not left_of(folder), f"left behind: {left_of(folder)}")
    told = f"{DROPS} drops, seed {SEED}, attached again in {slowest:.2f} s at worst"
    return tally.done(told).of(DROPS)


def _since(where: Paths, heard: list[e.Event]) -> list[e.Event]:
    """What the journal tells more than was heard, read as another process reads it."""
    after = heard[-1].seq if heard else 0
    found = JournalReader(where.journal).events(None, after=after, limit=10**6)
    return [e.decode(text) for text in found]


def _judged(where: Paths, name: str, heard: list[e.Event], tally: Tally) -> None:
    """What was told in any round is still told, and no step of the agent ran twice."""
    tally.lost, calls = losses(heard, where)
    tally.see(not tally.lost, f"{tally.lost} of {len(heard)} facts that were there are gone")
    place = sessions(where)[name].workspace.path
    steps = (Path(place) / "steps.txt").read_text().split()
    tally.twice = len(steps) - len(set(steps)) + calls
    tally.see(not tally.twice, f"{tally.twice} steps of {len(steps)} ran twice")
    in_order = steps == [str(number) for number in range(len(steps))]
    tally.see(steps and in_order, f"steps are missing: {steps[-20:]}")


def _rest(where: Paths, owner: int | None, tally: Tally) -> None:
    """With nothing to do the runtime uses next to no processor time."""
    asyncio.run(_stop_work(where))
    time.sleep(QUIET_S)
    before = _used_s(owner)
    time.sleep(5.0)
    share = (_used_s(owner) - before) / 5.0
    tally.see(share < SPINS, f"the runtime uses {share:.1%} of a processor")


async def _stop_work(where: Paths) -> None:
    client = await attach(where, version("steerdeck"))
    assert client is not None, "no runtime answers"
    for state in await client.sessions():
        if state.name == "works":
            await client.give(o.Interrupt(id=order_id(), session=state.id))
    await client.close()


def _used_s(process: int | None) -> float:
    """Processor time of a process so far: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def holes() -> Counted:
    """The server's session is stopped: the connection stands, and nothing comes any more."""
    if reason := why_not():
        return Counted(skipped=reason)
    tally, after = Tally(), list[float]()
    with (
        world(),
        tempfile.TemporaryDirectory(prefix="sdp-", dir="/tmp") as folder,
        playing({"counting": COUNTING}) as url,
        sshd(Path(folder) / "m") as server,
    ):
        host, heard = server.host, list[e.Event]()
        (host.home / ".gitconfig").write_text("[user]\n name = Kim\n email = kim@example.invalid\n")
        repository = plain(host.home / "shop").resolve()
        home_at(host.home / "s", {"counting": url}, COUNTING.allowed(repository))
        environ = {**os.environ, "PATH": f"{server.place}/bin:{os.environ['PATH']}"}
        command = [PROGRAM, "attach", HOST, "--folder", str(repository)]
        try:
            with Terminal(command, environ=environ, columns=120, rows=36) as deck:
                deck.wait_for("Nothing is running")
                deck.press("work on", "enter")
                deck.wait_for("asks to run")
                asyncio.run(_at_work(host))
                for number in range(HOLES):
                    after.append(_hole(deck, server, number, tally))
                    steps = sessions(host.where)["work-on"].counts.calls
                    heard += _since(host.where, heard)
                    goes_on = comes(partial(_has_done, host.where, steps), 10.0)
                    tally.see(goes_on, f"hole {number}: the session stood still")
                    print(number + 1, "of", HOLES, tally.notes, flush=True)
            _judged(host.where, "work-on", heard, tally)
            tally.see(not damage(host.where), f"the journal: {damage(host.where)[:3]}")
        finally:
            end_runtimes(host.home / "s")
    told = f"{HOLES} holes, told after {median(after):.0f} s, at most {max(after):.0f} s"
    return tally.done(told).of(HOLES)


def _hole(deck: Terminal, server: Sshd, number: int, tally: Tally) -> float:
    """One hole: it is told and the line made again, nothing stays; seconds until it is told."""
    line = line_of(server)
    os.kill(line["sshd"], signal.SIGSTOP)
    begun = time.monotonic()
    said = comes(lambda: "✗ far" in deck.screen(), 60.0)
    after = time.monotonic() - begun
    tally.see(said, f"hole {number}: the deck never said that it is not attached")
    back = comes(lambda: "✗ far" not in deck.screen(), 60.0)
    tally.see(back, f"hole {number}: it never came back\n{deck.screen()}")
    os.kill(line["sshd"], signal.SIGCONT)
    gone = comes(partial(_are_gone, line), 20.0)
    tally.see(gone, f"hole {number}: left of the dead line: {line}")
    return after


def _has_done(where: Paths, steps: int) -> bool:
    return sessions(where)["work-on"].counts.calls > steps


async def _at_work(host: FarHost) -> None:
    client = await ensure(host.where, version("steerdeck"), login_environ(host.home))
    await at_work(client)
    await client.close()


CLAIMS = (
    Claim("drops", "A deck whose line drops ends, agents go on, the next is attached", drops),
    Claim("holes", "A line into which everything vanishes is told and made again", holes),
)
