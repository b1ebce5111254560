"""MCP servers in config.toml: what they say, what a consent is bound to, and named errors."""

from pathlib import Path

import msgspec
import pytest

from steerdeck_agents.facts.errors import SettingsError
from steerdeck_agents.settings.config import Settings, load
from steerdeck_agents.settings.paths import paths
from steerdeck_agents.settings.server import ServerSettings

BOTH = """\
[[models]]
name = "big"
key_variable = "BIG_KEY"

[servers.git]
command = "mcp-server-git"
args = ["--repository", "my repo"]
env = { LOG_LEVEL = "debug" }
variables = ["GITHUB_TOKEN"]
timeout = 5
tools = ["git_show", "git_log"]

[servers.docs]
url = "https://mcp.example.com/mcp"
key_variable = "DOCS_KEY"
[servers.docs.headers]
X-Team = "tools"
"""


def _load(tmp_path: Path, text: str) -> Settings:
    where = paths({"STEERDECK_HOME": str(tmp_path)})
    where.config.mkdir(parents=True, exist_ok=True)
    where.config_file.write_text(text, "utf-8")
    return load(where, {})


def test_servers_are_read_and_sorted_by_name(tmp_path: Path):
    docs, git = _load(tmp_path, BOTH).servers
    assert docs == ServerSettings(
        name="docs",
        url="https://mcp.example.com/mcp",
        headers=(("X-Team", "tools"),),
        key_variable="DOCS_KEY",
    )
    assert git == ServerSettings(
        name="git",
        command="mcp-server-git",
        args=("--repository", "my repo"),
        env=(("LOG_LEVEL", "debug"),),
        variables=("GITHUB_TOKEN",),
        timeout_s=5.0,
        tools=("git_log", "git_show"),
    )


def test_every_variable_that_is_needed_of_the_shell_is_named(tmp_path: Path):
    assert _load(tmp_path, BOTH).variables == {"BIG_KEY", "GITHUB_TOKEN", "DOCS_KEY"}


def test_what_is_shown_is_the_whole_command_line_or_address(tmp_path: Path):
    docs, git = _load(tmp_path, BOTH).servers
    assert git.shown == (
        "LOG_LEVEL=debug mcp-server-git --repository 'my repo'\n"
        "gets from your shell: GITHUB_TOKEN\n"
        "wants the network: no"
    )
    assert docs.shown == ("https://mcp.example.com/mcp\nsends: X-Team\nsends your key: DOCS_KEY")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other"},
        {"command": "mcp-server-git2"},
        {"args": ("--repository", "my", "repo")},
        {"args": ("--repository",)},
        {"env": (("LOG_LEVEL", "info"),)},
        {"env": ()},
        {"variables": ("GITHUB_TOKEN", "HOME")},
        {"network": True},
    ],
)
def test_any_other_command_line_needs_another_consent(tmp_path: Path, change: dict[str, object]):
    git = _load(tmp_path, BOTH).servers[1]
    assert msgspec.structs.replace(git, **change).identity != git.identity


def test_what_only_narrows_needs_no_new_consent(tmp_path: Path):
    git = _load(tmp_path, BOTH).servers[1]
    assert msgspec.structs.replace(git, timeout_s=9.0, tools=()).identity == git.identity


def test_another_address_or_key_needs_another_consent(tmp_path: Path):
    docs = _load(tmp_path, BOTH).servers[0]
    others = [
        msgspec.structs.replace(docs, url="https://mcp.example.com/mcp2"),
        msgspec.structs.replace(docs, key_variable="OPENAI_API_KEY"),
        msgspec.structs.replace(docs, headers=(("X-Other", "tools"),)),
    ]
    assert docs.identity not in {other.identity for other in others}


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        ('[servers.a]\nargs = ["x"]', 1, "a command or a url"),
        ('[servers.a]\ncommand = "x"\nurl = "https://x.example"', 1, "a command or a url"),
        ('[servers.a]\ncommand = "x"\nargs = "y"', 3, "args: expected array, got str"),
        ('[servers.a]\ncommand = "x"\ntimeout = 0', 3, "timeout"),
        ('[servers.a]\ncommand = "x"\nshell = true', 3, "unknown setting shell"),
        ('[servers."a b"]\ncommand = "x"', 1, "letters, digits"),
        ('[servers.a__b]\ncommand = "x"', 1, "single _"),
        ('[servers.a]\ncommand = "x"\nenv = { GITHUB_TOKEN = "ghp_1" }', 1, "name it in variables"),
        ('[servers.a]\ncommand = "x"\n[servers.a.env]\nMY_KEY = "1"', 4, "name it in variables"),
        ('[servers.a]\ncommand = "x"\nvariables = ["A=B"]', 3, "no name of a variable"),
        ('[servers.a]\ncommand = "x"\nkey_variable = "K"', 3, "through variables"),
        ('[servers.a]\ncommand = "x\\u0000"', 2, "NUL"),
        ('[servers.a]\nurl = "https://x.example"\nnetwork = true', 3, "not for a url"),
        ('[servers.a]\nurl = "http://x.example"', 2, "only https"),
        ('[servers.a]\nurl = "https://me:pw@x.example"', 2, "key_variable"),
        ('[servers.a]\nurl = "ftp://x.example"', 2, "no web address"),
        ('[servers.a]\nurl = "https://x.example"\n[servers.a.headers]\nCookie = "s=1"', 4, "key"),
        ('[servers.a]\nurl = "https://x.example"\n[servers.a.headers]\nX = "a\\nb"', 4, "one line"),
        ('[servers.b]\ncommand = "x"\n\n[servers.a]\ncommand = 1', 5, "expected str, got int"),
        ("[servers]\na = 1", 1, "expected object"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, table: str, line: int, words: str):
    with pytest.raises(SettingsError) as caught:
        _load(tmp_path, f"{table}\n")
    assert f"config.toml, line {line}:" in str(caught.value)
    assert words in str(caught.value)


def test_plain_http_is_for_this_machine_only(tmp_path: Path):
    (server,) = _load(tmp_path, '[servers.a]\nurl = "http://127.0.0.1:9/mcp"\n').servers
    assert server.url == "http://127.0.0.1:9/mcp"
