"""What the proofs call damage: a call that ran twice, and no call of a fork."""

from kit.command import damage, home_of
from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, SessionId


def test_a_fork_may_have_the_ids_of_its_source_and_no_session_one_twice(
    desk, make_created, tmp_path
):
    where = home_of(tmp_path)
    where.journal.parent.mkdir(parents=True, exist_ok=True)
    desk.path = where.journal
    call = CallId("call_1")

    def started(session: str) -> e.CallStarted:
        return e.CallStarted(session=SessionId(session), call=call, binding="b", allowed_by="r")

    desk.keep(make_created("s1"), make_created("s2"), started("s1"), started("s2"))
    assert damage(where) == []
    desk.keep(started("s2"))
    assert damage(where) == ["call_1 of s2: CallStarted 2 times"]
