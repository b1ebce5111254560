"""The rows around the steps of a plan, as values."""

from msgspec.structs import replace

from kit.planned import LIMIT, planned
from steerdeck.panes.plan_head import detail
from steerdeck_agents.facts.ids import SessionId
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.facts.plan_diff import PlanRow, rows
from steerdeck_agents.facts.state import SessionState


def _told(text: str, most: int = 4, **more: object) -> list[str]:
    state: SessionState = planned().states()[SessionId(LIMIT)]
    row: PlanRow = replace(rows(state.plan)[-1], step=Step(text, id=99, **more))
    return ["".join(span.text for span in line.spans) for line in detail(state, row, {}, "", most)]


def test_the_files_a_step_names_stand_below_until_it_is_done():
    text = "write docs/api.md and mend api/limit.py with time.time"
    assert _told(text)[1] == "names  docs/api.md   api/limit.py   "
    assert _told(text, 1)[0].endswith("not begun   names  docs/api.md   api/limit.py   ")
    assert not any("names" in row for row in _told(text, status="completed"))
    assert not any("names" in row for row in _told("run the whole suite"))
