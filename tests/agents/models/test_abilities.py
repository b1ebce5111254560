"""Which models are offered freeform tools and given pictures, and what a refusal of them means."""

import json

import pytest

from steerdeck_agents.loop import request
from steerdeck_agents.models import drops
from steerdeck_agents.models.abilities import freeform, sees
from steerdeck_agents.models.chat_body import messages, translate
from steerdeck_agents.models.learned import Learned
from steerdeck_agents.settings.model import ModelSettings
from steerdeck_agents.tools import registry

AZURE = "https://mine.openai.azure.com/openai/v1"
LOCAL = "http://127.0.0.1:1/v1"


def able(model: str, **more: object) -> tuple[bool, bool]:
    settings = ModelSettings(name="m", model=model, **more)
    return freeform(settings, Learned(None)), sees(settings, Learned(None))


@pytest.mark.parametrize(
    ("model", "more", "expected"),
    [
        ("gpt-6-sol", {}, (True, True)),
        ("gpt-5.3-codex-spark", {}, (True, False)),
        ("gpt-4.1", {}, (False, True)),
        ("gpt-3.5-turbo", {}, (False, False)),
        ("gpt-6-sol", {"base_url": AZURE}, (True, True)),
        ("gpt-6-sol", {"base_url": LOCAL}, (False, False)),
        ("gpt-6-sol", {"api": "chat"}, (False, True)),
        ("any", {"base_url": LOCAL, "freeform": True, "images": True}, (True, True)),
        ("gpt-6-sol", {"freeform": False, "images": False}, (False, False)),
    ],
)
def test_abilities_are_used_where_they_are_known(
    model: str, more: dict[str, object], expected: tuple[bool, bool]
) -> None:
    assert able(model, **more) == expected


def test_what_was_refused_is_not_offered_again() -> None:
    learned, settings = Learned(None), ModelSettings(name="m", model="gpt-6-sol")
    learned.learn_drop(settings, drops.CUSTOM_TOOLS, only_model=False)
    assert (freeform(settings, learned), sees(settings, learned)) == (False, True)
    learned.learn_drop(settings, drops.IMAGES, only_model=True)
    assert not sees(settings, learned)


@pytest.mark.parametrize(
    ("message", "param", "expected"),
    [
        ("Invalid value: 'custom'. Supported values are: 'function'.", "tools[0].type", "custom"),
        ("Invalid value", "tools[0].format.definition", "custom"),
        ("'type' of tool must be 'function'", "", "custom"),
        ("body.tools.0.type: Input should be 'function', input: 'custom'", "", "custom"),
        ("Invalid content type. image_url is only supported by certain models.", "", "images"),
        ("This model does not support image inputs.", "", "images"),
        ("qwen3 is not a multimodal model", "", "images"),
        ("At most 0 image(s) may be provided in one request.", "", "images"),
        ("image input is not supported - hint: you may need to provide the mmproj", "", "images"),
        ("The image data you provided does not represent a valid image.", "", "picture"),
        ("Unsupported parameter: 'store'", "store", "store"),
        ("The function's parameters are not valid.", "tools[2].parameters", ""),
    ],
)
def test_a_refusal_names_the_ability_it_is_about(message: str, param: str, expected: str) -> None:
    body = {"error": {"message": message, "param": param}}
    found = {"custom": drops.CUSTOM_TOOLS, "images": drops.IMAGES, "picture": drops.PICTURE}
    assert drops.named(body, message) == found.get(expected, expected)


def test_a_freeform_tool_and_its_calls_are_functions_in_chat() -> None:
    call = {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": "*** x"}
    output = request.call_output("c", "Done.", kind="custom_tool_call_output")
    fields = request.fields(
        model="m", cache_key="k", tools=registry.specs_text(freeform=True), effort=None
    )
    body = json.loads(translate(request.body(fields, [json.dumps(call), output])))
    offered = body["tools"][0]["function"]
    assert offered["name"] == "apply_patch" and offered["parameters"]["required"] == ["patch"]
    assert len(body["tools"]) == len(registry.ALL)
    asked, answered = body["messages"]
    function = {"name": "apply_patch", "arguments": '{"patch":"*** x"}'}
    assert asked["tool_calls"] == [{"id": "c", "type": "function", "function": function}]
    assert answered == {"role": "tool", "tool_call_id": "c", "content": "Done."}


def test_pictures_of_outputs_follow_them_in_chat_as_words_of_the_user() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "read_file", "arguments": "{}"}
    output = json.loads(request.call_output("c", "A picture.", picture="data:image/png;base64,AA"))
    user = json.loads(request.message("user", "And?"))
    for dropped in ((), (drops.ALTERNATE,)):
        told = [json.loads(text) for text in messages([call, output, user], dropped)]
        assert told[1] == {"role": "tool", "tool_call_id": "c", "content": "A picture."}
        parts = told[2]["content"]
        assert parts[1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
        assert "And?" in json.dumps(told[-1])
