"""Which names a model may use for files: relative parts below the workspace, and nothing of git.

Names are judged as text before any file is touched (the walk in `walk.py` then refuses links).
`.git` is refused in every spelling some file system takes for it: other case, compatibility
characters, characters HFS+ ignores, trailing dots, the short name of NTFS and its streams.
"""

from steerdeck_agents.facts.errors import BadArguments
from steerdeck_agents.facts.inert import one_line
from steerdeck_agents.facts.places import Workspace
from steerdeck_agents.gate.secrets import folded

_LONGEST_PART = 255
_LONGEST_PATH = 4000


def parts_of(path: str) -> tuple[str, ...]:
    """The parts of a relative path below the workspace; empty for the workspace itself.

    Raises BadArguments for absolute paths, `..`, control characters, backslashes, names no file
    system takes, and anything inside a `.git`.
    """
    if path.startswith(("/", "~")):
        raise _refused(path, "say it relative to the workspace")
    if "\\" in path:
        raise _refused(path, "parts of a path are separated by `/`, and no name holds a backslash")
    if any(ord(character) < 32 or 127 <= ord(character) < 160 for character in path):
        raise _refused(path, "it holds a control character")
    if len(path.encode(errors="replace")) > _LONGEST_PATH:
        raise _refused(path, "it is too long")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    for part in parts:
        if part == "..":
            raise _refused(path, "`..` is not followed; say it from the top of the workspace")
        if is_git(part):
            raise _refused(path, "the data of git are not read or written as files; use git")
        if len(part.encode(errors="replace")) > _LONGEST_PART:
            raise _refused(path, "a name in it is longer than 255 bytes")
    return parts


def file_path(path: str) -> str:
    """The clean relative path of one file; raises BadArguments where it can't name a file."""
    parts = parts_of(path)
    if not parts or path.endswith(("/", "/.")):
        raise _refused(path, "it does not name a file")
    return "/".join(parts)


def below(path: str, workspace: Workspace) -> str:
    """The clean relative path for a read: absolute paths into the workspace are taken too."""
    top = workspace.path.rstrip("/")
    if top and (path == top or path.startswith(top + "/")):
        path = path[len(top) + 1 :]
    return "/".join(parts_of(path)) or "."


def is_git(part: str) -> bool:
    """Whether some file system takes this name for `.git`."""
    return folded(part.split(":")[0]) in (".git", "git~1")


def shown(path: str) -> str:
    """A file's name on one line of text: odd bytes become marks, what can't be seen an escape."""
    text = path.encode(errors="surrogateescape").decode(errors="replace")
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _refused(path: str, reason: str) -> BadArguments:
    return BadArguments(f"The path `{one_line(path, 120)}` is refused: {reason}.")
