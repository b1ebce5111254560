"""`.steerdeck.toml`: what a repository may ask for, and errors that name the line."""

import os
from pathlib import Path

import pytest

from steerdeck_agents.facts.checks import Check
from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.project import Folder, Project, Script, read_project

WHOLE = """\
# how to work here
[workspace]
setup = '''
npm ci
./scripts/seed.sh
'''
teardown = "docker compose down"
setup_network = true
setup_timeout = 90
ports = 4

[workspace.folders]
node_modules = "copy"
".venv/" = "link"

[[checks]]
name = "tests"
command = "make test"

[[checks]]
name = "types"
command = "mypy"
timeout = 30
"""


def _read(top: Path, text: str) -> Project:
    (top / ".steerdeck.toml").write_text(text, "utf-8")
    return read_project(top)


def _problem(top: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _read(top, text)
    return str(caught.value)


def test_a_repository_without_the_file_asks_for_nothing(tmp_path: Path):
    assert read_project(tmp_path) == Project()


def test_all_that_can_be_asked_for_is_read(tmp_path: Path):
    assert _read(tmp_path, WHOLE) == Project(
        setup=Script("setup", "npm ci\n./scripts/seed.sh\n", network=True, timeout_s=90),
        teardown=Script("teardown", "docker compose down"),
        ports=4,
        folders=(Folder("node_modules", "copy"), Folder(".venv", "link")),
        checks=(
            Check("tests", "make test", 600.0, ".steerdeck.toml"),
            Check("types", "mypy", 30.0, ".steerdeck.toml"),
        ),
    )


def test_the_network_is_for_the_set_up_only(tmp_path: Path):
    project = _read(tmp_path, WHOLE)
    assert [script.network for script in project.scripts] == [True, False]


def test_a_script_of_blanks_is_no_script(tmp_path: Path):
    assert _read(tmp_path, '[workspace]\nsetup = " "').scripts == ()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[workspace]\nports = 3\nsetpu = 'x'", 3, "setpu: unknown setting; setup may be meant"),
        ("\n[workspac]\nsetup = 'x'", 2, "workspac: unknown setting; workspace may be meant"),
        ("[[models]]\nname = 'x'", 1, "models: unknown setting; there are workspace, checks"),
        ("[workspace]\n\nsetup = 3", 3, "setup: expected str, got int"),
        ("\nworkspace.setup = 3", 2, "setup: expected str"),
        ("[workspace]\nports = 1000", 2, "ports: expected int <= 100"),
        ("[workspace]\nsetup_timeout = 0", 2, "setup_timeout: expected float >= 1"),
        ("[workspace.folders]\na = 'copy'\nb = 'move'", 3, 'b: it is "copy" or "link"'),
        ("[workspace.folders]\na = 'copy'\nb = 7", 3, 'b: it is "copy" or "link"'),
        ("[workspace.folders]\n'../x' = 'copy'", 2, "named from the top"),
        ("[workspace.folders]\n'/etc' = 'link'", 2, "named from the top"),
        ("[workspace.folders]\n'.' = 'link'", 2, "named from the top"),
        ("[[checks]]\nname = 'a'\ncommand = 'a'\n\n[[checks]]\nname = 'b'", 5, "command: this"),
        (
            "[[checks]]\nname = 'a'\ncommand = 'a'\n[[checks]]\nname = 'b'\ncommand = ' '",
            6,
            "command: a check needs a command",
        ),
        (
            "[[checks]]\nname = 'a'\ncommand = 'a'\n[[checks]]\nname = 'a'\ncommand = 'b'",
            5,
            "two checks are named 'a'",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str):
    problem = _problem(tmp_path, text)
    assert f".steerdeck.toml, line {line}: " in problem
    assert words in problem
    assert problem.endswith("Correct the line, or remove it.")


def test_toml_that_is_none_is_named_with_its_line(tmp_path: Path):
    assert "not valid TOML" in _problem(tmp_path, "[workspace]\nsetup = \n")
    assert "line 2" in _problem(tmp_path, "[workspace]\nsetup = \n")


@pytest.mark.parametrize("unseen", ["\\u001b[2K", "\\u202e", "\\u200b", "\\r"])
def test_a_script_with_characters_nobody_sees_is_refused(tmp_path: Path, unseen: str):
    problem = _problem(tmp_path, f'[workspace]\nsetup = "true{unseen} # rm"')
    assert "nobody would see" in problem


@pytest.mark.parametrize(
    "key", ["base_url", "key_command", "rules", "servers", "mode", "level", "hooks", "agents"]
)
def test_nothing_that_widens_can_be_asked_for(tmp_path: Path, key: str):
    assert f"{key}: unknown setting" in _problem(tmp_path, f"{key} = 'x'")
    assert f"{key}: unknown setting" in _problem(tmp_path, f"[workspace]\n{key} = 'x'")


def test_a_link_is_not_followed(tmp_path: Path):
    (tmp_path / "elsewhere").write_text("[workspace]\nsetup = 'x'\n")
    (tmp_path / ".steerdeck.toml").symlink_to("elsewhere")
    with pytest.raises(SettingsError, match="It is a link; make it a plain file"):
        read_project(tmp_path)


def test_what_is_no_small_text_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / ".steerdeck.toml")
    with pytest.raises(SettingsError, match="not a plain file"):
        read_project(tmp_path)
    (tmp_path / ".steerdeck.toml").unlink()
    (tmp_path / ".steerdeck.toml").write_bytes(b"# \xff")
    with pytest.raises(SettingsError, match="not UTF-8 text"):
        read_project(tmp_path)
    (tmp_path / ".steerdeck.toml").write_bytes(b"#" * 70_000)
    with pytest.raises(SettingsError, match="shorten it"):
        read_project(tmp_path)
