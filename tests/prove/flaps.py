"""A network that comes and goes, and streams that stop: each turn comes to its end, once.

One session after the other has a command to run and a sentence to say; on the way there its server
resets, cuts, redirects and hangs. What was tried is visible as a planned retry each.
"""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

from kit.bad_days import BEGUN, CALLING, QUICK, RUN, shell_once
from kit.command import damage, losses
from kit.faulty import Fault, FaultyServer, faulty
from kit.repositories import plain
from kit.scene import Scene, scene
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts import orders as o
from steerdeck_agents.facts.ids import RandomIds, SessionId
from steerdeck_agents.settings.paths import Paths

FLAPS = int(os.environ.get("STEERDECK_FLAPS", "1000"))
STALLS = int(os.environ.get("STEERDECK_STALLS", "60"))
SEED = 20261120
MOST_IN_A_ROW = 8
SILENCE_S = 0.6
"""Each stop in a row doubles it, and a busy machine must not look silent."""
RESTS = ("done", "idle", "failed", "parked")
HOST = "models.invalid"
HTML = (("content-type", "text/html"),)
BREAKS = {
    "reset before the first byte": Fault(headless=True, ending="reset"),
    "half a TLS record instead of an answer": Fault((b"\x15\x03\x03\x00",), headless=True),
    "reset after the headers": Fault(ending="reset"),
    "reset within the text": Fault(BEGUN, ending="reset"),
    "reset within a call": Fault(CALLING, ending="reset"),
    "closed within a call": Fault(CALLING),
    "502 with HTML": Fault(("<html>",), "502 Bad Gateway", HTML),
    "503 of a proxy": Fault(("<html>",), "503 Service Unavailable", HTML),
    "504 of a proxy": Fault(("<html>",), "504 Gateway Timeout", HTML),
    "204 of a portal": Fault((), "204 No Content", ()),
}
STOPS = {
    "after the headers": Fault(ending="stall"),
    "after one byte": Fault(("d",), ending="stall"),
    "within the text": Fault(BEGUN, ending="stall"),
    "within a call": Fault(CALLING, ending="stall"),
    "with comments that keep it open": Fault((*BEGUN, *((": here\n\n", 0.05) * 60))),
}


async def broken(
    folder: Path,
    faults: dict[str, Fault],
    count: int,
    seed: int,
    silence_s: float | None = None,
    in_a_row: int = MOST_IN_A_ROW,
) -> tuple[Tally, Counter[str]]:
    """So many breaks over as many sessions as that takes; what held, and which."""
    dice, tally, tried = random.Random(seed), Tally(), Counter[str]()
    repository = plain(folder / "repository").resolve()
    async with (
        faulty(shell_once) as server,
        scene(
            folder / "s", {}, allowed={RUN: repository}, urls={"m": server.url}, patience=QUICK,
            silence_s=silence_s, ids=RandomIds(),
        ) as playing,
    ):  # fmt: skip
        while (left := count - tried.total()) > 0:
            names = dice.choices(list(faults), k=min(left, dice.randint(1, 2 * in_a_row)))
            before = dice.randint(0, len(names))
            before = min(max(before, len(names) - in_a_row), in_a_row)
            early, late = names[:before], names[before:]
            server.faults[:] = [
                *(faults[name] for name in early), None, *(faults[name] for name in late),
            ]  # fmt: skip
            session = await playing.start(repository, "m")
            await _judged(playing, server, session, names, tally)
            tried.update(names)
        where, heard = playing.paths, playing.events
    _kept(where, heard, tally)
    return tally, tried


def _kept(where: Paths, heard: list[e.Event], tally: Tally) -> None:
    """What was heard stands in the journal as it was, and no call began twice."""
    lost, twice = losses(heard, where)
    tally.lost, tally.twice = (tally.lost or 0) + lost, (tally.twice or 0) + twice
    tally.see(not (found := damage(where)), f"the journal: {found[:3]}")


async def unresolved(folder: Path, count: int, seed: int, tally: Tally) -> Counter[str]:
    """Sessions whose server's name leads nowhere, so many tries long; then another model is chosen.

    `.invalid` is in no name server (RFC 2606), so a broken resolver looks just the same.
    """
    dice, tried = random.Random(seed), Counter[str]()
    repository = plain(folder / "repository").resolve()
    async with (
        faulty(shell_once) as server,
        scene(
            folder / "s", {}, allowed={RUN: repository}, patience=QUICK, ids=RandomIds(),
            urls={"m": server.url, "nowhere": f"http://{HOST}/v1"},
        ) as playing,
    ):  # fmt: skip
        while (left := count - tried.total()) > 0:
            least = min(left, dice.randint(1, MOST_IN_A_ROW))
            session = await playing.start(repository, "nowhere")
            await playing.until(
                lambda one=session, n=least: len(playing.of(one, e.RetryPlanned)) >= n
            )
            tries = playing.of(session, e.RetryPlanned)
            named = all(fact.cause == "network" and HOST in fact.reason for fact in tries)
            tally.see(named, f"{session}: {tries[-1]}")
            await playing.give(o.Configure, session, model="m")
            await _ended(playing, session, f"{session} whose server had no address", tally)
            tried["name that leads nowhere"] += len(tries)
        where, heard = playing.paths, playing.events
    _kept(where, heard, tally)
    return tried


async def _judged(
    playing: Scene, server: FaultyServer, session: SessionId, names: list[str], tally: Tally
) -> None:
    """One session to its end."""
    await playing.status(session, *RESTS)
    what = f"{session} after {', '.join(names)}"
    tally.see(not server.faults, f"{what}: {len(server.faults)} were not asked for")
    planned = playing.of(session, e.RetryPlanned)
    # On a machine that is very busy a good answer may come too late as well.
    late = sum(fact.cause == "silence" for fact in planned) - sum(map(_is_stop, names))
    tries = len(planned) - max(0, late)
    tally.see(tries == len(names), f"{what}: {len(planned)} retries for {len(names)} breaks")
    await _ended(playing, session, what, tally)
    halves = [fact for fact in playing.of(session, e.ItemEnded) if not fact.complete and fact.text]
    texts = sum("text" in name or "keep it open" in name for name in names)
    kept = len(halves) == texts or (late > 0 and len(halves) > texts)
    tally.see(kept, f"{what}: {len(halves)} of {texts} partial texts are kept")


async def _ended(playing: Scene, session: SessionId, what: str, tally: Tally) -> None:
    """It came to its end with every message delivered once and its command run once."""
    state = await playing.status(session, *RESTS)
    tally.see(state.status == "done", f"{what}: {state.status} {state.reason}")
    sent = [fact.message for fact in playing.of(session, e.MessageSent)]
    delivered = [fact.message for fact in playing.of(session, e.MessageDelivered)]
    tally.see(sent == delivered, f"{what}: a message was lost or came twice")
    sent_requests = [fact.request for fact in playing.of(session, e.RequestSent)]
    ended = [fact.request for fact in playing.of(session, e.RequestEnded)]
    tally.see(sent_requests == ended, f"{what}: a request has no end")
    file = Path(state.workspace.path) / "ran.txt"
    ran = file.read_text().splitlines() if file.exists() else []
    tally.see(ran == ["ran"], f"{what}: the command ran {len(ran)} times")


def _is_stop(name: str) -> bool:
    return name in STOPS


def flaps() -> Counted:
    with world() as folder:
        names = FLAPS // (len(BREAKS) + 1)
        tally, tried = asyncio.run(broken(folder, BREAKS, FLAPS - names, SEED))
        (folder / "names").mkdir()
        tried += asyncio.run(unresolved(folder / "names", names, SEED, tally))
    told = ", ".join(f"{count} {name}" for name, count in tried.most_common())
    return tally.done(f"seed {SEED}: {told}").of(tried.total())


def stalls() -> Counted:
    with world() as folder:
        tally, tried = asyncio.run(broken(folder, STOPS, STALLS, SEED, SILENCE_S, 2))
    told = ", ".join(f"{count} {name}" for name, count in tried.most_common())
    return tally.done(f"seed {SEED}: {told}").of(tried.total())


CLAIMS = (
    Claim("flaps", "a network that breaks anywhere: no turn is lost, no tool runs twice", flaps),
    Claim("stalls", "streams that stop are noticed, asked again, their text is kept", stalls),
)
