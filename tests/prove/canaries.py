"""Forty secrets planted in every place they leak from, looked for in every place they could end up.

The product runs as people run it: a runtime of its own, the command line, a model over HTTP. One
more secret stands in a file whose reading the developer allows; it may be in that one result.
"""

import os
from pathlib import Path

from kit.canaries import Canary, canaries, ground, kept, seen_in
from kit.command import end_runtimes, steerdeck
from kit.playing import playing
from kit.repositories import plain
from kit.scene import home_at
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.journal.reader import JournalReader
from steerdeck_agents.share.recorder import body_of

SEEDS = range(5)
_EXPORTS = (
    ("export", "planted"),
    ("export", "planted", "--format", "md"),
    ("sessions", "--all"),
    ("show", "planted"),
    ("show", "planted", "--json"),
    ("requests", "planted"),
    ("search", "found"),
    ("runtime", "log"),
)


def _places(folder: Path, planted: list[Canary]) -> dict[str, list[bytes]]:
    """Everything that is kept, sent or printed of one session with these secrets, by its place."""
    repository = plain(folder / "repository").resolve()
    made = ground(repository, planted)
    home = folder / "s"
    env_canary, *_ = planted
    with playing({"m": made.script}) as url:
        where = home_at(home, {"m": url}, dict.fromkeys(made.commands, repository))
        environ = {
            **os.environ,
            "STEERDECK_HOME": str(home),
            "DEPLOY_TOKEN": env_canary.secret,
        }
        places: dict[str, list[bytes]] = {}
        try:
            words = ("run", "-", "--name", "planted", "--mode", "auto", "--approve", "rules")
            told = steerdeck(*words, folder=repository, environ=environ, data=made.task)
            places["headless run"] = [told.said.encode()]
            steerdeck("say", "planted", "Go on.", folder=repository, environ=environ)
            for command in _EXPORTS:
                told = steerdeck(*command, folder=repository, environ=environ)
                places[" ".join(command)] = [told.said.encode()]
        finally:
            end_runtimes(home)
        reader = JournalReader(where.journal)
        bodies = [
            body_of(reader.request(one.id))
            for state in reader.sessions()
            for one in reader.requests(state.id)
        ]
    places["request bodies"] = bodies
    for kind, data in kept(where.journal):
        places.setdefault(f"journal {kind}", []).append(data)
    for file in home.rglob("*"):
        if file.is_file() and not {"workspaces", "config"} & set(file.parts):
            places[f"file {file.relative_to(home)}"] = [file.read_bytes()]
    return places


def planted_secrets() -> Counted:
    tally = Tally()
    looked = 0
    for seed in SEEDS:
        planted = canaries(seed)
        with world() as folder:
            places = _places(folder, planted)
            out = {place: seen_in(b"\n".join(data), planted) for place, data in places.items()}
            bytes_seen = sum(len(data) for one in places.values() for data in one)
            looked += bytes_seen
            tally.see(len(places["request bodies"]) >= 18, f"seed {seed}: the session did not run")
            for canary in planted:
                where = [place for place, names in out.items() if canary.name in names]
                tally.see(not where, f"seed {seed}: {canary.name} stands in {where[:4]}")
    return tally.done(f"{len(SEEDS)} × 40 secrets, {looked / 1e6:.0f} MB looked through")


CLAIMS = (
    Claim("secrets", "planted secrets are nowhere that is kept, sent or shown", planted_secrets),
)
