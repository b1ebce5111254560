"""Plain descriptions of where work happens: workspace, sandbox level, the caller's surroundings."""

from typing import Literal

import msgspec

Mode = Literal["plan", "ask", "auto"]
"""`plan`: nothing is written; `ask`: every effect asks; `auto`: rules and the sandbox decide."""

LevelName = Literal["bubblewrap", "landlock", "seatbelt", "none"]


def folder_name(path: str) -> str:
    """The last name in a folder's path: what people call a repository."""
    return path.rstrip("/").rpartition("/")[2]


class Level(msgspec.Struct, frozen=True):
    """What the sandbox was probed to hold back, in the words every screen uses."""

    name: LevelName = "none"
    files: bool = False
    network: bool = False
    processes: bool = False
    why: str = ""
    """Why a better level is not there, and the way out; empty when all holds."""

    @property
    def title(self) -> str:
        return level_words(self.name)


def level_words(name: str) -> str:
    """A level by its name in a fact, for people."""
    return "NO SANDBOX" if name == "none" else name


class Ports(msgspec.Struct, frozen=True, omit_defaults=True):
    """A block of TCP ports that belongs to one session."""

    first: int = 0
    count: int = 0


class Workspace(msgspec.Struct, frozen=True):
    """A private clone that borrows the objects of the developer's repository."""

    path: str
    repository: str
    """Top folder of the developer's checkout."""
    branch: str
    base: str
    """Commit id the work starts from."""
    borrows: tuple[str, ...] = ()
    """Object folders read through alternates: read-only binds in the sandbox."""
    subfolder: str = ""
    """Where in the repository the developer stood; commands start there."""
    links: tuple[str, ...] = ()
    """Folders of the developer that are linked into it: read-only binds in the sandbox."""
    ports: Ports = Ports()
    """For servers its commands start."""


class Surroundings(msgspec.Struct, frozen=True):
    """What a session takes from the shell that started it; recorded, so it holds no secret."""

    path: str = ""
    virtual_env: str = ""
    locale: str = ""


class FileChange(msgspec.Struct, frozen=True):
    """One changed file of a workspace against its base."""

    path: str
    kind: Literal["added", "changed", "removed", "binary", "large"] = "changed"
    added: int = 0
    removed: int = 0
