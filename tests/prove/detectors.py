"""Stalls and drifts: every written case is found, and nothing in sessions that work well."""

from kit.clean_sessions import ALL, played
from kit.drifts import CLEAN, STRAYED
from prove.claim import Claim, Counted, Tally, world
from steerdeck_agents.facts import events as e
from steerdeck_agents.work.detect import Watch, findings, step

CASES = 12
SESSIONS = 20


def _found(events: list[e.Event]) -> list[str]:
    """The kinds of all that is said while the facts come in one by one."""
    watch, kinds = Watch(), []
    for event in events:
        watch = step(watch, event)
        for drift in findings(watch):
            kinds.append(drift.kind)
            watch = step(watch, e.DriftFound(drift=drift))
    return kinds


def strays() -> Counted:
    """At least a dozen cases, each found as what it is and as nothing else."""
    tally = Tally()
    for name, case in STRAYED.items():
        kinds = _found(case.tape.events)
        tally.see(set(kinds) == {case.kind}, f"{name}: found {kinds}, not {case.kind}")
    tally.see(len(STRAYED) >= CASES, f"only {len(STRAYED)} cases")
    return tally.done()


def silence() -> Counted:
    """Recorded sessions without a finding, and the near misses written by hand."""
    tally = Tally()
    with world() as folder:
        recorded = played(folder)
    for name, events in {**recorded, **{name: tape.events for name, tape in CLEAN.items()}}.items():
        kinds = _found(events)
        tally.see(not kinds, f"{name}: {kinds}")
    for name, events in recorded.items():
        tally.see(any(isinstance(one, e.CallEnded) for one in events), f"{name} did nothing")
    tally.see(len(ALL) >= SESSIONS, f"only {len(ALL)} sessions")
    facts = sum(map(len, recorded.values()))
    return tally.done(f"{len(recorded)} recorded sessions, {facts} facts, {len(CLEAN)} near misses")


CLAIMS = (
    Claim("strays", "Stalls and drifts are found in the facts", strays),
    Claim("silence", "Nothing is found in sessions that work well", silence),
)
