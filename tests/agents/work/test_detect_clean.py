"""Real recordings of sessions in which nothing goes wrong: nothing is found in them.

A few here; `make prove` takes all of them.
"""

from pathlib import Path

from kit.clean_sessions import played
from steerdeck_agents.facts import events as e
from steerdeck_agents.work.detect import findings, watched

SAMPLE = ("fix-rounding", "put aside once")


def test_nothing_is_found_in_sessions_that_work_well(tmp_path: Path, short_folder: Path) -> None:
    for name, events in played(short_folder, SAMPLE).items():
        assert any(isinstance(event, e.CallEnded) for event in events), name
        assert findings(watched(events)) == (), name
