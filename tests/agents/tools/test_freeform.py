"""apply_patch as a freeform tool: its grammar takes what the tool takes, its input is the patch."""

import json
import re
from importlib import resources

import pytest

from steerdeck_agents.facts.action import ApplyPatch
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.tools.arguments import LIMIT
from steerdeck_agents.tools.patch import Patch
from steerdeck_agents.tools.patch_parse import parse_patch
from steerdeck_agents.tools.registry import specs_text

ADD = "*** Begin Patch\n*** Add File: new.txt\n+one\n+\n*** End Patch\n"
UPDATE = (
    "*** Begin Patch\n*** Update File: a.py\n*** Move to: b c.py\n@@ def f():\n@@ if x:\n"
    "     one\n-two\n+zwei\n@@\n three\n+four\n*** End of File\n*** Delete File: old\n*** End Patch"
)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/|[A-Za-z]+|[()|?*+]')


def grammar() -> re.Pattern[str]:
    """The grammar as one regular expression: none of its rules contains itself."""
    source = resources.files("steerdeck_agents.tools").joinpath("patch.lark").read_text()
    rules = dict(line.split(": ", 1) for line in source.splitlines() if ": " in line)

    def whole(rule: str) -> str:
        return "(?:" + "".join(piece(token) for token in _TOKEN.findall(rules[rule])) + ")"

    def piece(token: str) -> str:
        if token[0] == '"':
            return f"(?:{re.escape(json.loads(token))})"
        if token[0] == "/":
            return f"(?:{token[1:-1]})"
        if token in "()|?*+":
            return token.replace("(", "(?:")
        return "(?:\r?\n)" if token == "LF" else whole(token)

    return re.compile(whole("start"))


@pytest.mark.parametrize("text", [ADD, UPDATE, ADD.replace("+one\n+\n", "")])
def test_the_grammar_takes_patches_the_tool_reads(text: str) -> None:
    assert grammar().fullmatch(text)
    assert parse_patch(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"patch": "x"}',
        "*** Begin Patch\n*** End Patch\n",
        "*** Begin Patch\n*** Update File: a.py\n*** End Patch\n",
        "*** Begin Patch\n*** Update File: a.py\n@@ def f():\n*** End Patch\n",
        "*** Begin Patch\n*** Add File: a\n",
        "*** Begin Patch\n*** Add File: a\nplain\n*** End Patch\n",
    ],
)
def test_the_grammar_refuses_what_the_tool_refuses(text: str) -> None:
    assert not grammar().fullmatch(text)
    with pytest.raises(PatchError):
        parse_patch(text)


def test_a_patch_is_read_plain_or_as_the_argument_of_a_function(workspace: Workspace) -> None:
    plain = Patch().read(ADD, workspace)
    assert isinstance(plain, ApplyPatch) and plain.text == ADD
    assert plain == Patch().read(json.dumps({"patch": ADD}), workspace)
    with pytest.raises(BadArguments, match="NUL"):
        Patch().read(ADD.replace("one", "o\0ne"), workspace)
    with pytest.raises(BadArguments, match="surrogate"):
        Patch().read(ADD.replace("one", "o\ud800ne"), workspace)
    with pytest.raises(BadArguments, match="too long"):
        Patch().read(ADD.replace("one", "x" * LIMIT), workspace)


def test_only_the_patch_is_offered_as_a_freeform_tool() -> None:
    functions, freeform = json.loads(specs_text()), json.loads(specs_text(freeform=True))
    assert [spec["name"] for spec in functions] == [spec["name"] for spec in freeform]
    assert [spec["name"] for spec in freeform if spec["type"] == "custom"] == ["apply_patch"]
    assert freeform[0]["format"]["syntax"] == "lark"
    assert freeform[1:] == functions[1:]
    assert len(specs_text(freeform=True).encode()) <= 9 * 1024
