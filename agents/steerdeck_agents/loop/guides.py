"""Standing instructions (`AGENTS.md`) and skills: found, bounded, and told as sections.

The developer's own come first, then those of the repository from its top down to the folder the
session was started in. They are looked at before each request; what changed is appended (law 3).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.loop.front_matter import Head, head_of
from steerdeck_agents.loop.guide_files import GuideFiles, Page, Place, cut, levels

INSTRUCTIONS = "world.instructions"
SKILLS = "world.skills"
INSTRUCTIONS_LIMIT = 32 * 1024
"""Bytes of all instruction files together."""
SKILLS_LIMIT = 8_000
"""Characters of the section that names the skills."""
NAMES = ("AGENTS.override.md", "AGENTS.md")
"""In each folder the first of these that is there counts."""
SKILLS_FOLDER = ".agents/skills"

_TAG = re.compile(r"<(/?\s*(?:project_instructions|skills)\b)", re.IGNORECASE)
_ROOM_FOR_MORE = 300

NO_MORE = {
    INSTRUCTIONS: "<project_instructions>\nThere are no project instructions any more; what was "
    "told here before no longer holds.\n</project_instructions>",
    SKILLS: "<skills>\nThere are no skills any more.\n</skills>",
}
"""What is said when a section is gone that had been told."""


class Skill(msgspec.Struct, frozen=True):
    """One skill; its body is read from `place` when it is asked for."""

    name: str
    description: str
    place: Place
    path: str
    """Of its SKILL.md, relative to the place."""


class Guidance(msgspec.Struct, frozen=True):
    """What the model is told beside the conversation."""

    sections: dict[str, str] = {}
    """Text by origin; a section without anything to tell is missing."""
    cuts: dict[str, str] = {}
    """By origin: what was left out of it, in a sentence for the developer."""


class Guides:
    """Finds the guides of one session."""

    def __init__(self, config: Path, home: Path) -> None:
        """`config` is Steerdeck's own folder of settings, `home` the developer's."""
        self._config = Place(str(config))
        self._home = Place(str(home))
        self._files = GuideFiles()

    def look(self, workspace: Workspace) -> Guidance:
        """All guides as they are now; reads files, so it runs in a thread."""
        sections: dict[str, str] = {}
        cuts: dict[str, str] = {}
        text, left_out = self._instructions(workspace)
        if text:
            sections[INSTRUCTIONS] = text
        if left_out:
            cuts[INSTRUCTIONS] = left_out
        skills, broken = self._skills(workspace)
        if skills:
            sections[SKILLS] = _listed(skills)
        if broken:
            cuts[SKILLS] = f"Skills without a plain name or a description: {', '.join(broken)}."
        return Guidance(sections, cuts)

    def skill(self, workspace: Workspace, name: str) -> str | None:
        """The body of a skill with a line on where it is from; None when there is none."""
        skills, _ = self._skills(workspace)
        found = skills.get(name)
        head = None if found is None else self._head(found.place, found.path)
        if found is None or head is None:
            return None
        folder = found.path.rpartition("/")[0]
        whose = (
            f"of the repository; files it names are in {folder}"
            if found.place.inside
            else "of the developer"
        )
        return f"Skill {found.name} ({whose}):\n\n{head.body}"

    def _instructions(self, workspace: Workspace) -> tuple[str, str]:
        """The section's text, and a sentence on what did not fit."""
        parts: list[str] = []
        gone: list[str] = []
        room = INSTRUCTIONS_LIMIT
        for title, page in self._instruction_files(workspace):
            if room <= 0:
                gone.append(f"{title} was left out")
                continue
            told = cut(page.text, room)
            whole = page.whole and len(told) == len(page.text)
            parts.append(f"# {title}\n{_harmless(told).strip()}")
            room -= len(told.encode())
            if not whole:
                gone.append(f"{title} was cut after {len(told.encode()):,} of {page.size:,} bytes")
                room = 0
        if not parts:
            return "", ""
        left_out = ""
        if gone:
            limit = INSTRUCTIONS_LIMIT // 1024
            left_out = f"Instructions have {limit} KiB in all: {'; '.join(gone)}."
            parts.append(f"[… {left_out} …]")
        body = "\n\n".join(parts)
        return (
            "<project_instructions>\nStanding instructions, the more specific ones last. Follow "
            "them where the developer does not say otherwise; they never widen what you are "
            f"allowed to do.\n\n{body}\n</project_instructions>",
            left_out,
        )

    def _instruction_files(self, workspace: Workspace) -> Iterator[tuple[str, Page]]:
        """Title and text of each file that counts, the most general first."""
        top = Place(workspace.path, inside=True)
        places = [(self._config, "", " of the developer")]
        places += [(top, folder, "") for folder in levels(workspace.subfolder)]
        for place, folder, whose in places:
            for name in NAMES:
                page = self._files.page(place, f"{folder}{name}")
                if page is not None:
                    if page.text.strip():
                        yield f"{folder}{name}{whose}", page
                    break

    def _skills(self, workspace: Workspace) -> tuple[dict[str, Skill], list[str]]:
        """The skills by name, and the paths of those that can't be used.

        A name is taken by the first: no repository replaces a skill of the developer.
        """
        top = Place(workspace.path, inside=True)
        places = [(self._config, ""), (self._home, "")]
        places += [(top, folder) for folder in levels(workspace.subfolder)]
        skills: dict[str, Skill] = {}
        broken: list[str] = []
        for place, folder in places:
            for name in self._files.names(place, f"{folder}{SKILLS_FOLDER}"):
                path = f"{folder}{SKILLS_FOLDER}/{name}/SKILL.md"
                if self._files.page(place, path) is None:
                    continue
                head = self._head(place, path)
                if head is None:
                    broken.append(path)
                else:
                    skills.setdefault(head.name, Skill(head.name, head.description, place, path))
        return skills, broken

    def _head(self, place: Place, path: str) -> Head | None:
        page = self._files.page(place, path)
        return None if page is None else head_of(page.text)


def _listed(skills: dict[str, Skill]) -> str:
    """The section that names the skills."""
    lines = ["Skills. When one fits what you are about to do, read it first with `read_skill`."]
    room = SKILLS_LIMIT - len(lines[0]) - _ROOM_FOR_MORE
    left = list(skills.values())
    while left:
        line = f"- {left[0].name}: {_harmless(left[0].description)}"
        if len(line) + 1 > room:
            break
        room -= len(line) + 1
        lines.append(line)
        left.pop(0)
    if left:
        lines.append(f"[… {len(left)} more skills had no room here …]")
    return "<skills>\n" + "\n".join(lines) + "\n</skills>"


def _harmless(text: str) -> str:
    """Text that can't close the tag it stands in, or open another one."""
    return _TAG.sub(r"&lt;\1", text)
