"""What a transcript says of a session that was parked."""

from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.transcript import Marked, Transcript

PARKED = e.SessionParked(reason="Calls went wrong.", way_out="Resume it.")


def _told(*facts: e.Event) -> list[str]:
    told = Transcript()
    for seq, fact in enumerate(facts, 1):
        told.add(replace(fact, seq=seq))
    return [entry.text for entry in told.entries.values() if isinstance(entry, Marked)]


def test_what_the_mark_above_says_is_not_said_again_but_the_way_out_is():
    failed = e.TurnEnded(status="failed", error="Calls went wrong.")
    assert _told(failed, PARKED) == ["failed: Calls went wrong.", "parked: Resume it."]
    assert _told(PARKED) == ["parked: Calls went wrong."]
