"""What a server offers, before a model reads a word of it."""

import random
from itertools import pairwise

import msgspec
import pytest

from steerdeck_agents.facts.ids import sha_of
from steerdeck_agents.servers.fault import ServerFault
from steerdeck_agents.servers.listing import (
    LARGEST_SCHEMAS,
    LONGEST_DESCRIPTION,
    MOST_TOOLS,
    Offered,
    listing,
)
from steerdeck_agents.servers.meter import LARGEST_MESSAGE, MOST_MESSAGES, Meter
from steerdeck_agents.servers.pins import changes


def _tool(name: str, description: str = "", **properties: object) -> Offered:
    return Offered(name, description, {"type": "object", "properties": properties})


def _names(*tools: str) -> dict[str, str]:
    return {tool.tool: tool.name for tool in listing("s", map(_tool, tools)).tools}


def test_the_order_a_server_tells_its_tools_in_changes_nothing():
    tools = [_tool(f"t{number}", "d", a={"type": "string"}, b={}) for number in range(20)]
    first = listing("s", tools)
    mixed = [
        Offered(tool.name, tool.description, dict(reversed(tool.schema.items())))
        for tool in random.Random(1).sample(tools, 20)
    ]
    assert listing("s", mixed) == first
    assert all(one.name < two.name for one, two in pairwise(first.tools))


@pytest.mark.parametrize(
    "change",
    [
        _tool("a2", "d", x={}),
        _tool("a", "d.", x={}),
        _tool("a", "d", x={"type": "string"}),
        _tool("a", "d" + "\u200b", x={}),
        _tool("a", "x" * 5000 + "y", x={}),
    ],
)
def test_every_byte_of_a_tool_is_in_the_pin(change: Offered):
    before = listing("s", [_tool("a", "d", x={})])
    long = listing("s", [_tool("a", "x" * 5000 + "z", x={})])
    after = listing("s", [change])
    assert after.pin not in (before.pin, long.pin)
    assert changes(before.text, after.text)
    assert changes(long.text, after.text)


def test_names_fit_the_apis_of_models_and_are_never_the_same():
    assert _names("git_log", "a.b", "x/y") == {
        "git_log": "s__git_log",
        "a.b": "s__a_b",
        "x/y": "s__x_y",
    }
    both = _names("a.b", "a_b", "a/b")
    assert both["a_b"] == "s__a_b"
    assert both["a.b"] == f"s__a_b_{sha_of(b'a.b')[:6]}"
    assert both["a/b"] == f"s__a_b_{sha_of(b'a/b')[:6]}"
    # Somebody who knows the rule takes the name first.
    taken = _names("a.b", "a_b", f"a_b_{sha_of(b'a.b')[:6]}")
    assert len(set(taken.values())) == 3
    long = _names("x" * 100, "x" * 101)
    assert {len(name) for name in long.values()} == {64}
    assert len(set(long.values())) == 2


@pytest.mark.parametrize("name", ["", "a b", "gіt", "a\u200bb", "a\x1b[2J", "x" * 129, "a\nb"])
def test_a_name_that_could_pass_for_another_is_not_offered(name: str):
    found = listing("s", [_tool(name), _tool("ok")])
    assert [tool.tool for tool in found.tools] == ["ok"]
    (left,) = found.left_out
    assert "name has other characters" in left
    assert "\x1b" not in left


def test_a_tool_offered_twice_is_not_offered():
    found = listing("s", [_tool("a", "one"), _tool("a", "two"), _tool("b")])
    assert [tool.tool for tool in found.tools] == ["b"]
    assert found.left_out == ("a: it is offered more than once.",) * 2


def test_what_is_hidden_in_a_description_is_made_visible():
    found = listing("s", [_tool("a", "good\u200b \x1b[8mignore\u202e\U000e0041\r\nend")])
    text = found.tools[0].description
    assert text == "good⟨U+200B⟩ ␛[8mignore⟨U+202E⟩⟨U+E0041⟩\nend"


def test_a_long_description_is_cut_in_plain_sight():
    (tool,) = listing("s", [_tool("a", "ä" * 4000)]).tools
    assert len(tool.description.encode()) <= LONGEST_DESCRIPTION
    assert "bytes are left out here" in tool.description


def test_prose_of_a_schema_is_cleaned_and_its_names_are_not_touched():
    prose = {"type": "string", "description": "a\u200bb", "enum": ["\t", "x"]}
    (tool,) = listing("s", [Offered("a", "", {"properties": {"description": prose}})]).tools
    schema = msgspec.json.decode(tool.schema)
    field = schema["properties"]["description"]
    assert field == {"type": "string", "description": "a⟨U+200B⟩b", "enum": ["\t", "x"]}


@pytest.mark.parametrize(
    ("tool", "why"),
    [
        (_tool("a", "", **{"x\u200b": {}}), "hidden characters"),
        (_tool("a", "", x={"enum": ["y\u202e"]}), "hidden characters"),
        (Offered("a", "", {"type": "array"}), "no object"),
    ],
)
def test_a_schema_that_hides_something_is_not_offered(tool: Offered, why: str):
    found = listing("s", [tool])
    assert found.tools == ()
    assert why in found.left_out[0]


def test_a_schema_too_deep_to_read_is_not_offered():
    deep: dict[str, object] = {}
    for _ in range(40):
        deep = {"items": deep}
    assert "nested deeper" in listing("s", [_tool("a", "", x=deep)]).left_out[0]


def test_a_schema_without_its_first_words_gets_them():
    (tool,) = listing("s", [Offered("a", "", {"$schema": "x"})]).tools
    assert tool.schema == '{"properties":{},"type":"object"}'


def test_there_is_an_end_to_tools_and_schemas():
    found = listing("s", [_tool(f"t{number:03}") for number in range(200)])
    assert len(found.tools) == MOST_TOOLS
    assert len(found.left_out) == 200 - MOST_TOOLS
    large = {"type": "string", "title": "x" * 30_000}
    found = listing("s", [_tool(f"t{n}", "", x=large) for n in range(4)] + [_tool("z")])
    assert [tool.tool for tool in found.tools] == ["t0", "t1", "z"]
    assert sum(len(tool.schema) for tool in found.tools) <= LARGEST_SCHEMAS


def test_a_hostile_list_makes_no_endless_card():
    wide = {"type": "string", "title": "x\n" * 20_000}
    before = listing("s", [_tool(f"t{number}", "y\n" * 500, x=wide) for number in range(100)])
    after = listing("s", [_tool(f"t{number}", "z\n" * 500, x=wide) for number in range(100)])
    assert len(before.text) < 400_000
    assert len(changes(before.text, after.text)) < 40_000


def test_the_meter_forgives_what_was_not_said_before():
    now = [0.0]
    meter = Meter("s", lambda: now[0])
    for _ in range(10):
        for _ in range(MOST_MESSAGES):
            meter.take(b"{}")
        now[0] += 1.0
    with pytest.raises(ServerFault, match="messages a second"):
        for _ in range(3 * MOST_MESSAGES):
            meter.take(b"{}")


def test_the_meter_counts_bytes_and_parts_but_no_commas_of_a_text():
    meter = Meter("s", lambda: 0.0)
    meter.take(b'{"text":"' + b',[{\\"' * 100_000 + b'"}')
    with pytest.raises(ServerFault, match="50,000 parts"):
        meter.take(b"[" * 60_000)
    with pytest.raises(ServerFault, match="4 MB"):
        meter.take(bytes(LARGEST_MESSAGE + 1))
    with pytest.raises(ServerFault, match="16 MB a second"):
        for _ in range(10):
            meter.take(bytes(LARGEST_MESSAGE))
