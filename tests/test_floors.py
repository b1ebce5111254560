"""The house keeps its rules, and each rule can fail."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import house

CHECKOUT = Path(__file__).parent.parent
ENGINE = "agents/steerdeck_agents"
DECK = "tui/steerdeck"
THEMES = "themes/steerdeck_themes"
LONG = "x = 1\n"

Tree = dict[str, str]
BREACHES: list[tuple[house.Rule, Tree, str]] = [
    (
        house.packages_reach_down_only,
        {f"{ENGINE}/fleet.py": "def f():\n    import steerdeck.app\n"},
        f"{ENGINE}/fleet.py:2 imports steerdeck.app",
    ),
    (
        house.packages_reach_down_only,
        {f"{ENGINE}/share/html.py": "from steerdeck_themes import palettes\n"},
        f"{ENGINE}/share/html.py:1 imports steerdeck_themes",
    ),
    (
        house.packages_reach_down_only,
        {f"{THEMES}/palettes.py": "from steerdeck_agents.facts import ids\n"},
        f"{THEMES}/palettes.py:1 imports steerdeck_agents.facts",
    ),
    (
        house.engine_never_draws,
        {f"{ENGINE}/facts/a.py": "from textual.app import App\n"},
        f"{ENGINE}/facts/a.py:1 imports textual.app",
    ),
    (
        house.engine_never_draws,
        {f"{ENGINE}/demo/a.py": "def f():\n    from rich import print\n"},
        f"{ENGINE}/demo/a.py:2 imports rich",
    ),
    (
        house.engine_keeps_its_floors,
        {f"{ENGINE}/facts/a.py": "import steerdeck_agents.settings.paths\n"},
        f"{ENGINE}/facts/a.py:1 imports settings, above facts",
    ),
    (
        house.engine_keeps_its_floors,
        {f"{ENGINE}/tools/a.py": "def f():\n    from steerdeck_agents import session\n"},
        f"{ENGINE}/tools/a.py:2 imports session, above tools",
    ),
    (
        house.engine_keeps_its_floors,
        {
            f"{ENGINE}/session.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from steerdeck_agents.fleet import Fleet\n"
        },
        f"{ENGINE}/session.py:3 imports fleet, above session",
    ),
    (
        house.engine_keeps_its_floors,
        {
            f"{ENGINE}/gate/a.py": "import importlib\n"
            "importlib.import_module('steerdeck_agents.runtime.wire')\n"
        },
        f"{ENGINE}/gate/a.py:2 imports runtime, above gate",
    ),
    (
        house.engine_keeps_its_floors,
        {f"{ENGINE}/attic/a.py": ""},
        f"{ENGINE}/attic/a.py stands on no floor",
    ),
    (
        house.deck_keeps_its_floors,
        {f"{DECK}/panes/plan.py": "from steerdeck.screens import deck\n"},
        f"{DECK}/panes/plan.py:1 imports screens, above panes",
    ),
    (
        house.deck_keeps_its_floors,
        {f"{DECK}/screens/deck.py": "def f():\n    from steerdeck.app import Deck\n"},
        f"{DECK}/screens/deck.py:2 imports app, above screens",
    ),
    (
        house.deck_keeps_its_floors,
        {f"{DECK}/panes/plan.py": "from steerdeck.bridge import Bridge\n"},
        f"{DECK}/panes/plan.py:1 imports bridge, above panes",
    ),
    (
        house.deck_keeps_its_floors,
        {f"{DECK}/widgets/a.py": "from steerdeck_agents.runtime.client import Client\n"},
        f"{DECK}/widgets/a.py:1 knows of runtime",
    ),
    (
        house.no_circles,
        {
            f"{ENGINE}/work/a.py": "from steerdeck_agents.work import b\n",
            f"{ENGINE}/work/b.py": "def f():\n    from steerdeck_agents.work.a import x\n",
        },
        "steerdeck_agents.work.a -> steerdeck_agents.work.b -> steerdeck_agents.work.a",
    ),
    (
        house.no_circles,
        {
            f"{DECK}/a.py": "import steerdeck.b\n",
            f"{DECK}/b.py": "import steerdeck.c\n",
            f"{DECK}/c.py": "import steerdeck.b\n",
            f"{DECK}/d.py": "import steerdeck.a\n",
        },
        "steerdeck.b -> steerdeck.c -> steerdeck.b",
    ),
    (
        house.foreign_code_has_one_door,
        {f"{ENGINE}/loop/a.py": "def f():\n    from openai import AsyncOpenAI\n"},
        f"{ENGINE}/loop/a.py:2 imports openai, which belongs to {ENGINE}/models",
    ),
    (
        house.foreign_code_has_one_door,
        {f"{DECK}/cli.py": "import sqlite_utils.db\n"},
        f"{DECK}/cli.py:1 imports sqlite_utils, which belongs to {ENGINE}/journal",
    ),
    (
        house.foreign_code_has_one_door,
        {f"{ENGINE}/models/a.py": "import tomlkit\n"},
        f"{ENGINE}/models/a.py:1 imports tomlkit, which belongs to {ENGINE}/settings",
    ),
    (
        house.foreign_code_has_one_door,
        {f"{ENGINE}/sandbox/a.py": "import git, os\n"},
        f"{ENGINE}/sandbox/a.py:1 imports git, which belongs to {ENGINE}/workspace",
    ),
    (
        house.processes_start_in_six_files,
        {f"{ENGINE}/tools/a.py": "from subprocess import run\n"},
        f"{ENGINE}/tools/a.py:1 imports subprocess",
    ),
    (
        house.processes_start_in_six_files,
        {f"{ENGINE}/runtime/server.py": "import multiprocessing.pool\n"},
        f"{ENGINE}/runtime/server.py:1 imports multiprocessing.pool",
    ),
    (
        house.processes_start_in_six_files,
        {f"{DECK}/cli.py": "import os\nos.execvp('vi', ['vi'])\n"},
        f"{DECK}/cli.py:2 uses os.execvp",
    ),
    (
        house.processes_start_in_six_files,
        {f"{DECK}/cli.py": "from os import posix_spawn, path\n"},
        f"{DECK}/cli.py:1 imports posix_spawn",
    ),
    (
        house.processes_start_in_six_files,
        {f"{ENGINE}/work/a.py": "import asyncio\ng = asyncio.create_subprocess_exec\n"},
        f"{ENGINE}/work/a.py:2 uses asyncio.create_subprocess_exec",
    ),
    (
        house.processes_start_in_six_files,
        {f"{ENGINE}/work/a.py": "from concurrent.futures import ProcessPoolExecutor\n"},
        f"{ENGINE}/work/a.py:1 imports ProcessPoolExecutor",
    ),
    (
        house.processes_start_in_six_files,
        {f"{DECK}/warm/kept.py": "import os\nos.fork()\nos.forkpty()\n"},
        f"{DECK}/warm/kept.py:3 uses os.forkpty",
    ),
    (
        house.processes_start_in_six_files,
        {f"{DECK}/warm/forked.py": "import os\nos.fork()\n"},
        f"{DECK}/warm/forked.py:2 uses os.fork",
    ),
    (
        house.files_stay_small,
        {f"{ENGINE}/a.py": LONG * 401},
        f"{ENGINE}/a.py has 401 lines, 400 at most",
    ),
    (
        house.files_stay_small,
        {f"{THEMES}/styles/a.tcss": "\n" * 401},
        f"{THEMES}/styles/a.tcss has 401 lines, 400 at most",
    ),
    (house.files_stay_small, {"tests/a.py": LONG * 601}, "tests/a.py has 601 lines, 600 at most"),
    (house.no_drawers, {f"{DECK}/utils.py": ""}, f"{DECK}/utils.py is named after nothing"),
    (
        house.no_drawers,
        {"tests/helpers/a.py": ""},
        "tests/helpers/a.py is named after nothing",
    ),
    (
        house.private_parts_stay_private,
        {f"{DECK}/app.py": "from textual._compositor import Compositor\n"},
        f"{DECK}/app.py:1 imports textual._compositor.Compositor",
    ),
    (
        house.private_parts_stay_private,
        {f"{DECK}/app.py": "def f(screen):\n    return screen._compositor\n"},
        f"{DECK}/app.py:2 uses _compositor of something else",
    ),
    (
        house.private_parts_stay_private,
        {f"{DECK}/app.py": "def f(screen):\n    return getattr(screen, '_compositor', None)\n"},
        f"{DECK}/app.py:2 uses _compositor of something else",
    ),
    (
        house.private_parts_stay_private,
        {
            f"{DECK}/screens/deck.py": "from textual.screen import Screen\n"
            "class Deck(Screen[None]):\n    def f(self):\n        self._dirty_widgets = 1\n"
        },
        f"{DECK}/screens/deck.py:4 uses _dirty_widgets, which is Textual's",
    ),
    (
        house.looks_live_in_themes,
        {f"{DECK}/text.py": "ACCENT = 'bold #7AA2F7'\n"},
        f"{DECK}/text.py:1 says #7AA2F7",
    ),
    (
        house.looks_live_in_themes,
        {f"{ENGINE}/share/html.py": "def f(x):\n    return f'color:#fff;{x}'\n"},
        f"{ENGINE}/share/html.py:2 says #fff",
    ),
    (
        house.looks_live_in_themes,
        {f"{DECK}/app.py": "class Deck:\n    DEFAULT_CSS = 'Deck { width: 1fr; }'\n"},
        f"{DECK}/app.py:2 sets DEFAULT_CSS",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "Static(step.text)\n"},
        f"{DECK}/panes/plan.py:1 gives data to Static",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "self.app.notify(f'{name} done')\n"},
        f"{DECK}/panes/plan.py:1 gives data to notify",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "self.title.update('step ' + text)\n"},
        f"{DECK}/panes/plan.py:1 gives data to update",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "self.app.notify('done', title=name)\n"},
        f"{DECK}/panes/plan.py:1 gives data to notify",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "Static(content=step.text)\n"},
        f"{DECK}/panes/plan.py:1 gives data to Static",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "Span(f'{state.name.strip()}  ', 't1')\n"},
        f"{DECK}/panes/plan.py:1 gives data to Span",
    ),
    (
        house.prints_pass_one_door,
        {f"{DECK}/verbs/show.py": "import sys\nsys.stdout.write(name)\n"},
        f"{DECK}/verbs/show.py:2 writes to stdout itself",
    ),
    (
        house.prints_pass_one_door,
        {f"{DECK}/verbs/show.py": "click.echo(name)\n"},
        f"{DECK}/verbs/show.py:1 prints by click.echo",
    ),
    (
        house.prints_pass_one_door,
        {f"{DECK}/notify.py": "driver.write('\\x1b]9;' + text)\n"},
        f"{DECK}/notify.py:1 has a sequence for terminals",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "self.border_title = state.name\n"},
        f"{DECK}/panes/plan.py:1 gives data to border_title",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "RichLog(markup=True)\n"},
        f"{DECK}/panes/plan.py:1 turns markup on",
    ),
    (
        house.text_is_never_markup,
        {f"{DECK}/panes/plan.py": "Content.from_markup(text)\n"},
        f"{DECK}/panes/plan.py:1 parses data as markup",
    ),
    (
        house.no_path_of_one_machine,
        {"tests/a.py": "x = 1\ny = '/ro" + "ot/.ssh'\n"},
        "tests/a.py:2 names this machine",
    ),
    (
        house.no_path_of_one_machine,
        {"README.md": "see (/wo" + "rk/main)\n"},
        "README.md:1 names this machine",
    ),
]
FINE: Tree = {
    f"{ENGINE}/__init__.py": '"""A map."""\n',
    f"{ENGINE}/facts/ids.py": "import msgspec\n",
    f"{ENGINE}/models/a.py": "def f():\n    import openai\n",
    f"{ENGINE}/workspace/git.py": "import git\nimport subprocess\n",
    f"{ENGINE}/session.py": "from steerdeck_agents.loop import turn\n",
    f"{ENGINE}/loop/turn.py": "from steerdeck_agents.facts import ids\nimport os\nos.getpid()\n",
    f"{ENGINE}/work/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
    "    from steerdeck_agents.work.b import x\nelse:\n    x = 1\n",
    f"{ENGINE}/work/b.py": "from steerdeck_agents.work.a import x\n",
    f"{ENGINE}/work/long.py": LONG * 400,
    f"{THEMES}/palettes.py": "ACCENT = '#7aa2f7'\n",
    f"{DECK}/text.py": "NUMBER = 'see #123 and #add, or &#39; or /x#abc1'\n",
    f"{DECK}/output/seam.py": "from textual._compositor import Compositor\nCompositor._x\n",
    f"{DECK}/widgets/a.py": "from steerdeck_agents.facts.inert import inert\n"
    "from textual.widget import Widget\n"
    "class A(Widget):\n    def f(self):\n        return self._lines_of_ours\n",
    f"{DECK}/widgets/b.py": "class B:\n    def __eq__(self, other):\n"
    "        return self._key == other._key._replace(a=1)\n",
    f"{DECK}/panes/plan.py": "Static('Plan')\nStatic(Content(text))\nStatic(text, markup=False)\n"
    "self.digest.update(data)\nself.border_title = one_line(name)\n"
    "Content.from_markup('[b]$name[/b]', name=name)\n",
    f"{DECK}/screens/deck.py": "from steerdeck.panes import plan\nfrom steerdeck import commands\n",
    f"{DECK}/app.py": "from steerdeck.screens import deck\nfrom steerdeck_themes import palettes\n",
    "tests/long.py": LONG * 600,
    "README.md": "a host.example/work/ and ~/work/ and /networking/\n",
}


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """Trees of all files are millions of objects in no ring: nothing to look for, much to keep."""
    gc.disable()
    yield
    house.imported.cache_clear()
    house.parse.cache_clear()
    gc.enable()


def plant(root: Path, tree: Tree) -> Path:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize("rule", house.RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps(rule: house.Rule):
    assert rule(CHECKOUT) == []


@pytest.mark.parametrize(
    ("rule", "tree", "complaint"), BREACHES, ids=[rule.__name__ for rule, _, _ in BREACHES]
)
def test_a_breach_is_named(rule: house.Rule, tree: Tree, complaint: str, tmp_path: Path):
    assert rule(plant(tmp_path, tree)) == [complaint]


@pytest.mark.parametrize("rule", house.RULES, ids=lambda rule: rule.__name__)
def test_good_code_is_left_in_peace(rule: house.Rule, tmp_path: Path):
    assert rule(plant(tmp_path, FINE)) == []


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _, _ in BREACHES} == set(house.RULES)


def test_the_rules_look_at_the_whole_checkout():
    seen = {package for package, _, _ in house.sources(CHECKOUT)}
    folders = {house.first_part(CHECKOUT, *source[::2]) for source in house.sources(CHECKOUT)}

    assert seen == set(house.SOURCES)
    assert {"facts", "journal", "runtime", "panes", "screens"} <= folders


def test_the_known_private_names_are_those_of_the_installed_textual():
    assert {"_compositor", "_on_key", "_dirty_widgets"} <= house.private_names_of_textual()
