"""What a transcript tells of words under way, and of requests that do not get through."""

from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import ItemId, MessageId, RequestId, SessionId
from steerdeck_agents.facts.requests import RequestEnded, RetryPlanned
from steerdeck_agents.facts.transcript import Marked, Said, Transcript

HOW = {"session": SessionId("s"), "request": RequestId("r")}
DOWN = "127.0.0.1:4010 can't be reached."
SENT = e.MessageSent(session=SessionId("s"), message=MessageId("m"), text="hi")
GOES = e.MessageDelivered(**HOW, message=MessageId("m"))
FAILED = RequestEnded(**HOW, status="failed", error=DOWN, retryable=True)
ANSWER = e.ItemEnded(session=SessionId("s"), item=ItemId("i"), kind="text", text="Yes.")


def _told(*events: e.Event) -> Transcript:
    told = Transcript()
    for event in events:
        told.add(event)
    return told


def _lost(told: Transcript) -> bool:
    said = told.entries["m"]
    assert isinstance(said, Said)
    return said.lost


def _retry(after_ms: int, reason: str = DOWN) -> RetryPlanned:
    return RetryPlanned(**HOW, attempt=1, delay_ms=after_ms, reason=reason)


def test_words_in_a_request_that_nobody_answered_have_not_arrived() -> None:
    told = _told(SENT, GOES)
    assert not _lost(told)
    assert told.add(FAILED) == ("m",) and _lost(told)
    assert told.add(FAILED) == () and _lost(told)
    assert told.add(ANSWER) == ("m", "i") and not _lost(told)
    told.add(FAILED)
    assert not _lost(told)


def test_words_arrived_where_the_answer_broke_off() -> None:
    begun = RequestEnded(**HOW, status="failed", first_token_ms=300)
    assert not _lost(_told(SENT, GOES, begun))


def test_why_a_request_is_tried_again_is_told_once() -> None:
    def marks(*events: e.Event) -> list[str]:
        return [one.text for one in _told(*events).entries.values() if isinstance(one, Marked)]

    tried = (_retry(5_000), _retry(10_000), _retry(9_000, "full"), ANSWER, _retry(5_000, "full"))
    numbered = [replace(event, seq=seq) for seq, event in enumerate(tried, 1)]
    assert marks(*numbered) == [
        f"asking again in 5 s: {DOWN}",
        "asking again in 10 s",
        "asking again in 9 s: full",
        "asking again in 5 s: full",
    ]
