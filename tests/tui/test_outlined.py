"""What a command would do, as the card tells it: what matters is among the rows that are there."""

from steerdeck.panes.outlined import MOST, outline_rows
from steerdeck_agents.facts.outline import Command, Outline


def rows(outline: Outline) -> list[str]:
    return [
        "".join(span.text for span in (*row.spans, *row.right)) for row in outline_rows(outline)
    ]


def test_the_network_and_danger_of_many_commands_stand_first_and_the_rest_is_counted():
    echo, curl = Command("echo", ("a",)), Command("curl", ("x.example",), network=True)
    rm = Command("rm", ("-rf", "/"), danger=True)
    commands = (*[echo] * 98, curl, rm)
    told = rows(Outline(commands, 106, network=("curl",)))
    assert "rm -rf /" in told[0] and told[0].endswith("danger")
    assert "curl x.example" in told[1] and told[1].endswith("network")
    assert told[MOST].strip() == "100 more commands"
    assert "curl reaches it" in told[MOST + 1]
    few = rows(Outline((echo, curl), 2, network=("curl",), whole=True))
    assert "echo" in few[0] and len(few) == 2


def test_one_command_more_is_one_command_and_an_older_outline_is_counted_by_its_rows():
    told = rows(Outline((Command("echo", ("a",)),) * (MOST + 1), whole=True))
    assert told[-1].strip() == "1 more command"


def test_what_could_not_be_read_still_names_the_network_it_may_reach():
    told = rows(Outline(network=("curl", "ssh")))
    assert told[0].startswith("network") and told[0].endswith("curl, ssh may reach it")
    assert "not all of it could be read" in told[1]
