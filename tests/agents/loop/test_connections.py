"""The connections of a command on record: each one, until there are too many."""

from steerdeck_agents.facts.events import KnownEvent, NetworkUsed, Noticed
from steerdeck_agents.facts.ids import CallId, SessionId, TurnId
from steerdeck_agents.loop.connections import MOST, Connections
from steerdeck_agents.sandbox.proxy import Use


def told(*uses: Use) -> list[KnownEvent]:
    facts: list[KnownEvent] = []
    connections = Connections(SessionId("s"), TurnId("t"), CallId("c"), facts.append)
    for use in uses:
        connections.hear(use)
    connections.close()
    return facts


def test_each_connection_is_a_fact_of_its_call_with_whatever_the_command_wrote_made_short() -> None:
    (one,) = told(Use("a\udc00\n" + "x" * 9000, 443, allowed=False, why="It is no host name."))
    assert isinstance(one, NetworkUsed)
    assert (one.session, one.turn, one.call, one.allowed) == ("s", "t", "c", False)
    assert one.host.isprintable() and len(one.host) < 300 and one.host.encode()


def test_a_flood_of_connections_is_counted_and_no_longer_listed() -> None:
    facts = told(*[Use("pypi.org", 443, allowed=True)] * (MOST + 7))
    *listed, last = facts
    assert len(listed) == MOST and isinstance(last, Noticed) and last.text.endswith(": 7")
