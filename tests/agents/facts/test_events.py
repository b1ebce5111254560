"""Events on their way to text and back: nothing a reader meets may stop it (law 11)."""

import json
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts import events as e
from steerdeck_agents.facts.ids import CallId, RequestId, SessionId, TurnId
from steerdeck_agents.facts.reduce import session as reducing
from steerdeck_agents.facts.reduce.session import fold
from steerdeck_agents.facts.state import SessionState

EVENTS: tuple[type[e.Fact], ...] = get_args(e.KnownEvent)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if supertype := getattr(kind, "__supertype__", None):
        return values(supertype)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(values, get_args(kind)))
    if get_origin(kind) is tuple:
        return st.lists(values(get_args(kind)[0]), max_size=3).map(tuple)
    if get_origin(kind) is dict:
        return st.dictionaries(*map(values, get_args(kind)), max_size=3)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = msgspec.structs.fields(kind)
        return st.builds(kind, **{field.name: values(field.type) for field in fields})
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=20),
        int: st.integers(min_value=-(2**62), max_value=2**62),
        bool: st.booleans(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
    }
    return plain[kind]


def json_values() -> st.SearchStrategy[Any]:
    leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        ),
        max_leaves=6,
    )


@st.composite
def nearly_events(draw: st.DrawFn) -> str:
    """JSON of an event with one field replaced by anything at all."""
    kind = draw(st.sampled_from(EVENTS))
    fields = msgspec.json.decode(e.encode(draw(values(kind))))
    fields[draw(st.sampled_from([*kind.__struct_fields__, "type", "later"]))] = draw(json_values())
    return json.dumps(fields)


@given(st.binary() | st.text())
def test_no_text_stops_the_decoder(text: bytes | str):
    found = e.decode(text)

    assert isinstance(found, e.Unknown)
    assert isinstance(e.type_of(found), str)


@given(json_values().map(json.dumps))
def test_no_json_stops_the_decoder(text: str):
    assert e.decode(text) == e.Unknown(raw=text, type=e.decode(text).type)


@given(nearly_events())
def test_an_event_with_one_strange_field_is_read_or_kept_as_it_is(text: str):
    match e.decode(text):
        case e.Unknown(raw=raw):
            assert raw == text
        case found:
            assert type(found) in EVENTS


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was_under_its_own_name(kind: type[e.Fact]):
    @settings(max_examples=20)
    @given(values(kind))
    def comes_back(event: e.KnownEvent) -> None:
        text = e.encode(event)
        assert e.decode(text) == event
        assert json.loads(text)["type"] == e.type_of(event) == kind.__struct_config__.tag

    comes_back()


def test_every_event_has_a_name_of_its_own():
    tags = [kind.__struct_config__.tag for kind in EVENTS]

    assert len(set(tags)) == len(tags) == len(EVENTS) > 30
    assert all(isinstance(tag, str) and tag == tag.lower() for tag in tags)
    assert set(EVENTS) == set(subclasses(e.Fact))


def subclasses(kind: type[e.Fact]) -> list[type[e.Fact]]:
    below = [
        sub for sub in kind.__subclasses__() if sub.__module__.startswith("steerdeck_agents.facts.")
    ]
    return [*below, *(deep for sub in below for deep in subclasses(sub))]


def test_an_event_of_a_later_version_is_kept_whole():
    text = '{"type":"moon.landed","seq":12,"session":"s_1","at_ms":99,"where":[1,{"a":null}]}'

    assert e.decode(text) == e.Unknown(
        raw=text, type="moon.landed", seq=12, session=SessionId("s_1"), at_ms=99
    )


def test_a_bad_field_of_a_known_event_makes_it_unknown_under_its_own_name():
    text = '{"type":"notice","seq":3,"session":"s_1","text":7}'

    assert e.decode(text) == e.Unknown(raw=text, type="notice", seq=3, session=SessionId("s_1"))


def test_a_missing_field_of_a_known_event_makes_it_unknown():
    text = '{"type":"message.sent","seq":3,"message":"m_1"}'

    assert e.decode(text) == e.Unknown(raw=text, type="message.sent", seq=3)


def test_a_new_field_is_read_over_and_survives_in_the_text():
    text = '{"type":"notice","seq":3,"text":"hello","colour":"blue"}'

    assert e.decode(text) == e.Noticed(seq=3, text="hello")
    assert "colour" not in e.encode(e.Noticed(seq=3, text="hello")), "so relays keep the text"


def test_an_old_event_without_newer_fields_is_read():
    text = '{"type":"call.ended","status":"done","result":"ok"}'

    assert e.decode(text) == e.CallEnded(status="done", result="ok")


def test_what_every_event_carries_stands_in_its_text():
    event = e.Noticed(
        seq=4, session=SessionId("s_1"), at_ms=5, actor="agent", turn=TurnId("t_1"),
        call=CallId("c_1"), text="x",
    )  # fmt: skip

    assert json.loads(e.encode(event)) == {
        "type": "notice", "seq": 4, "session": "s_1", "at_ms": 5, "actor": "agent",
        "turn": "t_1", "call": "c_1", "text": "x",
    }  # fmt: skip


def test_bytes_that_are_not_utf_8_become_visible_marks():
    assert e.decode(b'{"type":"notice","text":"\xff"}') == e.Unknown(
        raw='{"type":"notice","text":"\\xff"}', type="unknown"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ud800", id="surrogate"),
        pytest.param('{"type":"notice","text":"\udfff"}', id="inside"),
        pytest.param(
            '{"type":"notice","text":"x","more":' + '{"a":' * 100_000 + "1" + "}" * 100_001,
            id="deep",
        ),
        pytest.param('{"type":"a","b":' + '{"a":' * 100_000, id="open"),
        pytest.param('{"type":"notice","text":"x","seq":' + "9" * 10_000 + "}", id="number"),
        pytest.param("[" * 100_000, id="list"),
    ],
)
def test_text_made_to_break_a_parser_is_kept(text: str):
    assert e.decode(text) == e.Unknown(raw=text)


@given(st.lists(st.sampled_from(EVENTS).flatmap(values), min_size=1, max_size=4))
@settings(max_examples=150)
def test_an_aspect_that_a_fact_is_not_asked_of_would_not_have_changed_by_it(some):
    *before, event = some
    state = fold(before, SessionState(id=SessionId("s")))
    asked = reducing._concerned(type(event))
    for aspect in reducing._ASPECTS:
        assert aspect.apply in asked or aspect.apply(state, event) is state, aspect.__name__


@given(
    st.sampled_from([None, "one"]),
    st.lists(st.builds(e.TextAdded, kind=st.just("message"), text=st.text(max_size=5)), min_size=1),
)
def test_pieces_of_a_text_fold_one_by_one_as_they_do_joined(item, pieces):
    streamed = [
        msgspec.structs.replace(piece, item=item, seq=seq) for seq, piece in enumerate(pieces, 5)
    ]
    begun = fold(
        (
            e.TurnStarted(turn=TurnId("t"), seq=1),
            e.StreamSilent(request=RequestId("r"), at_ms=9, silent_ms=4, seq=2),
        ),
        SessionState(id=SessionId("s")),
    )
    assert fold([reducing.joined(streamed)], begun) == fold(streamed, begun)
