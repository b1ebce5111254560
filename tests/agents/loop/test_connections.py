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


def test_each_connection_is_a_fact_of_its_call() -> None:
    (one,) = told(Use("a\udc00\n", 443, allowed=False, why="It is no host name."))
    assert isinstance(one, NetworkUsed)
    assert (one.session, one.turn, one.call, one.allowed) == ("s", "t", "c", False)
    assert one.host.isprintable() and one.host.encode() and one.why == "It is no host name."


def test_nothing_is_kept_of_a_name_too_long_to_be_one() -> None:
    (one,) = told(Use("x" * 300, 443, allowed=False, why=f"{'x' * 300} is not a host name."))
    assert isinstance(one, NetworkUsed)
    assert (one.host, one.why) == ("a text of 300 characters", "it is no host name.")


def test_a_flood_of_connections_is_counted_and_no_longer_listed() -> None:
    facts = told(*[Use("pypi.org", 443, allowed=True)] * (MOST + 7))
    *listed, last = facts
    assert len(listed) == MOST and isinstance(last, Noticed) and last.text.endswith(": 7")
