"""How far a review has come, folded from its facts."""

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import MessageId, SessionId
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.reviewing import TakenBack

SESSION, FIRST, SECOND = SessionId("s"), MessageId("msg_1"), MessageId("msg_2")


def test_a_review_that_is_taken_back_still_has_its_rejections_to_tell():
    taken = TakenBack(path="a.py", line=1, added=1, removed=0)
    told = fold(
        [
            e.LinesTakenBack(session=SESSION, seq=1, taken=taken),
            e.ReviewSent(session=SESSION, seq=2, message=FIRST, comments=()),
            e.LinesTakenBack(session=SESSION, seq=3, taken=taken),
            e.ReviewSent(session=SESSION, seq=4, message=SECOND, comments=()),
        ]
    )
    assert told.review.untold == ()
    back = fold([e.MessageWithdrawn(session=SESSION, seq=5, message=SECOND)], told)
    assert [one.seq for one in back.review.untold] == [3], "the first has reached the agent"
