"""Replays recordings on a deck that can start no process and reach nothing, and tells what it drew.

A program: the first argument is a file of events as JSON lines, the others are lengths. For each
length the recording is cut off there and replayed three times, the last time backwards; printed is
one line with the hashes of the screens at the same places for the first two, and of the states for
the first and the last: where a lane has scrolled to hangs on where one comes from.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from kit.desk import Feed, deck, until
from kit.grid import grid
from kit.sealed import seal
from steerdeck.screens.replay import ReplayScreen
from steerdeck_agents.facts import events as e

STOPS = 4
"""Places of a recording, from its beginning to its end, that are looked at."""
SIZE = (160, 45)


class Seen(NamedTuple):
    """What a replay was at one place."""

    screen: str
    states: str


async def drawn(events: Sequence[e.KnownEvent], stops: Sequence[int]) -> dict[int, Seen]:
    """What it was at each of these stops, which are gone to in this order."""
    found: dict[int, Seen] = {}
    app = deck(Feed(events), face="deck")
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.model.attached)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, ReplayScreen) and len(app.screen.tape))
        for stop in stops:
            place = round(len(app.screen.tape) * stop / (STOPS - 1))
            app.screen.seek(place)
            await until(pilot, lambda place=place: app.screen.tape.at == place)
            # Files and older words are read once one stands still for a moment.
            await pilot.pause(0.2)
            before = ""
            while before != (now := _hash(grid(app).encode())):
                before = now
                await pilot.pause(0.05)
            states = sorted(app.screen.tape.states.items())
            found[stop] = Seen(now, _hash(msgspec.json.encode(states)))
    return found


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def main() -> None:
    file, *lengths = sys.argv[1:]
    events = [e.decode(line) for line in Path(file).read_text().splitlines()]
    seal()
    for length in map(int, lengths):
        stops = range(STOPS)
        first, again, back = (
            asyncio.run(drawn(events[:length], order)) for order in (stops, stops, stops[::-1])
        )
        pairs = [(first[stop].screen, again[stop].screen) for stop in stops]
        pairs += [(first[stop].states, back[stop].states) for stop in stops]
        print(json.dumps(pairs), flush=True)


if __name__ == "__main__":
    main()
