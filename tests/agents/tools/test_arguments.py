import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steerdeck_agents.facts.action import AskDeveloper, ReadFile, RunCommand, SetPlan
from steerdeck_agents.facts.errors import BadArguments, PatchError
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.facts.plan import Step
from steerdeck_agents.tools.registry import ALL, by_name, specs_text
from steerdeck_agents.tools.tool import Tool

BAD = [
    "", "{", "null", "[]", "7", '"x"', "true", "nope", "{}x", "\x00", "\ufeff{}", '{"a":1}',
    '{"__class__": "x"}', '{"constructor": {}}', '{"command": 1, "why": ""}',
    '{"command": null, "why": ""}', '{"command": [], "why": ""}', '{"command": "ls"}',
    '{"command": " ", "why": ""}', '{"command": "a\\u0000b", "why": ""}',
    '{"command": "\\ud800", "why": ""}', '{"command": "\\udc00\\ud800", "why": ""}',
    '{"command": "\ud83d", "why": ""}', '{"command": "ls", "why": "", "timeout_s": 0}',
    '{"command": "ls", "why": "", "timeout_s": 1e999}',
    '{"command": "ls", "why": "", "timeout_s": NaN}',
    '{"command": "ls", "why": "", "timeout_s": "9"}',
    '{"command": "ls", "why": "", "folder": "../up"}',
    '{"command": "ls", "why": "", "folder": "/etc"}',
    '{"command": "ls", "why": "", "sudo": true}', '{"command": "a", "why": "", "network": "a.org"}',
    '{"command": "a", "why": "", "network": ["10.0.0.1"]}',
    '{"command": "a", "why": "", "network": ["https://a.org"]}',
    '{"command": "a", "why": "", "network": ["a.org"], "keep": true}',
    json.dumps({"command": "a", "why": "", "network": [f"a{n}.org" for n in range(17)]}),
    '{"patch": 1}', '{"patch": ""}', '{"patch": "\\u0000"}', '{"patch": "*** Begin Patch"}',
    '{"path": ""}', '{"path": 1}', '{"path": ".."}', '{"path": "/etc/passwd"}', '{"path": "a\\nb"}',
    '{"path": "a", "first": 0}', '{"path": "a", "first": 5, "last": 4}', '{"path": "~/a"}',
    '{"path": "a", "first": 1.5}', '{"path": "a", "first": 99999999999999999999999}',
    '{"path": ".git/config"}', '{"path": "a\\\\b"}', '{"path": "' + "a/" * 3000 + '"}',
    '{"folder": ".."}', '{"folder": "/"}', '{"folder": 1}', '{"glob": ["a"]}',
    '{"glob": "' + "{a,b}" * 20 + '"}', '{"glob": "' + "*" * 400 + '"}',
    '{"pattern": ""}', '{"pattern": "("}', '{"pattern": "(a+)+$"}', '{"pattern": "a\\nb"}',
    '{"pattern": null}', '{"pattern": "x", "folder": "a/../../b"}',
    '{"steps": {}}', '{"steps": [1]}', '{"steps": [{"text": "a"}]}',
    '{"steps": [{"text": "a", "status": "done"}]}',
    '{"steps": [{"text": "", "status": "pending"}]}',
    '{"steps": [{"text": "a", "status": "in_progress"}, {"text": "b", "status": "in_progress"}]}',
    json.dumps({"steps": [{"text": "a", "status": "pending"}] * 51}),
    '{"question": ""}', '{"question": 1}', '{"question": "a", "choices": "b"}',
    '{"question": "a", "choices": [""]}', '{"question": "a", "choices": ["b", "b"]}',
    json.dumps({"question": "a", "choices": [str(n) for n in range(10)]}),
    "[" * 100_000, '{"x":' * 50_000, '{"why":"", "x":' + "[" * 100_000,
    json.dumps({"command": "x" * 1_000_000, "why": ""}), json.dumps({"patch": "y" * 1_000_000}),
    json.dumps({"path": "z" * 1_000_000}), json.dumps({"pattern": "q" * 1_000_000}),
]  # fmt: skip


@pytest.mark.parametrize("tool", ALL, ids=lambda tool: str(tool.name))
def test_bad_arguments_become_one_sentence_for_the_model(tool: Tool, workspace: Workspace) -> None:
    refused = 0
    for arguments in BAD:
        try:
            tool.read(arguments, workspace)
        except (BadArguments, PatchError) as problem:
            refused += 1
            text = str(problem)
            assert text.endswith((".", "}")) and "\n" not in text and len(text) < 1500
            text.encode()
    assert refused >= len(BAD) - 4  # `{}` like arguments are fine for tools that need none


@settings(max_examples=60)
@given(text=st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
def test_no_text_at_all_raises_anything_else(text: str) -> None:
    workspace = Workspace(path="/nowhere", repository="/", branch="", base="")
    names = ("command", "why", "path", "patch", "folder", "glob", "pattern", "question")
    for tool in ALL:
        for arguments in (text, *(json.dumps({name: text, "why": ""}) for name in names)):
            try:
                tool.read(arguments, workspace)
            except (BadArguments, PatchError):
                continue


def test_a_command_starts_where_the_developer_stood(workspace: Workspace) -> None:
    shell = by_name("shell")
    assert shell is not None
    standing = Workspace(
        path=workspace.path, repository="", branch="", base="", subfolder="services/api"
    )
    asked = '{"command": "make", "why": "build", "timeout_s": 5}'
    expected = RunCommand(script="make", folder="services/api", timeout_s=5.0, why="build")
    assert shell.read(asked, standing) == expected
    elsewhere = '{"command": "make", "why": "", "folder": "./docs//"}'
    assert shell.read(elsewhere, standing) == RunCommand(script="make", folder="docs")


def test_an_absolute_path_into_the_workspace_is_taken_for_reading(workspace: Workspace) -> None:
    read = by_name("read_file")
    assert read is not None
    arguments = json.dumps({"path": f"{workspace.path}/src/a.py", "first": 2})
    assert read.read(arguments, workspace) == ReadFile(path="src/a.py", first=2)
    with pytest.raises(BadArguments, match="relative to the workspace"):
        read.read(json.dumps({"path": f"{workspace.path}2/a"}), workspace)


def test_plan_and_question_are_read_as_they_are_meant(workspace: Workspace) -> None:
    plan, ask = by_name("update_plan"), by_name("ask")
    assert plan is not None and ask is not None
    steps = [{"text": "Look", "status": "completed"}, {"text": "Fix", "status": "in_progress"}]
    action = plan.read(json.dumps({"steps": steps, "explanation": "why"}), workspace)
    assert action == SetPlan((Step("Look", "completed"), Step("Fix", "in_progress")), "why")
    assert plan.title(action) == "1 of 2 done, now: Fix"
    question = ask.read('{"question": "Which?", "choices": ["a", "b"]}', workspace)
    assert question == AskDeveloper("Which?", ("a", "b"))
    assert ask.title(question) == "Which?"


def test_hosts_are_named_in_one_way_however_they_are_written(workspace: Workspace) -> None:
    shell = by_name("shell")
    assert shell is not None
    given = ["PyPI.org.", "pypi.org", "*.A.org", "b.org:8443", "b.org:443"]
    action = shell.read(json.dumps({"command": "x", "why": "", "network": given}), workspace)
    assert isinstance(action, RunCommand)
    assert action.hosts == ("*.a.org", "b.org:443", "b.org:8443", "pypi.org")


def test_titles_are_one_harmless_line(workspace: Workspace) -> None:
    shell = by_name("shell")
    assert shell is not None
    action = shell.read('{"command": "echo \\u001b[2J\\nrm -rf x", "why": ""}', workspace)
    assert shell.title(action) == "echo ␛[2J rm -rf x"


def test_the_tools_are_offered_in_a_small_frozen_text() -> None:
    text = specs_text()
    assert text == specs_text() and len(text.encode()) <= 8 * 1024
    specs = json.loads(text)
    names = [spec["name"] for spec in specs]
    assert names == sorted(names) == [tool.name for tool in ALL]
    for spec in specs:
        assert spec["type"] == "function" and spec["strict"] is False
        assert 80 < len(spec["description"]) < 1600
        assert set(spec["parameters"]["required"]) <= set(spec["parameters"]["properties"])
    assert by_name("__class__") is None


def test_the_example_in_each_text_is_read(workspace: Workspace) -> None:
    for tool in ALL:
        description = str(tool.spec()["description"])
        _, found, example = description.rpartition("Example: ")
        if tool.name == "apply_patch":
            assert not found and "*** End Patch" in description
        else:
            tool.read(example, workspace)
