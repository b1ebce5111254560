"""What a process has loaded: the engine never draws, and the deck starts light.

`test_floors.py` reads imports; this looks at `sys.modules` of a fresh process, so what a library
of ours loads in turn, or what is imported by a name made at run time, is seen too.
"""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent
ROOTS = [str(CHECKOUT / folder) for folder in ("tui", "agents", "themes")]
APP = CHECKOUT / "tui/steerdeck/app.py"
CLI = CHECKOUT / "tui/steerdeck/cli.py"

WHOLE_ENGINE = """
import importlib, pkgutil
import steerdeck_agents
for found in pkgutil.walk_packages(steerdeck_agents.__path__, "steerdeck_agents."):
    if not found.name.endswith(".__main__"):
        importlib.import_module(found.name)
"""
TOO_HEAVY = (
    "openai", "git", "sqlite_utils", "sqlite3", "watchfiles", "click", "pydantic", "httpx",
    "genai_prices", "tomlkit", "pygments.lexers", "markdown_it", "textual.widgets._markdown",
)  # fmt: skip


def loaded_by(program: str) -> set[str]:
    """Names of the modules a fresh process has loaded after running a program."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport json, sys\nprint(json.dumps([*sys.modules]))"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(ROOTS)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stdout.splitlines()[-1]))


def brought_by(distribution: str) -> set[str]:
    """A distribution and all it needs without extras, by normal names."""
    found: set[str] = set()
    waiting = [distribution]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            needed = [need for need in requires(name) or [] if "extra ==" not in need]
            waiting += [re.match(r"[\w.-]+", need)[0] for need in needed]
    return found


def distributions_of(modules: set[str]) -> set[str]:
    """The installed distributions that modules belong to, ours left out."""
    known = packages_distributions()
    tops = {name.partition(".")[0] for name in modules} - {"_distutils_hack"}
    owners = {owner for top in tops for owner in known.get(top, [])}
    return {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} - {"steerdeck"}


def inside(modules: set[str], packages: tuple[str, ...]) -> list[str]:
    return sorted(
        name for name in modules if f"{name}.".startswith(tuple(f"{p}." for p in packages))
    )


def test_the_whole_engine_loads_nothing_that_draws():
    loaded = loaded_by(WHOLE_ENGINE)

    assert "steerdeck_agents.facts.events" in loaded
    assert inside(loaded, ("textual", "rich", "steerdeck", "steerdeck_themes")) == []


def test_the_vocabulary_needs_msgspec_and_nothing_else():
    loaded = loaded_by(WHOLE_ENGINE.replace("steerdeck_agents", "steerdeck_agents.facts"))

    assert "steerdeck_agents.facts.state" in loaded
    assert distributions_of(loaded) <= {"msgspec", "typing-extensions"}
    assert inside(loaded, ("asyncio", "socket", "sqlite3", "subprocess")) == []


@pytest.mark.skipif(not APP.exists(), reason="the app is not there yet")
def test_the_deck_loads_nothing_heavy_to_start():
    loaded = loaded_by("import steerdeck.app")

    assert inside(loaded, TOO_HEAVY) == []
    assert distributions_of(loaded) <= {*brought_by("textual"), "msgspec"}


@pytest.mark.skipif(not CLI.exists(), reason="the command line is not there yet")
def test_the_command_line_alone_loads_no_textual():
    loaded = loaded_by("import steerdeck.cli")

    assert inside(loaded, ("textual", "rich", *TOO_HEAVY)) == []


def test_a_heavy_import_would_be_seen():
    loaded = loaded_by("import rich.markdown, sqlite3")

    assert inside(loaded, ("rich",))[0] == "rich"
    assert {"sqlite3", "markdown_it", "pygments.lexers"} <= set(inside(loaded, TOO_HEAVY))
    assert distributions_of(loaded) >= {"rich", "markdown-it-py", "pygments"}
    assert "openai" not in brought_by("textual") >= {"rich", "mdurl"}
