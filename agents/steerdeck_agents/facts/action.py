"""What a call would do, read from the model's arguments: judged by the gate, done by tools."""

import msgspec

from steerdeck_agents.facts.ids import Sha
from steerdeck_agents.facts.plan import Step


class RunCommand(msgspec.Struct, frozen=True, tag="command"):
    """Run a bash script in the sandbox."""

    script: str
    folder: str = "."
    """Relative to the workspace."""
    timeout_s: float = 120.0
    why: str = ""


class PatchedFile(msgspec.Struct, frozen=True):
    """One file of a patch with its whole result, computed before anything is written."""

    path: str
    base: Sha | None
    """Hash of the bytes the patch was computed on; None when the file must not exist yet."""
    result: bytes | None
    """The whole new file; None removes it."""
    added: int = 0
    removed: int = 0
    executable: bool = False


class ApplyPatch(msgspec.Struct, frozen=True, tag="patch"):
    """Change files, all or nothing."""

    text: str
    """The patch as the model wrote it."""
    files: tuple[PatchedFile, ...]
    diff: str = ""
    """The same change as a unified diff, for people."""


class ReadFile(msgspec.Struct, frozen=True, tag="read"):
    """Read lines of one file (1-based, inclusive)."""

    path: str
    first: int = 1
    last: int | None = None


class ListFiles(msgspec.Struct, frozen=True, tag="list"):
    """List files below a folder, optionally by glob."""

    folder: str = "."
    glob: str = ""


class SearchFiles(msgspec.Struct, frozen=True, tag="search"):
    """Search a regular expression in files."""

    pattern: str
    folder: str = "."
    glob: str = ""


class SetPlan(msgspec.Struct, frozen=True, tag="plan"):
    """Replace the plan."""

    steps: tuple[Step, ...]
    explanation: str = ""


class AskDeveloper(msgspec.Struct, frozen=True, tag="ask"):
    """Ask the developer a question and wait."""

    question: str
    choices: tuple[str, ...] = ()


class ReadSkill(msgspec.Struct, frozen=True, tag="skill"):
    """Read the body of a skill."""

    name: str


Action = (
    RunCommand | ApplyPatch | ReadFile | ListFiles | SearchFiles | SetPlan | AskDeveloper
    | ReadSkill
)  # fmt: skip
