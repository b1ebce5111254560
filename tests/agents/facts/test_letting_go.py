"""A transcript that lets its oldest entries go, and reads them again as they were."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, ItemId, MessageId, RequestId, SessionId
from steerdeck_agents.facts.transcript import Transcript

_S = SessionId("s")
_STEPS = st.tuples(
    st.sampled_from(("says", "writes", "asks", "runs", "prints", "ends", "sends", "goes", "turn")),
    st.integers(0, 5),
)


def _event(what: str, number: int, seq: int) -> e.KnownEvent:
    call, message = CallId(f"c{number}"), MessageId(f"m{number}")
    request = RequestId(f"r{number}")
    match what:
        case "says":
            return e.ItemEnded(session=_S, item=ItemId(f"i{seq}"), kind="message", text=f"{seq}")
        case "writes":
            return e.TextAdded(session=_S, item=ItemId(f"w{number}"), kind="message", text="x")
        case "asks":
            return e.CallRequested(
                session=_S, call=CallId(f"c{number}"), tool="shell", arguments="", title=f"{seq}"
            )
        case "runs":
            return e.CallStarted(session=_S, call=call, binding="b", allowed_by="", level="")
        case "prints":
            return e.OutputAdded(session=_S, call=call, text=f"{seq}\n")
        case "ends":
            return e.CallEnded(session=_S, call=call, status="done", result=f"{seq}")
        case "sends":
            return e.MessageSent(session=_S, message=message, text=f"{seq}")
        case "goes":
            return e.MessageDelivered(session=_S, message=message, request=request)
        case _:
            return e.TurnEnded(session=_S, status="completed")


def _story(steps: list[tuple[str, int]]) -> list[e.KnownEvent]:
    """Only what can happen: each begins once, and what has ended stays as it is."""
    done, begun, events = set[str](), set[str](), list[e.KnownEvent]()
    for what, number in steps:
        thing = f"{'m' if what in ('sends', 'goes') else 'c'}{number}"
        if what in ("asks", "sends"):
            if thing in begun:
                continue
            begun.add(thing)
        elif what in ("runs", "prints", "ends", "goes"):
            if thing not in begun or thing in done:
                continue
            done |= {thing} if what in ("ends", "goes") else set()
        seq = len(events) + 1
        events.append(replace(_event(what, number, seq), seq=seq))
    return events


@settings(max_examples=300)
@given(st.lists(_STEPS, max_size=60), st.integers(1, 6), st.integers(1, 9), st.integers(1, 20))
def test_what_was_let_go_is_read_again_as_it_was(
    steps: list[tuple[str, int]], keep: int, often: int, page: int
) -> None:
    events = _story(steps)
    whole, short = Transcript(), Transcript()
    for number, event in enumerate(events, 1):
        whole.add(event)
        short.add(event)
        if number % often == 0:
            short.let_go(keep)
    while short.first > 1:
        older = [event for event in events if event.seq < short.first][-page:]
        short.prepend(short.led_to(older))
    assert short.entries == whole.entries
    assert set(short.changed) == set(short.entries)


def test_an_entry_of_which_more_may_come_stays_and_so_do_those_after_it() -> None:
    told = Transcript()
    for event in _story([("says", 0), ("asks", 1), *[("says", 0)] * 8]):
        told.add(event)
    told.let_go(2)
    assert [*told.entries][:2] == ["c1", "i3"] and told.first == 2
    told.add(replace(_event("ends", 1, 11), seq=11))
    told.let_go(2)
    assert [*told.entries] == ["i9", "i10"] and told.first == 12


def test_changes_are_told_from_the_last_one_seen_and_each_entry_once() -> None:
    told = Transcript()
    for event in _story([("writes", 1), ("says", 0), ("writes", 1), ("writes", 1)]):
        told.add(event)
    assert told.since(0) == ["i2", "w1"]
    assert told.since(2) == ["w1"] and told.since(4) == []
    assert len(told.changed) == 2
