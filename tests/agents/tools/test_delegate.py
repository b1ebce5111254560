"""delegate: what its arguments may be, and to whom it is offered."""

import json
from pathlib import Path

import pytest

from steerdeck_agents.facts.action import Delegate
from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.delegate import Delegation
from steerdeck_agents.tools.registry import specs_text

TOOL = Delegation()
PLACE = Workspace(path=str(Path("/place")), repository="/repository", branch="b", base="0" * 40)


def read(**arguments: object) -> Delegate:
    return TOOL.read(json.dumps(arguments), PLACE)


def test_a_brief_is_enough_and_a_helper_only_reads_unless_told():
    assert read(brief=" Look. ") == Delegate(brief="Look.")
    assert read(brief="Do.", name=" hand ", writes=True) == Delegate("Do.", "hand", True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"brief": "  "},
        {"brief": "x" * 16_001},
        {"brief": "Do.", "name": "n" * 81},
        {"brief": "Do.", "mode": "auto"},
        {"name": "no brief"},
    ],
)
def test_what_cannot_be_a_brief_is_refused_in_a_sentence(wrong: dict[str, object]):
    with pytest.raises(BadArguments, match=r"No helper was started\.|Nothing was done\."):
        read(**wrong)


def test_its_title_is_one_line_with_the_name_first():
    assert TOOL.title(read(brief="Find\nall.", name="hunt")) == "hunt: Find all."
    assert TOOL.title(read(brief="Find.")) == "Find."


def test_a_helper_is_offered_everything_but_helpers_in_bytes_of_its_own_kind():
    for freeform in (False, True):
        parent, helper = (
            json.loads(specs_text(freeform=freeform, helper=kind)) for kind in (False, True)
        )
        assert helper == [tool for tool in parent if tool["name"] != "delegate"]
        assert len(helper) == len(parent) - 1
