"""The calls scripts make, and what came of them, in the words of our tools."""

import re
from typing import Literal

import msgspec

from steerdeck_agents.models.scripted import Asked, Call

Status = Literal["done", "failed", "rejected", "interrupted"]

_REJECTED = "rejected by the developer"
_APPLIED = ("the patch was applied", "success")


def shell(command: str, why: str) -> Call:
    return Call("shell", {"command": command, "why": why})


def patch(*files: str) -> Call:
    """One patch of several `add_file` and `update_file` parts."""
    return Call("apply_patch", {"patch": "".join(["*** Begin Patch\n", *files, "*** End Patch\n"])})


def add_file(path: str, text: str) -> str:
    lines = "".join(f"+{line}\n" for line in text.splitlines())
    return f"*** Add File: {path}\n{lines}"


def update_file(path: str, *hunks: str) -> str:
    """Each hunk: lines that begin with a blank, a minus or a plus."""
    return f"*** Update File: {path}\n" + "".join(f"@@\n{hunk}" for hunk in hunks)


def read(path: str) -> Call:
    return Call("read_file", {"path": path})


def look(folder: str) -> Call:
    return Call("list_files", {"folder": folder})


def search(pattern: str, glob: str = "*") -> Call:
    return Call("search", {"pattern": pattern, "glob": glob})


def ask(question: str, *choices: str) -> Call:
    return Call("ask", {"question": question, "choices": list(choices)})


class Outcome(msgspec.Struct, frozen=True):
    """What the harness answered to one call."""

    status: Status
    text: str
    """The output without its head; the words of a rejection; the answer to a question."""
    exit_code: int | None = None

    @property
    def done(self) -> bool:
        return self.status == "done"


def outcome_of(call: Asked) -> Outcome:
    """The outcome of an answered call, from the first lines of its output."""
    output = call.output or ""
    first = output.partition("\n")[0].strip().lower()
    if first.startswith(_REJECTED):
        rest = output.strip()[len(_REJECTED) :]
        return Outcome("rejected", rest[1:].strip() if rest.startswith(":") else "")
    if first.startswith(("rejected", "refused", "denied")):
        return Outcome("rejected", "")
    if first.startswith(("interrupted", "aborted")):
        return Outcome("interrupted", "")
    if call.tool == "shell":
        return _of_shell(output)
    if call.tool == "apply_patch" and not first.startswith(_APPLIED):
        return Outcome("failed", output)
    return Outcome("done", output.strip())


def _of_shell(output: str) -> Outcome:
    head, _, body = output.partition("\n\n")
    found = re.search(r"^exit code: (-?\d+)$", head, re.MULTILINE)
    if "stopped by the developer" in head:
        return Outcome("interrupted", body)
    if found is None:
        return Outcome("failed", output)
    code = int(found.group(1))
    return Outcome("done" if code == 0 else "failed", body, code)
