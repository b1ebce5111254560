"""Lines of a transcript beside words and calls."""

from typing import get_args

from steerdeck_agents.facts.events import ShellEnded
from steerdeck_agents.facts.ids import SessionId, ShellId
from steerdeck_agents.facts.marks import told
from steerdeck_agents.facts.shells import ShellEnding


def test_every_way_a_shell_ends_has_words_of_its_own() -> None:
    ends = [
        ShellEnded(session=SessionId("s"), shell=ShellId("sh-1"), how=how)
        for how in get_args(ShellEnding)
    ]
    lines = [found[0] for end in ends if (found := told(end))]
    assert len(set(lines)) == len(ends) and all(line.startswith("sh-1 ") for line in lines)
    assert "sh-1 was ended: it took too much memory" in lines
