"""The table of faults: what may befall us, and the claims in which it is tried.

Each has an id by which it is known, so that one line says of each at how many points it was tried,
how many acknowledged events were lost, and how many tools ran twice.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prove.claim import Counted


class Fault(NamedTuple):
    """Something that goes wrong, and the claims that try it."""

    id: str
    says: str
    claims: tuple[str, ...]


FAULTS = (
    Fault("R01", "kill -9 of the runtime", ("runtime", "random", "goals")),
    Fault("R02", "kill -9 of the deck", ("deck",)),
    Fault("R03", "kill -9 of both, of a command alone", ("both",)),
    Fault("R04", "kill in the middle of a patch", ("patch-kills",)),
    Fault("R05", "a line that drops", ("drops", "holes", "lines", "logins")),
    Fault("R06", "a full disk", ("full-disk",)),
    Fault("R07", "read-only, full and odd homes", ("homes",)),
    Fault("R08", "a damaged journal", ("flips", "cuts")),
    Fault("R09", "two instances, a suspended writer", ("instances", "fenced")),
    Fault("R10", "a journal on a network file system", ("networks",)),
    Fault("R11", "the clock jumps", ("clocks",)),
    Fault("R12", "the machine sleeps for hours", ("asleep",)),
    Fault("R13", "the network flaps", ("flaps", "chaos")),
    Fault("R14", "a storm of 429 and 529", ("storm", "storms")),
    Fault("R15", "a stalled stream", ("stalls",)),
    Fault("R16", "a malformed stream", ("fuzz",)),
    Fault("R17", "bad calls of tools", ("bad-calls",)),
    Fault("R18", "floods of output", ("floods", "flood-keys")),
    Fault("R19", "processes that hide or stay", ("orphans",)),
    Fault("R20", "a week of sessions", ("week",)),
    Fault("R21", "an older journal, a newer one", ("migrations",)),
    Fault("R22", "a copy made while all write", ("backups",)),
    Fault("R23", "replays of recorded sessions", ("replays",)),
    Fault("R24", "an event edited by hand", ("edits",)),
)


def table(found: Mapping[str, Counted]) -> list[str]:
    """A line for each fault, from what was counted; a claim that was not counted is named."""
    return ["", "fault  points   lost  twice", *(_row(fault, found) for fault in FAULTS)]


def _row(fault: Fault, found: Mapping[str, Counted]) -> str:
    counted = [found[name] for name in fault.claims if name in found]
    missing = [name for name in fault.claims if name not in found]
    wrong = [name for name in fault.claims if name in found and not found[name].holds]
    skipped = [one.skipped for one in counted if one.skipped]
    points = sum(one.points or one.wanted for one in counted)
    notes = [f"not counted: {', '.join(missing)}"] if missing else []
    notes += [f"does not hold: {', '.join(wrong)}"] if wrong else []
    notes += [f"skipped: {why}" for why in skipped]
    lost, twice = (_sum([getattr(one, what) for one in counted]) for what in ("lost", "twice"))
    numbers = f"{fault.id}  {points:>7,} {lost:>6} {twice:>6}"
    return "  ".join([numbers, f"{fault.says} ({', '.join(fault.claims)})", *notes])


def _sum(values: Sequence[int | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known)}" if known else "-"
