"""A home and a project for one run of the demo, made from nothing and thrown away by nobody.

Each run has a folder of its own, so a demo never touches what an earlier one, or the developer,
left; the last few runs are kept, for replay.
"""

import shutil
from pathlib import Path

import msgspec

from steerdeck_agents.demo.commands import LINE_MODE_RULES, RULES
from steerdeck_agents.demo.project import RunGit, make
from steerdeck_agents.demo.scripts import CONFIG
from steerdeck_agents.facts.verdict import Rule
from steerdeck_agents.gate import rules
from steerdeck_agents.settings.paths import Paths, paths, private_folder

KEPT = 3
"""Runs of the demo that stay on disk."""


class DemoHome(msgspec.Struct, frozen=True):
    """One run of the demo on disk."""

    folder: Path

    @property
    def paths(self) -> Paths:
        return paths({"STEERDECK_HOME": str(self.folder / "home"), "HOME": str(self.folder)})

    @property
    def project(self) -> Path:
        return self.folder / "shop"


async def prepare(place: Path, name: str, run_git: RunGit, *, line_mode: bool) -> DemoHome:
    """Make the run `name` below `place`: project, settings and the rules for its commands.

    Line mode has a rule for every command; the deck leaves one for the developer to decide.
    """
    private_folder(place)
    home = DemoHome(place / name)
    private_folder(home.folder)
    await make(home.project, run_git)
    private_folder(home.paths.config)
    home.paths.config_file.write_text(CONFIG, "utf-8")
    commands = (*RULES, *LINE_MODE_RULES) if line_mode else RULES
    top = str(home.project.resolve())
    rules.save(
        home.paths.config / "rules.toml",
        [
            Rule(id=f"demo-{number}", command=command, repository=top, by="the demo")
            for number, command in enumerate(commands, start=1)
        ],
    )
    return home


def runs(place: Path) -> list[DemoHome]:
    """The runs below `place` that are whole, newest first; their names sort by time."""
    if not place.is_dir():
        return []
    return [
        DemoHome(folder)
        for folder in sorted(place.iterdir(), reverse=True)
        if DemoHome(folder).paths.config_file.is_file()
    ]


def tidy(place: Path, *, alive: frozenset[Path]) -> None:
    """Remove all but the newest runs, and none that is alive."""
    for home in runs(place)[KEPT:]:
        if home.folder not in alive:
            shutil.rmtree(home.folder, ignore_errors=True)
