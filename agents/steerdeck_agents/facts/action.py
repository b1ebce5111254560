"""What a call would do, read from the model's arguments: judged by the gate, done by tools."""

import msgspec

from steerdeck_agents.facts.ids import Sha, ShellId
from steerdeck_agents.facts.plan import Step


class RunCommand(msgspec.Struct, frozen=True, tag="command"):
    """Run a bash script in the sandbox."""

    script: str
    folder: str = "."
    """Relative to the workspace."""
    timeout_s: float = 120.0
    why: str = ""
    keep: bool = False
    """It goes on after the call, as a shell session; `wait_s` is how long the call looks at it."""
    tty: bool = False
    wait_s: float = 2.0
    hosts: tuple[str, ...] = ()
    """Hosts of the network it asks for, such as `pypi.org`."""


class UseShell(msgspec.Struct, frozen=True, tag="shell"):
    """Look at a shell session, type into it, or end it."""

    shell: ShellId
    text: str = ""
    wait_s: float = 1.0
    stop: bool = False


class CallServer(msgspec.Struct, frozen=True, tag="server"):
    """Call a tool of an MCP server."""

    server: str
    tool: str
    """As the server names it."""
    arguments: str
    """JSON text."""
    pin: Sha = Sha("")
    """Hash of the list of tools it was chosen from."""


class Delegate(msgspec.Struct, frozen=True, tag="delegate"):
    """Start a helper session with a brief, and wait for its answer."""

    brief: str
    name: str = ""
    writes: bool = False


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
    | ReadSkill | UseShell | CallServer | Delegate
)  # fmt: skip
